"""Lines about units: handed on, in stand-by, lent, in sectors; which task a step is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from desk_city import NOW, assignment, change, filled_mirror, incident
from PySide6.QtWidgets import QApplication
from test_ui_command_line import Places, Sent

from console.dispatch.pace import Pace
from console.dispatch.recommend import Choice, Recommendation, RunCard
from console.domain.assignments import AssignmentState
from console.domain.catalogue_seed_desk import seeded_desk
from console.domain.command import HelpRequest, HelpSide, HelpState, Sector, help_id
from console.domain.levels import Level, Role
from console.domain.places import USUAL_ZONE
from console.protocol import commands as c
from console.roads import Mode
from console.ui.alarms import AlarmKind, AlarmList
from console.ui.card import card_of
from console.ui.commandline import CommandLine
from console.ui.dispatchactions import DispatchActions
from console.ui.helpalarms import HelpAlarms
from console.ui.mirror import Mirror
from console.ui.near import NearUnitsModel
from console.ui.nearfinder import NearFound
from console.ui.pacebook import PaceBook
from console.ui.queue import IncidentQueueModel

S = AssignmentState


@pytest.fixture
def mirror(qapp: QApplication) -> Mirror:
    filled = filled_mirror()
    change(filled, *seeded_desk())
    return filled


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def near(mirror: Mirror) -> NearUnitsModel:
    return NearUnitsModel(mirror)


@pytest.fixture
def line(mirror: Mirror, sent: Sent, near: NearUnitsModel) -> CommandLine:
    actions = DispatchActions(mirror, sent)
    return CommandLine(mirror, IncidentQueueModel(mirror), actions, near=near, places=Places())


def done(line: CommandLine, sent: Sent, text: str) -> object:
    sentence, can = line.preview(text)
    assert can, sentence
    assert line.run(text) == (sentence, True)
    return sent.bodies[-1][0]


def test_that_lines_about_units_make_commands(
    line: CommandLine, sent: Sent, mirror: Mirror
) -> None:
    body = done(line, sent, "/handover K7 K9 shift ends")
    assert body == c.TransferTask(assignment="a1", to=body.to, unit="u9", reason="shift ends")  # type: ignore[attr-defined]
    body = done(line, sent, "/待命 3 K9")
    assert (body.standby, body.unit, body.incident) == (True, "u9", "i317")  # type: ignore[attr-defined]
    change(mirror, replace(assignment(8, "u9", "i315", S.ORDERED), standby=True))
    body = done(line, sent, "/callup K9")
    assert isinstance(body, c.CallUp)
    assert body.assignment == "a8"
    body = done(line, sent, "/help 3 海淀 2 crowd gathers")
    assert (body.district, body.wanted, body.reason) == ("D02", 2, "crowd gathers")  # type: ignore[attr-defined]
    body = done(line, sent, "/event gas @工体北路 4; leak in the street")
    assert (body.plan, len(body.cases), len(body.sectors), body.lat) == ("gas", 3, 3, 39.93)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("/handover K7 K9", "Both units read the reason"),
        ("/handover K9 K7 x", "K9 has no task"),
        ("/standby 3", "/standby row units"),
        ("/callup K7", "K7 does not stand by"),
        ("/why K7 x", "nothing to explain"),
        ("/help 3 Atlantis 2 x", "no district called Atlantis"),
        ("/help 3 海淀 many x", "/help row district number reason"),
        ("/lend K9", "Nobody waits for help"),
        ("/endhelp x", "Nobody here has asked"),
        ("/event flood @x; y", "is no event plan; there are event gas"),
        ("/event gas @x", "/event plan @place; reason"),
    ],
)
def test_that_a_line_that_lacks_something_says_what(
    line: CommandLine, sent: Sent, text: str, sentence: str
) -> None:
    told, can = line.preview(text)
    assert not can
    assert sentence in told
    assert line.run(text) == (told, False)
    assert sent.bodies == []


def test_that_a_step_of_a_unit_with_several_tasks_asks_which_unless_one_only_can_take_it(
    line: CommandLine, sent: Sent, mirror: Mirror
) -> None:
    change(mirror, assignment(7, "u7", "i315", S.ORDERED, S.ACCEPTED))
    told, can = line.preview("S K7 arrived")
    assert not can
    assert "K7 has 2 tasks" in told
    assert "00317 / 00315" in told
    body = done(line, sent, "S K7 00315 arrived")
    assert (body.assignment, body.state) == ("a7", S.ON_SCENE)  # type: ignore[attr-defined]
    body = done(line, sent, "S K7 3 arrived at the gate")
    assert (body.assignment, body.note) == ("a1", "at the gate")  # type: ignore[attr-defined]
    body = done(line, sent, "S K7 refused busy")  # only the one not accepted can be refused
    assert body.assignment == "a1"  # type: ignore[attr-defined]
    told, can = line.preview("W K7 not needed")
    assert (can, "2 tasks" in told) == (False, True)
    body = done(line, sent, "W K7 3 not needed")
    assert (body.assignment, body.reason) == ("a1", "not needed")  # type: ignore[attr-defined]
    told, can = line.preview("S K9 3 arrived")
    assert (can, told) == (False, "K9 has no task.")


def advise(near: NearUnitsModel, mirror: Mirror, incident_id: str, *signs: str) -> None:
    units = [mirror.unit_called(sign) for sign in signs]
    chosen = tuple(
        Choice(unit=unit, arrives_s=60.0, cost_s=60.0, reasons=()) for unit in units if unit
    )
    advice = Recommendation(card=RunCard(), chosen=chosen, others=(), shortfalls=())
    near.show_found(NearFound(incident=incident_id, lat=0.0, lon=0.0, units=(), advice=advice))


def test_that_sending_another_than_recommended_is_kept_with_whom_and_why(
    line: CommandLine, sent: Sent, mirror: Mirror, near: NearUnitsModel
) -> None:
    row = next(no + 1 for no in range(6) if IncidentQueueModel(mirror).incident_at(no) == "i315")
    advise(near, mirror, "i315", "K9")
    body = done(line, sent, f"D {row} K20; knows the back door")
    assert (body.instead_of, body.because) == ("K9", "knows the back door")  # type: ignore[attr-defined]
    body = done(line, sent, f"D {row} K9")
    assert (body.instead_of, body.because) == (None, None)  # type: ignore[attr-defined]
    body = done(line, sent, f"D {row} K9 K20")  # the recommended one goes as well
    assert body.instead_of is None  # type: ignore[attr-defined]
    given = replace(assignment(9, "u20", "i315", S.ORDERED), instead_of="K9")
    change(mirror, given)
    card = card_of(mirror, "i315")
    assert card is not None
    assert "ExplainChoice" in card.can
    body = done(line, sent, "/why K20 nearer by alley")
    assert body == c.ExplainChoice(assignment="a9", reason="nearer by alley")


def test_that_help_asked_of_this_district_is_an_alarm_until_it_is_answered(
    line: CommandLine, sent: Sent, mirror: Mirror
) -> None:
    alarms = HelpAlarms(mirror)
    asked = HelpRequest(
        id=help_id("h", HelpSide.ASKED), help="h", side=HelpSide.ASKED, district="D01",
        other="D02", incident="far", number="20261122-00400", form="0401", level=Level.CRITICAL,
        place="中关村", wanted=2, reason="漏气", asked_by=None, asked_at=NOW,
    )  # fmt: skip
    change(mirror, asked)
    (alarm,) = alarms.alarms
    assert "Haidian asks for 2 units: 00400" in alarm.text
    assert alarm.level is Level.CRITICAL
    body = done(line, sent, "/lend K9 coming at once")
    assert (body.help, body.units, body.answer) == ("h", ("u9",), "coming at once")  # type: ignore[attr-defined]
    body = done(line, sent, "/谢绝 all are busy")
    assert (body.help, body.units, body.answer) == ("h", (), "all are busy")  # type: ignore[attr-defined]
    change(mirror, replace(asked, state=HelpState.ACCEPTED))
    assert alarms.alarms == ()
    own = replace(
        asked, id=help_id("g", HelpSide.ASKING), help="g", side=HelpSide.ASKING, incident="i317",
        state=HelpState.DECLINED, answer="busy",
    )  # fmt: skip
    change(mirror, own)
    (declined,) = alarms.alarms
    assert "sends no help to 00400: busy" in declined.text
    assert alarms.acknowledge(declined.id)
    assert alarms.alarms == ()


def test_that_the_sites_table_says_whose_screen_tells_of_a_late_order(mirror: Mirror) -> None:
    late = assignment(6, "u20", "i315", S.ORDERED)
    for role, waited_s, is_told in (
        (Role.DISPATCHER, 59, False), (Role.DISPATCHER, 61, True),
        (Role.SHIFT_LEAD, 61, False), (Role.SHIFT_LEAD, 121, True),
        (Role.VIDEO_OPERATOR, 9000, False), (Role.HOTLINE_SEAT, 9000, False),
    ):  # fmt: skip
        seen = filled_mirror(role=role)
        ordered_at = NOW - timedelta(seconds=waited_s)
        change(seen, *seeded_desk(), replace(late, times={"ordered": ordered_at}))
        alarms = AlarmList(seen)
        told: list[tuple[str, str]] = []
        alarms.escalated.connect(lambda row, step, told=told: told.append((row, step)))
        alarms.refresh()
        mine = [
            one for one in alarms.alarms
            if one.kind is AlarmKind.NOT_ACCEPTED and one.incident == "i315"
        ]  # fmt: skip
        assert bool(mine) is is_told, (role, waited_s)
        steps = {Role.DISPATCHER: "order-60", Role.SHIFT_LEAD: "order-120"}
        assert (("a6", steps.get(role, "")) in told) is is_told
        alarms.refresh()
        assert len(told) == len(set(told))  # once


def test_that_arrivals_teach_how_long_journeys_take_and_it_outlives_a_restart(
    mirror: Mirror, tmp_path: object
) -> None:
    pace = Pace(zone=ZoneInfo(USUAL_ZONE))
    path = tmp_path / "pace.json"  # type: ignore[operator]
    book = PaceBook(mirror, pace, path)
    for no in range(60, 66):
        of = incident(no, "0501", Level.CAUTION, f"p{no}", 3600.0)
        change(mirror, of)
        found = NearFound(
            incident=of.id, lat=0.0, lon=0.0, units=(), reckoned={"u9": (Mode.CAR, 100.0)}
        )
        book.take_found(found)
        there = NOW + timedelta(seconds=200)
        times = {"ordered": NOW, "en_route": NOW, "on_scene": there}
        change(mirror, replace(assignment(no, "u9", of.id, S.ON_SCENE), times=times))
    assert pace.factor(Mode.CAR, NOW) == pytest.approx(2.0)
    assert pace.factor(Mode.FOOT, NOW) == 1.0
    book.keep()
    again = Pace(zone=ZoneInfo(USUAL_ZONE))
    PaceBook(mirror, again, path)
    assert again.factor(Mode.CAR, NOW) == pytest.approx(2.0)
    path.write_text("{", encoding="utf-8")
    anew = Pace(zone=ZoneInfo(USUAL_ZONE))
    PaceBook(mirror, anew, path)
    assert anew.factor(Mode.CAR, NOW) == 1.0


def test_that_a_big_incidents_card_has_its_sectors_cases_and_who_was_lent(
    line: CommandLine, sent: Sent, mirror: Mirror
) -> None:
    big = replace(mirror.incident("i317"), is_major=True)  # type: ignore[type-var]
    change(
        mirror, big, replace(mirror.incident("i314"), parent=big.id),  # type: ignore[type-var]
        Sector(id="s1", incident=big.id, name="内场", lead="u7"),
        replace(assignment(1, "u7", "i317", S.ORDERED, S.ACCEPTED), sector="s1"),
        HelpRequest(
            id=help_id("h", HelpSide.ASKING), help="h", side=HelpSide.ASKING, district="D01",
            other="D02", incident="i317", number=None, form="0301", level=Level.HIGH, place="p",
            wanted=1, reason="r", asked_by=None, asked_at=NOW, state=HelpState.ACCEPTED,
            units=("x9",), call_signs=("H9",),
        ),
        assignment(5, "x9", "i317", S.ORDERED),
    )  # fmt: skip
    card = card_of(mirror, "i317")
    assert card is not None
    assert [one.name for one in card.sectors] == ["内场"]
    assert [one.id for one in card.parts] == ["i314"]
    signs = {one.call_sign: one.sector for one in card.assignments}
    assert signs["K7"] == "内场"
    assert "H9" in signs
    body = done(line, sent, "/sector 3 内场 C2")
    assert body == c.PlaceInSector(assignment="a2", sector="s1")
