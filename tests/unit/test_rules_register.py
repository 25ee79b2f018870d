"""The rules of dispatch for reports, evidence and the register."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from rule_rows import A_PHOTO, START, PlainRows, filed_rows, opened

from console.domain.errors import ConflictError, RejectedError
from console.domain.incidents import Incident, Report
from console.domain.levels import Channel, Role
from console.domain.places import Camera, Jurisdiction, JurisdictionLevel
from console.domain.units import Unit, UnitStatus
from console.protocol import commands as c


@pytest.fixture
def rows() -> PlainRows:
    """Two units on duty, and one incident that is filed."""
    return filed_rows()


def report(
    report_id: str,
    *,
    lat: float | None = 39.93,
    form: str | None = "0301",
    external_id: str | None = None,
    at: datetime = START,
    text: str = "吵",
    place: str = "工体北路",
) -> c.AddReport:
    return c.AddReport(
        report=Report(
            id=report_id,
            channel=Channel.APP,
            received_at=at,
            text=text,
            place=place,
            external_id=external_id,
            form=form,
            lat=lat,
            lon=116.44 if lat is not None else None,
        ),
        incident=f"of-{report_id}",
    )


@pytest.mark.parametrize(
    ("body", "joins"),
    [
        (report("r"), True),
        (report("r", lat=39.93 + 70 / 111_195), True),
        (report("r", lat=39.93 + 140 / 111_195), False),
        (report("r", lat=39.93 + 200 / 111_195), False),
        (report("r", form="0503", text="请来人"), False),
        (report("r", form="0503", text="工地半夜还在施工"), True),
        (report("r", form=None, text="请来人"), False),
        (report("r", form=None, text="工地半夜还在施工"), True),
        (report("r", text="😡😡😡"), True),
        (report("r", form=None, text="😡😡😡"), False),
        (report("r", lat=None), False),
        (report("r", lat=None, place="工体北路 4号对面"), True),
        (report("r", at=START - timedelta(hours=3)), False),
    ],
)
def test_that_a_report_joins_an_open_incident_near_in_place_time_and_form(
    rows: PlainRows, body: c.AddReport, joins: bool
) -> None:
    rows.do(body, role=Role.GATEWAY)
    assert rows.report("r").incident == ("i" if joins else "of-r")
    assert rows.rows[Incident, "i"].reports == (1 if joins else 0)
    assert (rows.log("i")[-1] == "report_joined") is joins


def test_that_the_same_report_twice_is_one(rows: PlainRows) -> None:
    rows.do(report("r", external_id="12345-7"), role=Role.GATEWAY)
    assert rows.do(report("r"), role=Role.GATEWAY).duplicate
    assert rows.do(report("other", external_id="12345-7"), role=Role.GATEWAY).duplicate
    assert rows.rows[Incident, "i"].reports == 1


def test_that_an_incident_is_opened_from_reports_once(rows: PlainRows) -> None:
    loose = Report(id="l", channel=Channel.APP, received_at=START, text="t", place="p", version=1)
    rows.put(loose)
    rows.do(opened("j", reports=("l",)))
    assert rows.report("l").incident == "j"
    assert rows.rows[Incident, "j"].reports == 1
    with pytest.raises(RejectedError, match="belongs"):
        rows.do(opened("k", reports=("l",)))


def test_that_evidence_is_attached_once_and_never_changes(rows: PlainRows) -> None:
    body = c.AttachEvidence(evidence=A_PHOTO)
    rows.do(body, actor="operator", role=Role.VIDEO_OPERATOR)
    assert rows.evidence("e").taken_by == "operator"
    assert rows.do(body).duplicate
    other = replace(body.evidence, sha256="1" * 64)
    with pytest.raises(RejectedError, match="never changes"):
        rows.do(c.AttachEvidence(evidence=other))


def test_that_a_copy_names_its_original_of_the_same_incident_and_another_hash(
    rows: PlainRows,
) -> None:
    rows.do(c.AttachEvidence(evidence=A_PHOTO))
    copy = replace(A_PHOTO, id="copy", sha256="1" * 64, original="e", derived_from="0" * 64,
                   done="blur 1")  # fmt: skip
    for wrong, words in (
        (replace(copy, original="nothing"), "no evidence of the same incident"),
        (replace(copy, original=None), "no evidence of the same incident"),
        (replace(copy, derived_from="2" * 64), "another hash"),
        (replace(copy, sha256="0" * 64), "very bytes"),
        (replace(copy, done=" "), "Say what was done"),
    ):
        with pytest.raises(RejectedError, match=words):
            rows.do(c.AttachEvidence(evidence=wrong))
    assert not rows.do(c.AttachEvidence(evidence=copy)).duplicate
    assert rows.evidence("copy").derived_from == A_PHOTO.sha256
    assert rows.evidence("e") == replace(rows.evidence("e"), sha256=A_PHOTO.sha256)


def test_that_nobody_signs_evidence_with_another_name(rows: PlainRows) -> None:
    signed = replace(A_PHOTO, taken_by="somebody else")
    rows.do(c.AttachEvidence(evidence=signed), actor="operator", role=Role.VIDEO_OPERATOR)
    assert rows.evidence("e").taken_by == "operator"


def test_that_an_officer_adds_evidence_to_own_tasks_only(rows: PlainRows) -> None:
    body = c.AttachEvidence(evidence=A_PHOTO)
    with pytest.raises(RejectedError, match="not a task of yours"):
        rows.do(body, actor="u1", role=Role.OFFICER)
    rows.do(c.AssignUnit(assignment="a", incident="i", unit="u1"))
    assert not rows.do(body, actor="u1", role=Role.OFFICER).duplicate


def test_that_the_register_keeps_numbers_call_signs_and_what_units_are_doing(
    rows: PlainRows,
) -> None:
    def put(*units: Unit) -> bool:
        return not rows.do(c.PutUnits(units=units), role=Role.GATEWAY).duplicate

    rows.do(c.AssignUnit(assignment="a", incident="i", unit="u1"))
    known = rows.rows[Unit, "u1"]
    assert put(replace(known, phone="110", status=UnitStatus.OFF_DUTY))
    assert rows.rows[Unit, "u1"].status is UnitStatus.ASSIGNED
    known = rows.rows[Unit, "u1"]
    assert not put(known)
    for wrong in (
        replace(known, no=9),
        replace(known, id="u9"),
        replace(known, id="u9", no=9),
        replace(known, id="u9", no=-1, call_sign="K9"),
        replace(known, id="u9", no=9, call_sign=" "),
    ):
        with pytest.raises(RejectedError):
            put(wrong)
    twice = [replace(known, id=f"u{no}", no=9, call_sign=f"K{no}", version=0) for no in (8, 9)]
    with pytest.raises(RejectedError, match="twice"):
        put(*twice)


def test_that_a_unit_changed_meanwhile_is_not_overwritten(rows: PlainRows) -> None:
    seen = rows.rows[Unit, "u1"]
    rows.do(c.PutUnits(units=(replace(seen, phone="110"),)), role=Role.ADMINISTRATOR)
    held = rows.rows[Unit, "u1"]
    late = c.PutUnits(units=(replace(seen, radio="R-1"),))
    with pytest.raises(ConflictError, match="The unit K1 was changed by someone else") as caught:
        rows.do(late, role=Role.ADMINISTRATOR)
    assert (caught.value.present, caught.value.based_on) == (held.version, seen.version)
    assert rows.rows[Unit, "u1"] == held
    rows.do(c.PutUnits(units=(replace(held, radio="R-1"),)), role=Role.ADMINISTRATOR)
    unseen = replace(held, radio="R-2", version=0)  # a list from elsewhere asks nothing
    assert not rows.do(c.PutUnits(units=(unseen,)), role=Role.ADMINISTRATOR).duplicate


def test_that_camera_addresses_hold_no_password(rows: PlainRows) -> None:
    camera = Camera(id="c1", name="工体", main_url="rtsp://10.0.0.1/1")
    rows.do(c.PutCameras(cameras=(camera,)), role=Role.GATEWAY)
    assert rows.camera("c1").version == 1
    assert rows.do(c.PutCameras(cameras=(camera,)), role=Role.GATEWAY).duplicate
    for url in ("http://10.0.0.1/1", "rtsp://me:secret@10.0.0.1/1"):
        with pytest.raises(RejectedError):
            rows.do(c.PutCameras(cameras=(replace(camera, main_url=url),)), role=Role.GATEWAY)


def test_that_jurisdictions_are_entered_once(rows: PlainRows) -> None:
    city = Jurisdiction(
        id="C", parent=None, level=JurisdictionLevel.CITY, name_zh="北京", name_en="Beijing"
    )
    body = c.PutJurisdictions(jurisdictions=(city,))
    rows.do(body, role=Role.ADMINISTRATOR)
    assert rows.jurisdiction("C").version == 1
    assert rows.do(body, role=Role.ADMINISTRATOR).duplicate
