"""Where the names stand on the basemap: without overlap, and the same from every tile's side.

A name is drawn when it outranks all it would overlap; then, in another pass, among those that are
neither drawn nor overlap one that is. Whether a name is drawn thus depends only on what lies within
a few times the farthest reach of an overlap, and that margin is looked at round every block of
tiles: so neighbouring tiles always agree, and a name is never cut off at their edge.
"""

from __future__ import annotations

import math
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from console.geo.arrays import Bools, Floats
from console.geo.mercator import TILE_PX, tile_bounds, to_pixels
from console.render.tiles_style import LabelStyle, MapStyle
from console.render.tiles_text import Lettering, Lettersmith
from console.store.citypack import CityPack, Shape, ShapeKind

BLOCK_TILES = 4
#: Passes at zooms up to the first figure; more find room for more names but look farther round.
_PASSES = ((11, 4), (99, 2))
_WIDEST_PX = 210.0
_REPEAT_PX = 240.0
_GAP_PX = 9.0
_REACH_PX = max(_REPEAT_PX, _WIDEST_PX + 2 * _GAP_PX)
_KEPT_BLOCKS = 128
_STEEP_DEG = 52.0
_LONGEST_LINE = 22
_TURN_STEP_DEG = 3.0
_BEND_PX = 5.0
_EVERY_PX = 420.0
_FIRST_CJK = "\u2e80"
#: Where the five points of a name lie on its line, as shares of its width.
FIVE = np.array([-0.5, -0.25, 0.0, 0.25, 0.5])

Numbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One name that may be drawn.

    Attributes:
        x: Middle, world pixels at the zoom.
        y: Middle, world pixels at the zoom.
        half_width_px: Half the width of its box on the map.
        half_height_px: Half the height of its box on the map.
        rank: Lower is more important.
        has_dot: Whether a dot marks the place, left of the words.
    """

    words: str
    lettering: Lettering
    x: float
    y: float
    half_width_px: float
    half_height_px: float
    rank: int
    has_dot: bool = False


@dataclass(slots=True)
class _Block:
    """The names of one block of tiles, ``None`` until they have been placed."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    labels: list[Label] | None = None


