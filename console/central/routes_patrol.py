"""Routes of patrol: one sweeper a point, looks of all consoles in one book, plans."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.central.door import Door
from console.central.loop import WriterLink
from console.central.patrolbook import (
    MAX_POINTS,
    looks_since,
    note_looks,
    person_looks,
    plans,
    plans_version,
    points_within,
    put_plan,
    retire_plan,
)
from console.central.patrolpast import MOST_DAYS, now, past_of
from console.central.rows import LiveRows
from console.central.web import AnswerError, body_of, permitted
from console.domain.errors import RejectedError
from console.patrol.handing import Handings, Seat
from console.patrol.layouts import MOST_TILES
from console.patrol.leases import LEASE_S, Leases
from console.protocol.patrol import (
    Handing,
    LookSent,
    PatrolPast,
    PatrolTurn,
    PatrolTurnAnswer,
    PlanSent,
    Screen,
)

_MAX_BYTES = 4 << 20
_MAX_LOOKS = 20_000
_LONGEST_NAME = 80
_MOST_HANDED = 20
#: The past changes slowly, and counting it takes a moment.
_PAST_KEPT_S, _MOST_PASTS = 600.0, 64
_T = TypeVar("_T")
_json = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolRoutes:
    """Leases, looks, plans.

    Attributes:
        leases: Who sweeps which point; a restart of central forgets them, and they are asked for
            again within seconds.
        zone: The city's, for the hours of the past.
        handings: Points on their way from one screen to another.
    """

    door: Door
    link: WriterLink
    zone: ZoneInfo
    leases: Leases = field(default_factory=Leases)
    handings: Handings[Handing] = field(default_factory=Handings)
    _pasts: dict[tuple[object, ...], tuple[PatrolPast, float]] = field(default_factory=dict)

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["patrol"])
        for path, method, endpoint in (
            ("/v1/patrol/turn", "POST", self.turn),
            ("/v1/patrol/plans", "GET", self.all_plans),
            ("/v1/patrol/plans/{plan}", "PUT", self.put),
            ("/v1/patrol/plans/{plan}", "DELETE", self.retire),
            ("/v1/patrol/looks", "GET", self.looks),
            ("/v1/patrol/past", "GET", self.past),
        ):
            router.add_api_route(path, endpoint, methods=[method], response_model=None)
        return router

    async def turn(self, request: Request) -> Response:
        """Renew a console's leases, take its looks, give it those of others."""
        session = permitted(self.door, request, "patrol")
        turn = await _body(request, PatrolTurn)
        _check_turn(turn)
        now_ms = round(time.time() * 1000)
        remit = session.person.remit
        # Nobody lets go of another's points, or sweeps them in its name.
        sweeper = f"{session.device}/{turn.console}"
        handed = self._hand(turn, sweeper, session.person.name)
        asked = {
            *turn.points,
            *(look.point for look in turn.looks),
            *(point for one in handed for point in one.points),
        }
        within = await self.link.reading(lambda connection: points_within(connection, asked, remit))
        looks = _credible(turn.looks, within, person=session.person.id, now_ms=now_ms)
        if looks:
            note = partial(note_looks, looks=looks, console=turn.console, now_ms=now_ms)
            await self.link.in_writer(lambda connection, _: note(connection))
        seen, version = await self.link.reading(
            lambda connection: (
                looks_since(connection, turn.since_ms, remit),
                plans_version(connection),
            )
        )
        points = tuple(point for point in turn.points if point in within)
        if turn.leaving:
            self.leases.leave(sweeper)
            self.handings.left(sweeper)
            granted: list[str] = []
        else:
            granted = self.leases.renew(sweeper, points, time.monotonic())
        answer = PatrolTurnAnswer(
            granted=tuple(granted),
            lease_s=LEASE_S,
            looks=seen,
            now_ms=now_ms,
            plans_version=version,
            screens=tuple(
                Screen(id=screen, name=seat.name, person=seat.person)
                for screen, seat in self.handings.others(sweeper, time.monotonic())
            ),
            handed=tuple(_seen_of(one, within) for one in handed),
        )
        return Response(_json.encode(answer), media_type="application/json")

    def _hand(self, turn: PatrolTurn, sweeper: str, person: str) -> list[Handing]:
        """Take what a console hands to others; return what others have handed to it."""
        now_s = time.monotonic()
        self.handings.seen(sweeper, Seat(name=turn.name or turn.console, person=person), now_s)
        for one in turn.handing:
            self.handings.give(one.to, [msgspec.structs.replace(one, by=person)], now_s)
        return self.handings.take(sweeper, now_s)

    async def past(self, request: Request, days: int = 60, form: str = "") -> Response:
        """Give how many incidents of the last days each point could have seen, by hour."""
        remit = permitted(self.door, request, "patrol").person.remit
        if not 1 <= days <= MOST_DAYS:
            raise AnswerError(422, f"The past can be counted over 1 to {MOST_DAYS} days.")
        key = remit, days, form
        known, until_s = self._pasts.get(key, (None, 0.0))
        if known is None or time.monotonic() > until_s:
            count = partial(
                past_of, remit=remit, at=now(), days=days, zone=self.zone, form=form or None
            )
            known = await self.link.reading(count)
            if len(self._pasts) >= _MOST_PASTS:
                self._pasts.clear()
            self._pasts[key] = known, time.monotonic() + _PAST_KEPT_S
        return Response(_json.encode(known), media_type="application/json")

    async def all_plans(self, request: Request) -> Response:
        """Give the patrol plans."""
        remit = permitted(self.door, request, "patrol").person.remit
        found = await self.link.reading(lambda connection: plans(connection, remit))
        return Response(_json.encode(found), media_type="application/json")

    async def put(self, plan: str, request: Request) -> Response:
        """Enter or change a plan."""
        session = permitted(self.door, request, "write:patrol")
        sent = msgspec.structs.replace(await _body(request, PlanSent), id=plan)
        who = session.person
        kept = await self._changed(partial(put_plan, plan=sent, person=who.id, remit=who.remit))
        return Response(_json.encode(kept), media_type="application/json")

    async def retire(self, plan: str, request: Request) -> Response:
        """Take a plan away."""
        session = permitted(self.door, request, "write:patrol")
        who = session.person
        await self._changed(partial(retire_plan, plan_id=plan, person=who.id, remit=who.remit))
        return JSONResponse({"retired": plan})

    async def _changed(self, change: Callable[[Connection], _T]) -> _T:
        """Return what a change of plans gave; what it was refused for is the sender's doing."""

        def enter(connection: Connection, _rows: LiveRows) -> _T | RejectedError:
            try:
                return change(connection)
            except RejectedError as error:
                return error  # no fault of the writer's

        kept = await self.link.in_writer(enter)
        if isinstance(kept, RejectedError):
            raise AnswerError(409, str(kept)) from kept
        return kept

    async def looks(self, request: Request, since_ms: int = 0, limit: int = 10_000) -> Response:
        """Give what people have looked at, one row a look: the proof of coverage."""
        remit = permitted(self.door, request, "patrol").person.remit
        most = max(1, min(limit, _MAX_LOOKS))
        found = await self.link.reading(
            lambda connection: person_looks(connection, since_ms, most, remit)
        )
        return Response(_json.encode(found), media_type="application/json")


