"""Video quality diagnosis (视频质量诊断) of one picture, and of two of one point apart in time.

The limits are the common ones in ``LIMITS``; a deployment brings its own. What is usual at a point
by day and by night (`console.video.usual`) finds slight faults that no common limit could.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray


class Finding(StrEnum):
    """What is wrong with a picture (黑屏, 冻结, 模糊, 偏色, 遮挡, 过暗, 过亮, 噪声, 时钟错误)."""

    BLACK = "black"
    FROZEN = "frozen"
    BLURRED = "blurred"
    COLOUR_CAST = "colour_cast"
    OCCLUDED = "occluded"
    LOW_LIGHT = "low_light"
    TOO_BRIGHT = "too_bright"
    NOISE = "noise"
    WRONG_CLOCK = "wrong_clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Figures of one picture, sampled at about 320 × 180.

    Attributes:
        luma: Mean brightness, 0–255.
        contrast: Standard deviation of the brightness; these two and the next without the rows at
            the edges, where cameras write.
        sharpness: Variance of the Laplacian over the variance of the brightness; 0 is a blur.
        cast: Distance of the mean colour from grey in CIE a*b*.
        cast_ratio: That distance over the mean deviation of the colours from their mean: a lawn
            is far from grey but spreads, a cast moves everything alike.
        flat_share: Share of 16 × 9 blocks without any structure in them.
        noise: Standard deviation of what differs from a smooth surface (Immerkær 1996), in the
            quarter of the blocks that have least of it: texture does not count.
        structure: Standard deviation of each of the 16 × 9 blocks, row by row.
        light: Mean brightness of each of them.
    """

    luma: float
    contrast: float
    sharpness: float
    cast: float
    cast_ratio: float
    flat_share: float
    noise: float = 0.0
    structure: tuple[float, ...] = ()
    light: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where a figure becomes a finding.

    Attributes:
        frozen_difference: Most that any block of two frozen pictures differs, brightness steps.
        frozen_changed: Most of the pixels that differ by 2 steps or more: a place where nothing
            moves still has the noise of its sensor, a frozen picture has not.
        less_sharp, less_light, less_contrast: Shares of what is usual at the point.
        more_cast, more_noise: Above what is usual at the point.
        lost_structure: A block has lost what is usual in it below this share of it.
        flatter: And below this share of the least it has had: traffic makes a block flat at times.
        was_flat: A block that has had less, over the contrast, tells nothing.
        more_flat: Share of the blocks that have, in this look and the one before: what passes by
            covers others.
        covered_flat: Structure that a block which something covers has at most, brightness steps.
        other_light: Brightness steps that it differs from its usual light, in this look and the one
            before; where there never was structure (sky, a wall) that is what a cover changes.
        covered: Share of the blocks for which both hold.
        few_pictures, times_few: While a point is known by fewer, so many times as many blocks must
            show a cover: rare traffic may not have passed yet.
        strong_cast: Times ``more_cast`` from where on a cast by itself changes the light of blocks.
        spreads: And at least so many of its own standard deviations away from it.
    """

    black_luma: float = 20.0
    black_contrast: float = 6.0
    black_noise: float = 1.5
    pitch_luma: float = 5.0
    dark_luma: float = 30.0
    bright_luma: float = 220.0
    blurred_sharpness: float = 0.015
    cast: float = 12.0
    cast_ratio: float = 2.0
    flat_share: float = 0.75
    frozen_difference: float = 3.0
    frozen_changed: float = 0.004
    noise: float = 14.0
    less_sharp: float = 0.3
    much_less_sharp: float = 0.14
    less_light: float = 0.62
    less_contrast: float = 0.7
    more_flat: float = 0.035
    covered_flat: float = 6.0
    other_light: float = 13.0
    covered: float = 0.03
    few_pictures: int = 40
    times_few: float = 3.5
    strong_cast: float = 2.0
    lost_structure: float = 0.35
    flatter: float = 0.7
    was_flat: float = 0.1
    more_cast: float = 8.0
    more_noise: float = 2.5
    spreads: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a point from the looks before.

    Attributes:
        mean: The figures that are usual at this time of day.
        spread: Their standard deviations.
        last: The figures of the look before, ``None`` if there was none.
        flattest: Least structure that each block has had in good pictures, over their contrast.
        pictures: How many good ones.
    """

    mean: Metrics
    spread: Metrics
    last: Metrics | None = None
    flattest: tuple[float, ...] = ()
    pictures: int = 1_000


