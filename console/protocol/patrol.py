"""Messages of patrol between a console and central: leases, looks, plans; JSON over HTTP."""

from __future__ import annotations

import msgspec


class LookSent(msgspec.Struct, frozen=True, array_like=True):
    """One look at one point that showed a picture.

    Attributes:
        at_ms: When, Unix milliseconds.
        person: Who looked; ``None`` for the sweep.
    """

    point: str
    at_ms: int
    person: str | None = None


class Handing(msgspec.Struct, frozen=True, kw_only=True):
    """Points that one screen hands to another, with the plan they are of.

    Attributes:
        to: Screen that is to show them, as `Screen.id` names it.
        plan: What the strip calls them.
        points: In the order they are shown.
        dwell_s: How long a page stays.
        tiles: Tiles of the wall they come from.
        first: Point that is on now; a whole plan goes on from there. ``None``: these alone, held.
        by: Who hands them over; central enters it.
    """

    to: str
    plan: str
    points: tuple[str, ...]
    dwell_s: float = 8.0
    tiles: int | None = None
    first: str | None = None
    by: str = ""


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """Another console that patrols now.

    Attributes:
        id: Names it to central.
        name: What people call it.
        person: Who sits there.
    """

    id: str
    name: str
    person: str


class PatrolTurn(msgspec.Struct, frozen=True, kw_only=True):
    """Console to central, every few seconds.

    Attributes:
        console: Which.
        name: What people call it; its id where it is empty.
        handing: Points for other screens, since the last turn.
        points: What it would sweep; empty if it runs no sweep.
        looks: Of its sweep and of its people, since the last turn.
        since_ms: Looks entered at central since then are wanted back, by central's clock.
        leaving: Whether it ends and lets go of its points.
    """

    console: str
    name: str = ""
    points: tuple[str, ...] = ()
    looks: tuple[LookSent, ...] = ()
    handing: tuple[Handing, ...] = ()
    since_ms: int = 0
    leaving: bool = False


class PatrolTurnAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Central to console.

    Attributes:
        granted: Points that it may sweep for ``lease_s`` seconds.
        looks: The latest look at each point by the sweep and by a person, of those entered since.
        now_ms: Central's clock, to be sent with the next turn.
        plans_version: Changes with every change of a plan.
        screens: Other consoles that patrol, by name.
        handed: What other screens have handed to this one since its last turn.
    """

    granted: tuple[str, ...]
    lease_s: float
    looks: tuple[LookSent, ...]
    now_ms: int
    plans_version: int
    screens: tuple[Screen, ...] = ()
    handed: tuple[Handing, ...] = ()


class PatrolPast(msgspec.Struct, frozen=True, kw_only=True):
    """Central to console: where incidents were in the past, by camera point.

    Attributes:
        days: How many days it is about.
        form: Of this form of violation only, ``None`` for all.
        counts: By point, how many in each hour of the day by the city's clock, 24 numbers.
    """

    days: int
    form: str | None
    counts: dict[str, tuple[int, ...]]


class PlanSent(msgspec.Struct, frozen=True, kw_only=True):
    """A patrol plan (轮巡计划) as it is kept.

    Attributes:
        points: In the order they are shown; in an ordered plan their order means nothing.
        dwell_s: How long a page stays.
        dwells: Points that stay longer: the page that holds one stays as long as it asks.
        days: Days of the week on which it runs, 0 is Monday; all where empty.
        from_minute: Minute of the day from which it runs, ``None`` for all day.
        to_minute: Minute until which it runs; before ``from_minute`` it runs over midnight.
        presets: ONVIF preset that a moving camera is sent to when its page comes on, by point.
        max_revisit_s: Set: pages are ordered by expected yield, and no living point stays unseen
            for longer.
        base: What it was made from: "district:…", "form:…" or "event:…" with its id, if from any.
        tiles: Layout that it is shown in, 1 to 36 tiles; ``None`` for the one that is on.
    """

    id: str
    name: str
    points: tuple[str, ...]
    dwell_s: float = 8.0
    dwells: dict[str, float] = {}
    days: tuple[int, ...] = ()
    from_minute: int | None = None
    to_minute: int | None = None
    presets: dict[str, str] = {}
    max_revisit_s: float | None = None
    base: str | None = None
    tiles: int | None = None
    version: int = 0
