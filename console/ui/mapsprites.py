"""How things look on the map: one numbered sprite a look, the numbers that packed layers carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from console.domain.levels import Level
from console.domain.sensors import Reading, Sensor, SensorKind, SensorState
from console.domain.units import UnitKind, UnitStatus
from console.tracking import Freshness

#: Directions a sprite can point: 0 none, 1 to 8 octants clockwise from north.
DIRECTIONS = 9


class MapLayer(StrEnum):
    """One packed layer, and the name of its files."""

    UNITS = "units"
    CAMERAS = "cameras"
    SENSORS = "sensors"
    INCIDENTS = "incidents"


class CameraState(StrEnum):
    """What is known of a camera's picture."""

    UNKNOWN = "unknown"
    GOOD = "good"
    FAULTY = "faulty"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorShown:
    """One sensor as the map shows it.

    Attributes:
        reading: Its newest one, ``None`` before the first.
    """

    sensor: Sensor
    reading: Reading | None
    state: SensorState


@dataclass(frozen=True, slots=True, kw_only=True)
class SpriteSpec:
    """One look, as the page draws it.

    Attributes:
        shape: Shape's name in ``sprites.js``.
        colour: Token of the theme.
        mark: Mark inside that tells the kind: "none", "dot" (patrol), "bar" (vehicle), or what a
            sensor measures.
        heading: Degrees clockwise from north it points, or ``None``.
        hollow: Whether only its outline has the colour.
        dashed: Whether the outline is dashed.
        alpha: 1 fresh, less the older it is.
        outline: Whether it has a bright rim: waits for somebody.
        group: What it is hidden with, beside its layer.
        second: Whether it is drawn over the others.
        rank: How bad it is; a group shows the worst of its members.
        word: Name of the word that says what it means.
    """

    shape: str
    colour: str
    mark: str = "none"
    heading: float | None = None
    hollow: bool = False
    dashed: bool = False
    alpha: float = 1.0
    outline: bool = False
    group: str = ""
    second: bool = False
    rank: int = 0
    word: str = ""


_MARKS = {UnitKind.OFFICER: "none", UnitKind.PATROL: "dot", UnitKind.VEHICLE: "bar"}
_KINDS = tuple(UnitKind)
_STATUSES = tuple(UnitStatus)
STATUS_NO: dict[UnitStatus, int] = {status: no for no, status in enumerate(_STATUSES)}
#: Shape, colour and hollowness of each status.
_STATUS_LOOK: dict[UnitStatus, tuple[str, str, bool]] = {
    UnitStatus.AVAILABLE: ("ring", "available", True),
    UnitStatus.ASSIGNED: ("chevron", "en_route", True),
    UnitStatus.EN_ROUTE: ("chevron", "en_route", False),
    UnitStatus.ON_SCENE: ("diamond", "on_scene", False),
    UnitStatus.OFF_DUTY: ("ring", "off", True),
}
#: A unit nobody can see is worse than one at work; one at work more than one that waits.
_UNIT_RANK: dict[UnitStatus, int] = {
    UnitStatus.OFF_DUTY: 0,
    UnitStatus.AVAILABLE: 1,
    UnitStatus.ON_SCENE: 2,
    UnitStatus.EN_ROUTE: 3,
    UnitStatus.ASSIGNED: 4,
}
_STALE_RANK = 5
_FRESH_STATUSES = 4
_FADED_FROM = _FRESH_STATUSES * len(_KINDS) * DIRECTIONS
_FADED_EACH = len(_STATUSES) * len(_KINDS)
_CAMERA_STATES = tuple(CameraState)
_CAMERA_LOOK: dict[CameraState, tuple[str, str]] = {
    CameraState.UNKNOWN: ("camera", "edge"),
    CameraState.GOOD: ("camera", "secondary"),
    CameraState.FAULTY: ("camera_hollow", "caution"),
    CameraState.OFFLINE: ("camera_crossed", "high"),
}
_LEVEL_LOOK: dict[Level, tuple[str, str]] = {
    Level.CRITICAL: ("octagon", "critical"),
    Level.HIGH: ("triangle", "high"),
    Level.CAUTION: ("square", "caution"),
    Level.ROUTINE: ("dot", "secondary"),
}


