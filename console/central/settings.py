"""What central is started with, and the error that keeps it from starting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import make_url

from console.central.limits import DevicePolicy, Limits
from console.central.looking import Look, Watch
from console.domain.errors import ZhihuiError
from console.domain.killpoints import UNARMED, Killpoints
from console.domain.places import USUAL_ZONE
from console.domain.retention import RetentionRules

DEFAULT_PORT = 8470
RESERVE_BYTES = 32 << 20
#: With less than this left beside the reserve, the disk counts as full.
SPARE_BYTES = 16 << 20
_RETENTION = RetentionRules()


class Basemap(Protocol):
    """Draws tiles, and is let go of in the end."""

    def png(self, theme: str, lang: str, z: int, x: int, y: int, scale: int = 1) -> bytes:
        """Return one tile."""

    def close(self) -> None:
        """Let go of what tiles are drawn from."""


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
        basemap: Opens what tiles are drawn from, given the city pack and a folder for tiles;
            without it they are drawn from the pack.
        resources_dir: Where the handheld page lies, under ``handheld``.
        devices: Which unknown devices may be logged on with.
        limits: How much one place and one session may ask for.
        time_zone: IANA name of the city's zone; incident numbers begin with its date.
        killpoints: Where a test ends the process.
        audit_copy: Where checkpoints of the audit are written a second time, best another machine.
        retention: How long things are kept.
        look: Looks through a camera point; ``None`` where central has no video.
        watch: Opens a camera point's film; ``None`` where central has no video.
        public_url: Address by which the public reaches central, in QR codes; ``None`` for the one
            it listens at.
        reserve_bytes: Size of the file that is given up when the disk is full.
        spare_bytes: With less room than this left, the disk counts as full.
    """

    home: Path
    resources_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    database_url: str | None = None
    pack_path: Path | None = None
    time_zone: str = USUAL_ZONE
    audit_copy: Path | None = None
    devices: DevicePolicy = DevicePolicy.ASK
    limits: Limits = field(default_factory=Limits)
    retention: RetentionRules = _RETENTION
    public_url: str | None = None
    look: Look | None = field(default=None, repr=False, compare=False)
    watch: Watch | None = field(default=None, repr=False, compare=False)
    reserve_bytes: int = RESERVE_BYTES
    spare_bytes: int = SPARE_BYTES
    basemap: Callable[[Path | None, Path], Basemap] | None = field(
        default=None, repr=False, compare=False
    )
    killpoints: Killpoints = field(default=UNARMED, repr=False, compare=False)

    @property
    def folder(self) -> Path:
        """Central's own folder in the data directory."""
        return self.home / "central"

    @property
    def audit_folder(self) -> Path:
        """Where the audit's key, checkpoints and newest head lie."""
        return self.folder / "audit"

    def told(self) -> dict[str, Any]:
        """Return the settings as the audit keeps them: plain, and without passwords."""
        url = None if self.database_url is None else str(make_url(self.database_url).set(query={}))
        return {
            "host": self.host,
            "port": self.port,
            "database": url or "sqlite",
            "pack": None if self.pack_path is None else self.pack_path.name,
            "time_zone": self.time_zone,
            "audit_copy": None if self.audit_copy is None else str(self.audit_copy),
            "retention": asdict(self.retention),
        }
