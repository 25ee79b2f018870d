"""A console's part in patrol: leases of the points it sweeps, looks shared with other consoles."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from console.domain.errors import ZhihuiError
from console.domain.ids import CameraId, PersonId
from console.patrol.leases import LEASE_S
from console.patrol.ledger import Look, Looker
from console.patrol.schedule import Seen
from console.protocol.patrol import (
    Handing,
    LookSent,
    PatrolPast,
    PatrolTurn,
    PatrolTurnAnswer,
    PlanSent,
    Screen,
)
from console.sync.client import SyncClient
from console.ui.wall_patrol import HISTORY_DAYS
from console.video.looks import LooksReader

_log = logging.getLogger("zhihui.console")
TURN_MS = 10_000
#: Until central was there once it is asked more often.
FIRST_AGAIN_MS = 1_500
_MOST_LOOKS = 5_000
_PAST_EVERY_S = 3600.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PatrolLink(QObject):
    """Renews leases and exchanges looks every ten seconds.

    While central is away the points last granted are swept on, and looks are kept until it is
    back.

    Signals:
        granted: Points that this console's sweep may visit, a list of ids.
        looks_came: Looks of other consoles, a list of ``Look``.
        plans_came: The plans kept at central, a list of ``PlanSent``.
        past_came: Where violations were in the last weeks, a list of ``Seen``.
        handed: A ``Handing``: points that another screen hands to this one.
    """

    granted = Signal(list)
    looks_came = Signal(list)
    plans_came = Signal(list)
    past_came = Signal(list)
    handed = Signal(object)
    _answered = Signal(object)
    _planned = Signal(object)
    _counted = Signal(object)

    def __init__(
        self, client: SyncClient, looks: LooksReader, name: str, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client, self._looks, self._name = client, looks, name
        self.screens: tuple[Screen, ...] = ()
        self._handing: list[Handing] = []
        self._past_s: float | None = None
        self._points: tuple[str, ...] = ()
        self._own: list[LookSent] = []
        self._swept = datetime.now(UTC) - timedelta(hours=12)
        self._since_ms = 0
        self._plans_version: int | None = None
        self._granted: tuple[str, ...] = ()
        self._asked = False
        self._granted_s = 0.0
        self._answered.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._planned.connect(self._take_plans, Qt.ConnectionType.QueuedConnection)
        self._counted.connect(self._take_past, Qt.ConnectionType.QueuedConnection)
        self._timer = QTimer(self, interval=TURN_MS)
        self._timer.timeout.connect(self.turn)
        self._timer.start()

    @property
    def is_leased(self) -> bool:
        """Whether central has granted points and the lease runs."""
        return time.monotonic() - self._granted_s < LEASE_S and self._granted_s > 0

    def want(self, points: Sequence[str]) -> None:
        """Say which points this console would sweep."""
        if tuple(points) != self._points:
            self._points = tuple(points)
            self.turn()

    def note(self, look: Look) -> None:
        """Keep a person's look until central has it."""
        person = look.person or PersonId("unknown")
        self._own.append(LookSent(look.point, _ms(look.at), person))
        del self._own[:-_MOST_LOOKS]

    def hand(self, handing: Handing) -> None:
        """Hand points to another screen with the next turn, which is now."""
        self._handing.append(handing)
        self.turn()

    def turn(self, *, leaving: bool = False) -> None:
        """Ask central, unless the last question is still open."""
        if self._asked:
            return
        self._asked = True
        own, handing = tuple(self._own), tuple(self._handing)
        swept_until = datetime.now(UTC)
        seen = [
            LookSent(state.point, _ms(state.picture_at))
            for state in self._looks.states(self._swept)
            if state.picture_at is not None
        ]
        turn = PatrolTurn(
            console=self._client.console_id,
            name=self._name[:80],
            handing=handing,
            points=self._points,
            looks=(*own, *seen[:_MOST_LOOKS]),
            since_ms=self._since_ms,
            leaving=leaving,
        )

        def done(future: Future[PatrolTurnAnswer]) -> None:
            sent = (len(own), len(handing))
            self._answered.emit((_outcome(future), sent, swept_until))

        try:
            self._client.patrol_turn(turn).add_done_callback(done)
        except RuntimeError:  # the client has been closed meanwhile
            self._asked = False

    def leave(self) -> None:
        """Let go of the points: this console ends."""
        self._timer.stop()
        self._asked = False
        if self._granted:
            self.turn(leaving=True)

    def _take(self, came: tuple[PatrolTurnAnswer | str, tuple[int, int], datetime]) -> None:
        answer, (sent, handed), swept_until = came
        self._asked = False
        if isinstance(answer, str):
            if answer:
                _log.info("patrol: central could not be asked (%s); looks are kept", answer)
            if not self._granted_s and self._timer.isActive():
                QTimer.singleShot(FIRST_AGAIN_MS, self.turn)
            return
        del self._own[:sent]
        del self._handing[:handed]
        self.screens = answer.screens
        self._swept, self._since_ms = swept_until, answer.now_ms
        self._granted_s = time.monotonic()
        if answer.granted != self._granted:
            self._granted = answer.granted
            self.granted.emit(list(answer.granted))
        if answer.looks:
            self.looks_came.emit([_look(one) for one in answer.looks])
        for one in answer.handed:
            self.handed.emit(one)
        self._ask_past()
        if answer.plans_version != self._plans_version:
            self._plans_version = answer.plans_version
            self._client.patrol_plans().add_done_callback(
                lambda future: self._planned.emit(_outcome(future))
            )

    def _ask_past(self) -> None:
        """Have the past counted at the start, and once an hour."""
        now_s = time.monotonic()
        if self._past_s is None or now_s - self._past_s > _PAST_EVERY_S:
            self._past_s = now_s
            self._client.patrol_past(HISTORY_DAYS).add_done_callback(
                lambda future: self._counted.emit(_outcome(future))
            )

    def _take_past(self, past: PatrolPast | str) -> None:
        if isinstance(past, str):
            self._past_s = None
            return
        self.past_came.emit(
            [
                Seen(point=CameraId(point), hour=hour)
                for point, hours in past.counts.items()
                for hour, count in enumerate(hours)
                for _ in range(count)
            ]
        )

    def _take_plans(self, plans: list[PlanSent] | str) -> None:
        if isinstance(plans, str):
            self._plans_version = None
            return
        self.plans_came.emit(plans)


def _outcome(future: Future[Any]) -> Any:
    """Return what came, or why nothing did; runs in the thread that asked."""
    try:
        return future.result()
    except CancelledError:
        return ""
    except (ZhihuiError, OSError) as error:
        return str(error)


def _look(sent: LookSent) -> Look:
    return Look(
        point=CameraId(sent.point),
        at=_EPOCH + timedelta(milliseconds=sent.at_ms),
        by=Looker.SWEEP if sent.person is None else Looker.PERSON,
        person=None if sent.person is None else PersonId(sent.person),
    )


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