_SENSOR_KINDS, _SENSOR_STATES = tuple(SensorKind), tuple(SensorState)
_SENSOR_LOOK: dict[SensorState, str] = {
    SensorState.SILENT: "off",
    SensorState.NORMAL: "secondary",
    SensorState.OVER: "high",
}


def _heading(direction: int) -> float | None:
    return None if direction == 0 else (direction - 1) * 45.0


def _unit_spec(status: UnitStatus, kind: UnitKind, direction: int) -> SpriteSpec:
    shape, colour, hollow = _STATUS_LOOK[status]
    return SpriteSpec(
        shape=shape,
        colour=colour,
        mark=_MARKS[kind],
        heading=_heading(direction),
        hollow=hollow,
        second=status is not UnitStatus.AVAILABLE,
        rank=_UNIT_RANK[status],
        word=f"status_{status}",
    )


def _faded_spec(status: UnitStatus, kind: UnitKind, *, late: bool) -> SpriteSpec:
    shape, colour, hollow = _STATUS_LOOK[status]
    off = status is UnitStatus.OFF_DUTY
    return SpriteSpec(
        shape=shape,
        colour=colour if late else "off",
        mark=_MARKS[kind],
        hollow=hollow or not late,
        dashed=not late,
        alpha=0.75 if late else 1.0,
        group="off_duty" if off else "",
        second=status not in (UnitStatus.AVAILABLE, UnitStatus.OFF_DUTY),
        rank=0 if off else _UNIT_RANK[status] if late else _STALE_RANK,
        word=f"status_{status}" if late or off else "stale",
    )


def unit_specs() -> list[SpriteSpec]:
    """Return the looks of units: fresh by status, kind and direction; then stale, then late."""
    fresh = [
        _unit_spec(status, kind, direction)
        for status in _STATUSES[:_FRESH_STATUSES]
        for kind in _KINDS
        for direction in range(DIRECTIONS)
    ]
    faded = [
        _faded_spec(status, kind, late=late)
        for late in (False, True)
        for status in _STATUSES
        for kind in _KINDS
    ]
    return fresh + faded


def camera_specs() -> list[SpriteSpec]:
    """Return the looks of cameras, by state and direction."""
    return [
        SpriteSpec(
            shape=_CAMERA_LOOK[state][0],
            colour=_CAMERA_LOOK[state][1],
            heading=_heading(direction),
            second=state in (CameraState.FAULTY, CameraState.OFFLINE),
            rank=_CAMERA_STATES.index(state) if state is not CameraState.GOOD else 0,
            word=f"camera_{state}",
        )
        for state in _CAMERA_STATES
        for direction in range(DIRECTIONS)
    ]


def incident_specs() -> list[SpriteSpec]:
    """Return the looks of incidents, by level and whether they wait for a unit."""
    return [
        SpriteSpec(
            shape=_LEVEL_LOOK[level][0],
            colour=_LEVEL_LOOK[level][1],
            outline=waits,
            second=level <= Level.HIGH,
            rank=2 * (Level.ROUTINE - level) + int(waits),
            word=f"level_{level.name.lower()}",
        )
        for level in Level
        for waits in (False, True)
    ]


def sensor_specs() -> list[SpriteSpec]:
    """Return the looks of sensors, by kind and state."""
    return [
        SpriteSpec(
            shape="sensor",
            colour=_SENSOR_LOOK[state],
            mark=kind.value,
            hollow=state is not SensorState.OVER,
            dashed=state is SensorState.SILENT,
            second=state is SensorState.OVER,
            rank=_SENSOR_STATES.index(state) + int(state is SensorState.SILENT),
            word=f"sensor_{state}",
        )
        for kind in _SENSOR_KINDS
        for state in _SENSOR_STATES
    ]


def sensor_sprite(kind: SensorKind, state: SensorState) -> int:
    """Return the sprite of a sensor."""
    return _SENSOR_KINDS.index(kind) * len(_SENSOR_STATES) + _SENSOR_STATES.index(state)


def all_specs() -> dict[str, list[dict[str, object]]]:
    """Return every look by layer, ready for JSON."""
    made = {
        MapLayer.UNITS: unit_specs(),
        MapLayer.CAMERAS: camera_specs(),
        MapLayer.SENSORS: sensor_specs(),
        MapLayer.INCIDENTS: incident_specs(),
    }
    return {layer.value: [asdict(spec) for spec in specs] for layer, specs in made.items()}


