"""What a console is started with; without Qt, so that every command can build it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from console.domain.places import USUAL_ZONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """What a console is started with.

    Attributes:
        url: Central's address, "http://127.0.0.1:8470".
        home: The data directory; this console keeps to ``home/console/<name>``.
        resources: Folder of themes, languages and the map's page.
        pack_path: A city pack that lies here already; else it is fetched from central.
        name: Two consoles on one machine bear different names.
        label: What people call this workstation.
        language: "zh_CN" or "en"; ``None`` for the one shown last, at first ``zh_CN``.
        theme: "dark" or "light"; ``None`` for the one shown last, at first dark.
        workspace: "dispatcher" or "wall"; ``None`` for the one shown last.
        wall_tiles: 1, 4, 9 or 16 tiles on the wall at the start.
        started_file: Where to write when the window was seen and when it could be used.
        ca: File of the authority whose certificates are believed, for an https:// address.
        cache_key: Where the key of what is kept comes from, see `cachekey`.
        passphrase: What it is made from, if it is.
        lock_after_min: Minutes without a hand on it after which the screen is covered; 0 for never.
        password_hint: Where the password is to be found, for who has to uncover it.
        device_code: Admits this console where central does not know it yet; empty for none.
        time_zone: IANA name of the zone of the city's clocks.
        is_zone_set: Whether this site has set it; else what central says of it wins.
        basemap: File or address of ready-made tiles; empty for the city pack's own map.
        basemap_datum: What they are in.
        detector_model: A model that gives hints; it and what begins like it: see `Config`.
        camera_ca: File of the authority of cameras' certificates, for rtsps:// streams.
        lag_file: Where to write how late the event loop is, every few seconds.
    """

    url: str
    account: str
    password: str = field(repr=False)
    home: Path
    resources: Path
    pack_path: Path | None = None
    name: str = "main"
    label: str = ""
    language: str | None = None
    theme: str | None = None
    workspace: str | None = None
    wall_tiles: int = 4
    started_file: Path | None = None
    lag_file: Path | None = None
    time_zone: str = USUAL_ZONE
    is_zone_set: bool = False
    basemap: str = ""
    basemap_datum: str = "WGS-84"
    ca: Path | None = None
    camera_ca: str | None = None
    cache_key: str = "auto"
    passphrase: str | None = field(default=None, repr=False)
    lock_after_min: float = 0.0
    password_hint: str = ""
    device_code: str = field(default="", repr=False)
    detector_model: str = ""
    detector_classes: str = ""
    detector_size: str = ""
    detector_threshold: float = 0.4
    detector_output: str = "auto"

    @property
    def folder(self) -> Path:
        """This console's own folder."""
        return self.home / "console" / self.name

    @property
    def looks_path(self) -> Path:
        """Where the sweep leaves its pictures for this console's wall."""
        return self.folder / "looks.db"

    @property
    def own_looks_path(self) -> Path:
        """Where this console keeps which points people have looked at."""
        return self.folder / "own_looks.db"

    @property
    def points_path(self) -> Path:
        """Where the sweep reads which camera points there are."""
        return self.folder / "points.json"

    @property
    def zone_path(self) -> Path:
        """Where the sweep reads by which zone central says that the city's clocks go."""
        return self.folder / "city_zone"
