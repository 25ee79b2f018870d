"""Two dispatchers of two districts at two desks: one asks for help, the other sends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from central_parts import QUICK_HASHER, CentralServer
from desk_parts import all_answered
from district_parts import EAST, PASSWORD, WEST, closing_engine, opened, seeded
from pytestqt.qtbot import QtBot
from test_console_window import ROOT

from console.app.consolesettings import ConsoleSettings
from console.app.desktop_models import DeskModels
from console.central.accounts import Person, add_account
from console.domain.assignments import AssignmentState
from console.domain.command import HelpRequest, HelpSide, HelpState
from console.domain.ids import PersonId
from console.domain.levels import Role
from console.domain.permissions import Remit
from console.protocol.commands import MoveAssignment
from console.ui.card import card_of

pytestmark = [pytest.mark.e2e, pytest.mark.xvfb]
WITHIN_MS = 120_000


class Desks:
    """East's desk and west's, on one central."""

    def __init__(self, server: CentralServer, qtbot: QtBot, east: DeskModels, west: DeskModels):
        self.server, self.qtbot, self.east, self.west = server, qtbot, east, west

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=WITHIN_MS)

    def type(self, desk: DeskModels, line: str) -> None:
        sentence, is_done = desk.commands.run(line)
        assert is_done, sentence
        self.until(lambda: all_answered(desk))
        assert desk.mirror.tray() == (), desk.mirror.tray()


@pytest.fixture
def desks(qapp: object, qtbot: QtBot, tmp_path: Path) -> Iterator[Desks]:
    server = CentralServer(tmp_path / "central-home")
    seeded(server)
    with closing_engine(server) as engine, engine.begin() as connection:
        west = Person(
            id=PersonId("west-dispatcher"), name="West dispatcher", role=Role.DISPATCHER,
            remit=Remit(districts=frozenset({WEST})),
        )  # fmt: skip
        add_account(connection, west, "west-dispatcher", QUICK_HASHER.hash(PASSWORD))
    server.start()
    with ExitStack() as stack:
        stack.callback(server.stop)
        made = []
        for side in ("east", "west"):
            settings = ConsoleSettings(
                url=server.url, account=f"{side}-dispatcher", password=PASSWORD,
                home=tmp_path / side, name=side, resources=ROOT / "resources",
            )  # fmt: skip
            models = DeskModels(settings)
            models.start()
            stack.callback(models.stop)
            made.append(models)
        desks = Desks(server, qtbot, made[0], made[1])
        desks.until(lambda: all(one.mirror.is_loaded for one in made))
        yield desks


def test_that_help_crosses_the_border_and_nothing_else_does(desks: Desks) -> None:
    east, west = desks.east, desks.west
    lead = desks.server.client(Role.SHIFT_LEAD)
    case = opened(EAST)
    lead.post(case)
    desks.until(lambda: east.mirror.incident(case.incident) is not None)
    number = east.mirror.incident(case.incident).short_number
    desks.type(east, f"/help {number} West 2 人手不够")
    desks.until(lambda: len(west.help.alarms) == 1)
    assert "East asks for 2 units" in west.help.alarms[0].text
    assert west.mirror.incident(case.incident) is None  # it is told what is needed, no more
    assert {one.side for one in west.mirror.every(HelpRequest)} == {HelpSide.ASKED}
    assert {one.side for one in east.mirror.every(HelpRequest)} == {HelpSide.ASKING}
    desks.type(west, "/lend K2 马上到")
    desks.until(lambda: west.help.alarms == ())
    desks.until(lambda: len(east.mirror.assignments_of(case.incident)) == 1)
    (task,) = east.mirror.assignments_of(case.incident)
    assert east.mirror.unit("u2") is None  # west's unit, which east does not see
    desks.until(lambda: _answered(east))
    card = card_of(east.mirror, case.incident)
    assert card is not None
    assert [one.call_sign for one in card.assignments] == ["K2"]
    verbs = [line.entry.verb for line in card.log]
    desks.until(lambda: "help_accepted" in _verbs(east, case.incident))
    assert "help_asked" in _verbs(east, case.incident), verbs
    officer = desks.server.officer("K2")
    step = MoveAssignment(assignment=task.id, state=AssignmentState.ON_SCENE, at=east.mirror.now())
    officer.post(step)
    desks.until(lambda: east.mirror.assignment(task.id).state is AssignmentState.ON_SCENE)
    desks.until(lambda: west.mirror.unit("u2").status == "on_scene")
    desks.type(east, f"/help {number} West 1 还要一个")
    desks.until(lambda: len(west.help.alarms) == 1)
    desks.type(west, "/decline 本区也满")
    desks.until(lambda: len(east.help.alarms) == 1)
    assert "West sends no help" in east.help.alarms[0].text
    officer.close()
    lead.close()


def test_that_who_is_not_asked_cannot_answer(desks: Desks) -> None:
    east = desks.east
    lead = desks.server.client(Role.SHIFT_LEAD)
    case = opened(EAST)
    lead.post(case)
    desks.until(lambda: east.mirror.incident(case.incident) is not None)
    assert east.actions.ask_help(case.incident, WEST, 1, "few")
    desks.until(lambda: east.mirror.outbox.unsent == 0 and len(_requests(east)) == 1)
    (asked,) = _requests(east)
    assert east.actions.lend(asked.help, ["u1"], "own units")
    desks.until(lambda: len(east.mirror.tray()) == 1)
    assert "outside the districts" in str(east.mirror.tray()[0].result.reason)
    assert set(desks.server.query("SELECT state FROM help_request")) == {("asked",)}
    assert desks.server.query("SELECT count(*) FROM assignment") == [(0,)]
    lead.close()


def _requests(desk: DeskModels) -> list[HelpRequest]:
    return desk.mirror.every(HelpRequest)


def _answered(desk: DeskModels) -> bool:
    return any(one.state is HelpState.ACCEPTED for one in desk.mirror.every(HelpRequest))


def _verbs(desk: DeskModels, incident: str) -> list[str]:
    card = card_of(desk.mirror, incident)
    return [] if card is None else [line.entry.verb for line in card.log]
