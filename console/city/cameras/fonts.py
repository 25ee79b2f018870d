"""Chinese lettering for bands and shop signs, by Pillow."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_LOG = logging.getLogger("zhihui.cameras")
_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts")
_NAMES = ("NotoSansCJK-Bold.ttc", "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf")


class Lettering:
    """Draws text; Chinese when a Noto CJK font is installed, otherwise what Latin is in it."""

    def __init__(self) -> None:
        self._path = _find_font()
        if self._path is None:
            _LOG.warning(
                "No Noto CJK font is installed, so names in the pictures lose their Chinese. "
                "Install fonts-noto-cjk and start again."
            )
        self._fonts: dict[int, ImageFont.FreeTypeFont | ImageFont.ImageFont] = {}

    def mask(self, text: str, size_px: int, *, width_px: int, height_px: int) -> NDArray[np.uint8]:
        """Return how much ink each pixel has, 0 to 255, the text left and centred upright.

        Args:
            text: What to write; cut at the right edge.
            size_px: Height of the letters.
            width_px: Width of the picture.
            height_px: Height of the picture.
        """
        image = Image.new("L", (width_px, height_px), 0)
        shown = text if self._path else text.encode("ascii", "ignore").decode().strip()
        draw = ImageDraw.Draw(image)
        draw.text(
            (size_px // 2, height_px / 2), shown, fill=255, font=self._font(size_px), anchor="lm"
        )
        return np.asarray(image, np.uint8)

    def _font(self, size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        font = self._fonts.get(size_px)
        if font is None:
            if self._path is None:
                font = ImageFont.load_default(size_px)
            else:
                # Face 2 of the collection is Simplified Chinese.
                index = 2 if self._path.suffix == ".ttc" else 0
                font = ImageFont.truetype(str(self._path), size_px, index=index)
            self._fonts[size_px] = font
        return font


def _find_font() -> Path | None:
    for folder in _FOLDERS:
        root = Path(folder).expanduser()
        for name in _NAMES:
            if root.is_dir() and (found := next(root.rglob(name), None)) is not None:
                return found
    return None
