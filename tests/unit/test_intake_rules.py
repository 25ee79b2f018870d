"""The intake by its rules: where a call goes, what is told of it, what is asked and suggested."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rule_rows import PlainRows, filed_rows

from console.dispatch.intake import (
    masked_number,
    place_notes,
    plain_number,
    questions_of,
    template_for,
    text_of,
)
from console.domain.catalogue import CatalogueItem
from console.domain.catalogue_seed_desk import seeded_desk
from console.domain.errors import RejectedError
from console.domain.incidents import Incident, Report
from console.domain.levels import Channel, Level, Role
from console.domain.places import LogEntry
from console.protocol import commands as c


@pytest.fixture
def rows() -> PlainRows:
    return filed_rows()


def call(rows: PlainRows, **values: object) -> Report:
    told: dict[str, object] = {
        "id": f"r{rows.at:%H%M%S}", "channel": Channel.HOTLINE, "received_at": rows.at,
        "text": "夜里还在施工，混凝土泵车很吵", "place": "团结湖路 9 号", "form": "0301",
        "lat": 39.95, "lon": 116.5,
    }  # fmt: skip
    return Report(**{**told, **values})  # type: ignore[arg-type]  # a table of fields for tests


def logged(rows: PlainRows, incident: str) -> list[LogEntry]:
    entries = [row for row in rows.rows.values() if isinstance(row, LogEntry)]
    return [one for one in entries if one.incident == incident]


def the(rows: PlainRows, incident: str) -> Incident:
    found = rows.incident(incident)
    assert found is not None
    return found


SEAT = {"role": Role.HOTLINE_SEAT, "actor": "hotline"}


def test_that_a_call_becomes_a_case_with_its_caller_and_what_was_asked(rows: PlainRows) -> None:
    report = call(rows, caller="李女士", phone="+86 138-0013 8000")
    rows.do(
        c.TakeReport(report=report, incident="n", answers="几点开始？ 十一点"),
        role=Role.HOTLINE_SEAT, actor="hotline",
    )  # fmt: skip
    opened = the(rows, "n")
    kept = rows.report(report.id)
    assert (opened.form, opened.level, opened.reports) == ("0301", Level.HIGH, 1)
    assert kept is not None
    assert (kept.caller, kept.phone, kept.incident) == ("李女士", "13800138000", "n")
    told = {one.verb: one.detail for one in logged(rows, "n")}
    assert told["answered"] == "几点开始？ 十一点"
    assert "passed_urgent" not in told


def test_that_one_key_makes_a_routine_call_urgent_and_says_so(rows: PlainRows) -> None:
    report = call(rows, form="0102", text="暴露垃圾")
    rows.do(
        c.TakeReport(report=report, incident="n", urgent=True),
        role=Role.HOTLINE_SEAT, actor="hotline",
    )  # fmt: skip
    assert the(rows, "n").level is Level.HIGH
    assert "passed_urgent" in {one.verb for one in logged(rows, "n")}


def test_that_a_call_goes_where_the_seat_says_and_raises_the_urgency_there(
    rows: PlainRows,
) -> None:
    before = the(rows, "i")
    report = call(rows, text="有人受伤")
    rows.do(
        c.TakeReport(report=report, incident="n", into="i", level=1),
        role=Role.HOTLINE_SEAT, actor="hotline",
    )  # fmt: skip
    after = the(rows, "i")
    assert rows.incident("n") is None
    assert (after.reports, after.level) == (before.reports + 1, Level.CRITICAL)
    (joined,) = [one for one in logged(rows, "i") if one.verb == "report_joined"]
    assert joined.detail == "12345: chosen by the seat | 有人受伤"
    rows.do(
        c.TakeReport(report=call(rows, text="还是一般"), incident="n", into="i", level=4),
        role=Role.HOTLINE_SEAT, actor="hotline",
    )  # fmt: skip
    assert the(rows, "i").level is Level.CRITICAL


def test_that_central_joins_what_is_the_same_and_the_seat_may_keep_it_apart(
    rows: PlainRows,
) -> None:
    first = call(rows)
    rows.do(c.TakeReport(report=first, incident="n"), role=Role.HOTLINE_SEAT)
    rows.at += timedelta(minutes=2)
    rows.do(c.TakeReport(report=call(rows), incident="n2"), role=Role.HOTLINE_SEAT)
    assert rows.incident("n2") is None
    assert the(rows, "n").reports == 2
    rows.at += timedelta(minutes=2)
    rows.do(c.TakeReport(report=call(rows), incident="n3", apart=True), role=Role.HOTLINE_SEAT)
    assert the(rows, "n3").reports == 1


def test_that_a_call_into_a_case_that_closed_meanwhile_is_not_lost(rows: PlainRows) -> None:
    rows.do(c.CancelIncident(incident="i", reason="未发现"))
    rows.do(c.TakeReport(report=call(rows), incident="n", into="i"), role=Role.HOTLINE_SEAT)
    assert the(rows, "n").is_open
    assert "case_was_closed" in {one.verb for one in logged(rows, "n")}


def test_that_emoji_alone_are_kept_and_nothing_at_all_is_refused(rows: PlainRows) -> None:
    rows.do(
        c.TakeReport(report=call(rows, text="😡🔊🏗️", place="", form=None), incident="n"),
        role=Role.HOTLINE_SEAT,
    )
    assert the(rows, "n").summary == "😡🔊🏗️"
    with pytest.raises(RejectedError, match="nothing else is needed"):
        rows.do(
            c.TakeReport(report=call(rows, text=" ", place=""), incident="m"),
            role=Role.HOTLINE_SEAT,
        )
    assert rows.incident("m") is None


def test_that_a_video_operator_takes_no_calls(rows: PlainRows) -> None:
    with pytest.raises(RejectedError, match="TakeReport is not among"):
        rows.do(c.TakeReport(report=call(rows), incident="n"), role=Role.VIDEO_OPERATOR)


def test_that_what_is_to_be_known_of_a_place_is_told_there_hazards_first(rows: PlainRows) -> None:
    for no, (kind, lat) in enumerate((("access", 39.9), ("hazard", 39.9003), ("note", 39.91))):
        rows.do(
            c.NotePlace(
                note=f"n{no}", place="液化气站", kind=kind, text=f"{kind}!", lat=lat, lon=116.4
            ),
            role=Role.HOTLINE_SEAT,
        )
    items = [row for row in rows.rows.values() if isinstance(row, CatalogueItem)]
    told = place_notes(items, 39.9001, 116.4)
    assert [one.kind for one in told] == ["hazard", "access"]
    assert place_notes(items, None, None) == []
    rows.do(
        c.NotePlace(
            note="n1", place="x", kind="hazard", text="x", lat=39.9, lon=116.4, retired=True
        ),
        role=Role.HOTLINE_SEAT,
    )
    items = [row for row in rows.rows.values() if isinstance(row, CatalogueItem)]
    assert [one.kind for one in place_notes(items, 39.9001, 116.4)] == ["access"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "ghost"}, "one of hazard"),
        ({"text": ""}, "lacks"),
        ({"radius_m": 1.0}, "a number from 5 to 5000"),
        ({"lat": 99.0}, "no place on the globe"),
    ],
)
def test_that_a_note_that_makes_no_sense_is_refused(
    rows: PlainRows, values: dict[str, object], sentence: str
) -> None:
    told = {"note": "n", "place": "p", "kind": "note", "text": "t", "lat": 39.9, "lon": 116.4}
    with pytest.raises(RejectedError, match=sentence):
        rows.do(c.NotePlace(**{**told, **values}), role=Role.HOTLINE_SEAT)  # type: ignore[arg-type]


def test_that_questions_and_words_follow_the_form_then_what_is_for_all() -> None:
    items = seeded_desk()
    own, general = template_for(items, "0401"), template_for(items, "0504")
    assert own is not None
    assert own.code == "0401"
    assert general is not None
    assert general.code == "*"
    asked = questions_of(items, "0401", in_chinese=True)
    assert asked[0].startswith("在室内还是室外")
    assert "是否需要回复？" in asked
    assert text_of(items, "0401", in_chinese=False).startswith("Reports a gas leak")
    assert text_of(items, "0504", in_chinese=True) == ""


@pytest.mark.parametrize(
    ("typed", "number"),
    [("+86 138-0013 8000", "13800138000"), ("010-1234 5678", "01012345678"), ("无", "")],
)
def test_that_numbers_are_compared_by_their_digits(typed: str, number: str) -> None:
    assert plain_number(typed) == number
    assert masked_number(number) in {"138****8000", "010****5678", "****"}
