"""Who is on, what was said and who had it: the models of the duty window over a real mirror."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk_city import NOW, Desk, Held, districts, incidents, units
from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from console.domain.areas import Area, AreaId, AreaKind
from console.domain.ids import PersonId, UnitId
from console.domain.levels import Role
from console.domain.shifts import RosterEntry
from console.domain.telling import MessageId, MessageKind, Receipt, TextMessage, receipt_id
from console.domain.units import UnitStatus
from console.domain.watch import DutyReport
from console.protocol import commands as c
from console.protocol.codec import Row, kind_of
from console.sync.state import ChangeBatch, Contents, RowChange, Who
from console.ui.calls import Caller, call_address
from console.ui.duty import DutyModel
from console.ui.dutyactions import DutyActions
from console.ui.dutyboard import DutyBoard, Shown
from console.ui.dutyslash import DutySlash
from console.ui.messages import MessagesModel, ReceiptsModel
from console.ui.mirror import Mirror
from console.ui.orders import OrderError
from console.ui.rosterlist import RosterModel, turn_of
from tests.real_data import ROOT
from widgets.common.appearance import Appearance
from widgets.desk.duty_view import DutyView

CORNERS = ((39.9, 116.4), (39.91, 116.4), (39.9, 116.41))
ON = [one for one in units() if one.status is not UnitStatus.OFF_DUTY]


@pytest.fixture(autouse=True)
def english(qapp: QApplication) -> Appearance:
    return Appearance(qapp, ROOT / "resources", language="en")


@pytest.fixture
def mirror() -> Mirror:
    made = Mirror(Held([]), now=lambda: NOW)
    made.take_contents(Contents(rev=1, rows=(*districts(), *units(), *incidents())))
    made.take_who(Who(id=PersonId("p1"), name="李敏", role=Role.DISPATCHER))
    return made


@pytest.fixture
def desk() -> Desk:
    return Desk()


def bring(mirror: Mirror, *rows: Row) -> None:
    changes = tuple(RowChange(kind=kind_of(row), id=row.id, row=row) for row in rows)
    mirror.take_changes(ChangeBatch(rev=2, rows=changes))


def message(name: str, kind: MessageKind = MessageKind.TEXT, **changed: object) -> TextMessage:
    one = TextMessage(
        id=MessageId(name), kind=kind, text="注意安全", sent_at=NOW, addressed="朝阳区"
    )
    return replace(one, **changed)


def receipt(name: str, unit: str, **changed: object) -> Receipt:
    one = Receipt(
        id=receipt_id(name, unit), message=MessageId(name), unit=UnitId(unit), sent_at=NOW
    )
    return replace(one, **changed)


def test_that_receipts_are_counted_as_they_come(
    mirror: Mirror, qtmodeltester: ModelTester, qtbot: QtBot
) -> None:
    model, one = MessagesModel(mirror), ReceiptsModel(mirror)
    qtmodeltester.check(model)
    qtmodeltester.check(one)
    bring(mirror, message("m"), *(receipt("m", unit.id) for unit in ON))
    qtbot.waitUntil(lambda: model.rowCount() == 1)
    one.pick("m")
    assert one.rowCount() == len(ON)
    bring(
        mirror,
        receipt("m", "u7", delivered_at=NOW),
        receipt("m", "u9", delivered_at=NOW, read_at=NOW),
    )
    wanted = f"{len(ON)} sent · 2 delivered · 1 read"
    qtbot.waitUntil(lambda: model.index(0, MessagesModel.STATE).data() == wanted)
    qtbot.waitUntil(lambda: one.index(one.rowCount() - 1, ReceiptsModel.STATE).data() == "read")
    assert one.index(0, ReceiptsModel.STATE).data() == "sent", "who has not had it stands on top"
    qtmodeltester.check(model)
    qtmodeltester.check(one)


def test_that_a_roll_call_tells_who_is_late_and_who_answered_by_radio(
    mirror: Mirror, qtbot: QtBot
) -> None:
    ended = NOW + timedelta(minutes=5)
    bring(
        mirror,
        message("m", MessageKind.ROLL_CALL, ended_at=ended),
        receipt("m", "u7", answered_at=ended - timedelta(minutes=1), answered_by=PersonId("p1")),
        receipt("m", "u9", answered_at=ended + timedelta(minutes=1)),
        receipt("m", "u2"),
    )
    model, one = MessagesModel(mirror), ReceiptsModel(mirror)
    assert model.index(0, MessagesModel.STATE).data() == "ended: 2 of 3 answered"
    one.pick("m")
    said = [one.index(row, ReceiptsModel.STATE).data() for row in range(3)]
    assert said == ["sent", "answered by radio", "answered, late"]


def test_that_a_reply_is_told_once_and_counted_until_it_is_read(
    mirror: Mirror, qtbot: QtBot
) -> None:
    model = MessagesModel(mirror)
    reply = message("r", MessageKind.REPLY, from_unit=UnitId("u7"), text="收到")
    with qtbot.waitSignal(model.replied) as told:
        bring(mirror, reply)
    assert told.args is not None
    assert told.args[0].text == "收到"
    assert model.unseen == 1
    assert model.index(0, MessagesModel.WHO).data() == "K7"
    with qtbot.waitSignal(model.unseen_changed):
        bring(mirror, replace(reply, seen_at=NOW, seen_by=PersonId("p1")))
    assert model.unseen == 0


def test_that_the_board_tells_who_is_missing_bare_and_over(
    mirror: Mirror, qtmodeltester: ModelTester, qtbot: QtBot
) -> None:
    board = DutyBoard(mirror)
    board.watch(True)
    assert board.rowCount() == len(ON)
    assert board.counts[Shown.BARE] == len(ON)
    off = next(one for one in units() if one.status is UnitStatus.OFF_DUTY)
    full = DutyReport(
        id="u7", unit=UnitId("u7"), since=NOW - timedelta(hours=9), until=NOW - timedelta(hours=1),
        vehicle="京A·1", radio="7", handheld="H7", body_camera="J7", post="东单岗",
    )  # fmt: skip
    turn = RosterEntry(
        id="t", unit=off.id, starts_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(hours=7)
    )
    bring(mirror, full, turn)
    qtbot.waitUntil(lambda: board.counts[Shown.MISSING] == 1)
    assert board.index(0, DutyBoard.UNIT).data() == off.call_sign
    assert board.index(0, DutyBoard.STATE).data() == "not come on"
    assert board.counts[Shown.BARE] == len(ON) - 1
    board.filter(text="东单")
    assert [one.unit.call_sign for one in board.values] == ["K7"]
    assert board.values[0].is_over
    board.filter(text="", place="D02")
    assert {one.unit.district for one in board.values} == {"D02"}
    qtmodeltester.check(board)


def test_that_a_roster_is_listed_by_day_and_comes_in_from_tables(
    mirror: Mirror, desk: Desk, tmp_path: Path, qtbot: QtBot, qtmodeltester: ModelTester
) -> None:
    beat = Area(id=AreaId("b"), name="东单巡区", kind=AreaKind.BEAT, outline=CORNERS)
    bring(mirror, beat)
    roster = RosterModel(mirror, DutyActions(mirror, desk))
    file = tmp_path / "排班.csv"
    file.write_text(
        "力量,开始,结束,岗位,巡区\nK7,2026-11-22 06:00,2026-11-22 14:00,东单,东单巡区\n"
        "K9,2026/11/22 14:00,2026/11/22 22:00,,\nnobody,2026-11-22 06:00,2026-11-22 14:00,,\n"
        "K20,2026-11-22 14:00,2026-11-22 06:00,,\nK21,morgen,2026-11-22 06:00,,\n"
        "K22,2026-11-22 06:00,2026-11-22 14:00,,不存在\n",
        encoding="utf-8",
    )
    said: list[str] = []
    roster.told.connect(said.append)
    roster.failed.connect(said.append)
    assert roster.import_file(file) == 2
    assert "2 turns taken, 4 rows left out" in said[0]
    assert "4 left out" in said[1]
    (body,) = desk.bodies
    assert isinstance(body, c.PutRoster)
    first, second = body.entries
    assert (first.unit, first.beat, first.post) == ("u7", "b", "东单")
    assert first.starts_at.astimezone().strftime("%H:%M") == "06:00"
    bring(mirror, first, second, replace(second, id="x", retired=True))
    qtbot.waitUntil(lambda: roster.rowCount() == 2)
    assert roster.index(0, RosterModel.BEAT).data() == "东单巡区"
    roster.show_day(datetime(2026, 11, 24, tzinfo=UTC))
    assert roster.rowCount() == 0
    qtmodeltester.check(roster)
    missing = tmp_path / "none.csv"
    with qtbot.waitSignal(roster.failed):
        assert roster.import_file(missing) == 0


@pytest.mark.xvfb
def test_that_enter_on_a_district_asks_who_is_on_there(mirror: Mirror, qtbot: QtBot) -> None:
    appearance = Appearance(QApplication.instance(), ROOT / "resources", language="en")
    view = DutyView(appearance, DutyModel(mirror))
    qtbot.addWidget(view)
    view.show()
    qtbot.waitExposed(view)
    asked: list[str] = []
    view.place_wanted.connect(asked.append)
    for row in (0, 1):
        view.table.selectRow(row)
        qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert asked == ["", "D01"]


def test_that_a_turn_typed_wrongly_gets_a_sentence() -> None:
    good = {"unit": "K7", "starts_at": "2026-11-22 06:00", "ends_at": "2026-11-22 14:00",
            "post": "", "note": ""}  # fmt: skip
    assert turn_of(good, beat="").unit == "K7"
    with pytest.raises(ValueError, match="no time"):
        turn_of({**good, "ends_at": "late"}, beat="")
    with pytest.raises(ValueError, match="call sign"):
        turn_of({**good, "unit": " "}, beat="")


class Names:
    """Finds units by call sign and the first case in row 3."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def incident_named(self, word: str) -> str:
        return {"3": "i317"}[word]

    def unit_named(self, word: str) -> str:
        found = self._mirror.unit_called(word)
        if found is None:
            raise OrderError(f"No unit is called {word}.")
        return found.id

    def assignment_of(self, unit: str) -> str:
        raise OrderError(unit)


