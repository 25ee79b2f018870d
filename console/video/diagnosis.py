"""Video quality diagnosis (视频质量诊断) of one picture, and of two of one point apart in time.

The limits are the common ones in ``LIMITS``; a deployment brings its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray


class Finding(StrEnum):
    """What is wrong with a picture (黑屏, 冻结, 模糊, 偏色, 遮挡, 过暗, 过亮)."""

    BLACK = "black"
    FROZEN = "frozen"
    BLURRED = "blurred"
    COLOUR_CAST = "colour_cast"
    OCCLUDED = "occluded"
    LOW_LIGHT = "low_light"
    TOO_BRIGHT = "too_bright"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Figures of one picture, sampled at about 320 × 180.

    Attributes:
        luma: Mean brightness, 0–255.
        contrast: Standard deviation of the brightness.
        sharpness: Variance of the Laplacian over the variance of the brightness; 0 is a blur.
        cast: Distance of the mean colour from grey in CIE a*b*.
        cast_ratio: That distance over the mean deviation of the colours from their mean: a lawn
            is far from grey but spreads, a cast moves everything alike.
        flat_share: Share of 16 × 9 blocks without any structure in them.
    """

    luma: float
    contrast: float
    sharpness: float
    cast: float
    cast_ratio: float
    flat_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where a figure becomes a finding."""

    black_luma: float = 20.0
    black_contrast: float = 6.0
    dark_luma: float = 30.0
    bright_luma: float = 220.0
    blurred_sharpness: float = 0.015
    cast: float = 12.0
    cast_ratio: float = 2.0
    flat_share: float = 0.75
    frozen_difference: float = 3.0


LIMITS = Limits()
_SIZE = (320, 180)
_COLOUR_SIZE = (80, 45)
_BLOCKS = (16, 9)
_FLAT_STD = 3.0


def measure(bgra: NDArray[np.uint8]) -> Metrics:
    """Return the figures of a picture.

    Args:
        bgra: Shape (height, width, 4), blue first.
    """
    cv2.setNumThreads(1)
    bgr = cv2.cvtColor(cv2.resize(bgra, _SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_BGRA2BGR)
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    luma, contrast = _mean_and_spread(grey)
    _, edges = _mean_and_spread(cv2.Laplacian(grey, cv2.CV_16S))
    cast, spread_ab = _colours(cv2.resize(bgr, _COLOUR_SIZE, interpolation=cv2.INTER_AREA))
    return Metrics(
        luma=luma,
        contrast=contrast,
        sharpness=edges * edges / max(1.0, contrast * contrast),
        cast=cast,
        cast_ratio=cast / max(1.0, spread_ab),
        flat_share=_flat_share(grey),
    )


def _mean_and_spread(plane: cv2.typing.MatLike) -> tuple[float, float]:
    mean, spread = cv2.meanStdDev(plane)
    return float(mean[0, 0]), float(spread[0, 0])


def _colours(bgr: cv2.typing.MatLike) -> tuple[float, float]:
    """Return how far the mean colour is from grey in a*b*, and the colours from their mean."""
    lab = cv2.cvtColor(bgr.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    mean = cv2.mean(lab)[1:3]
    apart = cv2.mean(cv2.absdiff(lab, np.array((0.0, *mean, 0.0))))[1:3]
    return float(np.hypot(*mean)), float(np.hypot(*apart))


def _flat_share(grey: cv2.typing.MatLike) -> float:
    values = grey.astype(np.float32)
    mean = cv2.resize(values, _BLOCKS, interpolation=cv2.INTER_AREA)
    mean_square = cv2.resize(values * values, _BLOCKS, interpolation=cv2.INTER_AREA)
    return float(np.mean(mean_square - mean * mean < _FLAT_STD * _FLAT_STD))


def difference(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> float:
    """Return how far two pictures differ where they differ most, in brightness steps, 0–255.

    It is the largest mean difference of a block of 16 × 9: one walker changes a block by tens,
    while the noise of encoding the same picture again stays below the limit everywhere.

    Args:
        before: Shape (height, width, 4), blue first.
        now: The same shape.
    """
    grey = [cv2.cvtColor(one, cv2.COLOR_BGRA2GRAY) for one in (before, now)]
    return float(cv2.resize(cv2.absdiff(*grey), _BLOCKS, interpolation=cv2.INTER_AREA).max())


def diagnose(
    metrics: Metrics, *, since_before: float | None = None, limits: Limits = LIMITS
) -> tuple[Finding, ...]:
    """Return what is wrong with a picture, the worst first.

    Args:
        metrics: Its figures.
        since_before: ``difference`` from a picture of the same point taken at another time, of
            different decoded frames; ``None`` where there is none.
        limits: Where a figure becomes a finding.
    """
    if metrics.luma < limits.black_luma and metrics.contrast < limits.black_contrast:
        return (Finding.BLACK,)
    found = []
    if since_before is not None and since_before < limits.frozen_difference:
        found.append(Finding.FROZEN)
    if metrics.flat_share > limits.flat_share:
        found.append(Finding.OCCLUDED)
    if metrics.luma < limits.dark_luma:
        found.append(Finding.LOW_LIGHT)
    elif metrics.luma > limits.bright_luma:
        found.append(Finding.TOO_BRIGHT)
    if metrics.cast > limits.cast and metrics.cast_ratio > limits.cast_ratio:
        found.append(Finding.COLOUR_CAST)
    if Finding.OCCLUDED not in found and metrics.sharpness < limits.blurred_sharpness:
        found.append(Finding.BLURRED)
    return tuple(found)
