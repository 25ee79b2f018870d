"""Values of a street scene: what stands, what moves, from where and in which light."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from console.city.cameras.view import Colour, View


class SceneKind(StrEnum):
    """What sort of street it is."""

    AVENUE = "avenue"
    CROSSING = "crossing"
    SHOPS = "shops"
    MARKET = "market"
    SITE = "site"
    HUTONG = "hutong"
    SQUARE = "square"


class Hour(StrEnum):
    """Light of the scene."""

    DAY = "day"
    OVERCAST = "overcast"
    DUSK = "dusk"
    NIGHT = "night"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """An upright box: a building, a wall, a hoarding."""

    x: tuple[float, float]
    z: tuple[float, float]
    height_m: float
    colour: Colour
    floors: int = 0
    sign: str | None = None
    sign_colour: Colour = (60, 60, 180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """A tree, or a bush when it is low."""

    x: float
    z: float
    height_m: float
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A car, bus, truck or excavator; it stands still unless ``metres_a_loop`` is given."""

    style: str
    x: float
    z: float
    heading_deg: float
    colour: Colour
    metres_a_loop: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on foot or on a bicycle; walks to and fro, or on, by ``walk``."""

    x: float
    z: float
    coat: Colour
    trousers: Colour
    walk: tuple[float, float] = (0.0, 0.0)
    to_and_fro: bool = True
    phase: float = 0.0
    rides: bool = False

    def place(self, share: float) -> tuple[float, float]:
        """Return x and z at ``share`` (0 to 1) of the loop."""
        turn = (share + self.phase) % 1.0
        fro = 2 * turn if turn < 0.5 else 2 - 2 * turn
        way = fro if self.to_and_fro else share
        return self.x + self.walk[0] * way, self.z + self.walk[1] * way


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """A trader's stall with an umbrella."""

    x: float
    z: float
    colour: Colour


@dataclass(slots=True, kw_only=True)
class StreetPlan:
    """One scene, ready to be drawn; after ``loop_s`` all of it is where it began."""

    kind: SceneKind
    hour: Hour
    view: View
    road_half_m: float
    walk_m: float
    cross_z: float | None
    asphalt: Colour
    paving: Colour
    loop_s: float
    blocks: list[Block] = field(default_factory=list)
    plants: list[Plant] = field(default_factory=list)
    vehicles: list[Vehicle] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    stalls: list[Stall] = field(default_factory=list)
    lamps: list[tuple[float, float]] = field(default_factory=list)
    sun: tuple[float, float, float] = (0.4, 0.8, -0.4)