LIMITS = Limits()
_SIZE = (320, 180)
_COLOUR_SIZE = (80, 45)
_BLOCKS = (16, 9)
_FLAT_STD = 3.0
#: Names and clocks stand at the upper and lower edge: sharp and bright whatever the lens sees.
_WRITTEN_ROWS = 18
_SURFACE = np.array(((1, -2, 1), (-2, 4, -2), (1, -2, 1)), np.float32)


def measure(bgra: NDArray[np.uint8]) -> Metrics:
    """Return the figures of a picture.

    Args:
        bgra: Shape (height, width, 4), blue first.
    """
    cv2.setNumThreads(1)
    if bgra.shape[1::-1] != _SIZE:
        bgra = np.asarray(cv2.resize(bgra, _SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    bgr = cv2.cvtColor(bgra, cv2.COLOR_BGRA2BGR)
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    inner = grey[_WRITTEN_ROWS:-_WRITTEN_ROWS]
    luma, contrast = _mean_and_spread(inner)
    _, edges = _mean_and_spread(cv2.Laplacian(inner, cv2.CV_16S))
    structure, light = _structure(grey)
    cast, spread_ab = _colours(cv2.resize(bgr, _COLOUR_SIZE, interpolation=cv2.INTER_AREA))
    return Metrics(
        luma=luma,
        contrast=contrast,
        sharpness=edges * edges / max(1.0, contrast * contrast),
        cast=cast,
        cast_ratio=cast / max(1.0, spread_ab),
        flat_share=float(np.mean(structure < _FLAT_STD)),
        structure=tuple(structure.ravel().tolist()),
        light=tuple(light.ravel().tolist()),
        noise=_noise(grey),
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


def _structure(grey: cv2.typing.MatLike) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the standard deviation and the mean of each block."""
    values = grey.astype(np.float32)
    mean = cv2.resize(values, _BLOCKS, interpolation=cv2.INTER_AREA)
    mean_square = cv2.resize(values * values, _BLOCKS, interpolation=cv2.INTER_AREA)
    spread = np.sqrt(np.maximum(mean_square - mean * mean, 0.0)).astype(np.float32)
    return spread, np.asarray(mean, np.float32)


def _noise(grey: cv2.typing.MatLike) -> float:
    rough = np.abs(cv2.filter2D(grey, cv2.CV_32F, _SURFACE))
    blocks = cv2.resize(rough, _BLOCKS, interpolation=cv2.INTER_AREA)
    ordered = np.sort(np.asarray(blocks), axis=None)
    return float(ordered[len(ordered) // 4] * np.sqrt(np.pi / 2) / 6)


def changed_share(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> float:
    """Return the share of the pixels that differ by 2 brightness steps or more, 0 to 1.

    Args:
        before: Shape (height, width, 4), blue first.
        now: The same shape.
    """
    grey = [cv2.cvtColor(one, cv2.COLOR_BGRA2GRAY) for one in (before, now)]
    return float(np.count_nonzero(cv2.absdiff(*grey) >= 2) / grey[0].size)


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
    metrics: Metrics,
    *,
    since_before: float | None = None,
    changed: float | None = None,
    known: Known | None = None,
    limits: Limits = LIMITS,
) -> tuple[Finding, ...]:
    """Return what is wrong with a picture, the worst first.

    Args:
        metrics: Its figures.
        since_before: ``difference`` from a picture of the same point taken at another time, of
            different decoded frames; ``None`` where there is none.
        changed: ``changed_share`` of the same two.
        known: What is usual at the point at this time of day, where enough is known.
        limits: Where a figure becomes a finding.
    """
    nothing = metrics.luma < limits.black_luma and metrics.contrast < limits.black_contrast
    # A sensor that still sees a little has the grain of its gain.
    if nothing and (metrics.noise < limits.black_noise or metrics.luma < limits.pitch_luma):
        return (Finding.BLACK,)
    found = []
    still = since_before is not None and since_before < limits.frozen_difference
    if still and (changed is None or changed < limits.frozen_changed):
        found.append(Finding.FROZEN)
    found += _by_limits(metrics, limits) if known is None else _by_usual(metrics, known, limits)
    return tuple(found)


def _by_limits(metrics: Metrics, limits: Limits) -> list[Finding]:
    found = []
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
    if not found and metrics.noise > limits.noise:
        found.append(Finding.NOISE)
    return found


def _by_usual(metrics: Metrics, known: Known, limits: Limits) -> list[Finding]:
    """Judge by what is usual at the point: slight faults show, and a dark lane is no fault."""
    mean, spread = known.mean, known.spread

    def above(name: str, least: float) -> bool:
        over = getattr(metrics, name) - getattr(mean, name)
        return bool(over > max(least, limits.spreads * getattr(spread, name)))

    def share(name: str) -> float:
        return float(getattr(metrics, name) / max(1e-6, getattr(mean, name)))

    found = []
    sharp = share("sharpness")
    dark = share("luma") < limits.less_light and share("contrast") < limits.less_contrast
    cast = metrics.cast_ratio > 1.2 * mean.cast_ratio
    tinted = cast and above("cast", limits.strong_cast * limits.more_cast)
    if dark and _brightest_share(metrics, known) < limits.less_light:
        found.append(Finding.LOW_LIGHT)
    elif _is_covered(metrics, known, limits, sharp, tinted=tinted):
        found.append(Finding.OCCLUDED)
    elif dark:
        found.append(Finding.LOW_LIGHT)
    if metrics.luma > limits.bright_luma and above("luma", 40.0):
        found.append(Finding.TOO_BRIGHT)
    if cast and above("cast", limits.more_cast) and Finding.OCCLUDED not in found:
        found.append(Finding.COLOUR_CAST)
    if Finding.OCCLUDED not in found and sharp < limits.less_sharp:
        found.append(Finding.BLURRED)
    if not found and above("noise", limits.more_noise):
        found.append(Finding.NOISE)
    return found


def _is_covered(
    metrics: Metrics, known: Known, limits: Limits, sharp: float, *, tinted: bool
) -> bool:
    """Whether something covers a part: what is blurred all over loses structure without a cover."""
    times = limits.times_few if known.pictures < limits.few_pictures else 1.0
    lost = _lost_share(metrics, known, limits) > times * limits.more_flat
    if lost and sharp >= limits.less_sharp:
        return True
    if sharp < limits.much_less_sharp:
        times = limits.times_few
    return not tinted and _covered_share(metrics, known, limits) > times * limits.covered


def _brightest_share(metrics: Metrics, known: Known) -> float:
    """Return how bright the blocks are that have lost least light, as a share of the usual.

    Where the light fails all blocks lose it; where something covers a part the others keep it.
    """
    usual = np.asarray(known.mean.light)
    if len(metrics.light) != len(usual) or not len(usual):
        return 0.0
    return float(np.percentile((np.asarray(metrics.light) + 4.0) / (usual + 4.0), 95))


def _lost_share(metrics: Metrics, known: Known, limits: Limits) -> float:
    """Return the share of the blocks without their usual structure, now and at the look before."""
    if known.last is None or not metrics.structure or not known.mean.structure:
        return 0.0
    usual = np.asarray(known.mean.structure)
    spread = np.asarray(known.spread.structure)
    # Blocks through which much passes tell nothing; darkness takes structure from all alike.
    least = np.minimum(limits.lost_structure * usual, usual - 3.0 * spread)
    least = np.where(usual > 2 * _FLAT_STD, least, -1.0) / max(1.0, known.mean.contrast)
    if len(known.flattest) == len(least):
        flattest = np.asarray(known.flattest)
        least = np.minimum(least, limits.flatter * flattest)
        least = np.where(flattest < limits.was_flat, -1.0, least)
    lost = np.asarray(metrics.structure) / max(1.0, metrics.contrast) < least
    lost &= np.asarray(known.last.structure) / max(1.0, known.last.contrast) < least
    return float(lost.mean())


def _covered_share(metrics: Metrics, known: Known, limits: Limits) -> float:
    """Return the share of blocks that are flat and of another light, now and the look before."""
    usual = np.asarray(known.mean.light)
    if known.last is None or not len(metrics.light) == len(known.last.light) == len(usual) > 0:
        return 0.0
    apart = np.maximum(limits.other_light, limits.spreads * np.asarray(known.spread.light))
    covered = np.ones(len(usual), bool)
    if len(known.flattest) == len(usual):
        # Where there is structure that was gone before, what passes by is as flat as a cover.
        flattest = np.asarray(known.flattest) * max(1.0, known.mean.contrast)
        structured = np.asarray(known.mean.structure) > 2 * limits.covered_flat
        covered &= ~(structured & (flattest < limits.covered_flat))
    for look in (metrics, known.last):
        light = np.asarray(look.light) + 1.0
        # Exposure and dusk change all blocks alike.
        gain = float(np.median((usual + 1.0) / light))
        covered &= np.abs(light * gain - usual - 1.0) > apart
        covered &= np.asarray(look.structure) < limits.covered_flat
    return float(covered.mean())