def direction_of(heading_deg: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return the direction of each heading, 0 where it is NaN; shape (n,)."""
    unknown = np.isnan(heading_deg)
    turns = np.rint(heading_deg / np.float32(45.0))
    turns[unknown] = 0.0
    direction: NDArray[np.uint8] = (turns.astype(np.int16) & 7).astype(np.uint8) + np.uint8(1)
    direction[unknown] = 0
    return direction


def unit_sprites(
    status_no: NDArray[np.uint8],
    kind_no: NDArray[np.uint8],
    direction: NDArray[np.uint8],
    freshness: NDArray[np.uint8],
) -> NDArray[np.uint8]:
    """Return the sprite of each unit; all arrays have shape (n,).

    Args:
        status_no: Numbers of statuses (`STATUS_NO`).
        kind_no: Numbers of kinds, in the order of `UnitKind`.
        direction: As `direction_of` gives.
        freshness: `Freshness`; stale and asleep are faded and dashed, late is faint.
    """
    index = status_no.astype(np.int32)
    for part, size in ((kind_no, len(_KINDS)), (freshness, len(Freshness))):
        index *= size
        index += part
    index *= DIRECTIONS
    index += direction
    sprites: NDArray[np.uint8] = _UNIT_SPRITES.take(index)
    return sprites


def _sprites_of_units() -> NDArray[np.uint8]:
    """Return the sprite of every status, kind, freshness and direction, in one row."""
    status, kind, freshness, direction = np.indices(
        (len(_STATUSES), len(_KINDS), len(Freshness), DIRECTIONS)
    )
    fresh = (status * len(_KINDS) + kind) * DIRECTIONS + direction
    faded = _FADED_FROM + status * len(_KINDS) + kind
    sprite = np.where(freshness == Freshness.FRESH, fresh, faded)
    sprite = np.where(freshness == Freshness.LATE, faded + _FADED_EACH, sprite)
    off = status == STATUS_NO[UnitStatus.OFF_DUTY]
    table: NDArray[np.uint8] = np.where(off, faded, sprite).astype(np.uint8).ravel()
    return table


_UNIT_SPRITES = _sprites_of_units()


def camera_sprite(state: CameraState, bearing_deg: float | None) -> int:
    """Return the sprite of a camera that looks along a bearing."""
    return int(camera_sprites([state], [bearing_deg])[0])


def camera_sprites(
    states: Sequence[CameraState], bearings_deg: Sequence[float | None]
) -> NDArray[np.uint8]:
    """Return the sprites of cameras, each with what is known of it and where it looks."""
    numbers = {state: number for number, state in enumerate(_CAMERA_STATES)}
    state_no = np.fromiter((numbers[state] for state in states), np.int64, len(states))
    # None becomes NaN, which looks nowhere.
    bearings = np.array(bearings_deg, dtype=np.float64)
    return (state_no * DIRECTIONS + direction_of(bearings)).astype(np.uint8)


def incident_sprite(level: Level, *, waits: bool) -> int:
    """Return the sprite of an incident; ``waits`` while nobody has taken it."""
    return (level - 1) * 2 + int(waits)


def unit_sprite(status: UnitStatus, kind: UnitKind, heading_deg: float | None = None) -> int:
    """Return the sprite of one unit with a fresh fix."""
    return _one_unit(status, kind, Freshness.FRESH, heading_deg)


def stale_unit_sprite(status: UnitStatus, kind: UnitKind) -> int:
    """Return the sprite of one unit whose fix is stale."""
    return _one_unit(status, kind, Freshness.STALE, None)


def _one_unit(
    status: UnitStatus, kind: UnitKind, freshness: Freshness, heading_deg: float | None
) -> int:
    heading = np.array([np.nan if heading_deg is None else heading_deg])
    sprites = unit_sprites(
        np.array([STATUS_NO[status]], dtype=np.uint8),
        np.array([_KINDS.index(kind)], dtype=np.uint8),
        direction_of(heading),
        np.array([freshness], dtype=np.uint8),
    )
    return int(sprites[0])
