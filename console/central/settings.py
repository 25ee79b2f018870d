"""What central is started with, and the error that keeps it from starting."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from console.domain.errors import ZhihuiError

DEFAULT_PORT = 8470
DEFAULT_TIME_ZONE = "Asia/Shanghai"


class CentralError(ZhihuiError):
    """Central cannot start or go on; the sentence says why and what can be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralSettings:
    """What central is started with.

    Attributes:
        home: The data directory; central keeps to ``home/central``.
        port: TCP port, 0 for any that is free.
        database_url: SQLAlchemy address of a server's database; ``None`` for the embedded one.
        pack_path: The city pack that is served to consoles, if there is one.
        resources_dir: Where the handheld page lies, under ``handheld``.
        time_zone: IANA name of the city's zone; incident numbers begin with its date.
    """

    home: Path
    resources_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    database_url: str | None = None
    pack_path: Path | None = None
    time_zone: str = DEFAULT_TIME_ZONE

    @property
    def folder(self) -> Path:
        """Central's own folder in the data directory."""
        return self.home / "central"
