"""Lays out street scenes by chance from a seed."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from console.city.cameras.street import (
    Block,
    Hour,
    Person,
    Plant,
    SceneKind,
    Stall,
    StreetPlan,
    Vehicle,
)
from console.city.cameras.view import Colour, View

_USUAL_LOOP_S = 8.0
_SIGNS = (
    "便利店", "水果生鲜", "早餐包子", "兰州拉面", "烟酒超市", "五金建材", "美容美发", "中国联通",
    "房产中介", "药店", "老北京炸酱面", "奶茶", "图文打印", "洗衣", "书店", "火锅", "烧烤", "银行",
    "幼儿园", "宠物", "眼镜", "手机维修", "茶庄", "面包房",
)  # fmt: skip
_SIGN_COLOURS = ((40, 40, 190), (150, 80, 20), (40, 120, 40), (30, 110, 200), (120, 30, 110))
_WALLS = (
    (150, 160, 170), (120, 135, 160), (165, 175, 180), (105, 120, 150), (140, 140, 135),
    (180, 178, 170), (95, 110, 145), (125, 150, 165), (170, 165, 150),
)  # fmt: skip
_CARS = (
    (235, 235, 235), (30, 30, 30), (170, 170, 175), (90, 40, 30), (40, 40, 160), (60, 90, 60),
    (200, 190, 170), (60, 60, 65), (110, 80, 40), (210, 210, 220),
)  # fmt: skip
_COATS = (
    (50, 40, 40), (60, 60, 160), (140, 90, 50), (40, 110, 180), (200, 200, 205), (90, 130, 80),
    (120, 60, 120), (30, 30, 35), (150, 140, 120), (70, 170, 200),
)  # fmt: skip
_GREENS = ((45, 105, 60), (40, 90, 70), (55, 120, 75), (40, 80, 45))
_AUTUMN = ((40, 130, 190), (40, 100, 160), (50, 140, 150))


def scene_kind(number: int) -> SceneKind:
    """Return what sort of street scene ``number`` is."""
    return list(SceneKind)[number % len(SceneKind)]


def plan_street(
    seed: int, number: int, *, width_px: int, height_px: int, loop_s: float
) -> StreetPlan:
    """Lay out scene ``number``; kinds and hours take turns, everything else is by chance.

    Everything that moves is where it began after ``loop_s``, so that pictures loop unseen.
    """
    chance = np.random.default_rng([seed, number, 0x5CE])
    kind = scene_kind(number)
    hour = (Hour.DAY, Hour.DAY, Hour.OVERCAST, Hour.NIGHT, Hour.DAY, Hour.DUSK)[number * 5 % 6]
    narrow = kind is SceneKind.HUTONG
    road = {SceneKind.HUTONG: 2.6, SceneKind.SQUARE: 0.0, SceneKind.MARKET: 3.2}.get(
        kind, float(chance.choice([3.5, 5.25, 7.0, 10.5]))
    )
    view = View(
        width_px=width_px,
        height_px=height_px,
        mast_m=float(chance.uniform(4.5, 6.5) if narrow else chance.uniform(6.0, 11.0)),
        yaw_deg=float(chance.uniform(-9, 9) if narrow else chance.uniform(-26, 26)),
        pitch_deg=float(chance.uniform(11, 23)),
        focal=float(chance.uniform(0.75, 1.05)),
    )
    grey = float(chance.uniform(78, 108))
    pave = float(chance.uniform(125, 160))
    azimuth = float(chance.uniform(0, 2 * np.pi))
    plan = StreetPlan(
        kind=kind,
        hour=hour,
        view=view,
        road_half_m=road,
        walk_m=1.0 if narrow else float(chance.uniform(4.0, 7.5)),
        cross_z=float(chance.uniform(20, 34)) if kind is SceneKind.CROSSING else None,
        asphalt=(grey + 4, grey, grey - 2),
        paving=(pave - 12, pave - 4, pave + float(chance.uniform(-6, 10))),
        loop_s=loop_s,
        sun=(0.65 * float(np.cos(azimuth)), 0.7, 0.65 * float(np.sin(azimuth))),
    )
    _Planner(plan, chance).fill()
    return plan


class _Planner:
    """Puts buildings, trees, vehicles and people into a plan."""

    def __init__(self, plan: StreetPlan, chance: Generator) -> None:
        self.plan, self.chance = plan, chance
        self.edge = plan.road_half_m + plan.walk_m
        self.pace = plan.loop_s / _USUAL_LOOP_S

    def fill(self) -> None:
        """Fill the plan by its kind."""
        kind = self.plan.kind
        for side in (-1, 1):
            self._buildings(side)
            self._greenery(side)
        if kind is not SceneKind.SQUARE:
            self._traffic()
            self._parked()
        self._passers_by(14 if kind in (SceneKind.SHOPS, SceneKind.MARKET, SceneKind.SQUARE) else 8)
        if kind in (SceneKind.MARKET, SceneKind.SHOPS):
            self._traders(7 if kind is SceneKind.MARKET else 3)
        if kind is SceneKind.SITE:
            self._site()
        if kind is SceneKind.SQUARE:
            self._square()

    def _pick(self, colours: tuple[Colour, ...]) -> Colour:
        return colours[int(self.chance.integers(len(colours)))]

    def _between(self, low: float, high: float) -> float:
        return float(self.chance.uniform(low, high))

    def _buildings(self, side: int) -> None:
        plan = self.plan
        low = plan.kind is SceneKind.HUTONG
        setback = 30.0 if plan.kind is SceneKind.SQUARE else 0.0
        z = self._between(2, 8) if not low else -4.0
        while z < 190:
            length = self._between(8, 16) if low else self._between(14, 38)
            cross = plan.cross_z
            if cross is not None and z < cross + 11 and z + length > cross - 11:
                z = cross + 11 + self._between(0, 2)
                continue
            near = side * (self.edge + setback + self._between(0, 0.3 if low else 3.0))
            far = near + side * self._between(10, 22)
            height = self._between(3.2, 4.2) if low else self._between(9, 46)
            if plan.kind in (SceneKind.SHOPS, SceneKind.MARKET):
                height = self._between(7, 18)
            self._building(side, (near, far), (z, z + length), height, low)
            z += length + (0.1 if low else self._between(0.5, 7))

    def _building(
        self, side: int, x: tuple[float, float], z: tuple[float, float], height: float, low: bool
    ) -> None:
        shops = self.plan.kind in (SceneKind.SHOPS, SceneKind.MARKET, SceneKind.AVENUE)
        colour = (118.0, 118.0, 116.0) if low else self._pick(_WALLS)
        sign = None
        if not low and (shops or self.chance.random() < 0.4):
            sign = " ".join(
                str(self.chance.choice(_SIGNS)) for _ in range(1 + int((z[1] - z[0]) // 7))
            )
        self.plan.blocks.append(
            Block(
                x=(min(x), max(x)),
                z=z,
                height_m=height,
                colour=colour,
                floors=1 if low else max(1, round(height / 3.2)),
                sign=sign,
                sign_colour=self._pick(_SIGN_COLOURS),
            )
        )

    def _greenery(self, side: int) -> None:
        plan = self.plan
        autumn = self.chance.random() < 0.3
        step = self._between(7, 13)
        z = self._between(9, 14)
        if self.chance.random() < 0.2 or plan.kind is SceneKind.HUTONG:
            step *= 3
        while z < 120:
            far_from_crossing = plan.cross_z is None or abs(z - plan.cross_z) > 10
            if far_from_crossing:
                colour = self._pick(_AUTUMN if autumn else _GREENS)
                height = self._between(4.0, 8.0)
                place = side * (plan.road_half_m + min(0.9, plan.walk_m * 0.5))
                plan.plants.append(Plant(x=place, z=z, height_m=height, colour=colour))
            if int(z / step) % 2 == 0:
                plan.lamps.append((side * (plan.road_half_m + 0.5), z + step / 2))
            z += step * self._between(0.85, 1.15)

    def _traffic(self) -> None:
        plan = self.plan
        lanes = max(1, int(plan.road_half_m // 3.4))
        for side in (-1, 1):
            for lane in range(lanes):
                if plan.road_half_m < 3 and side < 0:
                    continue
                x = side * (lane + 0.5) * plan.road_half_m / lanes
                self._lane(x, 0.0 if side > 0 else 180.0)
        if plan.cross_z is not None:
            self._lane(plan.cross_z - 2.6, 270.0)
            self._lane(plan.cross_z + 2.6, 90.0)

    def _lane(self, offset: float, heading: float) -> None:
        gap = self._between(42, 92) * self.pace
        across = heading in (90.0, 270.0)
        style = str(self.chance.choice(["car", "car", "car", "suv", "taxi", "bus", "truck", "van"]))
        if self.plan.road_half_m <= 3.3:
            style = "tricycle"
        start = self._between(0, gap)
        colour = self._pick(_CARS)
        for number in range(-2, int(140 / gap) + 1):
            along = start + number * gap
            self.plan.vehicles.append(
                Vehicle(
                    style=style,
                    x=along - 60 if across else offset,
                    z=offset if across else along - 20,
                    heading_deg=heading,
                    colour=colour,
                    metres_a_loop=gap,
                )
            )

    def _parked(self) -> None:
        plan = self.plan
        for side in (-1, 1):
            if self.chance.random() < 0.35:
                continue
            inside = plan.road_half_m - 1.1 if plan.road_half_m > 6 else plan.road_half_m + 1.3
            z = self._between(8, 20)
            while z < 70:
                clear = plan.cross_z is None or abs(z - plan.cross_z) > 13
                if self.chance.random() < 0.6 and clear and plan.kind is not SceneKind.HUTONG:
                    style = str(self.chance.choice(["car", "car", "suv", "van"]))
                    turn = self._between(-3, 3) + (0 if side > 0 else 180)
                    plan.vehicles.append(
                        Vehicle(
                            style=style,
                            x=side * inside,
                            z=z,
                            heading_deg=turn,
                            colour=self._pick(_CARS),
                        )
                    )
                z += self._between(5.4, 7.5)

    def _passers_by(self, count: int) -> None:
        plan = self.plan
        for _ in range(count):
            side = 1 if self.chance.random() < 0.5 else -1
            inner = plan.road_half_m + 0.8
            place = side * self._between(inner, max(inner + 0.4, self.edge - 0.6))
            z = self._between(7, 46)
            reach = self._between(3.0, 5.2)
            turn = self._between(0, 2 * np.pi)
            along = self.chance.random() < 0.75
            walk = (0.0, reach) if along else (reach * np.cos(turn) * 0.3, reach * np.sin(turn))
            if self.chance.random() < 0.25:
                walk = (0.0, 0.0)
            self._person(place, z, walk)
        for side in (-1, 1):
            self._riders(side)

    def _person(self, x: float, z: float, walk: tuple[float, float]) -> None:
        self.plan.people.append(
            Person(
                x=x,
                z=z,
                coat=self._pick(_COATS),
                trousers=self._pick(((40, 35, 35), (90, 60, 40), (60, 60, 60))),
                walk=(float(walk[0]) * self.pace, float(walk[1]) * self.pace),
                phase=self._between(0, 1),
            )
        )

    def _riders(self, side: int) -> None:
        plan = self.plan
        if self.chance.random() < 0.4 or plan.kind is SceneKind.SQUARE:
            return
        gap = self._between(30, 40) * self.pace
        start = self._between(0, gap)
        coat = (30.0, 200.0, 235.0) if self.chance.random() < 0.5 else (200.0, 140.0, 40.0)
        for number in range(int(70 / gap)):
            plan.people.append(
                Person(
                    x=side * (plan.road_half_m - 0.6),
                    z=start + gap * number - 6,
                    coat=coat,
                    trousers=(50, 50, 50),
                    walk=(0.0, gap if side > 0 else -gap),
                    to_and_fro=False,
                    rides=True,
                )
            )

    def _traders(self, count: int) -> None:
        side = 1 if self.chance.random() < 0.5 else -1
        z = self._between(10, 14)
        for _ in range(count):
            x = side * (self.plan.road_half_m + self._between(1.0, 2.2))
            stall = Stall(x=x, z=z, colour=self._pick(_SIGN_COLOURS))
            self.plan.stalls.append(stall)
            self._person(x + side * 1.2, z + 0.3, (0.0, 0.0))
            for _ in range(int(self.chance.integers(0, 3))):
                place = x - side * self._between(1.1, 1.9), z + self._between(-1.2, 1.2)
                self._person(*place, (0.0, self._between(0, 1.0)))
            z += self._between(4.5, 7.5)

    def _site(self) -> None:
        plan = self.plan
        side = 1 if plan.view.yaw_deg > 0 else -1
        near = side * (plan.road_half_m + 1.2)
        hoarding = (150.0, 110.0, 40.0) if self.chance.random() < 0.5 else (70.0, 140.0, 60.0)
        sides = (min(near, near + side * 0.2), max(near, near + side * 0.2))
        yard = (near, near + side * 60)
        plan.blocks[:] = [b for b in plan.blocks if not (b.x[0] * side > 0 and b.z[0] < 85)]
        plan.plants[:] = [p for p in plan.plants if p.x * side < 0]
        plan.blocks.append(
            Block(
                x=sides,
                z=(26, 80),
                height_m=2.4,
                colour=hoarding,
                sign="文明施工 安全生产 绿色建设",
            )
        )
        frame = side * (plan.road_half_m + 22)
        plan.blocks.append(
            Block(
                x=(min(frame, frame + side * 24), max(frame, frame + side * 24)),
                z=(44, 82),
                height_m=self._between(14, 32),
                colour=(150, 158, 160),
                floors=-6,
            )
        )
        middle = (yard[0] + yard[1]) / 2
        for style, x, z in (
            ("excavator", near + side * 8, 24.0),
            ("truck", near + side * 5, 34.0),
            ("truck", middle - side * 12, 40.0),
        ):
            turn = self._between(0, 360)
            plan.vehicles.append(
                Vehicle(style=style, x=x, z=z, heading_deg=turn, colour=(30, 150, 215))
            )
        for _ in range(6):
            x = near + side * self._between(2, 14)
            self._person(x, self._between(16, 34), (self._between(-1, 1), self._between(0, 3)))

    def _square(self) -> None:
        for _ in range(10):
            self._person(self._between(-14, 14), self._between(9, 40), (self._between(-3, 3), 3.0))
        for _ in range(5):
            x, z = self._between(-16, 16), self._between(18, 46)
            self.plan.plants.append(
                Plant(x=x, z=z, height_m=self._between(0.8, 1.2), colour=self._pick(_GREENS))
            )
