"""The command of a big incident by keyboard: plans with preview, sectors, post, cases, log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from desk_city import assignment, change, filled_mirror
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from test_ui_command_line import Sent

from console.domain.assignments import AssignmentState
from console.domain.catalogue_seed_desk import seeded_desk
from console.domain.command import CommandPost, Sector
from console.domain.ids import IncidentId, UnitId
from console.protocol import commands as c
from console.ui.card import CardModel
from console.ui.dispatchactions import DispatchActions
from console.ui.majorboard import MajorBoard
from console.ui.mapposts import posts_of
from console.ui.mirror import Mirror
from console.ui.places import FoundPlace
from widgets.desk.major_sheet import MajorSheet

pytestmark = pytest.mark.xvfb
Key = Qt.Key


class Gates:
    """Knows one gate beside the incident, and one of that name far away."""

    def find(self, text: str, limit: int = 8) -> Sequence[FoundPlace]:
        gates = (FoundPlace(text="东门", lat=39.0, lon=116.0),
                 FoundPlace(text="东门", lat=39.93, lon=116.45))  # fmt: skip
        return [one for one in gates if one.text in text][:limit]


class Shown:
    """A sheet over a window, with everything behind it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.mirror: Mirror = filled_mirror()
        change(self.mirror, *seeded_desk())
        self.sent = Sent()
        self.actions = DispatchActions(self.mirror, self.sent)
        self.model = CardModel(self.mirror)
        self.board = MajorBoard(self.mirror, self.model, self.actions, places=Gates())
        self.refused: list[str] = []
        self.board.refused.connect(self.refused.append)
        self.window = QWidget()
        self.window.resize(1300, 800)
        self.before = QLineEdit(self.window)
        self.sheet = MajorSheet(self.board, self.window)
        self.qtbot = qtbot
        qtbot.addWidget(self.window)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow, timeout=60_000)  # else nothing has focus
        self.before.setFocus()
        self.model.pick("i317")
        self.sheet.open()

    def press(self, *keys: Key) -> None:
        for key in keys:
            self.qtbot.keyClick(self.window.focusWidget(), key)

    def say(self, key: Key, words: str) -> None:
        self.press(key)
        assert self.sheet.words.hasFocus()
        self.sheet.words.insert(words)  # as an input method hands them over
        self.press(Key.Key_Return)

    @property
    def bodies(self) -> list[object]:
        return [body for body, _ in self.sent.bodies]

    def is_big(self, *sectors: Sector) -> None:
        held = self.mirror.incident("i317")
        assert held is not None
        change(self.mirror, replace(held, is_major=True, version=9), *sectors)
        self.qtbot.waitUntil(lambda: self.sheet.sectors.count() == len(sectors))
        self.qtbot.waitUntil(self.sheet.sectors.isVisible)


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


def a_sector(no: int, name: str) -> Sector:
    return Sector(id=f"s{no}", incident=IncidentId("i317"), name=name)


def test_that_a_plan_is_chosen_by_its_preview_and_makes_the_incident_big(shown: Shown) -> None:
    sheet = shown.sheet
    assert [sheet.plans.item(at).text() for at in range(3)] == [
        "Major event", "Gas leak", "Without a plan",
    ]  # fmt: skip
    shown.press(Key.Key_Down)
    told = sheet.preview.text()
    for wanted in ("Gas leak; the plan is in force.", "疏散 Evacuation", "清空应急通道"):
        assert wanted in told
    assert shown.bodies == []
    shown.say(Key.Key_Return, "leak in the street")
    major, *made = shown.bodies
    assert major == c.LinkIncident(incident="i317", reason="leak in the street")
    assert [type(one).__name__ for one in made] == ["PutSector"] * 3 + [
        "OpenIncident", "LinkIncident",
    ] * 3  # fmt: skip
    cases = [one for one in made if isinstance(one, c.OpenIncident)]
    links = [one for one in made if isinstance(one, c.LinkIncident)]
    assert [one.form for one in cases] == ["0401", "0503", "0599"]
    assert [(one.incident, one.parent) for one in links] == [
        (one.incident, "i317") for one in cases
    ]
    shown.is_big(a_sector(1, "内场 Inner"))
    assert sheet.sectors.isVisible()
    assert not sheet.plans.isVisible()
    assert sheet.sectors.hasFocus()


