"""A camera on a mast over flat ground: projects the street's solids and paints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Canvas = NDArray[np.uint8]
Colour = tuple[float, float, float]
_NEAR_M = 0.6
_SHIFT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Where the camera hangs and looks; metres, x right, y up, z ahead of the mast.

    Attributes:
        focal: Focal length in widths of the picture.
        yaw_deg: Turned to the right.
        pitch_deg: Turned down.
    """

    width_px: int
    height_px: int
    mast_m: float
    yaw_deg: float
    pitch_deg: float
    focal: float

    def camera_points(self, world: Points) -> Points:
        """Return points (n, 3) seen from the camera: right, down, ahead."""
        yaw, pitch = np.radians(self.yaw_deg), np.radians(self.pitch_deg)
        x = world[:, 0] * np.cos(yaw) - world[:, 2] * np.sin(yaw)
        z = world[:, 0] * np.sin(yaw) + world[:, 2] * np.cos(yaw)
        y = self.mast_m - world[:, 1]
        down = y * np.cos(pitch) - z * np.sin(pitch)
        ahead = y * np.sin(pitch) + z * np.cos(pitch)
        return np.stack([x, down, ahead], axis=1)

    def pixels(self, seen: Points) -> Points:
        """Return where points seen from the camera (n, 3) lie in the picture, (n, 2)."""
        scale = self.focal * self.width_px / seen[:, 2]
        centre = np.array([self.width_px / 2, self.height_px / 2])
        return np.asarray(seen[:, :2] * scale[:, None] + centre)

    def at(self, x: float, y: float, z: float) -> tuple[float, float, float] | None:
        """Return pixel x, y and pixels a metre of one point, ``None`` behind the camera."""
        seen = self.camera_points(np.array([[x, y, z]]))
        if seen[0, 2] < _NEAR_M:
            return None
        px = self.pixels(seen)[0]
        return float(px[0]), float(px[1]), self.focal * self.width_px / float(seen[0, 2])

    def outline(self, world: Points) -> Points | None:
        """Return the polygon in pixels, cut at the near plane; ``None`` when nothing is left."""
        seen = _cut_near(self.camera_points(world))
        return None if len(seen) < 3 else self.pixels(seen)


def _cut_near(seen: Points) -> Points:
    kept: list[Points] = []
    for index, point in enumerate(seen):
        before = seen[index - 1]
        if (before[2] >= _NEAR_M) != (point[2] >= _NEAR_M):
            share = (_NEAR_M - before[2]) / (point[2] - before[2])
            kept.append(before + share * (point - before))
        if point[2] >= _NEAR_M:
            kept.append(point)
    return np.array(kept).reshape(-1, 3)


def tint(colour: Colour, light: float) -> Colour:
    """Return the colour (BGR, 0 to 255) under this much light."""
    blue, green, red = (min(255.0, max(0.0, part * light)) for part in colour)
    return blue, green, red


def fixed(points: Points) -> NDArray[np.int32]:
    """Return pixels as fixed-point numbers for OpenCV's antialiased drawing."""
    limited = np.clip(points, -20000, 20000)
    return np.asarray(np.round(limited * (1 << _SHIFT)), np.int32)


def fill(canvas: Canvas, outline: Points | None, colour: Colour) -> None:
    """Fill a polygon of pixels (n, 2)."""
    if outline is not None:
        cv2.fillPoly(canvas, [fixed(outline)], colour, cv2.LINE_AA, _SHIFT)


def fill_ground(
    canvas: Canvas, view: View, corners: Sequence[tuple[float, float]], colour: Colour
) -> None:
    """Fill a polygon of ground points (x, z)."""
    world = np.array([(x, 0.0, z) for x, z in corners])
    fill(canvas, view.outline(world), colour)


