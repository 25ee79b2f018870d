"""Layout of a city pack, and the values that come out of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.geo.arrays import Floats

#: "ZHcp" in the file's header: what tells a city pack from any other SQLite file.
APPLICATION_ID = 0x5A486370
SCHEMA_VERSION = 1
TABLES = (
    "meta", "jurisdiction", "polygon", "array", "road_name", "shape", "shape_box", "place",
    "place_text",
)  # fmt: skip
#: Arrays of the road graph and their types.
ROAD_ARRAYS = {
    "node_lat": "<f8",
    "node_lon": "<f8",
    "edge_from": "<i4",
    "edge_to": "<i4",
    "edge_len_m": "<f4",
    "edge_speed_mps": "<f4",
    "edge_class": "|u1",
    "edge_name": "<i4",
}
#: Layers of the basemap, drawn in this order. Their classes: water "lake", "reservoir", "river",
#: "canal"; green "park", "garden", "wood", "palace"; building any; road the names of `RoadClass` in
#: small letters; rail any; boundary "city", "district", "street", "quarter" (one that was guessed);
#: label (points with names)
#: "district", "street", "water", "park", "place". Areas of unknown class get their layer's colour,
#: lines and labels of unknown class are left out.
LAYERS = ("water", "green", "building", "road", "rail", "boundary", "label")
#: Zoom from which a shape is seen, by layer and class, else by layer; all others from 0.
SEEN_FROM_ZOOM = {
    ("road", "motorway"): 0,
    ("road", "link"): 13,
    ("road", "arterial"): 8,
    ("road", "secondary"): 11,
    ("road", "tertiary"): 13,
    ("road", "residential"): 14,
    ("road", "footway"): 16,
    ("building", ""): 14,
    ("rail", ""): 9,
    ("rail", "siding"): 14,
    ("boundary", "street"): 12,
    ("boundary", "quarter"): 12,
    ("label", "street"): 11,
    ("label", "place"): 14,
    ("label", "water"): 11,
    ("label", "park"): 12,
}
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE jurisdiction (id TEXT PRIMARY KEY, parent TEXT, level TEXT NOT NULL,
    name_zh TEXT NOT NULL, name_en TEXT NOT NULL, lat REAL, lon REAL) WITHOUT ROWID;
CREATE TABLE polygon (jurisdiction TEXT NOT NULL, part INTEGER NOT NULL, ring BLOB NOT NULL,
    PRIMARY KEY (jurisdiction, part));
CREATE TABLE array (name TEXT PRIMARY KEY, dtype TEXT NOT NULL, shape TEXT NOT NULL,
    data BLOB NOT NULL);
CREATE TABLE road_name (id INTEGER PRIMARY KEY, zh TEXT, en TEXT);
CREATE TABLE shape (id INTEGER PRIMARY KEY, layer TEXT NOT NULL, class TEXT NOT NULL,
    name_zh TEXT, name_en TEXT, kind TEXT NOT NULL, coords BLOB NOT NULL);
CREATE VIRTUAL TABLE shape_box USING rtree (id, minlon, maxlon, minlat, maxlat, minzoom, maxzoom);
CREATE TABLE place (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL, address TEXT NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL);
CREATE VIRTUAL TABLE place_text USING fts5 (name_zh, name_en, address, content='place',
    content_rowid='id', tokenize='trigram');
"""


def seen_from_zoom(layer: str, shape_class: str) -> int:
    """Return the zoom from which shapes of a class are worth drawing."""
    by_layer = SEEN_FROM_ZOOM.get((layer, ""), 0)
    return SEEN_FROM_ZOOM.get((layer, shape_class), by_layer)


class ShapeKind(StrEnum):
    """How a shape's points are meant."""

    LINE = "line"
    AREA = "area"
    POINT = "point"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One thing to draw on the basemap.

    Attributes:
        id: Number in the pack, 0 for one not yet stored.
        layer: One of `LAYERS`.
        shape_class: What it is within its layer, "motorway", "lake", "district" …
        points: Latitude and longitude, shape (n, 2).
    """

    layer: str
    shape_class: str
    kind: ShapeKind
    points: Floats
    name_zh: str | None = None
    name_en: str | None = None
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place or address that can be searched for.

    Attributes:
        id: Number in the pack, 0 for one not yet stored.
        kind: "school", "market", "hospital", "park", "site", "square", "address" …
        name_zh: Chinese name, empty if there is none.
        name_en: Name in Latin letters, empty if there is none.
        address: Address in words, empty if there is none.
    """

    kind: str
    name_zh: str
    name_en: str
    address: str
    lat: float
    lon: float
    id: int = 0
