"""Names on vector tiles: roads along their lines, places; none is cut by the tile's edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.render.mvt import Feature, Geometry, Layer
from console.render.tiles_labels import FIVE, laid_along
from console.render.tiles_style import MapStyle
from console.render.tiles_text import Lettering, Lettersmith, stamp

Picture = NDArray[np.uint8]
RoadClassOf = Callable[[Feature], str]
Box = tuple[float, float, float, float]
_PLACES = ("place", "places")
#: Layers whose lines bear the names of roads: OpenMapTiles', then the others'.
_NAMED_ROADS = ("transportation_name", "roads", "road", "transportation", "streets")
_MOST_PLACES, _MOST_ROADS = 24, 30
_EDGE_PX = 2.0
_GAP_PX = 4.0
_PLACE_PX = 12.5
#: Words this near to each other, as a share of their width, are looked for along a road.
_STEP = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSettings:
    """How names are written on one tile.

    Attributes:
        window: Column and row of the part that is shown, and into how many a side is cut.
        lang: "zh" or "en": which name comes first.
    """

    style: MapStyle
    zoom: int
    window: tuple[int, int, int]
    lang: str
    smith: Lettersmith


def write_names(
    picture: Picture, layers: Sequence[Layer], road_class: RoadClassOf, told: NameSettings
) -> Picture:
    """Write names into a tile's picture, places first; return it.

    Args:
        picture: Blue, green, red; shape (side, side, 3).
        layers: As `read_tile` gives them.
        road_class: Tells a road's class in the style's words, "" for none.
        told: How.
    """
    by_name = {layer.name: layer for layer in layers}
    taken: list[Box] = []
    _write_places(picture, by_name, told, taken)
    _write_roads(picture, by_name, road_class, told, taken)
    return picture


def _write_places(
    picture: Picture, by_name: dict[str, Layer], told: NameSettings, taken: list[Box]
) -> None:
    side = len(picture)
    worn = told.style.labels["street"]
    lettering = Lettering(size_px=_PLACE_PX, colour=worn.colour, halo=told.style.halo)
    lettering = lettering.scaled(side / 256)
    for layer, feature in _features(by_name, _PLACES, Geometry.POINT):
        name = name_of(feature, told.lang)
        if not name or not feature.parts or len(taken) >= _MOST_PLACES:
            continue
        x, y = _placed(layer, feature.parts[0], told, side)[0].tolist()
        wide, high = told.smith.size(name, lettering)
        if _take((x, y), (wide / 2, high / 2), side, taken):
            stamp(picture, told.smith.sprite(name, lettering), x, y)


def _write_roads(
    picture: Picture,
    by_name: dict[str, Layer],
    road_class: RoadClassOf,
    told: NameSettings,
    taken: list[Box],
) -> None:
    side, said = len(picture), set[str]()
    roads = []
    for layer, feature in _features(by_name, _NAMED_ROADS, Geometry.LINE):
        style = told.style.labels.get(f"road:{road_class(feature)}")
        name = name_of(feature, told.lang)
        if name and style is not None and told.zoom >= style.from_zoom:
            roads.append((style.rank, name, style, layer, feature))
    roads.sort(key=lambda road: (road[0], road[1]))
    for rank, name, style, layer, feature in roads:
        if name in said or len(said) >= _MOST_ROADS:
            continue
        lettering = Lettering(
            size_px=style.size_at(told.zoom), colour=style.colour, halo=told.style.halo
        ).scaled(side / 256)
        for line in feature.parts:
            spots = _stretches(
                _placed(layer, line, told, side), told.smith.size(name, lettering)[0]
            )
            label = next(
                (
                    found
                    for five in spots
                    if (found := laid_along(told.smith, five, name, lettering, rank)) is not None
                    and _take(
                        (found.x, found.y), (found.half_width_px, found.half_height_px), side, taken
                    )
                ),
                None,
            )
            if label is not None:
                said.add(name)
                stamp(picture, told.smith.sprite(name, label.lettering), label.x, label.y)
                break


def _stretches(line: NDArray[np.float64], width: float) -> Iterator[NDArray[np.float64]]:
    """Yield five points along each stretch of a line that words of a width may lie on."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    gone = np.concatenate([[0.0], np.cumsum(steps)])
    middles = np.arange(width / 2, gone[-1] - width / 2, max(1.0, _STEP * width))
    # From the middle of the line outwards: ends are where other roads are.
    for middle in sorted(middles.tolist(), key=lambda at: abs(at - gone[-1] / 2)):
        at = middle + FIVE * width
        yield np.column_stack([np.interp(at, gone, line[:, 0]), np.interp(at, gone, line[:, 1])])


def _take(at: tuple[float, float], half: tuple[float, float], side: int, taken: list[Box]) -> bool:
    """Take the room of a name, unless it is not all inside or somebody has it."""
    (x, y), (wide, high) = at, half
    box = (x - wide, y - high, x + wide, y + high)
    if min(box[:2]) <= _EDGE_PX or max(box[2:]) >= side - _EDGE_PX:
        return False
    if any(_overlap(box, other) for other in taken):
        return False
    taken.append(box)
    return True


def _placed(
    layer: Layer, part: NDArray[np.int32], told: NameSettings, side: int
) -> NDArray[np.float64]:
    """Return where corners lie in the picture, pixels."""
    column, row, cut = told.window
    return np.asarray((part.astype(float) / layer.extent * cut - (column, row)) * side, np.float64)


def _features(
    by_name: dict[str, Layer], names: Sequence[str], kind: Geometry
) -> list[tuple[Layer, Feature]]:
    return [
        (by_name[name], feature)
        for name in names
        if name in by_name
        for feature in by_name[name].features
        if feature.kind is kind
    ]


def _overlap(one: Box, other: Box) -> bool:
    apart = (
        one[0] - _GAP_PX > other[2]
        or other[0] - _GAP_PX > one[2]
        or one[1] - _GAP_PX > other[3]
        or other[1] - _GAP_PX > one[3]
    )
    return not apart


def name_of(feature: Feature, lang: str) -> str:
    """Return a feature's name, in a language if it has one in it."""
    chinese, latin = ("name:zh", "name:zh-Hans"), ("name:en", "name:latin", "name_en")
    order = (*chinese, "name", *latin) if lang == "zh" else (*latin, "name", *chinese)
    return next((str(feature.tags[key]) for key in order if feature.tags.get(key)), "")