def shade_ground(canvas: Canvas, view: View, world: Points, strength: float) -> None:
    """Darken the ground under a shadow whose outline is the hull of ``world`` (n, 3)."""
    seen = view.camera_points(world)
    seen = seen[seen[:, 2] > _NEAR_M]
    if len(seen) < 3:
        return
    pixels = np.clip(view.pixels(seen), -4000, 6000).astype(np.float32)
    hull = cv2.convexHull(pixels).reshape(-1, 2)
    height, width = canvas.shape[:2]
    left, top = np.clip(np.floor(hull.min(axis=0)), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(hull.max(axis=0)) + 1, 0, (width, height)).astype(int)
    if right <= left or bottom <= top:
        return
    mask = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(mask, [fixed(hull - (left, top))], 255, cv2.LINE_AA, _SHIFT)
    part = canvas[top:bottom, left:right]
    keep = 1 - strength * (mask.astype(np.float32) / 255)[..., None]
    part[:] = (part * keep).astype(np.uint8)


def box_corners(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> Points:
    """Return the eight corners of an upright box, (8, 3): bottom four, then top four."""
    flat = [(x[0], z[0]), (x[1], z[0]), (x[1], z[1]), (x[0], z[1])]
    return np.array([(a, height, b) for height in y for a, b in flat])


_FACES = ((0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (4, 5, 6, 7))
TOP_FACE = 4


def turned(corners: Points, centre: tuple[float, float], heading_rad: float) -> Points:
    """Return points turned about an upright axis through ``centre`` (x, z)."""
    cos, sin = np.cos(heading_rad), np.sin(heading_rad)
    x, z = corners[:, 0] - centre[0], corners[:, 2] - centre[1]
    return np.stack(
        [centre[0] + x * cos + z * sin, corners[:, 1], centre[1] - x * sin + z * cos], axis=1
    )


def paint_box(
    canvas: Canvas, view: View, corners: Points, colour: Colour, sun: Points
) -> list[tuple[int, Points]]:
    """Paint the faces of a box that the camera sees; return them as (face, four corners).

    Args:
        canvas: Where to.
        view: Seen from.
        corners: As from `box_corners`, turned or not.
        colour: Of a face in full light, BGR.
        sun: Unit vector towards the light.
    """
    across, along = corners[1] - corners[0], corners[3] - corners[0]
    across, along = across / np.linalg.norm(across), along / np.linalg.norm(along)
    up = np.array([0.0, 1.0, 0.0])
    normals = np.array([-along, across, along, -across, up])
    middles = (corners[0] + corners[6]) / 2 - (0.0, view.mast_m, 0.0)
    half = (corners[6] - corners[0]) / 2
    offsets = np.abs(normals @ half)
    away = normals @ middles + offsets
    lights = 0.62 + 0.38 * np.clip(normals @ sun, 0, None)
    seen_corners = view.camera_points(corners)
    in_front = bool(seen_corners[:, 2].min() >= _NEAR_M)
    pixels = view.pixels(seen_corners) if in_front else None
    seen = []
    for number, order in enumerate(_FACES):
        if away[number] >= 0:
            continue
        quad = corners[list(order)]
        outline = view.outline(quad) if pixels is None else pixels[list(order)]
        fill(canvas, outline, tint(colour, float(lights[number])))
        seen.append((number, quad))
    return seen


def paste(canvas: Canvas, view: View, quad: Points, texture: Canvas, light: float) -> None:
    """Lay a texture onto a quad in the world (bottom left, bottom right, top right, top left)."""
    seen = view.camera_points(quad)
    if seen[:, 2].min() < _NEAR_M:
        return
    target = view.pixels(seen).astype(np.float32)
    if np.abs(target).max() > 8000:
        return
    height, width = texture.shape[:2]
    source = np.array([(0, height), (width, height), (width, 0), (0, 0)], np.float32)
    size = (canvas.shape[1], canvas.shape[0])
    warp = cv2.getPerspectiveTransform(source, target)
    lit = np.clip(texture.astype(np.float32) * light, 0, 255).astype(np.uint8)
    cv2.warpPerspective(
        lit, warp, size, dst=canvas, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
    )
