"""Street scenes: the ground and buildings drawn once, what moves drawn picture by picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np

from console.city.cameras.actors import Actors
from console.city.cameras.encode import Picture
from console.city.cameras.fonts import Lettering
from console.city.cameras.happenings import Happening, HappeningKind, happening_in, place_seed
from console.city.cameras.night import light_lamps, light_windows, wall_quad
from console.city.cameras.plan import plan_street
from console.city.cameras.settings import FRAME_RATE
from console.city.cameras.sprite import Sprite
from console.city.cameras.street import Block, Hour, SceneKind
from console.city.cameras.view import (
    Canvas,
    Colour,
    Points,
    box_corners,
    fill,
    fill_ground,
    paint_box,
    paste,
    shade_ground,
    tint,
)

_LIGHT = {Hour.DAY: 1.0, Hour.OVERCAST: 0.86, Hour.DUSK: 0.62, Hour.NIGHT: 0.42}
_TONE = {
    Hour.DAY: (0.97, 1.0, 1.04),
    Hour.OVERCAST: (1.04, 1.0, 0.97),
    Hour.DUSK: (0.92, 0.95, 1.1),
    Hour.NIGHT: (0.92, 1.0, 1.1),
}
_SKY: dict[Hour, tuple[Colour, Colour]] = {
    Hour.DAY: ((225, 190, 150), (235, 225, 215)),
    Hour.OVERCAST: ((200, 196, 190), (215, 213, 210)),
    Hour.DUSK: ((120, 90, 80), (120, 150, 215)),
    Hour.NIGHT: ((28, 22, 18), (52, 46, 44)),
}
#: Mean and spread of the luma that a camera's exposure brings about.
_EXPOSURE = {
    Hour.DAY: (122.0, 46.0),
    Hour.OVERCAST: (116.0, 40.0),
    Hour.DUSK: (96.0, 44.0),
    Hour.NIGHT: (78.0, 40.0),
}
_NOISE = {Hour.DAY: 1.3, Hour.OVERCAST: 1.6, Hour.DUSK: 2.4, Hour.NIGHT: 3.4}


class StreetScene:
    """One street scene, distinct by seed and number.

    Args:
        seed: Of the city.
        number: Of the scene.
        width_px: Of the pictures.
        height_px: Of the pictures.
        loop_s: After so many seconds the scene is where it began.
        lettering: Draws the shop signs.
        happens: What happens in it and at which of the places, if anything does.
        hour: Its light, the scene's own where ``None``.

    Attributes:
        happening: What was added, ``None`` where nothing was or there is no place for it.
    """

    def __init__(
        self,
        seed: int,
        number: int,
        *,
        width_px: int,
        height_px: int,
        loop_s: float,
        lettering: Lettering,
        happens: tuple[HappeningKind, int] | None = None,
        hour: Hour | None = None,
    ) -> None:
        self.plan = plan_street(seed, number, width_px=width_px, height_px=height_px, loop_s=loop_s)
        self.plan.hour = hour or self.plan.hour
        self._seed = seed * 1000 + number
        self._lettering = lettering
        self._chance = np.random.default_rng([seed, number, 0xD4A])
        hour = self.plan.hour
        self._sun = np.array(self.plan.sun)
        self._light = _LIGHT[hour]
        self._actors = Actors(self.plan.view, hour, self._sun, self._light)
        self._ground = self._paint_ground()
        self._sprites = self._paint_sprites()
        self._noise = self._make_noise(self.grain)
        self._luma_curve, self._chroma_curve = self._expose()
        self.happening: Happening | None = None
        if happens is not None:
            kind, place = happens
            self._add(happening_in(self.plan, kind, place_seed(seed, number, place)))

    @property
    def grain(self) -> float:
        """Standard deviation of the sensor's noise, brightness steps."""
        return _NOISE[self.plan.hour]

    def pictures(self, count: int, *, moving: bool = True) -> Iterator[Picture]:
        """Yield ``count`` pictures, planes of YUV 4:2:0, uint8 (height × 3/2, width)."""
        for index in range(count):
            canvas = self.draw(index, moving=moving)
            picture = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2YUV_I420), np.uint8)
            height = canvas.shape[0]
            noise = self._noise[index % len(self._noise)]
            luma, chroma = picture[:height], picture[height:]
            cv2.LUT(luma, self._luma_curve, dst=luma)
            cv2.LUT(chroma, self._chroma_curve, dst=chroma)
            cv2.add(luma, noise, dst=luma, dtype=cv2.CV_8U)
            yield picture

    def draw(self, index: int, *, moving: bool = True) -> Canvas:
        """Return picture ``index`` of the loop, with or without what moves, BGR, uint8."""
        share = index / (self.plan.loop_s * FRAME_RATE) % 1.0
        canvas = self._ground.copy()
        drawn: list[tuple[float, Callable[[], None]]] = [
            (sprite.away_m, partial(sprite.show, canvas)) for sprite in self._sprites
        ]
        for car in self.plan.vehicles:
            if car.metres_a_loop and moving:
                moved = share * car.metres_a_loop
                turn = np.radians(car.heading_deg)
                away = np.hypot(car.x + moved * np.sin(turn), car.z + moved * np.cos(turn))
                drawn.append((float(away), partial(self._actors.vehicle, canvas, car, moved)))
        for who in self.plan.people if moving else [p for p in self.plan.people if not any(p.walk)]:
            x, z = who.place(share)
            drawn.append((float(np.hypot(x, z)), partial(self._actors.person, canvas, who, share)))
        for _, draw in sorted(drawn, key=lambda one: -one[0]):
            draw()
        return canvas

    def _add(self, happening: Happening | None) -> None:
        """Have something happen; everything else of the scene stays as it is."""
        self.happening = happening
        if happening is None:
            return
        self.plan.people.extend(happening.people)
        for car in happening.vehicles:
            draw = partial(self._actors.vehicle, car=car, moved_m=0.0)
            sprite = Sprite.of(self._ground, float(np.hypot(car.x, car.z)), draw)
            if sprite is not None:
                self._sprites.append(sprite)

    def _expose(self) -> tuple[Canvas, Canvas]:
        """Return the tone curves of luma and chroma, into video levels (16 to 235)."""
        mean, spread = _EXPOSURE[self.plan.hour]
        grey = cv2.cvtColor(self.draw(0), cv2.COLOR_BGR2GRAY)
        gain = float(np.clip(spread / max(1.0, float(grey.std())), 1.0, 2.4))
        levels = np.arange(256)
        shown = (levels - float(grey.mean())) * gain + mean
        # Soft shoulders keep lamps and shadows from being cut off flat.
        soft = 127.5 + 127.5 * np.tanh((shown - 127.5) / 127.5 * 1.1) / np.tanh(1.1)
        luma = 16 + soft.clip(0, 255) * 219 / 255
        chroma = 128 + (levels - 128) * (224 / 255) * gain**0.5
        as_bytes = [curve.clip(0, 255).round().astype(np.uint8) for curve in (luma, chroma)]
        return as_bytes[0], as_bytes[1]

    def _make_noise(self, sigma: float) -> list[Points]:
        shape = (self.plan.view.height_px, self.plan.view.width_px)
        grain = self._chance.normal(0, sigma, shape)
        base = np.round(grain).astype(np.int16)
        return [np.roll(base, (37 * turn, 91 * turn), (0, 1)) for turn in range(5)]

    def _paint_ground(self) -> Canvas:
        plan, view = self.plan, self.plan.view
        canvas = self._sky()
        edge = plan.road_half_m + plan.walk_m
        dirt = (95.0, 120.0, 140.0) if plan.kind is SceneKind.SITE else tint(plan.paving, 0.86)
        fill_ground(canvas, view, [(-400, -5), (400, -5), (400, 500), (-400, 500)], dirt)
        fill_ground(canvas, view, [(-edge, -5), (edge, -5), (edge, 400), (-edge, 400)], plan.paving)
        self._paint_tiles(canvas, edge)
        if plan.road_half_m:
            self._paint_road(canvas)
        self._mottle(canvas)
        self._paint_shadows(canvas)
        order = sorted(plan.blocks, key=lambda b: -float(np.hypot(np.mean(b.x), np.mean(b.z))))
        for block in order:
            self._paint_block(canvas, block)
        tone = np.array(_TONE[plan.hour]) * self._light
        canvas = np.clip(canvas.astype(np.float32) * tone, 0, 255).astype(np.uint8)
        if plan.hour in (Hour.NIGHT, Hour.DUSK):
            light_windows(canvas, plan, self._chance)
            canvas = light_lamps(canvas, plan)
        return canvas

    def _sky(self) -> Canvas:
        view = self.plan.view
        top, bottom = (np.array(colour) for colour in _SKY[self.plan.hour])
        share = np.linspace(0, 1, view.height_px)[:, None, None] ** 0.7
        rows = top * (1 - share * 2).clip(0) + bottom * (share * 2).clip(0, 1)
        canvas = np.broadcast_to(rows, (view.height_px, view.width_px, 3)) / self._light
        return np.ascontiguousarray(canvas.clip(0, 255).astype(np.uint8))

    def _paint_road(self, canvas: Canvas) -> None:
        plan, view = self.plan, self.plan.view
        half = plan.road_half_m
        kerb = tint(plan.paving, 1.15)
        fill_ground(
            canvas,
            view,
            [(-half - 0.2, -5), (half + 0.2, -5), (half + 0.2, 400), (-half - 0.2, 400)],
            kerb,
        )
        fill_ground(
            canvas, view, [(-half, -5), (half, -5), (half, 400), (-half, 400)], plan.asphalt
        )
        if plan.kind is SceneKind.HUTONG or half < 3.3:
            return
        white, yellow = (205.0, 205.0, 205.0), (70.0, 170.0, 200.0)
        for x in (-0.15, 0.15):
            fill_ground(
                canvas,
                view,
                [(x - 0.06, -5), (x + 0.06, -5), (x + 0.06, 300), (x - 0.06, 300)],
                yellow,
            )
        lanes = max(1, int(half // 3.4))
        for side in (-1, 1):
            for lane in range(1, lanes):
                self._dashes(canvas, side * lane * half / lanes, white)
            x = side * (half - 0.4)
            fill_ground(
                canvas,
                view,
                [(x - 0.07, -5), (x + 0.07, -5), (x + 0.07, 300), (x - 0.07, 300)],
                white,
            )
        if plan.cross_z is not None:
            self._paint_crossing(canvas, plan.cross_z, half)

    def _dashes(self, canvas: Canvas, x: float, colour: Colour) -> None:
        for z in np.arange(0, 150, 6.0):
            fill_ground(
                canvas,
                self.plan.view,
                [(x - 0.07, z), (x + 0.07, z), (x + 0.07, z + 3), (x - 0.07, z + 3)],
                colour,
            )

    def _paint_crossing(self, canvas: Canvas, z: float, half: float) -> None:
        view, white = self.plan.view, (215.0, 215.0, 215.0)
        fill_ground(
            canvas,
            view,
            [(-300, z - 6.5), (300, z - 6.5), (300, z + 6.5), (-300, z + 6.5)],
            self.plan.asphalt,
        )
        for near in (z - 11, z + 7.5):
            for x in np.arange(-half + 0.4, half - 0.4, 0.9):
                fill_ground(
                    canvas,
                    view,
                    [(x, near), (x + 0.45, near), (x + 0.45, near + 3.5), (x, near + 3.5)],
                    white,
                )
        for x in (-half - 6, half + 2.5):
            for along in np.arange(z - 6, z + 6, 0.9):
                fill_ground(
                    canvas,
                    view,
                    [(x, along), (x + 3.5, along), (x + 3.5, along + 0.45), (x, along + 0.45)],
                    white,
                )

    def _paint_tiles(self, canvas: Canvas, edge: float) -> None:
        """Draw the joints of the paving."""
        view, colour = self.plan.view, tint(self.plan.paving, 0.88)
        step = 2.0 if self.plan.kind is SceneKind.SQUARE else 1.2
        reach = 40.0 if self.plan.kind is SceneKind.SQUARE else edge
        for z in np.arange(2, 60, step):
            fill_ground(
                canvas,
                view,
                [(-reach, z), (reach, z), (reach, z + 0.05), (-reach, z + 0.05)],
                colour,
            )
        for x in np.arange(-reach, reach, step):
            fill_ground(canvas, view, [(x, 0), (x + 0.05, 0), (x + 0.05, 80), (x, 80)], colour)

    def _mottle(self, canvas: Canvas) -> None:
        """Give the surfaces wear: coarse stains and fine grain."""
        height, width = canvas.shape[:2]
        coarse = self._chance.normal(0, 1, (height // 24, width // 24)).astype(np.float32)
        fine = self._chance.normal(0, 1, (height // 2, width // 2)).astype(np.float32)
        grain = 4.5 * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        grain += 5.0 * cv2.resize(fine, (width, height), interpolation=cv2.INTER_LINEAR)
        horizon = self.plan.view.at(0, 0, 300)
        rows = np.arange(height)[:, None] > (horizon[1] if horizon else 0)
        mixed = canvas + (grain * rows)[..., None]
        canvas[:] = mixed.clip(0, 255).astype(np.uint8)

    def _paint_shadows(self, canvas: Canvas) -> None:
        if self.plan.hour is not Hour.DAY:
            return
        sun = self._sun / self._sun[1]
        for block in self.plan.blocks:
            corners = box_corners(block.x, (0.0, block.height_m), block.z)
            cast = corners.copy()
            cast[4:, [0, 2]] -= block.height_m * sun[[0, 2]]
            cast[:, 1] = 0
            shade_ground(canvas, self.plan.view, cast[np.abs(cast[:, 0]) < 300], 0.38)
        for plant in self.plan.plants:
            angles = np.linspace(0, 2 * np.pi, 12)
            radius, reach = plant.height_m * 0.3, plant.height_m * 0.65
            x = plant.x - sun[0] * reach + radius * np.cos(angles)
            z = plant.z - sun[2] * reach + radius * np.sin(angles)
            shade_ground(canvas, self.plan.view, np.stack([x, 0 * x, z], axis=1), 0.3)

    def _paint_block(self, canvas: Canvas, block: Block) -> None:
        corners = box_corners(block.x, (0.0, block.height_m), block.z)
        faces = paint_box(canvas, self.plan.view, corners, block.colour, self._sun)
        for number, quad in faces:
            if number == 4:
                continue
            if block.floors:
                self._paint_windows(canvas, quad, block)
            if block.sign and number in (1, 3):
                self._paint_sign(canvas, quad, block)

    def _paint_windows(self, canvas: Canvas, quad: Points, block: Block) -> None:
        """Draw rows of windows on a wall; a skeleton of open floors when ``floors`` < 0."""
        low_left, low_right = quad[0], quad[1]
        length = float(np.linalg.norm(low_right - low_left))
        floors = abs(block.floors)
        storey = block.height_m / floors
        columns = max(1, int(length / (3.0 if block.floors > 1 else 4.0)))
        dark = tint(block.colour, 0.45) if block.floors > 0 else (58.0, 62.0, 66.0)
        bluish = (dark[0] * 1.15, dark[1], dark[2] * 0.9)
        for floor in range(1 if block.sign else 0, floors):
            for column in range(columns):
                if block.floors > 0 and self._chance.random() < 0.06:
                    continue
                wide = 0.22 if block.floors > 0 else 0.08
                share = [(column + wide) / columns, (column + 1 - wide) / columns]
                heights = [storey * (floor + 0.3), storey * (floor + 0.82)]
                if block.floors == 1:
                    heights = [1.0, 2.4]
                points = wall_quad(quad, share, heights)
                shade = float(self._chance.uniform(0.8, 1.35))
                fill(canvas, self.plan.view.outline(points), tint(bluish, shade))

    def _paint_sign(self, canvas: Canvas, quad: Points, block: Block) -> None:
        assert block.sign is not None
        # Letters read from left to right for who looks at the wall from the road.
        seen = self.plan.view.camera_points(quad[:2])
        wall = quad if seen[0, 0] < seen[1, 0] else quad[[1, 0, 3, 2]]
        if seen[:, 2].min() < 0.6:
            return
        length = float(np.linalg.norm(quad[1] - quad[0]))
        high = block.height_m < 3
        heights = [0.7, 1.9] if high else [2.9, 4.1]
        texture = np.full((48, min(1600, int(48 * length / 1.2)), 3), block.sign_colour, np.uint8)
        ink = self._lettering.mask(block.sign, 34, width_px=texture.shape[1], height_px=48)
        texture[ink > 96] = (235, 240, 245) if not high else (60, 60, 200)
        shopfront = wall_quad(wall, [0.03, 0.97], [0.2, 2.7])
        if not high:
            fill(canvas, self.plan.view.outline(shopfront), (88, 84, 78))
        board = wall_quad(wall, [0.02, 0.98], heights)
        paste(canvas, self.plan.view, board, texture, 0.9)

    def _paint_lamp(self, canvas: Canvas, x: float, z: float) -> None:
        foot, top = self.plan.view.at(x, 0, z), self.plan.view.at(x, 7.5, z)
        if foot is None or top is None or foot[2] < 2:
            return
        wide = max(1, int(foot[2] * 0.13))
        start, end = (int(foot[0]), int(foot[1])), (int(top[0]), int(top[1]))
        grey = tint((120, 122, 124), self._light)
        cv2.line(canvas, start, end, grey, wide, cv2.LINE_AA)
        arm = (int(top[0] - np.sign(x) * foot[2] * 1.4), int(top[1] + foot[2] * 0.1))
        cv2.line(canvas, end, arm, grey, max(1, wide // 2), cv2.LINE_AA)
        lit = self.plan.hour in (Hour.NIGHT, Hour.DUSK)
        colour = (190, 235, 255) if lit else tint((215, 215, 215), self._light)
        cv2.circle(canvas, arm, max(1, int(foot[2] * 0.17)), colour, -1, cv2.LINE_AA)

    def _paint_sprites(self) -> list[Sprite]:
        """Draw once what stands still but may stand before or behind what moves."""
        plan, actors = self.plan, self._actors
        things: list[tuple[float, Callable[[Canvas], None]]] = [
            (np.hypot(p.x, p.z), partial(actors.plant, plant=p, seed=self._seed))
            for p in plan.plants
        ]
        things += [(np.hypot(s.x, s.z), partial(actors.stall, stall=s)) for s in plan.stalls]
        things += [(np.hypot(x, z), partial(self._paint_lamp, x=x, z=z)) for x, z in plan.lamps]
        things += [
            (np.hypot(car.x, car.z), partial(actors.vehicle, car=car, moved_m=0.0))
            for car in plan.vehicles
            if not car.metres_a_loop
        ]
        found = (Sprite.of(self._ground, away, draw) for away, draw in things)
        return [sprite for sprite in found if sprite is not None]
