"""Duty reports (勤务报备): units come on at the start of their shift and go off at its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from console.city.command_post import CommandPost
from console.city.known_ids import known_id
from console.city.movement import Mode, Movement
from console.city.people_shifts import DutySpan, Roster
from console.domain.shifts import RosterEntry
from console.domain.units import Unit, UnitKind
from console.protocol.commands import PutRoster, PutUnits, SetDuty
from console.protocol.messages import Command, Result, Verdict

_LOG = logging.getLogger("zhihui.city")
#: Units entered in the register with one command.
_ENTERED_AT_ONCE = 250
#: A unit that may not go off (it still has a task) asks again after this long.
ASK_AGAIN = timedelta(minutes=5)


class Duty:
    """Who is on duty: by the roster, on the streets, and as central has been told.

    Args:
        units: The force.
        roster: The shifts.
        movement: Takes units on and off the streets.
        post: To central.
        is_busy: Whether a unit still has a task.
        outside: Units held by real people; they report for duty themselves, shape (n,).
        was_on: Who was on duty when the city last ran, shape (n,).

    Attributes:
        is_on: Whom central has taken on duty, shape (n,).
    """

    def __init__(
        self,
        units: Sequence[Unit],
        roster: Roster,
        *,
        movement: Movement,
        post: CommandPost,
        is_busy: Callable[[str], bool],
        outside: NDArray[np.bool_],
        was_on: NDArray[np.bool_],
    ) -> None:
        self._units, self._roster, self._movement = tuple(units), roster, movement
        self._post, self._is_busy, self._inside = post, is_busy, ~outside
        post.listen(self._take_result)
        self._index = {str(unit.id): index for index, unit in enumerate(units)}
        self.is_on = was_on & self._inside
        self._told = self.is_on.copy()
        self._not_before: dict[int, datetime] = {}
        self._epoch: str | None = None
        self._is_known = False
        self._planned: list[RosterEntry] = []

    def meet(self, epoch: str, now: datetime) -> None:
        """Take note of central as it is since ``epoch``: it may be another one than before."""
        if epoch == self._epoch:
            return
        self._epoch, self._is_known = epoch, False
        # Said again even if it was said before: another database may be behind the same address.
        self._told &= ~self._roster.on_duty(now)
        self._not_before.clear()

    def learn(self, unknown: int, now: datetime) -> bool:
        """Take note of how many units central did not know of a batch of positions.

        Only a central that knows some of them not is given the register: what an administrator
        has changed in it stays. Returns whether duty can be reported from now on.
        """
        if self._epoch is None or self._is_known:
            return False
        self._is_known = True
        if unknown:
            _LOG.info("central does not know the force yet; entering %d units", len(self._units))
            self._enter(self._epoch, now)
        return True

    def _enter(self, epoch: str, now: datetime) -> None:
        for first in range(0, len(self._units), _ENTERED_AT_ONCE):
            units = self._units[first : first + _ENTERED_AT_ONCE]
            command_id = known_id(now, "enter", epoch, first)
            self._post.put(PutUnits(units=units), command_id=command_id, at=now)

    def tick(self, now: datetime) -> None:
        """Send units out and home as their shifts say, and tell central."""
        wanted = self._roster.on_duty(now) & self._inside
        mode = self._movement.mode
        self._movement.start(np.flatnonzero(wanted & (mode == Mode.OFF)))
        self._movement.stop(np.flatnonzero(~wanted & (mode == Mode.PATROL)))
        if not self._is_known:
            return
        changed = np.flatnonzero(wanted != self._told).tolist()
        told = [unit for unit in changed if self._tell(unit, now, on_duty=bool(wanted[unit]))]
        self._plan(now)
        if told:
            on = int(wanted[told].sum())
            _LOG.info("%d units report for duty, %d go off", on, len(told) - on)

    def _plan(self, now: datetime) -> None:
        """Enter the turns of those who came on, as the office that plans them would."""
        planned, self._planned = self._planned, []
        for first in range(0, len(planned), _ENTERED_AT_ONCE):
            some = tuple(planned[first : first + _ENTERED_AT_ONCE])
            command_id = known_id(now, "roster", self._epoch, first)
            self._post.put(PutRoster(entries=some), command_id=command_id, at=now)

    def _take_result(self, command: Command, result: Result) -> None:
        """Take what central made of a duty report."""
        body = command.body
        if not isinstance(body, SetDuty):
            return
        unit = self._index[body.unit]
        if result.verdict in (Verdict.ACCEPTED, Verdict.DUPLICATE):
            self.is_on[unit] = body.on_duty
            return
        self._told[unit] = not body.on_duty
        self._not_before[unit] = command.made_at + ASK_AGAIN

    def _tell(self, unit: int, now: datetime, *, on_duty: bool) -> bool:
        """Report one unit on or off duty; return whether it was."""
        not_before = self._not_before.get(unit)
        if not_before is not None and now < not_before:
            return False
        call_sign = self._units[unit].id
        if not on_duty and self._is_busy(call_sign):
            return False
        span = self._roster.span(unit, now) if not_before is None else None
        # The same shift is reported once, however often the city starts in its course.
        since = now if span is None else span.starts_at
        command_id = known_id(since, "duty", call_sign, on_duty, self._epoch)
        body = SetDuty(unit=call_sign, on_duty=on_duty, at=now)
        if on_duty and span is not None and span.ends_at > now:
            body = _equipped(self._units[unit], body, span)
            self._planned.append(_turn(self._units[unit], span))
        self._post.put(body, command_id=command_id, at=now)
        self._told[unit] = on_duty
        return True


def _equipped(unit: Unit, body: SetDuty, span: DutySpan) -> SetDuty:
    """Return a duty report with what the unit carries, and until when it is on."""
    is_vehicle = unit.kind is UnitKind.VEHICLE
    return SetDuty(
        unit=body.unit,
        on_duty=True,
        at=body.at,
        until=span.ends_at,
        vehicle=f"京A·{unit.no % 100_000:05d}" if is_vehicle else None,
        radio=unit.radio,
        handheld=f"H{unit.no:05d}",
        body_camera=f"J{unit.no:05d}",
    )


def _turn(unit: Unit, span: DutySpan) -> RosterEntry:
    day = known_id(span.starts_at, "turn", unit.id)
    return RosterEntry(id=day, unit=unit.id, starts_at=span.starts_at, ends_at=span.ends_at)
