"""What faults do to pictures: black, blurred, colour cast, occluded, low light, noise."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from console.city.cameras.encode import Picture, planes
from console.city.cameras.faults import FaultKind


class Spoiler:
    """Applies one fault at one severity to the pictures of one size."""

    def __init__(self, kind: FaultKind, severity: int, *, height_px: int, seed: int) -> None:
        self._kind, self._severity, self._height = kind, severity, height_px
        self._chance = np.random.default_rng([seed, severity, 0xFA])
        self._hand = self._draw_hand() if kind is FaultKind.OCCLUDED else None

    def apply(self, pictures: Iterator[Picture]) -> Iterator[Picture]:
        """Yield the pictures (planes of YUV 4:2:0, uint8) as the faulty camera shows them."""
        for picture in pictures:
            yield self._spoil(picture.copy())

    def _spoil(self, picture: Picture) -> Picture:
        luma, blue, red = planes(picture, self._height)
        match self._kind:
            case FaultKind.BLACK:
                self._blacken(luma, blue, red)
            case FaultKind.BLURRED:
                sigma = (2.0, 4.5, 10.0)[self._severity - 1] * self._height / 360
                for plane, width in ((luma, sigma), (blue, sigma / 2), (red, sigma / 2)):
                    plane[:] = cv2.GaussianBlur(plane, (0, 0), width)
            case FaultKind.COLOUR_CAST:
                shift = (14, 30, 55)[self._severity - 1]
                for plane, share in ((red, -0.6), (blue, -0.7)):
                    moved = plane.astype(np.int16) + round(share * shift)
                    plane[:] = moved.clip(0, 255).astype(np.uint8)
            case FaultKind.OCCLUDED:
                self._cover(luma, blue, red)
            case FaultKind.LOW_LIGHT:
                self._dim(luma, blue, red)
            case FaultKind.NOISE:
                sigma = (14.0, 24.0, 40.0)[self._severity - 1] * (self._height / 360) ** 0.5
                noise = self._chance.normal(0, sigma, luma.shape)
                luma[:] = (luma + noise).clip(0, 255).astype(np.uint8)
            case FaultKind.OFFLINE | FaultKind.FROZEN | FaultKind.WRONG_CLOCK:
                raise ValueError(f"{self._kind} does not change a picture")
        return picture

    def _blacken(self, luma: Picture, blue: Picture, red: Picture) -> None:
        rest = (0.08, 0.02, 0.0)[self._severity - 1]
        luma[:] = (16 + (luma.astype(np.float32) - 16).clip(0) * rest).astype(np.uint8)
        blue[:] = 128
        red[:] = 128

    def _dim(self, luma: Picture, blue: Picture, red: Picture) -> None:
        gain = (0.45, 0.28, 0.15)[self._severity - 1]
        noise = self._chance.normal(0, 3 + 2 * self._severity, luma.shape).astype(np.float32)
        dim = 16 + (luma.astype(np.float32) - 16) * gain + noise
        luma[:] = dim.clip(0, 255).astype(np.uint8)
        for plane in (blue, red):
            plane[:] = (128 + (plane.astype(np.float32) - 128) * gain).astype(np.uint8)

    def _draw_hand(self) -> Picture:
        """Return how much covers each pixel, 0 to 255: a leaf, a sheet, or nearly all."""
        height, width = self._height, self._height * 16 // 9
        cover = np.zeros((height, width), np.uint8)
        reach = (0.34, 0.56, 0.9)[self._severity - 1]
        centre = self._chance.random(2) * 0.3
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        radius = reach * (1 + 0.16 * self._chance.standard_normal(24))
        x = (centre[0] * 0.4 + radius * np.cos(angles)) * width
        y = (centre[1] + 0.1 + radius * np.sin(angles)) * height
        cv2.fillPoly(cover, [np.stack([x, y], axis=1).astype(np.int32)], 255)
        return np.asarray(cv2.GaussianBlur(cover, (0, 0), height / 60), np.uint8)

    def _cover(self, luma: Picture, blue: Picture, red: Picture) -> None:
        assert self._hand is not None
        share = self._hand.astype(np.float32) / 255
        small = cv2.resize(share, (blue.shape[1], blue.shape[0]), interpolation=cv2.INTER_AREA)
        for plane, level, part in ((luma, 52, share), (blue, 118, small), (red, 134, small)):
            plane[:] = (plane * (1 - part) + level * part).astype(np.uint8)
