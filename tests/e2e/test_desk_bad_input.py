"""What a desk may meet, through a real central: each comes to a sentence, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from central_parts import CentralServer, a_city, some_units
from desk_parts import all_answered
from pytestqt.qtbot import QtBot
from test_desk import settings_for

from console.app.desktop_models import DeskModels
from console.domain.assignments import AssignmentState
from console.domain.ids import ReportId, new_id
from console.domain.incidents import Report
from console.domain.levels import Channel, Role
from console.protocol import commands as c
from console.protocol.messages import Verdict

pytestmark = [pytest.mark.e2e, pytest.mark.xvfb]
WITHIN_MS = 120_000


class Desks:
    """A dispatcher's desk and a shift lead's, on one central."""

    def __init__(
        self, server: CentralServer, qtbot: QtBot, first: DeskModels, second: DeskModels
    ) -> None:
        self.server, self.qtbot, self.first, self.second = server, qtbot, first, second

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=WITHIN_MS)

    def opened(self) -> str:
        """Open an incident that both desks have."""
        incident = self.first.actions.open_incident("0301", "工体北路 4 号", "夜间施工")
        assert incident is not None
        for desk in (self.first, self.second):
            self.until(
                lambda desk=desk: (
                    (found := desk.mirror.incident(incident)) is not None
                    and found.number is not None
                )
            )
        return incident

    def settled(self) -> None:
        self.until(lambda: all_answered(self.first) and all_answered(self.second))


@pytest.fixture
def desks(qapp: object, qtbot: QtBot, tmp_path: Path) -> Iterator[Desks]:
    server = CentralServer(tmp_path / "central-home")
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    made = [
        DeskModels(settings_for(server, tmp_path / name, name)) for name in ("dispatcher", "lead")
    ]
    for one in made:
        one.start()
    desks = Desks(server, qtbot, made[0], made[1])
    desks.until(lambda: all(one.mirror.is_loaded and one.mirror.unit("u1") for one in made))
    yield desks
    for one in made:
        one.stop()
    server.stop()


def test_that_two_dispatchers_at_once_lose_nothing_and_the_second_decides(desks: Desks) -> None:
    first, second = desks.opened(), desks.opened()
    number = {one: desks.first.mirror.incident(one).short_number for one in (first, second)}
    assert desks.first.commands.run(f"D {number[first]} K1")[1]
    assert desks.second.commands.run(f"D {number[second]} K1")[1]  # not knowing of each other
    desks.settled()
    desks.until(lambda: len(desks.first.mirror.tray()) + len(desks.second.mirror.tray()) == 1)
    loser = desks.first if desks.first.mirror.tray() else desks.second
    (waiting,) = loser.mirror.tray()
    assert waiting.result is not None
    assert waiting.result.verdict is Verdict.CONFLICT
    assert "changed by someone else meanwhile" in str(waiting.result.reason)
    assert desks.server.query("SELECT count(*) FROM assignment") == [(1,)]
    assert loser.actions.drop(waiting.command_id, "the other had it first")
    desks.settled()
    desks.until(lambda: loser.mirror.tray() == ())
    noted = "SELECT count(*) FROM log_entry WHERE detail LIKE '%the other had it first%'"
    desks.until(lambda: desks.server.query(noted) == [(1,)])


def test_that_an_illegal_step_is_told_and_stays_with_the_case(desks: Desks) -> None:
    incident = desks.opened()
    assert desks.first.actions.close(incident)
    desks.settled()
    desks.until(lambda: len(desks.first.mirror.tray()) == 1)
    reason = str(desks.first.mirror.tray()[0].result.reason)
    assert "is “file” and cannot become “evaluate” from there" in reason
    rows = desks.server.query(f"SELECT stage FROM incident WHERE id = '{incident}'")
    assert rows == [("file",)]


def test_that_a_unit_on_a_task_can_neither_log_off_nor_retire_and_its_silence_is_an_alarm(
    desks: Desks,
) -> None:
    incident = desks.opened()
    (task,) = desks.first.actions.dispatch(incident, ["u1"])
    desks.until(lambda: all(one.mirror.assignment(task) for one in (desks.first, desks.second)))
    with closing(desks.server.officer("K1")) as officer:
        at = datetime.now(UTC)
        officer.post(c.MoveAssignment(assignment=task, state=AssignmentState.EN_ROUTE, at=at))
        (refused,) = officer.post(c.SetDuty(unit="u1", on_duty=False, at=at))
        assert refused.verdict is Verdict.REJECTED
        assert "still has a task" in str(refused.reason)
    with closing(desks.server.client(Role.ADMINISTRATOR)) as admin:
        unit = replace(desks.first.mirror.unit("u1"), retired=True, version=0)
        (refused,) = admin.post(c.PutUnits(units=(unit,)))
        assert "still has a task" in str(refused.reason)
    desks.until(lambda: desks.first.mirror.assignment(task).state is AssignmentState.EN_ROUTE)
    mirror = desks.first.mirror
    ahead = timedelta(minutes=11)
    mirror._now = lambda: datetime.now(UTC) + ahead  # eleven minutes in which nothing is heard
    desks.first.watch.look()
    (alarm,) = [one for one in desks.first.watch.alarms if one.id == f"vanished:{task}"]
    assert "K1 took" in alarm.text
    assert "send another" in alarm.text
    assert desks.first.watch.acknowledge(alarm.id)
    mirror._now = lambda: datetime.now(UTC)
    held = desks.server.query(f"SELECT state FROM assignment WHERE id = '{task}'")
    assert held == [("en_route",)]  # nothing was taken from it
    assert desks.first.actions.transfer(task, "u2", "K1 is not heard of")
    desks.settled()
    desks.until(lambda: len(desks.first.mirror.assignments_of(incident)) == 2)
    with closing(desks.server.officer("K2")) as other:
        (taking,) = [one for one in mirror.assignments_of(incident) if one.unit == "u2"]
        at = datetime.now(UTC)
        other.post(c.MoveAssignment(assignment=taking.id, state=AssignmentState.ACCEPTED, at=at))
    desks.until(lambda: mirror.assignment(task).state is AssignmentState.WITHDRAWN)
    with closing(desks.server.officer("K1")) as back:  # it is heard of again, with an outcome
        body = c.ReportOutcome(assignment=task, outcome="已到场劝离", at=datetime.now(UTC))
        (kept,) = back.post(body)
        assert kept.verdict is Verdict.ACCEPTED
    notes = desks.server.query("SELECT detail FROM log_entry WHERE verb = 'noted'")
    assert ("已到场劝离",) in notes


def test_that_a_report_of_emoji_alone_is_a_case_that_can_be_worked(desks: Desks) -> None:
    at = datetime.now(UTC)
    report = Report(
        id=ReportId(new_id(at)), channel=Channel.APP, received_at=at, text="😡🔊🏗️🌙", place="📍"
    )
    incident = new_id(at + timedelta(milliseconds=1))
    with closing(desks.server.client(Role.GATEWAY)) as gateway:
        (taken,) = gateway.post(c.AddReport(report=report, incident=incident))
    assert taken.verdict is Verdict.ACCEPTED
    desks.until(lambda: desks.first.mirror.incident(incident) is not None)
    row = desks.first.mirror.incident(incident)
    assert row is not None
    assert (row.summary, row.form) == ("😡🔊🏗️🌙", "0599")
    assert desks.first.commands.run(f"T {row.short_number} caller rang again")[1]
    desks.settled()
    assert desks.first.mirror.tray() == ()