def _seen_of(handing: Handing, within: frozenset[str]) -> Handing:
    """Return what was handed over with the points that whoever gets it may see."""
    points = tuple(point for point in handing.points if point in within)
    return msgspec.structs.replace(handing, points=points)


def _check_turn(turn: PatrolTurn) -> None:
    if len(turn.points) > MAX_POINTS or len(turn.looks) > _MAX_LOOKS:
        raise AnswerError(
            413, f"At most {MAX_POINTS} points and {_MAX_LOOKS} looks go in one turn."
        )
    if any(
        len(name) > _LONGEST_NAME or not name.isprintable() for name in (turn.console, turn.name)
    ):
        raise AnswerError(422, f"A console's name has at most {_LONGEST_NAME} letters.")
    if any(
        not one.points or len(one.points) > MAX_POINTS or one.dwell_s <= 0
        or not 1 <= (one.tiles or 1) <= MOST_TILES or len(one.plan) > _LONGEST_NAME
        for one in turn.handing
    ) or len(turn.handing) > _MOST_HANDED:  # fmt: skip
        raise AnswerError(422, "What is handed over has points, a name and a layout of a wall.")
    if any(look.at_ms < 0 for look in turn.looks):
        raise AnswerError(422, "A look is of a time before 1970; put the console's clock right.")


def _credible(
    looks: Iterable[LookSent], within: frozenset[str], *, person: str, now_ms: int
) -> list[LookSent]:
    """Return the looks that are kept: at points the sender may see, by nobody but the sender.

    What is said to have been later than now was now: a clock that is ahead hides no point.
    """
    return [
        LookSent(look.point, min(look.at_ms, now_ms), None if look.person is None else person)
        for look in looks
        if look.point in within
    ]


async def _body(request: Request, kind: type[_T]) -> _T:
    body = await body_of(request, limit=_MAX_BYTES)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerError(422, f"The body cannot be read: {error}.") from error
