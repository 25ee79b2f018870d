"""What a home says of its city: the pack it was made for, and the zone of the city's clocks."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from console.app.config import Config
from console.domain.errors import ZhihuiError
from console.domain.places import USUAL_ZONE
from console.store.citypack import CityPack, CityPackError

_log = logging.getLogger("zhihui.site")


class SiteError(ZhihuiError):
    """What a home says of its city cannot be read.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, reason: object) -> None:
        super().__init__(
            f"{path}, which says what city this home was made for, cannot be read ({reason}). "
            "Set the file aside, and name the city's pack where one is asked for."
        )
        self.path = path


def seed_marker(home: Path) -> Path:
    """Return the file that says for which city a home was made."""
    return home / "city" / "seeded.json"


def pack_of_home(home: Path) -> Path | None:
    """Return the city pack that a home was made for, ``None`` when there is none or it is gone.

    Raises:
        SiteError: It cannot be read which.
    """
    marker = seed_marker(home)
    try:
        if not marker.is_file():
            return None
        said = json.loads(marker.read_text(encoding="utf-8"))
        places = (marker.parent / str(said["pack"]), Path(str(said.get("pack_path", ""))))
        return next((path for path in places if path.is_file()), None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SiteError(marker, f"{type(error).__name__}: {error}") from error


def site_zone(config: Config, home: Path, pack: Path | None = None) -> str:
    """Return the IANA name of the zone of the city's clocks.

    Every command asks for it before it does anything, those that find out what is wrong with a
    home too: where the home does not tell, it is the usual zone, and a warning says so.

    Args:
        config: What the site has set wins.
        home: The data directory; the city it was made for is asked next.
        pack: The city pack in use, where one is named.
    """
    return config.time_zone or _zone_of_city(home, pack) or USUAL_ZONE


def _zone_of_city(home: Path, pack: Path | None) -> str:
    try:
        return _zone_of_pack(pack or pack_of_home(home))
    except SiteError as error:
        _log.warning("%s Until then clocks are those of %s.", error, USUAL_ZONE)
        return ""


def _zone_of_pack(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        with CityPack.open(path) as pack:
            return pack.meta.get("time_zone", "")
    except CityPackError:
        return ""  # whoever uses the pack says what is wrong with it
