"""Layouts of a wall (分屏): how many tiles there are and where each of them is."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: The layouts with a key of their own: 1, 4, 9, 16, 25 and 36 alike, then one large among small.
GRIDS = (1, 4, 9, 16, 25, 36)
MOST_TILES = 36
#: Layouts with one large tile at the upper left: how many tiles a side, and of how many it is.
_ONE_LARGE = {6: (3, 2), 8: (4, 3), 13: (4, 2)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where a tile is, in shares of the wall, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


def cells_of(tiles: int) -> tuple[Cell, ...]:
    """Return the place of each tile of a wall of 1 to 36 tiles.

    Squares are grids; 6, 8 and 13 have one large tile; any other number is a grid with as few
    rows as columns allow, its last places left free.

    Raises:
        ValueError: There are fewer than 1 tiles, or more than 36.
    """
    if not 1 <= tiles <= MOST_TILES:
        raise ValueError(f"a wall has 1 to {MOST_TILES} tiles, not {tiles}")
    if tiles in _ONE_LARGE:
        return _with_one_large(*_ONE_LARGE[tiles])
    columns = math.isqrt(tiles - 1) + 1
    rows = -(-tiles // columns)
    return tuple(_cell(n % columns, n // columns, columns, rows) for n in range(tiles))


def _with_one_large(side: int, large: int) -> tuple[Cell, ...]:
    first = Cell(left=0.0, top=0.0, right=large / side, bottom=large / side)
    rest = [
        _cell(column, row, side, side)
        for row in range(side)
        for column in range(side)
        if column >= large or row >= large
    ]
    return (first, *rest)


def _cell(column: int, row: int, columns: int, rows: int) -> Cell:
    return Cell(
        left=column / columns,
        top=row / rows,
        right=(column + 1) / columns,
        bottom=(row + 1) / rows,
    )