@pytest.fixture
def slash(mirror: Mirror, desk: Desk) -> DutySlash:
    actions = DutyActions(mirror, desk)
    caller = Caller(mirror, lambda _incident, _text: True, lambda _url: True)
    return DutySlash(mirror, actions, caller, Names(mirror))


def run(slash: DutySlash, line: str) -> str:
    head, _, rest = line.partition(" ")
    word = slash.word(head)
    assert word is not None
    sentence, do = slash.read(word, rest)
    assert do()
    return sentence


def test_that_lines_write_to_units_and_groups(slash: DutySlash, desk: Desk) -> None:
    assert run(slash, "msg K7,K9 注意安全") == "Message to K7 K9 (2 units): 注意安全"
    assert run(slash, "all Chaoyang 雷雨将至").startswith("Broadcast to Chaoyang (")
    assert run(slash, "广播 朝阳区 雷雨将至").endswith("雷雨将至")
    run(slash, "roll city")
    bodies = [body for body in desk.bodies if isinstance(body, c.SendMessage)]
    assert [body.kind for body in bodies] == [
        MessageKind.TEXT, MessageKind.BROADCAST, MessageKind.BROADCAST, MessageKind.ROLL_CALL,
    ]  # fmt: skip
    assert bodies[0].units == ("u7", "u9")
    assert set(bodies[3].units) == {one.id for one in ON}
    for line in ("msg K7", "msg nobody hello", "all nowhere hello", "all Chaoyang", "endroll"):
        with pytest.raises(OrderError):
            run(slash, line)


