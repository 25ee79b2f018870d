"""What OpenStreetMap's tags mean for us: roads and speeds, basemap layers, places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from console.roads.columns import RoadClass

Tags = Mapping[str, str]

_ROADS: dict[str, RoadClass] = {
    "motorway": RoadClass.MOTORWAY,
    "motorway_link": RoadClass.LINK,
    "trunk": RoadClass.ARTERIAL,
    "trunk_link": RoadClass.LINK,
    "primary": RoadClass.ARTERIAL,
    "primary_link": RoadClass.LINK,
    "secondary": RoadClass.SECONDARY,
    "secondary_link": RoadClass.LINK,
    "tertiary": RoadClass.TERTIARY,
    "tertiary_link": RoadClass.TERTIARY,
    "unclassified": RoadClass.TERTIARY,
    "residential": RoadClass.RESIDENTIAL,
    "living_street": RoadClass.RESIDENTIAL,
    "service": RoadClass.RESIDENTIAL,
    "road": RoadClass.RESIDENTIAL,
    "pedestrian": RoadClass.FOOTWAY,
    "footway": RoadClass.FOOTWAY,
    "path": RoadClass.FOOTWAY,
    "steps": RoadClass.FOOTWAY,
    "track": RoadClass.FOOTWAY,
    "cycleway": RoadClass.FOOTWAY,
}
#: Speeds taken where no limit is tagged, and the share of a limit that is reached in a city.
_SPEED_MPS: dict[RoadClass, float] = {
    RoadClass.MOTORWAY: 22.0,
    RoadClass.LINK: 11.0,
    RoadClass.ARTERIAL: 12.0,
    RoadClass.SECONDARY: 10.0,
    RoadClass.TERTIARY: 8.5,
    RoadClass.RESIDENTIAL: 5.5,
    RoadClass.FOOTWAY: 1.4,
}
_REACHED_SHARE = 0.75
_KMH, _MPH = 1 / 3.6, 0.44704
_YES = {"yes", "1", "true"}
_CLOSED = {"no", "private"}

_GREEN = {
    ("leisure", "park"), ("leisure", "garden"), ("leisure", "pitch"), ("leisure", "playground"),
    ("landuse", "grass"), ("landuse", "forest"), ("landuse", "meadow"), ("natural", "wood"),
    ("landuse", "recreation_ground"), ("landuse", "village_green"), ("landuse", "cemetery"),
    ("natural", "scrub"), ("natural", "grassland"), ("landuse", "allotments"),
}  # fmt: skip
_WATER = {("natural", "water"), ("waterway", "riverbank"), ("landuse", "reservoir"),
          ("landuse", "basin"), ("natural", "bay")}  # fmt: skip
_RAILS = {"rail", "subway", "light_rail", "tram", "narrow_gauge"}
_WATER_LINES = {"river", "canal", "stream"}
#: Keys that make a named thing a place one searches for, most telling first.
_PLACE_KEYS = ("amenity", "shop", "tourism", "leisure", "office", "railway", "historic", "place")
#: Settlements and quarters that districts can be made from.
QUARTERS = ("borough", "suburb", "city_district", "town", "village", "quarter", "neighbourhood")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadTags:
    """What a way's tags say of a road.

    Attributes:
        speed_mps: Usual speed of a car.
        forward: Whether it is open to cars in the way's direction.
        backward: Whether it is open to cars against it.
    """

    road_class: RoadClass
    speed_mps: float
    forward: bool = True
    backward: bool = True


def road_of(tags: Tags) -> RoadTags | None:
    """Return what the tags say of a road, ``None`` when it is none that can be used."""
    road_class = _ROADS.get(tags.get("highway", ""))
    if road_class is None or tags.get("area") == "yes" or tags.get("access") in _CLOSED:
        return None
    oneway = tags.get("oneway", "")
    implied = road_class is RoadClass.MOTORWAY or tags.get("junction") == "roundabout"
    only_forward = oneway in _YES or (implied and oneway != "no")
    return RoadTags(
        road_class=road_class,
        speed_mps=_speed(tags.get("maxspeed", ""), road_class),
        forward=oneway != "-1",
        backward=not only_forward,
    )


def _speed(limit: str, road_class: RoadClass) -> float:
    match = re.match(r"\s*(\d+(?:\.\d+)?)\s*(mph)?", limit)
    usual = _SPEED_MPS[road_class]
    if match is None or road_class is RoadClass.FOOTWAY:
        return usual
    tagged = float(match[1]) * (_MPH if match[2] else _KMH) * _REACHED_SHARE
    return tagged if tagged > 1.0 else usual


def area_layer(tags: Tags) -> tuple[str, str] | None:
    """Return (layer, class) of an area on the basemap, ``None`` when it is not drawn."""
    if tags.get("building", "no") != "no":
        return "building", "building"
    for key, value in tags.items():
        if (key, value) in _WATER:
            return "water", "lake" if value == "water" else value
        if (key, value) in _GREEN:
            return "green", "park" if value in {"park", "garden"} else value
    return None


def line_layer(tags: Tags) -> tuple[str, str] | None:
    """Return (layer, class) of a line on the basemap that is no road, ``None`` if not drawn."""
    if tags.get("railway") in _RAILS and tags.get("tunnel") != "yes":
        return "rail", "siding" if "service" in tags else tags["railway"]
    if tags.get("waterway") in _WATER_LINES:
        return "water", tags["waterway"]
    return None


def names_of(tags: Tags) -> tuple[str | None, str | None]:
    """Return the name in Chinese and in Latin letters; a local name stands in for either."""
    local = tags.get("name")
    return tags.get("name:zh") or local, tags.get("name:en") or tags.get("int_name") or local


def place_kind(tags: Tags) -> str | None:
    """Return what kind of place a named thing is, ``None`` when it is not one to search for."""
    return next((tags[key] for key in _PLACE_KEYS if key in tags), None)


def address_of(tags: Tags) -> str | None:
    """Return "street number, town" where the tags hold a postal address."""
    street = tags.get("addr:street") or tags.get("addr:place")
    number = tags.get("addr:housenumber")
    if not street or not number:
        return None
    town = tags.get("addr:city")
    return f"{street} {number}, {town}" if town else f"{street} {number}"