class LabelPlacer:
    """Decides which names are drawn, block by block; safe to share between threads."""

    def __init__(self, pack: CityPack, smith: Lettersmith, style: MapStyle, lang: str) -> None:
        self._pack, self._smith, self._style, self._lang = pack, smith, style, lang
        self._lock = threading.Lock()
        self._blocks: OrderedDict[tuple[int, int, int], _Block] = OrderedDict()

    def labels(self, zoom: int, x: int, y: int) -> list[Label]:
        """Return the names that touch a tile, the least important first."""
        key = (zoom, x // BLOCK_TILES, y // BLOCK_TILES)
        with self._lock:
            block = self._blocks.setdefault(key, _Block())
            self._blocks.move_to_end(key)
            if len(self._blocks) > _KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        with block.lock:  # who wants the same block waits; who wants another does not
            if block.labels is None:
                block.labels = self._placed(*key)
        left, top = x * TILE_PX, y * TILE_PX
        return [
            label
            for label in block.labels
            if left - label.half_width_px - 8 < label.x < left + TILE_PX + label.half_width_px + 8
            and top - label.half_height_px - 8 < label.y < top + TILE_PX + label.half_height_px + 8
        ]

    def _placed(self, zoom: int, column: int, row: int) -> list[Label]:
        passes = next(count for last, count in _PASSES if zoom <= last)
        margin_px = (2 * passes - 1) * _REACH_PX + _WIDEST_PX / 2
        coarser = zoom - int(math.log2(BLOCK_TILES))
        bounds = tile_bounds(coarser, column, row, margin_px=margin_px / BLOCK_TILES)
        styles = self._style.labels
        wanted = {
            name for name, style in styles.items() if style.from_zoom <= zoom <= style.to_zoom
        }
        layers = {"road" if name.startswith("road:") else "label" for name in wanted}
        named = []
        for shape in self._pack.shapes(sorted(layers), bounds, zoom=zoom):
            name = f"road:{shape.shape_class}" if shape.layer == "road" else shape.shape_class
            words = _words(shape, self._lang)
            if name in wanted and words:
                named.append((shape, words, styles[name]))
        found = []
        lines = _in_pixels([shape.points for shape, _, _ in named], zoom)
        for (shape, words, style), line in zip(named, lines, strict=True):
            lettering = Lettering(style.size_at(zoom), style.colour, self._style.halo, style.bold)
            if shape.kind is ShapeKind.POINT:
                found.append(self._at(line[0], words, lettering, style))
            else:
                found.extend(self._along(line, words, lettering, style))
        found.sort(key=_precedence)
        return [found[i] for i in reversed(np.flatnonzero(_chosen(found, passes)).tolist())]

    def _at(self, spot: Floats, words: str, lettering: Lettering, style: LabelStyle) -> Label:
        """Return the name of a point."""
        text = _wrapped(words)
        width, height = self._smith.size(text, lettering)
        return Label(
            words=text, lettering=lettering, x=float(spot[0]), y=float(spot[1]),
            half_width_px=min(width, _WIDEST_PX) / 2 + (6 if style.dot else 0),
            half_height_px=height / 2, rank=style.rank, has_dot=style.dot,
        )  # fmt: skip

    def _along(
        self, line: Floats, words: str, lettering: Lettering, style: LabelStyle
    ) -> Iterator[Label]:
        """Yield the name along a line every so often, where the line is straight enough."""
        width, _ = self._smith.size(words, lettering)
        if width > _WIDEST_PX or np.ptp(line, axis=0).sum() < 0.9 * width:
            return
        gone = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        if gone[-1] < width + 12:
            return
        times = max(1, int(gone[-1] // _EVERY_PX))
        for number in range(times):
            at = gone[-1] * (number + 0.5) / times + FIVE * width
            spots = np.column_stack(
                [np.interp(at, gone, line[:, 0]), np.interp(at, gone, line[:, 1])]
            )
            label = laid_along(self._smith, spots, words, lettering, style.rank)
            if label is not None:
                yield label


def laid_along(
    smith: Lettersmith, spots: Floats, words: str, lettering: Lettering, rank: int
) -> Label | None:
    """Return words laid along five points of a line, ``None`` if they bend too much.

    Args:
        smith: Sets the words.
        spots: Places at equal distances over the words' width, pixels, shape (5, 2).
        words: What is written.
        lettering: How, before it is turned.
        rank: Lower is more important.
    """
    width, height = smith.size(words, lettering)
    chord = spots[-1] - spots[0]
    length = float(np.hypot(*chord))
    if length < 0.9 * width:
        return None
    off = (spots[1:-1] - spots[0]) @ np.array([-chord[1], chord[0]]) / length
    if np.abs(off).max() > _BEND_PX:
        return None
    turn = math.degrees(math.atan2(-chord[1], chord[0]))
    turn = (turn + 90.0) % 180.0 - 90.0
    middle = spots[0] + chord / 2 + np.array([-chord[1], chord[0]]) / length * off[1] / 2
    if abs(turn) > _STEEP_DEG and _stands(words):
        lettering = replace(lettering, upright=True)
        width, height = smith.size(words, lettering)
        if height > _WIDEST_PX:
            return None
        half = (width / 2, height / 2)
    else:
        turn = round(turn / _TURN_STEP_DEG) * _TURN_STEP_DEG
        lettering = replace(lettering, turn_deg=turn)
        cos, sin = abs(math.cos(math.radians(turn))), abs(math.sin(math.radians(turn)))
        half = ((width * cos + height * sin) / 2, (width * sin + height * cos) / 2)
    return Label(
        words=words, lettering=lettering, x=float(middle[0]), y=float(middle[1]),
        half_width_px=half[0], half_height_px=half[1], rank=rank,
    )  # fmt: skip


def _in_pixels(lines: Sequence[Floats], zoom: int) -> list[Floats]:
    """Return lines of latitudes and longitudes in world pixels, all in one go."""
    if not lines:
        return []
    every = np.concatenate(lines)
    pixels = np.column_stack(to_pixels(every[:, 0], every[:, 1], zoom))
    return np.split(pixels, np.cumsum([len(line) for line in lines])[:-1])


def _words(shape: Shape, lang: str) -> str:
    first, second = shape.name_zh or "", shape.name_en or ""
    return (first or second) if lang == "zh" else (second or first)


def _stands(words: str) -> bool:
    """Whether words may be set one character above the other: Chinese, Japanese, Korean."""
    return all(letter >= _FIRST_CJK or letter.isdigit() for letter in words)


def _wrapped(words: str) -> str:
    """Return long names in two lines, broken at the space nearest to the middle."""
    if len(words) <= _LONGEST_LINE or " " not in words:
        return words
    spaces = [i for i, letter in enumerate(words) if letter == " "]
    middle = min(spaces, key=lambda i: abs(i - len(words) / 2))
    return f"{words[:middle]}\n{words[middle + 1 :]}"


def _precedence(label: Label) -> tuple[int, int, str, float, float]:
    """Return what decides between two names: rank, then a number made from the name and place."""
    mixed = zlib.crc32(f"{label.words} {label.x:.1f} {label.y:.1f}".encode())
    return label.rank, mixed, label.words, label.x, label.y


def _chosen(labels: list[Label], passes: int) -> Bools:
    """Return which names are drawn; they come in order of precedence."""
    count = len(labels)
    chosen, lost = np.zeros(count, bool), np.zeros(count, bool)
    if not count:
        return chosen
    one, other = _conflicts(labels)  # one precedes other
    for _ in range(passes):
        live = ~lost[one] & ~lost[other]
        beaten = np.zeros(count, bool)
        beaten[other[live]] = True
        chosen |= ~beaten & ~lost
        out = np.zeros(count, bool)
        out[other[chosen[one]]] = True
        out[one[chosen[other]]] = True
        lost |= out & ~chosen
    return chosen


def _conflicts(labels: list[Label]) -> tuple[Numbers, Numbers]:
    """Return the pairs of names that may not both be drawn, as two arrays of numbers."""
    at = np.array([(label.x, label.y) for label in labels])
    half = np.array([(label.half_width_px, label.half_height_px) for label in labels]) + _GAP_PX
    same = np.unique([label.words for label in labels], return_inverse=True)[1]
    order = np.argsort(at[:, 0], kind="stable")
    reach = np.searchsorted(at[order, 0], at[order, 0] + _REACH_PX, side="right")
    ones, others = [], []
    for row, number in enumerate(order.tolist()):
        near = order[row + 1 : reach[row]]
        apart = np.abs(at[near] - at[number])
        overlap = np.all(apart < half[near] + half[number], axis=1)
        overlap |= (same[near] == same[number]) & (apart.max(axis=1, initial=0) < _REPEAT_PX)
        hits = near[overlap]
        ones.append(np.minimum(hits, number))
        others.append(np.maximum(hits, number))
    return np.concatenate(ones), np.concatenate(others)