def test_that_sectors_post_cases_and_log_are_changed_by_keys(shown: Shown) -> None:
    shown.is_big(a_sector(1, "内场"), a_sector(2, "外围"))
    shown.sheet.sectors.setCurrentRow(1)
    shown.say(Key.Key_N, "疏散")
    shown.say(Key.Key_T, "keep the crowd off")
    shown.say(Key.Key_L, "k9")
    shown.say(Key.Key_R, "外圈")
    shown.say(Key.Key_P, "东门")
    shown.say(Key.Key_W, "王局")
    assert "P" in shown.refused[-1]  # nobody commands before there is a post
    shown.say(Key.Key_A, "0503; 清空通道")
    shown.say(Key.Key_M, "fire brigade is here")
    shown.press(Key.Key_D)
    assert not any(getattr(one, "sector", a_sector(2, "")).retired for one in shown.bodies
                   if isinstance(one, c.PutSector)), "it is asked first"  # fmt: skip
    shown.press(Key.Key_Return)
    new, task, lead, name, post, case, link, note, end = shown.bodies
    assert isinstance(new, c.PutSector)
    assert new.sector.name == "疏散"
    assert task == c.PutSector(sector=replace(a_sector(2, "外围"), task="keep the crowd off"))
    assert lead == c.PutSector(sector=replace(a_sector(2, "外围"), lead=UnitId("u9")))
    assert name == c.PutSector(sector=a_sector(2, "外圈"))
    assert isinstance(post, c.PutPost)
    assert (post.post.id, post.post.place, post.post.lat) == ("i317", "东门", 39.93)
    assert [base for body, base in shown.sent.bodies if body == post] == [0]  # none was seen
    assert isinstance(case, c.OpenIncident)
    assert (case.form, case.summary) == ("0503", "清空通道")
    assert isinstance(link, c.LinkIncident)
    assert note == c.NoteIncident(incident="i317", text="fire brigade is here")
    assert end == c.PutSector(sector=replace(a_sector(2, "外围"), retired=True))


def test_that_the_post_is_shown_and_commanded_moved_and_ended_by_keys(shown: Shown) -> None:
    shown.is_big()
    assert shown.sheet.post.text() == "No command post yet — P says where."
    at = datetime(2026, 11, 22, 0, 40, tzinfo=UTC)
    post = CommandPost(id="i317", incident=IncidentId("i317"), place="东门", set_up_at=at,
                       lat=39.93, lon=116.45, version=1)  # fmt: skip
    change(shown.mirror, post)
    shown.qtbot.waitUntil(lambda: "东门" in shown.sheet.post.text())
    assert "nobody commands" in shown.sheet.post.text()
    shown.say(Key.Key_W, "王局")
    led = replace(post, commander="王局", since=at, version=2)
    change(shown.mirror, led)
    shown.qtbot.waitUntil(lambda: "王局" in shown.sheet.post.text())
    assert [one.text for one in posts_of(shown.mirror)] == ["00317 · 王局"]
    shown.say(Key.Key_P, "somewhere else")
    shown.say(Key.Key_P, "")
    named, moved, ended = shown.bodies
    assert [base for _, base in shown.sent.bodies] == [post.version, 2, 2]
    assert named == c.PutPost(post=replace(post, commander="王局"))
    assert isinstance(moved, c.PutPost)
    assert (moved.post.place, moved.post.lat, moved.post.commander) == (
        "somewhere else", None, "王局",
    )  # fmt: skip
    assert ended == c.PutPost(post=replace(led, retired=True))


