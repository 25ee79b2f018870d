"""What the basemap looks like: colours of the two themes, widths and zooms of what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

MIN_ZOOM, MAX_ZOOM = 8, 18
#: Raised whenever tiles come to look different, so that old ones in caches are not shown.
STYLE_VERSION = 4

Colour = tuple[int, int, int]


class Theme(StrEnum):
    """Dark for control rooms, light for print and daylight."""

    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A line: colour, width in pixels by zoom, and the darker edge round it.

    Attributes:
        widths: Width in pixels at some zooms; between them it is interpolated.
        casing: Colour of the edge, ``None`` for none.
        casing_from: Zoom from which the edge is drawn.
    """

    colour: Colour
    widths: Mapping[int, float]
    casing: Colour | None = None
    casing_from: int = 13

    def width_px(self, zoom: int) -> float:
        """Return the width at a zoom."""
        zooms = sorted(self.widths)
        return float(np.interp(zoom, zooms, [self.widths[z] for z in zooms]))


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelStyle:
    """Lettering of one class of labels.

    Attributes:
        size_px: Height of the letters by zoom.
        from_zoom: First zoom it is drawn at.
        to_zoom: Last zoom it is drawn at.
        rank: Lower is more important.
        bold: Whether the heavier cut is used.
        dot: Whether a dot marks the place.
    """

    colour: Colour
    size_px: Mapping[int, float]
    from_zoom: int
    to_zoom: int = MAX_ZOOM
    rank: int
    bold: bool = False
    dot: bool = False

    def size_at(self, zoom: int) -> float:
        """Return the height of the letters at a zoom."""
        zooms = sorted(self.size_px)
        return float(np.interp(zoom, zooms, [self.size_px[z] for z in zooms]))


@dataclass(frozen=True, slots=True, kw_only=True)
class MapStyle:
    """Everything a theme decides. Colours are red, green, blue.

    Attributes:
        fills: Colours of areas by layer and class; class "" stands for all others.
        roads: Strokes by class of road, the uppermost last.
        labels: Lettering by class of label; roads as "road:arterial".
    """

    outside: Colour
    land: Colour
    halo: Colour
    graticule: Colour
    building_edge: Colour
    fills: Mapping[tuple[str, str], Colour]
    roads: Mapping[str, Stroke]
    rail: Stroke
    boundaries: Mapping[str, Stroke]
    labels: Mapping[str, LabelStyle]

    def fill(self, layer: str, shape_class: str) -> Colour:
        """Return the colour of an area."""
        return self.fills.get((layer, shape_class), self.fills[layer, ""])


