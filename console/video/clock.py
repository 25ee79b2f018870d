"""Reads the clock that a camera burns into its picture, and is honest about what it cannot read.

Bright digits on a darker ground, upright, in the upper or lower edge of the picture, in the order
year, month, day, hour, minute, second. Every glyph is compared with digits of several fonts; one
that is like none of them, or like two, makes the whole clock unreadable: no reading is better than
a wrong one.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

#: A clock that is further off than this is wrong; keyframes and transport take seconds.
TOLERANCE = timedelta(minutes=2)
_EDGE_SHARE = 0.15
_HEIGHT_PX, _SCALE, _STROKE_PX, _LEAST_BRIGHT = 360, 3, 21, 70.0
_BOX = (18, 24)
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_PLAIN)
_LEAST_LIKE, _LEAST_APART = 0.78, 0.05
_RUNS = (4, 2, 2, 2, 2, 2)
_APART = 1.22
_LEAST_YEAR, _LAST_YEAR = 1970, 2100
Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Glyph:
    left: int
    top: int
    width: int
    height: int
    mask: Plane


def read_clock(luma: Plane) -> datetime | None:
    """Return the time in a picture as it is written there, without a zone; ``None`` if unreadable.

    Args:
        luma: Brightness, shape (height, width), in the camera's own size.
    """
    if luma.shape[0] > 1.2 * _HEIGHT_PX:
        size = round(luma.shape[1] * _HEIGHT_PX / luma.shape[0]), _HEIGHT_PX
        luma = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
    edge = max(16, round(luma.shape[0] * _EDGE_SHARE))
    for band in (luma[-edge:], luma[:edge]):
        found = _in_band(np.ascontiguousarray(band))
        if found is not None:
            return found
    return None


def is_wrong(reading: datetime, now: datetime) -> bool:
    """Whether a reading differs from the time by more than a clock may.

    Args:
        reading: Without a zone, as written.
        now: Local time of the camera, without a zone.
    """
    return abs(reading - now) > TOLERANCE


def _in_band(band: Plane) -> datetime | None:
    large = cv2.resize(band, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_CUBIC)
    # Strokes are thin and brighter than what is around them, whatever that is.
    strokes = cv2.morphologyEx(large, cv2.MORPH_TOPHAT, np.ones((_STROKE_PX, _STROKE_PX)))
    bright = float(np.percentile(strokes, 99.5))
    if bright < _LEAST_BRIGHT:
        return None
    ink = (np.asarray(strokes) > 0.55 * bright).astype(np.uint8)
    for line in _lines(_glyphs(ink)):
        found = _in_line(line)
        if found is not None:
            return found
    return None


def _glyphs(ink: Plane) -> list[_Glyph]:
    count, labels, about, _ = cv2.connectedComponentsWithStats(ink)
    if count > 600:
        return []  # that is a picture, not writing
    found = []
    for one in range(1, count):
        left, top, width, height, area = (int(value) for value in about[one])
        if area < 6 or height > ink.shape[0] * 0.9 or width > 6 * ink.shape[0]:
            continue
        part = labels[top : top + height, left : left + width] == one
        found.append(_Glyph(left, top, width, height, part.astype(np.uint8) * 255))
    return found


def _lines(glyphs: list[_Glyph]) -> list[list[_Glyph]]:
    """Return glyphs that stand beside each other, by line, from left to right."""
    tall = [one for one in glyphs if one.height >= 6 * _SCALE and one.width <= 1.2 * one.height]
    lines: list[list[_Glyph]] = []
    for seed in tall:
        if any(seed in line for line in lines):
            continue
        room = 0.2 * seed.height
        line = [
            one
            for one in tall
            if abs(one.top - seed.top) < room and abs(one.height - seed.height) < room
        ]
        if len(line) >= sum(_RUNS):
            lines.append(sorted(line, key=lambda one: one.left))
    return lines


def _in_line(line: list[_Glyph]) -> datetime | None:
    """Return the time in a line: six runs of digits with something between them."""
    runs: list[list[_Glyph]] = [[line[0]]]
    # Digits of a clock are equally far apart, middle to middle, so that it does not wander.
    steps = [b.left + b.width / 2 - a.left - a.width / 2 for a, b in itertools.pairwise(line)]
    usual = float(np.median(steps))
    for glyph, step in zip(line[1:], steps, strict=True):
        if step > _APART * usual:
            runs.append([glyph])
        else:
            runs[-1].append(glyph)
    for start in range(len(runs) - len(_RUNS) + 1):
        part = runs[start : start + len(_RUNS)]
        if tuple(len(run) for run in part) == _RUNS:
            return _as_time([_number(run) for run in part])
    return None


def _number(run: list[_Glyph]) -> int | None:
    digits = [_digit(glyph) for glyph in run]
    if any(one is None for one in digits):
        return None
    return int("".join(str(one) for one in digits))


def _as_time(parts: list[int | None]) -> datetime | None:
    known = [part for part in parts if part is not None]
    if len(known) != len(_RUNS) or not _LEAST_YEAR <= known[0] <= _LAST_YEAR:
        return None
    try:
        return datetime(*known)  # type: ignore[arg-type]  # six numbers: year to second
    except ValueError:
        return None


def _digit(glyph: _Glyph) -> int | None:
    """Return which digit a glyph is, ``None`` unless it is like one and unlike the others."""
    likeness = _templates() @ _normal(glyph.mask)
    by_digit = likeness.reshape(10, -1).max(axis=1)
    order = np.argsort(-by_digit)
    best, second = float(by_digit[order[0]]), float(by_digit[order[1]])
    if best < _LEAST_LIKE or best - second < _LEAST_APART:
        return None
    return int(order[0])


def _normal(mask: Plane) -> NDArray[np.float32]:
    """Return a glyph in the box of all glyphs, blurred, of length one."""
    height, width = mask.shape
    wide = min(_BOX[0], max(2, round(width * _BOX[1] / height)))
    small = cv2.resize(mask, (wide, _BOX[1]), interpolation=cv2.INTER_AREA)
    box = np.zeros(_BOX[::-1], np.float32)
    left = (_BOX[0] - wide) // 2
    box[:, left : left + wide] = small
    soft = cv2.GaussianBlur(box, (0, 0), 1.2)
    soft = soft - soft.mean()
    return np.asarray(soft.ravel() / max(1e-6, float(np.linalg.norm(soft))), np.float32)


@cache
def _templates() -> NDArray[np.float32]:
    """Return digits of several fonts and weights, (10 × fonts, pixels), digit by digit."""
    rows = []
    for digit in "0123456789":
        for font in _FONTS:
            for weight in (4, 7):
                canvas = np.zeros((120, 120), np.uint8)
                cv2.putText(canvas, digit, (20, 90), font, 2.6, 255, weight, cv2.LINE_AA)
                rows.append(_normal(_cut(canvas)))
        drawn = Image.new("L", (120, 120), 0)
        ImageDraw.Draw(drawn).text((30, 20), digit, fill=255, font=ImageFont.load_default(80))
        plain = np.asarray(drawn, np.uint8)
        rows += [_normal(_cut(plain)), _normal(_cut(cv2.dilate(plain, np.ones((5, 5)))))]
        rows += [_footed(weight) if digit == "1" else rows[-1] for weight in (10, 16)]
    return np.stack(rows)


def _footed(weight: int) -> NDArray[np.float32]:
    """Return a one that stands on a foot, as many fonts of cameras have it."""
    canvas = np.zeros((120, 120), np.uint8)
    for start, end in (((60, 15), (60, 100)), ((32, 100), (90, 100)), ((60, 15), (38, 28))):
        cv2.line(canvas, start, end, 255, weight)
    return _normal(_cut(canvas))


def _cut(canvas: cv2.typing.MatLike) -> Plane:
    left, top, width, height = cv2.boundingRect((np.asarray(canvas) > 100).astype(np.uint8))
    return np.asarray(canvas, np.uint8)[top : top + height, left : left + width]
