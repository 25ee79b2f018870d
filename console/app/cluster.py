"""A PostgreSQL of one's own: started in an empty folder for benches and tests, then gone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from console.domain.errors import ZhihuiError

#: Where Debian puts the servers, one folder a version.
_DEBIAN = Path("/usr/lib/postgresql")
#: PostgreSQL refuses to run as root; this user comes with Debian's package.
_SERVANT = "postgres"
_UP_WITHIN_S = 60.0
_OLDEST = 15
_AGAIN_S = 0.1


class ClusterError(ZhihuiError):
    """PostgreSQL could not be started here; the sentence says what is missing."""


class Cluster:
    """One PostgreSQL server on a Unix socket in its own folder; may be killed and started again.

    Attributes:
        folder: Where it keeps everything; the socket too.
    """

    def __init__(self, folder: Path, *, durable: bool) -> None:
        """Make the cluster's files; nothing runs yet.

        Args:
            folder: Empty, and writable by the user the server runs as.
            durable: Whether commits wait for the disk (``fsync``), as in earnest.

        Raises:
            ClusterError: There is no PostgreSQL, or it cannot make its files.
        """
        self.folder = folder
        self._durable = durable
        self._programs = programs()
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(folder, _SERVANT, _SERVANT)
        made = self._run(
            "initdb", "-D", str(self._data), "--auth=trust", "--encoding=UTF8", "--locale=C",
            "--no-sync", "--no-instructions", "--wal-segsize=4", "-U", "zhihui",
        )  # fmt: skip
        if made.returncode:
            raise ClusterError(f"PostgreSQL could not make its files: {_last_line(made.stderr)}.")

    @property
    def pid(self) -> int | None:
        """The postmaster's process, ``None`` when it does not run."""
        return None if self._process is None else self._process.pid

    def url(self, database: str = "postgres") -> str:
        """Return the address of one of its databases, for SQLAlchemy."""
        return f"postgresql+psycopg://zhihui@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start it and wait until it takes connections.

        Raises:
            ClusterError: It does not come up.
        """
        until = time.monotonic() + _UP_WITHIN_S
        self._launch()
        while not self._is_ready():
            if time.monotonic() > until:
                raise ClusterError(f"PostgreSQL does not come up; see {self._log}.")
            if self._process is None or self._process.poll() is not None:
                self._launch()  # what a killed one left behind may still hold its memory
            time.sleep(_AGAIN_S)

    def kill(self) -> None:
        """Kill the postmaster as a fault would; what was committed is in its log."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it at once; its files stay until `temporary_cluster` clears them away."""
        self._end(signal.SIGQUIT)

    def create(self, database: str) -> str:
        """Make an empty database and return its address; as yet without tables."""
        self._say(SQL("CREATE DATABASE {}").format(Identifier(database)))
        return self.url(database)

    def drop(self, database: str) -> None:
        """Take a database away, whoever is still connected to it."""
        self._say(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(database)))

    def _say(self, statement: Composed) -> None:
        with psycopg.connect(
            host=str(self.folder), user="zhihui", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _launch(self) -> None:
        fsync = "on" if self._durable else "off"
        command = [
            "setpriv", "--pdeathsig", "QUIT", *_as_servant(),
            str(self._programs / "postgres"), "-D", str(self._data), "-k", str(self.folder),
            "-c", "listen_addresses=", "-c", f"fsync={fsync}", "-c", "max_connections=60",
        ]  # fmt: skip
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True,
            )  # fmt: skip

    def _is_ready(self) -> bool:
        return self._run("pg_isready", "-q", "-h", str(self.folder)).returncode == 0

    def _end(self, signal_: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal_)
            self._process.wait()
        self._process = None

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = ["setpriv", *_as_servant(), str(self._programs / program), *arguments]
        return subprocess.run(command, capture_output=True, check=False, cwd=self.folder)


@contextmanager
def temporary_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Give a running PostgreSQL that is gone afterwards, files and all.

    Raises:
        ClusterError: There is no PostgreSQL here, or it does not come up.
    """
    folder = Path(tempfile.mkdtemp(prefix="zhihui-pg-"))  # short: a socket's path has 107 bytes
    try:
        cluster = Cluster(folder, durable=durable)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, the newest that is installed.

    Raises:
        ClusterError: None is installed, or none new enough.
    """
    versions = [
        int(path.parent.parent.name)
        for path in _DEBIAN.glob("*/bin/postgres")
        if path.parent.parent.name.isdigit()
    ]
    newest = max(versions, default=0)
    if newest >= _OLDEST:
        return _DEBIAN / str(newest) / "bin"
    found = shutil.which("postgres")
    if found is not None:
        return Path(found).parent
    raise ClusterError(
        f"PostgreSQL {_OLDEST} or later is not installed here. "
        "As root: apt-get install -y --no-install-recommends postgresql"
    )


def _as_servant() -> Sequence[str]:
    """Return what makes setpriv give up root; nothing for whoever is not root."""
    if os.geteuid() != 0:
        return ("--",)
    servant = pwd.getpwnam(_SERVANT)
    return ("--reuid", str(servant.pw_uid), "--regid", str(servant.pw_gid), "--clear-groups", "--")


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no reason was given"