def test_that_a_post_that_was_a_sector_is_offered_and_ends_as_a_sector(shown: Shown) -> None:
    old = replace(a_sector(1, "指挥部 Command post"), task="体育馆旁", lead=UnitId("u7"))
    shown.is_big(old, a_sector(2, "外围"))
    shown.press(Key.Key_P)
    assert shown.sheet.words.text() == "体育馆旁"
    shown.press(Key.Key_Return)
    put, ended = shown.bodies
    assert isinstance(put, c.PutPost)
    assert (put.post.place, put.post.commander, put.post.lat) == ("体育馆旁", "K7", None)
    assert ended == c.PutSector(sector=replace(old, retired=True))


def test_that_units_at_work_are_shown_and_those_without_a_task_refused(shown: Shown) -> None:
    shown.is_big(a_sector(1, "内场"), replace(a_sector(2, "外围"), lead=UnitId("u7")))
    change(shown.mirror, replace(assignment(1, "u7", "i317", AssignmentState.ORDERED),
                                 sector="s1", version=8))  # fmt: skip
    shown.qtbot.waitUntil(lambda: "K7" in shown.sheet.sectors.item(0).text())
    lines = [shown.sheet.sectors.item(at).text() for at in range(2)]
    assert lines == ["内场 · no lead · K7", "外围 · lead K7 · no units"]
    shown.sheet.sectors.setCurrentRow(0)
    shown.say(Key.Key_U, "K9")
    assert "send them first" in shown.refused[-1]
    shown.say(Key.Key_U, "K99")
    assert "K99" in shown.refused[-1]
    shown.say(Key.Key_L, "K99")
    assert len(shown.refused) == 3


def test_that_esc_leaves_the_question_and_then_the_sheet(shown: Shown) -> None:
    shown.is_big()
    shown.qtbot.waitUntil(shown.sheet.sectors.isVisible)
    shown.press(Key.Key_N)
    shown.press(Key.Key_Escape)
    assert shown.sheet.isVisible()
    shown.press(Key.Key_L)  # no sector is there to lead
    assert not shown.sheet.words.isVisible()
    shown.press(Key.Key_Escape)
    assert not shown.sheet.isVisible()
    assert shown.before.hasFocus()
    assert shown.bodies == []


def test_that_enter_goes_to_the_chosen_case(shown: Shown, qtbot: QtBot) -> None:
    part = shown.mirror.incident("i315")
    assert part is not None
    change(shown.mirror, replace(part, parent=IncidentId("i317"), version=9))
    shown.is_big()
    shown.qtbot.waitUntil(lambda: shown.sheet.cases.count() == 1)
    shown.sheet.cases.setFocus()
    with qtbot.waitSignal(shown.sheet.incident_wanted) as asked:
        shown.press(Key.Key_Return)
    assert asked.args == ["i315"]


def test_that_a_question_ends_where_another_incident_is_picked(shown: Shown) -> None:
    shown.is_big(a_sector(1, "内场"))
    shown.press(Key.Key_M)
    shown.sheet.words.insert("meant for the first one")
    shown.model.pick("i316")
    assert not shown.sheet.words.isVisible()
    shown.model.pick("i317")
    shown.press(Key.Key_Escape)
    assert shown.bodies == []


def test_that_a_sector_can_be_left_without_a_task(shown: Shown) -> None:
    shown.is_big(replace(a_sector(1, "内场"), task="hold the gate"))
    shown.press(Key.Key_T)
    assert shown.sheet.words.text() == "hold the gate"
    shown.sheet.words.clear()
    shown.press(Key.Key_Return)
    assert shown.bodies == [c.PutSector(sector=a_sector(1, "内场"))]


def test_that_a_sector_is_kept_where_the_question_is_left(shown: Shown) -> None:
    shown.is_big(a_sector(1, "内场"))
    shown.press(Key.Key_D, Key.Key_Escape)
    assert shown.bodies == []
