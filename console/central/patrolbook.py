"""What central keeps of patrol: looks at points, and plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, update

from console.domain.errors import RejectedError
from console.domain.permissions import Remit
from console.patrol.layouts import MOST_TILES
from console.patrol.plans import PatrolPlan, PatrolPlanError
from console.protocol.patrol import LookSent, PlanSent
from console.store.mapping import upsert
from console.store.tables import CAMERA, PATROL_PLAN, PERSON_LOOK, POINT_LOOK

MAX_POINTS = 50_000
_AT_ONCE = 400
_ELSEWHERE = (
    "The plan is about camera points outside the districts you work for, or that nobody knows; "
    "nothing was changed. Ask those districts, or somebody who commands the whole city."
)


def note_looks(
    connection: Connection, looks: Iterable[LookSent], *, console: str, now_ms: int
) -> None:
    """Enter looks: people's one by one, and the latest of each kind by point."""
    latest: dict[str, list[LookSent]] = {}
    own: dict[tuple[str, int, str], dict[str, object]] = {}
    for look in looks:
        latest.setdefault(look.point, []).append(look)
        if look.person is not None:
            own[look.point, look.at_ms, look.person] = {
                "point": look.point,
                "at_ms": look.at_ms,
                "person": look.person,
                "console": console,
            }
    upsert(connection, PERSON_LOOK, list(own.values()))
    known = _known(connection, list(latest))
    fresh = []
    for point, seen in latest.items():
        sweep_ms, person_ms, person = known.get(point, (None, None, None))
        for look in seen:
            if look.person is None:
                sweep_ms = max(sweep_ms or 0, look.at_ms)
            elif look.at_ms > (person_ms or 0):
                person_ms, person = look.at_ms, look.person
        fresh.append(
            {"point": point, "sweep_ms": sweep_ms, "person_ms": person_ms, "person": person,
             "entered_ms": now_ms}
        )  # fmt: skip
    upsert(connection, POINT_LOOK, fresh)


_Latest = tuple[int | None, int | None, str | None]


def _known(connection: Connection, points: Sequence[str]) -> dict[str, _Latest]:
    """Return the latest look by the sweep and by a person, and which person, by point."""
    table = POINT_LOOK.c
    found: dict[str, _Latest] = {}
    for first in range(0, len(points), _AT_ONCE):
        query = select(table.point, table.sweep_ms, table.person_ms, table.person).where(
            table.point.in_(points[first : first + _AT_ONCE])
        )
        for point, sweep_ms, person_ms, person in connection.execute(query):
            found[point] = sweep_ms, person_ms, person
    return found


def points_within(connection: Connection, points: Iterable[str], remit: Remit) -> frozenset[str]:
    """Return those of some points that are camera points in somebody's districts."""
    asked, found = sorted(set(points)), set[str]()
    for first in range(0, len(asked), _AT_ONCE):
        query = select(CAMERA.c.id).where(CAMERA.c.id.in_(asked[first : first + _AT_ONCE]))
        found.update(connection.execute(_in_districts(query, CAMERA.c.id, remit)).scalars())
    return frozenset(found)


def _in_districts(query: Select[Any], point: ColumnElement[str], remit: Remit) -> Select[Any]:
    """Return a query for what is about points in somebody's districts only."""
    if remit.districts is None:
        return query
    cameras = select(CAMERA.c.id).where(CAMERA.c.district.in_(sorted(remit.districts)))
    return query.where(point.in_(cameras))


def looks_since(connection: Connection, since_ms: int, remit: Remit) -> tuple[LookSent, ...]:
    """Return the latest looks at points of which one was entered at or after a time."""
    query = select(POINT_LOOK).where(POINT_LOOK.c.entered_ms >= since_ms)
    rows = connection.execute(_in_districts(query, POINT_LOOK.c.point, remit))
    found = []
    for row in rows.mappings():
        if row["sweep_ms"] is not None:
            found.append(LookSent(row["point"], row["sweep_ms"]))
        if row["person_ms"] is not None:
            found.append(LookSent(row["point"], row["person_ms"], row["person"]))
    return tuple(found)


def person_looks(connection: Connection, since_ms: int, limit: int, remit: Remit) -> list[LookSent]:
    """Return what people have looked at since a time, oldest first, at most ``limit``."""
    query = select(PERSON_LOOK).where(PERSON_LOOK.c.at_ms >= since_ms)
    seen = _in_districts(query, PERSON_LOOK.c.point, remit)
    rows = connection.execute(seen.order_by(PERSON_LOOK.c.at_ms).limit(limit))
    return [LookSent(row["point"], row["at_ms"], row["person"]) for row in rows.mappings()]


