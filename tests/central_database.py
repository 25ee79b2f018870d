"""Where a central of the tests keeps its records, and the tables it begins with."""

from __future__ import annotations

import functools
import secrets
import tempfile
from pathlib import Path

from console.app.cluster import Cluster
from console.store.engine import open_engine, sqlite_url
from console.store.upgrade import upgrade


class Database:
    """Where a central of the tests keeps its records: a SQLite file, or a PostgreSQL database."""

    def __init__(self, cluster: Cluster | None = None) -> None:
        self.cluster = cluster
        self._urls: dict[Path, str] = {}
        self._names: list[str] = []

    def url(self, folder: Path) -> str:
        """Return the address of the database that belongs to a folder, the same every time."""
        if self.cluster is None:
            return sqlite_url(folder / "central.db")
        if folder not in self._urls:
            name = f"t_{secrets.token_hex(6)}"
            self._urls[folder] = self.cluster.create(name)
            self._names.append(name)
        return self._urls[folder]

    def drop(self) -> None:
        """Take away what was made."""
        for name in self._names:
            if self.cluster is not None:
                self.cluster.drop(name)


@functools.cache
def without_rows() -> bytes:
    """Return the file of a database that all migrations have made, the same for every test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "central.db"
        engine = open_engine(sqlite_url(path))
        upgrade(engine)
        engine.dispose()
        return path.read_bytes()