def test_that_radio_answers_and_duty_are_typed_in(
    slash: DutySlash, mirror: Mirror, desk: Desk
) -> None:
    bring(mirror, message("m", MessageKind.ROLL_CALL))
    run(slash, "here K7")
    run(slash, "endroll")
    run(slash, "on K23 东单岗")
    heard, ended, on = desk.bodies
    assert isinstance(heard, c.AnswerRoll)
    assert (heard.unit, heard.message) == ("u7", "m")
    assert ended == c.EndRollCall(message="m")
    assert isinstance(on, c.SetDuty)
    assert (on.on_duty, on.post) == (True, "东单岗")


@pytest.mark.parametrize(
    ("phone", "address"),
    [
        ("138 1234-5678", "tel:13812345678"),
        ("+86 10 1234", "tel:+86101234"),
        ("sip:k7@radio.example", "sip:k7@radio.example"),
        ("k7@radio.example", "sip:k7@radio.example"),
        ("", None),
        (None, None),
        ("call me", None),
    ],
)
def test_that_a_phone_number_or_sip_address_is_what_a_program_understands(
    phone: str | None, address: str | None
) -> None:
    assert call_address(phone) == address


def test_that_a_call_is_noted_in_the_case_and_refused_in_a_sentence(
    mirror: Mirror, qtbot: QtBot
) -> None:
    from desk_city import assignments  # noqa: PLC0415 - only here

    bring(mirror, *assignments())
    k7 = mirror.unit_called("K7")
    assert k7 is not None
    notes: list[tuple[str, str]] = []
    opened: list[QUrl] = []

    def note(incident: str, text: str) -> bool:
        notes.append((incident, text))
        return True

    caller = Caller(mirror, note, lambda url: bool(opened.append(url) or True))
    with qtbot.waitSignal(caller.refused):
        assert not caller.call(k7)
    assert caller.call(replace(k7, phone="13812345678"))
    assert [url.toString() for url in opened] == ["tel:13812345678"]
    assert notes == [("i317", "Call to K7 begun: tel:13812345678")]
    deaf = Caller(mirror, note, lambda _url: False)
    with qtbot.waitSignal(deaf.refused) as refused:
        assert not deaf.call(replace(k7, phone="13812345678"))
    assert refused.args is not None
    assert "No program here" in refused.args[0]