def plans(connection: Connection, remit: Remit) -> list[PlanSent]:
    """Return the plans of which every point lies in somebody's districts, by name."""
    query = select(PATROL_PLAN).where(PATROL_PLAN.c.retired.is_(False))
    rows = connection.execute(query.order_by(PATROL_PLAN.c.name)).mappings().all()
    found = [
        msgspec.structs.replace(
            msgspec.json.decode(row["body"], type=PlanSent), version=row["version"]
        )
        for row in rows
    ]
    return [plan for plan in found if lies_within(connection, plan, remit)]


def lies_within(connection: Connection, plan: PlanSent, remit: Remit) -> bool:
    """Whether every point of a plan lies in somebody's districts."""
    return remit.is_whole or set(plan.points) == points_within(connection, plan.points, remit)


def check_plan_within(connection: Connection, plan_id: str, remit: Remit) -> None:
    """Check that somebody may change a plan as it is.

    Raises:
        RejectedError: Some of its points lie in districts that are not theirs.
    """
    held = connection.execute(
        select(PATROL_PLAN.c.body).where(PATROL_PLAN.c.id == plan_id)
    ).scalar()
    if held is not None and not lies_within(
        connection, msgspec.json.decode(held, type=PlanSent), remit
    ):
        raise RejectedError(_ELSEWHERE)


def plans_version(connection: Connection) -> int:
    """Return a number that changes with every change of a plan."""
    return int(connection.execute(select(func.sum(PATROL_PLAN.c.version))).scalar() or 0)


def put_plan(connection: Connection, plan: PlanSent, *, person: str, remit: Remit) -> PlanSent:
    """Enter a plan, or change one that is there.

    Args:
        connection: In the writer's transaction.
        plan: As it is to be; ``version`` is the one that was seen, 0 for a new plan.
        person: Who changes it.
        remit: Where that person works.

    Raises:
        RejectedError: It cannot be run, it is about points that are not that person's, or somebody
            else has changed it meanwhile.
    """
    _check(plan)
    check_plan_within(connection, plan.id, remit)
    if not lies_within(connection, plan, remit):
        raise RejectedError(_ELSEWHERE)
    query = select(PATROL_PLAN.c.version).where(PATROL_PLAN.c.id == plan.id)
    held = connection.execute(query).scalar()
    if held is not None and held != plan.version:
        raise RejectedError(
            f"The plan “{plan.name}” was changed by somebody else meanwhile (version {held}, yours "
            f"is of {plan.version}); look at it anew and change it again."
        )
    kept = msgspec.structs.replace(plan, version=(held or 0) + 1)
    values = {
        "id": plan.id, "name": plan.name, "body": msgspec.json.encode(kept), "changed_by": person,
        "changed_at": datetime.now(UTC), "retired": False, "version": kept.version,
    }  # fmt: skip
    if held is None:
        connection.execute(insert(PATROL_PLAN).values(values))
    else:
        connection.execute(update(PATROL_PLAN).where(PATROL_PLAN.c.id == plan.id).values(values))
    return kept


def retire_plan(connection: Connection, plan_id: str, *, person: str, remit: Remit) -> None:
    """Take a plan away; one that is not there changes nothing.

    Raises:
        RejectedError: Some of its points lie in districts that are not that person's.
    """
    check_plan_within(connection, plan_id, remit)
    connection.execute(
        update(PATROL_PLAN)
        .where(PATROL_PLAN.c.id == plan_id, PATROL_PLAN.c.retired.is_(False))
        .values(
            retired=True,
            version=PATROL_PLAN.c.version + 1,
            changed_by=person,
            changed_at=datetime.now(UTC),
        )
    )


def _check(plan: PlanSent) -> None:
    if not plan.id or len(plan.id) > 80 or not plan.name.strip():
        raise RejectedError("A patrol plan needs an id of at most 80 letters, and a name.")
    if not plan.points or len(plan.points) > MAX_POINTS:
        raise RejectedError(
            f"The plan “{plan.name}” has {len(plan.points)} points; 1 to {MAX_POINTS} can be run."
        )
    minutes = [one for one in (plan.from_minute, plan.to_minute) if one is not None]
    if len(minutes) == 1 or not all(0 <= one < 1440 for one in minutes):
        raise RejectedError(
            f"The plan “{plan.name}” needs both times of day, from 00:00 to 23:59, or neither."
        )
    if plan.tiles is not None and not 1 <= plan.tiles <= MOST_TILES:
        raise RejectedError(
            f"The plan “{plan.name}” asks for {plan.tiles} tiles; a wall has 1 to {MOST_TILES}."
        )
    if not all(0 <= day <= 6 for day in plan.days):
        raise RejectedError(f"The plan “{plan.name}” names a day that no week has.")
    try:
        PatrolPlan(
            name=plan.name,
            points=plan.points,  # type: ignore[arg-type]  # ids as the wire has them
            dwell_s=plan.dwell_s,
            dwells=tuple(plan.dwells.items()),  # type: ignore[arg-type]
            max_revisit_s=plan.max_revisit_s,
        )
    except PatrolPlanError as error:
        raise RejectedError(str(error)) from error