def rgb(code: str) -> Colour:
    """Return the colour of a code such as "#12171D"."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


_WIDTHS: dict[str, dict[int, float]] = {
    "footway": {16: 0.8, 18: 2.0},
    "residential": {14: 0.6, 15: 1.3, 16: 3.0, 17: 5.5, 18: 9.0},
    "tertiary": {13: 0.8, 14: 1.7, 15: 3.0, 16: 5.5, 18: 13.0},
    "link": {13: 0.8, 14: 1.5, 16: 4.0, 18: 9.0},
    "secondary": {11: 0.6, 12: 1.0, 13: 1.7, 14: 2.8, 16: 7.0, 18: 16.0},
    "arterial": {8: 0.5, 10: 0.6, 11: 1.0, 12: 1.7, 14: 4.0, 16: 9.0, 18: 20.0},
    "motorway": {8: 1.0, 10: 1.7, 12: 2.6, 14: 4.4, 16: 8.0, 18: 17.0},
}
_SIZES: dict[str, dict[int, float]] = {
    "district": {8: 11, 10: 13, 13: 17},
    "street": {11: 10, 13: 11.5, 15: 13},
    "water": {11: 10, 16: 13},
    "park": {12: 10, 16: 12.5},
    "place": {14: 10, 18: 12},
    "road": {10: 9.5, 14: 10.5, 18: 12.5},
}


def _roads(
    fills: Mapping[str, str], casings: Mapping[str, str], cased_from: Mapping[str, int]
) -> dict[str, Stroke]:
    return {
        name: Stroke(
            colour=rgb(fills[name]),
            widths=widths,
            casing=rgb(casings[name]) if name in casings else None,
            casing_from=cased_from.get(name, 14),
        )
        for name, widths in _WIDTHS.items()
    }


def _labels(colours: Mapping[str, str]) -> dict[str, LabelStyle]:
    def style(name: str, rank: int, first: int, last: int = MAX_ZOOM, **more: bool) -> LabelStyle:
        kind = "road" if name.startswith("road:") else name
        return LabelStyle(
            colour=rgb(colours[name]), size_px=_SIZES[kind], from_zoom=first, to_zoom=last,
            rank=rank, bold=more.get("bold", False), dot=more.get("dot", False),
        )  # fmt: skip

    return {
        "district": style("district", 0, 8, 13, bold=True),
        "street": style("street", 4, 12, 15),
        "water": style("water", 3, 12),
        "park": style("park", 5, 13),
        "road:motorway": style("road:motorway", 1, 11),
        "road:arterial": style("road:arterial", 2, 12),
        "road:secondary": style("road:secondary", 6, 13),
        "road:tertiary": style("road:tertiary", 7, 15),
        "road:residential": style("road:residential", 9, 16),
        "place": style("place", 8, 15, dot=True),
    }


def _boundaries(district: str, street: str) -> dict[str, Stroke]:
    return {
        "quarter": Stroke(colour=rgb(street), widths={12: 0.5, 14: 0.8, 18: 1.2}),
        "street": Stroke(colour=rgb(street), widths={11: 0.6, 14: 1.0, 18: 1.4}),
        "district": Stroke(colour=rgb(district), widths={8: 1.0, 12: 1.3, 18: 2.0}),
        "city": Stroke(colour=rgb(district), widths={8: 1.6, 12: 2.2, 18: 3.0}),
    }


def style_of(theme: Theme) -> MapStyle:
    """Return the style of a theme."""
    return _dark() if theme is Theme.DARK else _light()


def _dark() -> MapStyle:
    edge = "#0D1116"
    return MapStyle(
        outside=rgb("#0D1115"),
        land=rgb("#12171D"),
        halo=rgb("#10151A"),
        graticule=rgb("#1E262F"),
        building_edge=rgb("#222B34"),
        fills={
            ("water", ""): rgb("#10293B"),
            ("green", ""): rgb("#14231E"),
            ("green", "wood"): rgb("#121D1B"),
            ("green", "palace"): rgb("#231F1B"),
            ("building", ""): rgb("#1A2129"),
        },
        roads=_roads(
            {
                "footway": "#252D35", "residential": "#252D36", "tertiary": "#2B343E",
                "link": "#4A4536", "secondary": "#323D48", "arterial": "#3D4956",
                "motorway": "#5A5340",
            },
            dict.fromkeys(("link", "secondary", "arterial", "motorway", "tertiary"), edge),
            {"motorway": 11, "arterial": 13, "secondary": 14, "link": 14, "tertiary": 15},
        ),
        rail=Stroke(colour=rgb("#39424D"), widths={9: 0.7, 13: 1.2, 18: 2.4}),
        boundaries=_boundaries("#43556A", "#2C3843"),
        labels=_labels(
            {
                "district": "#93A3B5", "street": "#6E7C8B", "water": "#4E86AA",
                "park": "#578A70", "road:motorway": "#B0A27A", "road:arterial": "#8E9AA8",
                "road:secondary": "#7C8794", "road:tertiary": "#727D89",
                "road:residential": "#67717C", "place": "#8592A0",
            }
        ),
    )  # fmt: skip


def _light() -> MapStyle:
    return MapStyle(
        outside=rgb("#E6E4DE"),
        land=rgb("#F3F1EB"),
        halo=rgb("#FBFAF7"),
        graticule=rgb("#DAD7CF"),
        building_edge=rgb("#D2CDC1"),
        fills={
            ("water", ""): rgb("#B4D3E7"),
            ("green", ""): rgb("#CFE5C6"),
            ("green", "wood"): rgb("#E0EBD6"),
            ("green", "palace"): rgb("#EEDCC6"),
            ("building", ""): rgb("#E2DED4"),
        },
        roads=_roads(
            {
                "footway": "#CFC9BC", "residential": "#FFFFFF", "tertiary": "#FFFFFF",
                "link": "#F8D79D", "secondary": "#FFFFFF", "arterial": "#FDEFB9",
                "motorway": "#F5C272",
            },
            {
                "residential": "#DAD5CA", "tertiary": "#CFCABE", "secondary": "#C4BEB1",
                "arterial": "#D6BE79", "motorway": "#CC9440", "link": "#CC9440",
            },
            {
                "motorway": 9, "arterial": 10, "secondary": 11, "link": 13, "tertiary": 13,
                "residential": 14,
            },
        ),
        rail=Stroke(colour=rgb("#A8A299"), widths={9: 0.7, 13: 1.2, 18: 2.4}),
        boundaries=_boundaries("#9C86A8", "#CFC6D2"),
        labels=_labels(
            {
                "district": "#4F4A5E", "street": "#7A7486", "water": "#3B78A0",
                "park": "#4C7F49", "road:motorway": "#7A5310", "road:arterial": "#57502F",
                "road:secondary": "#4E4C48", "road:tertiary": "#5C5A55",
                "road:residential": "#6B6862", "place": "#4A5560",
            }
        ),
    )  # fmt: skip
