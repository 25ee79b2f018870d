"""What happens in a scene and is known truth: an object is parked, a crowd gathers.

A happening is added to a scene that is laid out already; everything else of it stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.random import Generator

from console.city.cameras.street import Person, SceneKind, StreetPlan, Vehicle
from console.city.cameras.view import Points, View, box_corners
from console.domain.hints import Box

#: Which of several places it happens at.
VARIANTS = (1, 2, 3)
_COATS = (
    (50, 40, 40), (60, 60, 160), (140, 90, 50), (40, 110, 180), (200, 200, 205), (90, 130, 80),
    (120, 60, 120), (150, 140, 120), (70, 170, 200),
)  # fmt: skip
_PERSON_M = (0.5, 1.75)
_TRIES = 200
#: Smallest and largest share of the picture that it takes, as a box.
_SHARES = {"parked": (0.008, 0.12), "crowd": (0.018, 0.2)}


class HappeningKind(StrEnum):
    """What happens."""

    PARKED = "parked"
    CROWD = "crowd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What is added to a scene.

    Attributes:
        box: Where it is to be seen in the picture.
    """

    kind: HappeningKind
    box: Box
    vehicles: tuple[Vehicle, ...] = ()
    people: tuple[Person, ...] = ()


def place_seed(seed: int, scene: int, variant: int) -> int:
    """Return what decides where something happens in a scene."""
    return (seed * 1000 + scene) * 10 + variant


def happening_in(plan: StreetPlan, kind: HappeningKind, seed: int) -> Happening | None:
    """Return what happens at a place of a street where there is room and a view.

    Args:
        plan: The street as it usually is.
        kind: What happens.
        seed: Of scene and variant.

    Returns:
        The happening, ``None`` where the camera sees no place for it.
    """
    chance = np.random.default_rng([seed, 0x4A9])
    low, high = _SHARES[kind]
    for _ in range(_TRIES):
        x, z = _place(plan, kind, chance)
        found = (_parked if kind is HappeningKind.PARKED else _crowd)(plan, x, z, chance)
        if found is not None and low <= found.box.area <= high and _is_free(plan, found):
            return found
    return None


def _place(plan: StreetPlan, kind: HappeningKind, chance: Generator) -> tuple[float, float]:
    side = 1.0 if chance.random() < 0.5 else -1.0
    z = float(chance.uniform(7, 30))
    if plan.kind is SceneKind.SQUARE:
        return float(chance.uniform(-9, 9)), z
    walk = plan.road_half_m + float(chance.uniform(0.2, 0.8)) * plan.walk_m
    if kind is HappeningKind.PARKED and plan.kind is SceneKind.HUTONG:
        walk = plan.road_half_m - 0.7
    return side * walk, z


def _parked(plan: StreetPlan, x: float, z: float, chance: Generator) -> Happening | None:
    style = str(chance.choice(["car", "suv", "van", "tricycle"]))
    colours = ((235, 235, 235), (30, 30, 30), (170, 170, 175), (40, 40, 160), (60, 90, 60))
    length, width, height = {
        "car": (4.6, 1.8, 1.4), "suv": (4.8, 1.95, 1.75), "van": (5.2, 1.9, 2.05),
        "tricycle": (2.6, 1.1, 1.7),
    }[style]  # fmt: skip
    heading = 0.0 if x > 0 else 180.0
    corners = box_corners(
        (x - width / 2, x + width / 2), (0.0, height), (z - length / 2, z + length / 2)
    )
    box = _box_of(plan.view, corners)
    if box is None:
        return None
    car = Vehicle(
        style=style, x=x, z=z, heading_deg=heading + float(chance.uniform(-4, 4)),
        colour=colours[int(chance.integers(len(colours)))],
    )  # fmt: skip
    return Happening(kind=HappeningKind.PARKED, box=box, vehicles=(car,))


def _crowd(plan: StreetPlan, x: float, z: float, chance: Generator) -> Happening | None:
    count, reach = int(chance.integers(12, 27)), float(chance.uniform(1.6, 3.0))
    people = []
    for _ in range(count):
        turn, away = float(chance.uniform(0, 2 * np.pi)), reach * float(chance.random()) ** 0.5
        step = float(chance.uniform(0.15, 0.9))
        people.append(
            Person(
                x=x + away * float(np.sin(turn)) * 0.8,
                z=z + away * float(np.cos(turn)),
                coat=_COATS[int(chance.integers(len(_COATS)))],
                trousers=(60, 60, 60),
                walk=(step * float(np.cos(turn)), step * float(np.sin(turn))),
                phase=float(chance.random()),
            )
        )
    corners = np.concatenate([person_corners(who, share) for who in people for share in (0, 0.5)])
    box = _box_of(plan.view, corners)
    if box is None:
        return None
    return Happening(kind=HappeningKind.CROWD, box=box, people=tuple(people))


def person_corners(who: Person, share: float) -> Points:
    """Return the corners of the box that somebody takes at ``share`` of the loop, (8, 3)."""
    x, z = who.place(share)
    half, height = _PERSON_M[0] / 2, _PERSON_M[1]
    return box_corners((x - half, x + half), (0.0, height), (z - half, z + half))


def _box_of(view: View, corners: Points) -> Box | None:
    """Return the box of points in the picture, ``None`` unless all of them are well inside."""
    seen = view.camera_points(corners)
    if float(seen[:, 2].min()) < 3.0:
        return None
    pixels = view.pixels(seen) / (view.width_px, view.height_px)
    (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
    if left < 0.01 or top < 0.02 or right > 0.99 or bottom > 0.91:
        return None  # the band with the point's name begins there
    return Box(
        left=float(left), top=float(top), width=float(right - left), height=float(bottom - top)
    )


def _is_free(plan: StreetPlan, found: Happening) -> bool:
    """Whether nothing stands in the same place or before it."""
    places = [(car.x, car.z, 3.2) for car in plan.vehicles if not car.metres_a_loop]
    places += [(stall.x, stall.z, 2.4) for stall in plan.stalls]
    new = [(car.x, car.z) for car in found.vehicles] + [(who.x, who.z) for who in found.people]
    x, z = (float(np.mean([one[axis] for one in new])) for axis in (0, 1))
    if any(np.hypot(x - at_x, z - at_z) < room + 1.5 for at_x, at_z, room in places):
        return False
    hidden = 0.0
    for plant in plan.plants:
        if np.hypot(plant.x, plant.z) > np.hypot(x, z):
            continue
        crown = box_corners(
            (plant.x - plant.height_m * 0.3, plant.x + plant.height_m * 0.3),
            (0.0, plant.height_m),
            (plant.z - 0.1, plant.z + 0.1),
        )
        seen = plan.view.camera_points(crown)
        if float(seen[:, 2].min()) < 1.0:
            continue
        pixels = plan.view.pixels(seen) / (plan.view.width_px, plan.view.height_px)
        (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
        crown_box = Box(
            left=float(left), top=float(top), width=float(right - left), height=float(bottom - top)
        )
        hidden += crown_box.shared(found.box)
    return hidden < 0.25 * found.box.area
