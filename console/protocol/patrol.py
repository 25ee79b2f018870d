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


class PatrolTurn(msgspec.Struct, frozen=True, kw_only=True):
    """Console to central, every few seconds.

    Attributes:
        console: Which.
        points: What it would sweep; empty if it runs no sweep.
        looks: Of its sweep and of its people, since the last turn.
        since_ms: Looks entered at central since then are wanted back, by central's clock.
        leaving: Whether it ends and lets go of its points.
    """

    console: str
    points: tuple[str, ...] = ()
    looks: tuple[LookSent, ...] = ()
    since_ms: int = 0
    leaving: bool = False


class PatrolTurnAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Central to console.

    Attributes:
        granted: Points that it may sweep for ``lease_s`` seconds.
        looks: The latest look at each point by the sweep and by a person, of those entered since.
        now_ms: Central's clock, to be sent with the next turn.
        plans_version: Changes with every change of a plan.
    """

    granted: tuple[str, ...]
    lease_s: float
    looks: tuple[LookSent, ...]
    now_ms: int
    plans_version: int


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
        base: What it was made from: "district", "form" or "event", with its code, if from any.
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
    version: int = 0
