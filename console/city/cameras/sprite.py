"""Parts of a picture that are drawn once and laid over what is behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from console.city.cameras.view import Canvas


@dataclass(frozen=True, slots=True)
class Sprite:
    """A part of the picture that is laid over what is behind it.

    Attributes:
        away_m: How far from the mast.
    """

    away_m: float
    left: int
    top: int
    colours: Canvas
    mask: Canvas

    @classmethod
    def of(cls, ground: Canvas, away_m: float, draw: Callable[[Canvas], None]) -> Sprite | None:
        """Return what ``draw`` changes on the ground, ``None`` when that is nothing."""
        canvas = ground.copy()
        draw(canvas)
        changed = (canvas != ground).any(axis=2).astype(np.uint8)
        left, top, width, height = cv2.boundingRect(changed)
        if not width or not height:
            return None
        part = slice(top, top + height), slice(left, left + width)
        return cls(float(away_m), left, top, canvas[part].copy(), changed[part].copy())

    def show(self, canvas: Canvas) -> None:
        """Lay it over the picture."""
        height, width = self.mask.shape
        part = canvas[self.top : self.top + height, self.left : self.left + width]
        cv2.copyTo(self.colours, self.mask, part)
