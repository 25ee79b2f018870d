"""Vehicles, people, trees and stalls, drawn at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from console.city.cameras.street import Hour, Person, Plant, Stall, Vehicle
from console.city.cameras.view import (
    Canvas,
    Colour,
    Points,
    View,
    box_corners,
    fixed,
    paint_box,
    shade_ground,
    tint,
    turned,
)

#: Of each style: length, width, height of the body in metres, then boxes on top of it as
#: (from, to) in lengths from the front, (low, high) in metres, narrower by metres, what it is.
_GLASS: Colour = (70, 60, 52)
_TAXI: Colour = (40, 170, 215)
_Box = tuple[float, float, float, float, float, str]
_STYLES: dict[str, tuple[float, float, float, tuple[_Box, ...]]] = {
    "car": (4.6, 1.8, 0.85, (
        (0.24, 0.88, 0.85, 1.3, 0.1, "glass"), (0.34, 0.8, 1.3, 1.42, 0.16, "paint"),
    )),
    "suv": (4.8, 1.95, 1.0, (
        (0.26, 0.98, 1.0, 1.55, 0.08, "glass"), (0.32, 0.96, 1.55, 1.75, 0.1, "paint"),
    )),
    "van": (5.2, 1.9, 1.15, (
        (0.12, 1.0, 1.15, 1.7, 0.03, "glass"), (0.16, 1.0, 1.7, 2.05, 0.0, "paint"),
    )),
    "bus": (11.5, 2.5, 1.3, (
        (0.0, 1.0, 1.3, 2.4, 0.03, "glass"), (0.0, 1.0, 2.4, 3.1, 0.0, "paint"),
    )),
    "truck": (8.0, 2.4, 1.2, (
        (0.3, 1.0, 1.2, 2.5, 0.0, "cargo"), (0.0, 0.24, 1.2, 1.7, 0.05, "paint"),
        (0.0, 0.22, 1.7, 2.4, 0.1, "glass"), (0.0, 0.24, 2.4, 2.8, 0.05, "paint"),
    )),
    "excavator": (4.2, 2.6, 1.1, (
        (0.25, 1.0, 1.1, 1.9, 0.2, "paint"), (0.2, 0.6, 1.9, 2.9, 0.8, "glass"),
        (-0.7, 0.4, 2.7, 3.2, 1.1, "paint"), (-0.85, -0.65, 0.5, 3.1, 1.0, "paint"),
    )),
    "tricycle": (2.6, 1.1, 0.7, (
        (0.45, 1.0, 0.7, 1.5, 0.0, "paint"), (0.2, 0.4, 0.7, 1.7, 0.3, "rider"),
    )),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Body:
    """Where a vehicle stands, to cut its parts out of it."""

    x: float
    z: float
    heading: float
    length: float
    width: float

    def part(self, start: float, end: float, low: float, high: float, narrow: float) -> Points:
        """Return the corners of a part, ``start`` and ``end`` in lengths from the front."""
        half = self.width / 2 - narrow
        front = self.z + self.length / 2
        along = (front - end * self.length, front - start * self.length)
        corners = box_corners((self.x - half, self.x + half), (low, high), along)
        return turned(corners, (self.x, self.z), self.heading)


class Actors:
    """Draws what is not ground or building, in the light of one scene."""

    def __init__(self, view: View, hour: Hour, sun: Points, light: float) -> None:
        self._view, self._night = view, hour in (Hour.NIGHT, Hour.DUSK)
        self._sun, self._light = sun, light
        self._shadow = 0.4 if hour is Hour.DAY else 0.22

    def vehicle(self, canvas: Canvas, car: Vehicle, moved_m: float) -> None:
        """Draw a vehicle ``moved_m`` along its heading."""
        heading = float(np.radians(car.heading_deg))
        style = "car" if car.style == "taxi" else car.style
        length, width, height, upper = _STYLES[style]
        x, z = car.x + moved_m * np.sin(heading), car.z + moved_m * np.cos(heading)
        body = _Body(float(x), float(z), heading, length, width)
        if not self._visible(body.x, body.z, length):
            return
        colour = _TAXI if car.style == "taxi" else car.colour
        scale = self._scale(body.x, body.z)
        paints = {"paint": colour, "glass": _GLASS, "cargo": (70, 100, 75), "rider": (60, 60, 70)}
        shade_ground(canvas, self._view, body.part(0, 1, 0, 0.01, -0.15), self._shadow + 0.15)
        for start in (0.12, 0.76) if scale > 14 else ():
            self._box(canvas, body.part(start, start + 0.14, 0, 0.6, 0.02), (28, 28, 28))
        self._box(canvas, body.part(0, 1, 0.28, height, 0), colour)
        parts = [(box[2], body.part(*box[:5]), paints[box[5]]) for box in upper]
        for _, part, paint in sorted(parts, key=lambda one: (one[0], -self._distance(one[1]))):
            self._box(canvas, part, paint)
        if scale > 8:
            self._lamps(canvas, body, height, moving=car.metres_a_loop > 0)

    def _lamps(self, canvas: Canvas, body: _Body, height: float, *, moving: bool) -> None:
        """Draw head and tail lamps, with their glow on the road at night."""
        lit = self._night and moving
        for end, colour in ((0.0, (225, 240, 250)), (1.0, (40, 40, 190))):
            face = body.part(end, end, height * 0.62, height * 0.78, 0.12)
            outward = turned(
                np.array([[body.x, 0, body.z + (1.0 if end < 0.5 else -1.0)]]),
                (body.x, body.z),
                body.heading,
            )[0] - (body.x, 0, body.z)
            if np.dot(outward[[0, 2]], [-body.x, -body.z]) <= 0:
                continue
            for corner in (face[0], face[1]):
                found = self._view.at(float(corner[0]), float(corner[1]), float(corner[2]))
                if found is None:
                    continue
                centre = (int(found[0]), int(found[1]))
                if lit and end < 0.5:
                    self._glow(canvas, centre, max(2, int(found[2] * 0.5)))
                shown = colour if lit else tint(colour, self._light * 0.9)
                cv2.circle(canvas, centre, max(1, int(found[2] * 0.1)), shown, -1, cv2.LINE_AA)

    @staticmethod
    def _glow(canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
        """Brighten what is around a lamp."""
        height, width = canvas.shape[:2]
        x, y = centre
        left, right = max(0, x - radius), min(width, x + radius + 1)
        top, bottom = max(0, y - radius), min(height, y + radius + 1)
        if left >= right or top >= bottom:
            return
        across = (np.arange(left, right) - x) / radius
        down = (np.arange(top, bottom) - y) / radius
        fall = np.clip(1 - np.hypot(across[None, :], down[:, None]), 0, 1) ** 2
        part = canvas[top:bottom, left:right]
        light = fall[..., None] * np.array([150, 190, 210])
        part[:] = np.clip(part + light, 0, 255).astype(np.uint8)

    def person(self, canvas: Canvas, who: Person, share: float) -> None:
        """Draw somebody at ``share`` (0 to 1) of the loop."""
        x, z = who.place(share)
        stride = (share + who.phase) * 10 if any(who.walk) and not who.rides else 0.0
        foot = self._view.at(x, 0.0, z)
        head = self._view.at(x, 1.72, z)
        if foot is None or head is None or not self._visible(x, z, 2.0) or foot[2] < 4:
            return
        around = np.array(
            [(x + dx, 0.0, z + dz) for dx, dz in ((-0.4, 0), (0.4, 0), (0, -0.3), (0, 0.3))]
        )
        shade_ground(canvas, self._view, around, self._shadow)
        self._figure(canvas, who, (foot[0], foot[1]), (head[0], head[1]), stride)

    def _figure(
        self,
        canvas: Canvas,
        who: Person,
        foot: tuple[float, float],
        head: tuple[float, float],
        stride: float,
    ) -> None:
        base, top = np.array(foot), np.array(head)
        up = top - base
        size = float(np.linalg.norm(up))
        side = np.array([-up[1], up[0]]) / (size + 1e-6) * size
        swing = 0.16 * np.sin(2 * np.pi * stride) if stride else 0.04
        hip, neck = base + 0.48 * up, base + 0.84 * up
        wide = max(1, int(size * 0.1))
        if who.rides:
            for along in (-0.32, 0.32):
                hub = base + along * side + 0.16 * up
                cv2.circle(
                    canvas,
                    _pixel(hub),
                    max(2, int(size * 0.17)),
                    (30, 30, 30),
                    max(1, wide // 3),
                    cv2.LINE_AA,
                )
            self._line(
                canvas,
                base - 0.3 * side + 0.2 * up,
                base + 0.32 * side + 0.3 * up,
                (45, 45, 45),
                wide,
            )
        for along in (swing, -swing):
            self._line(canvas, hip, base + along * side, who.trousers, wide)
        for along in (-0.14, 0.14):
            hand = base + (0.46 + 0.02 * along) * up + (along - 0.6 * swing * np.sign(along)) * side
            self._line(
                canvas,
                neck - 0.02 * up + 0.6 * along * side,
                hand,
                tint(who.coat, 0.8),
                max(1, wide * 2 // 3),
            )
        trunk = np.stack(
            [hip - 0.11 * side, hip + 0.11 * side, neck + 0.15 * side, neck - 0.15 * side]
        )
        cv2.fillPoly(canvas, [fixed(trunk)], self._lit(who.coat), cv2.LINE_AA, 3)
        face = base + 0.92 * up
        cv2.circle(
            canvas,
            _pixel(face),
            max(1, int(size * 0.075)),
            self._lit((120, 155, 200)),
            -1,
            cv2.LINE_AA,
        )
        crown = base + 0.955 * up
        cv2.circle(
            canvas,
            _pixel(crown),
            max(1, int(size * 0.066)),
            self._lit((35, 35, 40)),
            -1,
            cv2.LINE_AA,
        )

    def _line(self, canvas: Canvas, start: Points, end: Points, colour: Colour, wide: int) -> None:
        cv2.line(canvas, _pixel(start), _pixel(end), self._lit(colour), wide, cv2.LINE_AA)

    def plant(self, canvas: Canvas, plant: Plant, *, seed: int) -> None:
        """Draw a tree: a trunk and a crown of many tufts, lighter towards the sun."""
        foot = self._view.at(plant.x, 0.0, plant.z)
        top = self._view.at(plant.x, plant.height_m, plant.z)
        if foot is None or top is None or foot[2] < 1.5:
            return
        chance = np.random.default_rng([seed, int(plant.z * 100)])
        size = foot[1] - top[1]
        wide = max(1, int(size * 0.035))
        bushy = plant.height_m < 2
        if not bushy:
            middle = (int(top[0]), int(top[1] + size * 0.3))
            cv2.line(
                canvas,
                (int(foot[0]), int(foot[1])),
                middle,
                self._lit((50, 62, 78)),
                wide,
                cv2.LINE_AA,
            )
        spread = size * (0.6 if bushy else 0.3)
        tufts = int(np.clip(size * 2.2, 60, 900))
        angle, reach = chance.uniform(0, 2 * np.pi, tufts), chance.uniform(0, 1, tufts) ** 0.6
        lobes = 1 + 0.18 * np.sin(angle * 3 + plant.z) + 0.1 * np.sin(angle * 7)
        dx, dy = (
            spread * reach * lobes * np.cos(angle),
            0.85 * spread * reach * lobes * np.sin(angle),
        )
        lights = 0.85 - 0.3 * dy / spread - 0.12 * dx / spread + chance.normal(0, 0.13, tufts)
        radii = np.maximum(1, spread * chance.uniform(0.05, 0.13, tufts)).astype(int)
        middle_y = top[1] + size * (0.6 if bushy else 0.33)
        for index in np.argsort(lights):
            spot = (int(top[0] + dx[index]), int(middle_y + dy[index]))
            colour = self._lit(tint(plant.colour, float(lights[index])))
            cv2.circle(canvas, spot, int(radii[index]), colour, -1)

    def stall(self, canvas: Canvas, stall: Stall) -> None:
        """Draw a table with goods under an umbrella."""
        x, z = stall.x, stall.z
        self._box(
            canvas, box_corners((x - 0.9, x + 0.9), (0, 0.8), (z - 0.6, z + 0.6)), (120, 140, 160)
        )
        chance = np.random.default_rng(int(x * 1000) & 0xFFFF)
        for row in range(2):
            for column in range(4):
                shade = tuple(float(part) for part in chance.integers(40, 220, 3))
                left, near = x - 0.85 + column * 0.43, z - 0.5 + row * 0.5
                goods = box_corners((left, left + 0.36), (0.8, 0.95), (near, near + 0.4))
                self._box(canvas, goods, (shade[0], shade[1], shade[2]))
        self._umbrella(canvas, x, z + 0.2, stall.colour)

    def _umbrella(self, canvas: Canvas, x: float, z: float, colour: Colour) -> None:
        apex = self._view.at(x, 2.7, z)
        foot = self._view.at(x, 0.0, z)
        if apex is None or foot is None:
            return
        start, end = (int(foot[0]), int(foot[1])), (int(apex[0]), int(apex[1]))
        cv2.line(
            canvas, start, end, self._lit((90, 90, 90)), max(1, int(foot[2] * 0.05)), cv2.LINE_AA
        )
        angles = np.linspace(0, 2 * np.pi, 9)
        for index in range(8):
            rim = [
                (x + 1.25 * np.cos(turn), 2.15, z + 1.25 * np.sin(turn))
                for turn in angles[index : index + 2]
            ]
            outline = self._view.outline(np.array([(x, 2.7, z), *rim]))
            shade = colour if index % 2 else (225.0, 225.0, 225.0)
            if outline is not None:
                cv2.fillPoly(canvas, [fixed(outline)], self._lit(shade), cv2.LINE_AA, 3)

    def _box(self, canvas: Canvas, corners: Points, colour: Colour) -> None:
        paint_box(canvas, self._view, corners, self._lit(colour), self._sun)

    def _lit(self, colour: Colour) -> Colour:
        return tint(colour, self._light)

    def _distance(self, corners: Points) -> float:
        return float(np.linalg.norm(corners.mean(axis=0) - (0, self._view.mast_m, 0)))

    def _scale(self, x: float, z: float) -> float:
        """Return pixels a metre at a place on the ground."""
        found = self._view.at(x, 0.5, z)
        return 0.0 if found is None else found[2]

    def _visible(self, x: float, z: float, reach_m: float) -> bool:
        found = self._view.at(x, 0.5, z)
        if found is None:
            return False
        margin = found[2] * reach_m
        inside = -margin < found[0] < self._view.width_px + margin
        return inside and -margin < found[1] < self._view.height_px + margin and found[2] > 2.5


def _pixel(point: Points) -> tuple[int, int]:
    return int(np.clip(point[0], -9999, 9999)), int(np.clip(point[1], -9999, 9999))
