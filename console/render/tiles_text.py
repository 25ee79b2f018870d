"""Lettering for the basemap: fonts, and pictures of words with a halo round them."""

from __future__ import annotations

import logging
import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from console.render.tiles_style import Colour

_log = logging.getLogger("zhihui.render")

#: Where Debian's fonts-noto-cjk and the usual other systems keep a font with Chinese in it.
_REGULAR = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
_BOLD = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Bold.ttc",
    "C:/Windows/Fonts/msyhbd.ttc",
)
_SIMPLIFIED_CHINESE = 2  # face of the Noto collection: 0 JP, 1 KR, 2 SC, 3 TC, 4 HK
_KEPT_SPRITES = 6_000
_KEPT_WIDTHS = 60_000

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Lettering:
    """How words are set.

    Attributes:
        size_px: Height of the letters, in pixels of the tile.
        turn_deg: Turned anticlockwise, −90 to 90.
        upright: Whether the characters stand one above the other.
    """

    size_px: float
    colour: Colour
    halo: Colour
    bold: bool = False
    turn_deg: float = 0.0
    upright: bool = False
    halo_px: float = 1.6

    def scaled(self, times: float) -> Lettering:
        """Return the same lettering, larger."""
        return replace(self, size_px=self.size_px * times, halo_px=self.halo_px * times)


@dataclass(frozen=True, slots=True)
class Sprite:
    """A picture of words: blue, green and red, and how much they cover, all 0 to 1."""

    colour: NDArray[np.float32]
    cover: NDArray[np.float32]


class Lettersmith:
    """Sets words; safe to share between threads."""

    def __init__(
        self, regular: Sequence[str] = _REGULAR, bold: Sequence[str] = _BOLD
    ) -> None:  # fmt: skip
        """Look for fonts.

        Args:
            regular: Paths of fonts with Chinese characters, the best first.
            bold: Paths of heavier cuts of them.
        """
        self._lock = threading.Lock()
        self._sprites: OrderedDict[tuple[str, Lettering], Sprite] = OrderedDict()
        self._widths: dict[tuple[str, bool, float], float] = {}
        self._fonts: dict[tuple[bool, int], Font] = {}
        self._paths = {False: _found(regular), True: _found(bold) or _found(regular)}
        if self._paths[False] is None:
            _log.warning(
                "No font with Chinese characters was found: names on the map may show as boxes. "
                "Install one (Debian: fonts-noto-cjk)."
            )

    @property
    def has_chinese(self) -> bool:
        """Whether a font with Chinese characters was found."""
        return self._paths[False] is not None

    def size(self, words: str, lettering: Lettering) -> tuple[float, float]:
        """Return width and height of words as set, before turning, in pixels."""
        lines = words.split("\n")
        if lettering.upright:
            return lettering.size_px * 1.1, lettering.size_px * 1.08 * len(words)
        key = (words, lettering.bold, lettering.size_px)
        with self._lock:
            width = self._widths.get(key)
            if width is None:
                font = self._font(lettering)
                width = max(float(font.getlength(line)) for line in lines)
                if len(self._widths) >= _KEPT_WIDTHS:
                    self._widths.clear()
                self._widths[key] = width
        return width, lettering.size_px * 1.22 * len(lines)

    def sprite(self, words: str, lettering: Lettering) -> Sprite:
        """Return the picture of words."""
        key = (words, lettering)
        with self._lock:
            sprite = self._sprites.get(key)
            if sprite is None:
                sprite = self._drawn(words, lettering)
                self._sprites[key] = sprite
                if len(self._sprites) > _KEPT_SPRITES:
                    self._sprites.popitem(last=False)
            else:
                self._sprites.move_to_end(key)
        return sprite

    def _font(self, lettering: Lettering) -> Font:
        key = (lettering.bold, max(6, round(lettering.size_px)))
        font = self._fonts.get(key)
        if font is None:
            path = self._paths[lettering.bold]
            font = self._fonts[key] = _load(path, key[1])
        return font

    def _drawn(self, words: str, lettering: Lettering) -> Sprite:
        font = self._font(lettering)
        step = lettering.size_px * (1.08 if lettering.upright else 1.22)
        lines = list(words) if lettering.upright else words.split("\n")
        width = max(float(font.getlength(line)) for line in lines)
        edge = math.ceil(lettering.halo_px) + 2
        size = (math.ceil(width) + 2 * edge, math.ceil(step * len(lines)) + 2 * edge)
        picture = Image.new("RGBA", size, (*lettering.halo, 0))
        pen = ImageDraw.Draw(picture)
        for stroke, colour in ((lettering.halo_px, lettering.halo), (0.0, lettering.colour)):
            for number, line in enumerate(lines):
                at = (size[0] / 2, edge + step * (number + 0.5))
                pen.text(at, line, fill=(*colour, 255), font=font, anchor="mm", stroke_width=stroke)
        if lettering.turn_deg:
            picture = picture.rotate(
                lettering.turn_deg, resample=Image.Resampling.BICUBIC, expand=True,
                fillcolor=(*lettering.halo, 0),
            )  # fmt: skip
        values = np.asarray(picture, np.float32) / 255.0
        return Sprite(values[:, :, 2::-1].copy(), values[:, :, 3:].copy())


def _found(paths: Sequence[str]) -> Path | None:
    return next((Path(path) for path in paths if Path(path).is_file()), None)


@lru_cache(maxsize=64)
def _load(path: Path | None, size_px: int) -> Font:
    if path is None:
        return ImageFont.load_default(size_px)
    face = _SIMPLIFIED_CHINESE if "Noto" in path.name else 0
    return ImageFont.truetype(str(path), size_px, index=face)


def stamp(canvas: NDArray[np.uint8], sprite: Sprite, x: float, y: float) -> None:
    """Lay a picture of words on a canvas, centred at a point; what sticks out is cut off."""
    high, wide = sprite.cover.shape[:2]
    left, top = round(x - wide / 2), round(y - high / 2)
    west, north = max(0, left), max(0, top)
    east, south = min(canvas.shape[1], left + wide), min(canvas.shape[0], top + high)
    if west >= east or north >= south:
        return
    part = (slice(north - top, south - top), slice(west - left, east - left))
    cover = sprite.cover[part]
    under = canvas[north:south, west:east]
    mixed = under * (1.0 - cover) + sprite.colour[part] * (255.0 * cover)
    canvas[north:south, west:east] = np.rint(mixed).astype(np.uint8)
