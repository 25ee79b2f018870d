"""What a home says of its city: the pack it was made for, and the zone of the city's clocks."""

from __future__ import annotations

import json
from pathlib import Path

from console.app.config import Config
from console.domain.places import USUAL_ZONE
from console.store.citypack import CityPack, CityPackError


def seed_marker(home: Path) -> Path:
    """Return the file that says for which city a home was made."""
    return home / "city" / "seeded.json"


def pack_of_home(home: Path) -> Path | None:
    """Return the city pack that a home was made for, ``None`` when there is none or it is gone."""
    marker = seed_marker(home)
    if not marker.is_file():
        return None
    said = json.loads(marker.read_text(encoding="utf-8"))
    places = (marker.parent / str(said["pack"]), Path(str(said.get("pack_path", ""))))
    return next((path for path in places if path.is_file()), None)


def site_zone(config: Config, home: Path, pack: Path | None = None) -> str:
    """Return the IANA name of the zone of the city's clocks.

    Args:
        config: What the site has set wins.
        home: The data directory; the city it was made for is asked next.
        pack: The city pack in use, where one is named.
    """
    return config.time_zone or _zone_of_pack(pack or pack_of_home(home)) or USUAL_ZONE


def _zone_of_pack(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        with CityPack.open(path) as pack:
            return pack.meta.get("time_zone", "")
    except CityPackError:
        return ""  # whoever uses the pack says what is wrong with it
