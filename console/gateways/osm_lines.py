"""Lines of an imported city: roads joined from their pieces, borders drawn once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import shapely

from console.geo.arrays import Floats
from console.store.citypack import Shape, ShapeKind

#: Lines are cut at this many points, so that what is drawn stays local.
_LONGEST = 120


def joined_roads(shapes: Iterable[Shape]) -> list[Shape]:
    """Return the shapes with roads of one class and name joined where their ends meet."""
    others: list[Shape] = []
    pieces: dict[tuple[str, str | None, str | None], list[Shape]] = {}
    for shape in shapes:
        is_named_road = shape.layer == "road" and (shape.name_zh or shape.name_en)
        if is_named_road and shape.kind is ShapeKind.LINE and len(shape.points) > 1:
            key = (shape.shape_class, shape.name_zh, shape.name_en)
            pieces.setdefault(key, []).append(shape)
        else:
            others.append(shape)
    for (shape_class, zh, en), parts in pieces.items():
        lines = shapely.MultiLineString([part.points for part in parts])
        for line in shapely.get_parts(shapely.line_merge(lines)):
            points = np.asarray(line.coords, float)
            for start in range(0, len(points) - 1, _LONGEST):
                others.append(
                    Shape(
                        layer="road",
                        shape_class=shape_class,
                        kind=ShapeKind.LINE,
                        points=points[start : start + _LONGEST + 1],
                        name_zh=zh,
                        name_en=en,
                    )
                )
    return others


def border_lines(borders: Sequence[Sequence[Floats]]) -> list[Floats]:
    """Return the borders of areas as lines, shape (n, 2) each, those that two share only once.

    Args:
        borders: For each area its rings.
    """
    rings = [shapely.LinearRing(ring) for rings in borders for ring in rings if len(ring) > 2]
    if not rings:
        return []
    merged = shapely.line_merge(shapely.union_all(rings))
    return [np.asarray(line.coords, float) for line in shapely.get_parts(merged)]
