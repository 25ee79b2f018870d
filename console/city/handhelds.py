"""The officers' handhelds at work: orders come in, steps, pictures and outcomes go out."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from console.city.central_line import CentralLine, LineError, RefusedByCentralError
from console.city.handhelds_habits import HandheldHabits, plan_of
from console.city.handhelds_jobs import Action, JobBook, Leave, Report, Say, Stay, Travel
from console.city.handhelds_photo import MEDIA_TYPE, take_photo
from console.city.handhelds_socket import HandheldSocket
from console.city.handhelds_words import Word, WordBook
from console.city.known_ids import known_id
from console.city.movement import Movement
from console.city.movement_ways import Ways
from console.domain.ids import EvidenceId, IncidentId, UnitId
from console.domain.places import Evidence, EvidenceKind
from console.domain.units import Unit
from console.protocol.commands import AttachEvidence, ReportOutcome
from console.protocol.messages import Command, Deliver, Result, Task, Tell, Verdict

_LOG = logging.getLogger("zhihui.city")
RETRY_S = 5.0
#: A search for an unknown place takes this long at a steady pace.
SEARCH_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HandheldSettings:
    """How the handhelds are used.

    Attributes:
        truth_seed: What nobody in the console may know comes from it.
        pace: How many times faster than life officers think, travel and work.
        utc_offset_h: Local time less UTC, hours; it tells day from night.
    """

    habits: HandheldHabits
    truth_seed: int
    pace: float
    utc_offset_h: float


class Handhelds:
    """The handhelds of the whole force.

    Args:
        line: To central.
        units: Who has one.
        movement: Where everybody is; units' indices there are their indices in the force.
        index: Index of each unit in the force, by id.
        ways: Finds the way to a place.
        settings: How they are used.
        on_welcome: Told central's epoch whenever it has let them in.
        clock: Gives the present, aware UTC.
    """

    def __init__(
        self,
        line: CentralLine,
        units: Sequence[Unit],
        *,
        movement: Movement,
        index: dict[str, int],
        ways: Ways,
        settings: HandheldSettings,
        on_welcome: Callable[[str], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._line, self._movement, self._index, self._ways = line, movement, index, ways
        self._settings, self._clock = settings, clock
        self.book = JobBook(
            lambda task: plan_of(task, settings.habits, truth_seed=settings.truth_seed),
            pace=settings.pace,
        )
        self.words = WordBook(truth_seed=settings.truth_seed, pace=settings.pace)
        self.socket = HandheldSocket(
            line,
            units=[unit.id for unit in units],
            on_order=self._take_order,
            on_message=self._take_message,
            on_result=self._take_result,
            on_welcome=on_welcome,
        )
        self._wake = asyncio.Event()
        self._errands: set[asyncio.Task[None]] = set()
        self.finished = 0

    async def run(self) -> None:
        """Work until cancelled."""
        talk = asyncio.ensure_future(self.socket.run())
        try:
            while True:
                now = self._clock()
                self._do(self.book.due(now))
                self._say_words(self.words.due(now))
                await self._rest(now)
        finally:
            for task in (talk, *self._errands):
                task.cancel()
            await asyncio.gather(talk, *self._errands, return_exceptions=True)

    async def _rest(self, now: datetime) -> None:
        """Wait until the next step is due or something new has come."""
        self._wake.clear()
        found = (self.book.next_at(), self.words.next_at())
        next_at = min((one for one in found if one is not None), default=None)
        wait_s = 5.0 if next_at is None else max((next_at - now).total_seconds(), 0.0)
        try:
            async with asyncio.timeout(min(wait_s, 5.0)):
                await self._wake.wait()
        except TimeoutError:
            return

    def _take_order(self, order: Deliver) -> None:
        if order.task.unit in self._index:
            self._do(self.book.deliver(order, self._clock()))
            self._wake.set()

    def _take_message(self, tell: Tell) -> None:
        if tell.notice.unit in self._index:
            self._say_words(self.words.take(tell, self._clock()))
            self._wake.set()

    def _say_words(self, words: Sequence[Word]) -> None:
        for word in words:
            self.socket.ask(word.body, command_id=word.command_id, at=word.at)

    def _take_result(self, command: Command, result: Result) -> None:
        if result.verdict in (Verdict.REJECTED, Verdict.CONFLICT):
            _LOG.warning("%s: %s", type(command.body).__name__, result.reason)
        if isinstance(command.body, ReportOutcome):
            self.finished += 1
            self._do(self.book.done(command.body.assignment, self._clock()))
            self._wake.set()

    def _do(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, Say):
                self.socket.say(action.ack)
            elif isinstance(action, Travel):
                self._start(self._travel(action.task))
            elif isinstance(action, Stay):
                self._stay(action.task)
            elif isinstance(action, Report):
                self._start(self._report(action))
            elif isinstance(action, Leave):
                unit = self._index[action.unit]
                self._movement.release(unit, now_s=self._clock().timestamp())

    def _start(self, errand: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(errand)
        self._errands.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _LOG.error("an errand of a handheld failed", exc_info=task.exception())

    async def _travel(self, task: Task) -> None:
        """Set a unit out for the place of its task."""
        unit, now = self._index[task.unit], self._clock()
        if task.lat is None or task.lon is None:
            self.book.arrives(task.assignment, now + timedelta(seconds=self._real(SEARCH_S)))
            self._wake.set()
            return
        way = await asyncio.to_thread(
            self._ways.find, unit, (task.lat, task.lon), at=now, journey=task.assignment
        )
        arrives = now + timedelta(seconds=self._real(way.seconds))
        self._movement.send(
            unit, way.lat, way.lon, starts_s=now.timestamp(), arrives_s=arrives.timestamp()
        )
        self.book.arrives(task.assignment, arrives)
        self._wake.set()

    def _real(self, seconds: float) -> float:
        return seconds / self._settings.pace

    def _stay(self, task: Task) -> None:
        """Have a unit at the place of its task; after a restart it may be elsewhere."""
        unit, now_s = self._index[task.unit], self._clock().timestamp()
        if task.lat is None or task.lon is None:
            self._movement.hold(unit)
            return
        lat, lon = np.array([task.lat]), np.array([task.lon])
        self._movement.send(unit, lat, lon, starts_s=now_s, arrives_s=now_s)

    async def _report(self, report: Report) -> None:
        """Send picture and outcome; central away is waited for, nothing is sent twice."""
        task, at = report.task, report.at
        hour = (at + timedelta(hours=self._settings.utc_offset_h)).hour
        photo = await asyncio.to_thread(
            take_photo, task, at=at, is_night=not 6 <= hour < 18,
            truth_seed=self._settings.truth_seed,
        )  # fmt: skip
        sha256 = hashlib.sha256(photo).hexdigest()
        ids = tuple(known_id(task.ordered_at, what, task.assignment) for what in ("photo", "out"))
        evidence: tuple[str, ...] = ()
        if await self._put(sha256, photo):
            body = AttachEvidence(evidence=_evidence(task, ids[0], photo, sha256, at))
            self.socket.ask(body, command_id=f"{task.assignment}-photo", at=at)
            evidence = (ids[0],)
        outcome = ReportOutcome(
            assignment=task.assignment, outcome=report.outcome, at=at, evidence=evidence
        )
        self.socket.ask(outcome, command_id=ids[1], at=at)

    async def _put(self, sha256: str, photo: bytes) -> bool:
        """Give central a picture; return whether it has it now."""
        while True:
            try:
                await asyncio.to_thread(self._line.put_evidence, sha256, photo, MEDIA_TYPE)
            except LineError as error:
                _LOG.debug("a picture waits: %s", error)
                await asyncio.sleep(RETRY_S)
            except RefusedByCentralError as error:
                _LOG.error("a picture is left out: %s", error)
                return False
            else:
                return True


def _evidence(task: Task, evidence_id: str, photo: bytes, sha256: str, at: datetime) -> Evidence:
    return Evidence(
        id=EvidenceId(evidence_id),
        incident=IncidentId(task.incident),
        kind=EvidenceKind.PHOTO,
        media_type=MEDIA_TYPE,
        sha256=sha256,
        size=len(photo),
        captured_at=at,
        unit=UnitId(task.unit),
        lat=task.lat,
        lon=task.lon,
    )
