"""Records of the street over the wire: checklists, inspections by two, documents, fines."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from central_parts import CentralClient, CentralServer, some_units
from PySide6.QtPdf import QPdfDocument

from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.domain.streetwork import PaperKind, SubjectKind
from console.protocol.commands import (
    AnswerChecks,
    AssignUnit,
    CheckAnswer,
    ConfirmInspection,
    IssuePaper,
    OpenIncident,
    PayFine,
    RecordInspection,
    VoidPaper,
)
from console.protocol.messages import Result, Verdict

SIGNATURE = "100,200 300,400 500,100;600,600 900,650"
PENALTY = PaperKind.PENALTY
CITY = ZoneInfo("Asia/Shanghai")


def fresh() -> str:
    return new_id(datetime.now(UTC))


def until(condition: Callable[[], bool], timeout_s: float = 60.0) -> bool:
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    server = CentralServer(tmp_path_factory.mktemp("papers") / "home")
    names = {"D01": "东城区", "D02": "西城区"}
    server.seed(
        [replace(one, district="D01" if one.no < 5 else "D02") for one in some_units()],
        jurisdictions=[
            Jurisdiction(
                id=key, parent=None, level=JurisdictionLevel.DISTRICT, name_zh=name, name_en=key
            )
            for key, name in names.items()
        ],
    )
    server.start()
    yield server
    server.stop()


class Street:
    """A dispatcher, officers and a supervisor of one central."""

    def __init__(self, city: CentralServer) -> None:
        self.city = city
        self.dispatcher = city.client()
        self.supervisor = city.client(Role.SUPERVISOR)
        self.officers = {no: city.officer(f"K{no}") for no in (1, 2, 5)}

    def close(self) -> None:
        for one in (self.dispatcher, self.supervisor, *self.officers.values()):
            one.close()

    def case(self, unit: str, *, form: str = "0105") -> str:
        """Open a case and send a unit; its task is withdrawn from no one."""
        incident = fresh()
        district = "D01" if unit in {"u1", "u2"} else "D02"
        results = self.dispatcher.post(
            OpenIncident(
                incident=incident, form=form, place="南小街 5号", summary="占道烧烤",
                channel="12345", district=district,
            ),
            AssignUnit(assignment=fresh(), incident=incident, unit=unit),
            base_version=None,
        )  # fmt: skip
        assert results[0].verdict is Verdict.ACCEPTED
        return incident

    def get(self, client: CentralClient, path: str, **values: Any) -> requests.Response:
        return client.http.get(f"{self.city.url}{path}", params=values, timeout=60)


@pytest.fixture(scope="module")
def street(city: CentralServer) -> Iterator[Street]:
    made = Street(city)
    yield made
    made.close()


@pytest.fixture(scope="module")
def cases(street: Street) -> dict[str, str]:
    """One case a unit: a busy unit is not sent twice."""
    return {unit: street.case(unit) for unit in ("u1", "u5")}


def paper(incident: str, unit: str | None = "u1", **changed: Any) -> IssuePaper:
    told: dict[str, Any] = {
        "paper": fresh(), "kind": PENALTY, "incident": incident, "party_kind": SubjectKind.PERSON,
        "party": "张三", "party_key": "110101 19900101 001x", "law": "dq-81", "amount_fen": 15_000,
        "facts": "2026年11月28日，当事人在南小街5号门前露天烧烤。", "signature": SIGNATURE,
        "unit": unit,
    }  # fmt: skip
    return IssuePaper(**(told | changed))


def refused(results: list[Result], words: str) -> None:
    (result,) = results
    assert result.verdict is Verdict.REJECTED, result
    assert words in (result.reason or ""), result.reason


def test_that_documents_are_numbered_without_gaps_by_kind_district_and_year(
    street: Street, cases: dict[str, str]
) -> None:
    one, five = street.officers[1], street.officers[5]
    first, second = paper(cases["u1"]), paper(cases["u1"])
    one.post(first)
    refused(one.post(paper(cases["u1"], amount_fen=25_000)), "more than 200")
    one.post(second)
    five.post(paper(cases["u5"], "u5"))
    one.post(paper(cases["u1"], kind=PaperKind.ORDER, amount_fen=None))
    year = datetime.now(CITY).year
    numbers = street.city.query(
        "SELECT kind, district, year, running, number FROM paper ORDER BY kind, district, running"
    )
    assert numbers == [
        ("order", "D01", year, 1, f"东城区责改〔{year}〕00001号"),
        ("penalty", "D01", year, 1, f"东城区当罚〔{year}〕00001号"),
        ("penalty", "D01", year, 2, f"东城区当罚〔{year}〕00002号"),
        ("penalty", "D02", year, 1, f"西城区当罚〔{year}〕00001号"),
    ]
    street.city.stop()
    street.city.start()
    again = street.city.officer("K1")
    assert again.post(first)[0].verdict is Verdict.DUPLICATE
    again.post(paper(cases["u1"]))
    assert street.city.query(
        "SELECT max(running) FROM paper WHERE kind = 'penalty' AND district = 'D01'"
    ) == [(3,)]
    again.close()


def test_that_a_document_is_a_pdf_kept_as_evidence_that_its_qr_code_proves(
    street: Street, cases: dict[str, str], tmp_path: Path
) -> None:
    issued = paper(cases["u1"])
    officer = street.officers[1]
    assert officer.post(issued)[0].verdict is Verdict.ACCEPTED
    answer = street.get(officer, f"/v1/handheld/papers/{issued.paper}/pdf")
    assert answer.status_code == 200, answer.text
    kept = street.city.query(
        f"SELECT sha256, size, media_type, kind FROM evidence WHERE id = '{issued.paper}-pdf'"
    )
    sha256 = hashlib.sha256(answer.content).hexdigest()
    assert kept == [(sha256, len(answer.content), "application/pdf", "paper")]
    assert street.city.evidence(sha256).read_bytes() == answer.content
    path = tmp_path / "paper.pdf"
    path.write_bytes(answer.content)
    document = QPdfDocument(None)
    assert document.load(str(path)) is QPdfDocument.Error.None_
    words = re.sub(r"\s", "", document.getAllText(0).text())
    document.close()
    ((number, code),) = street.city.query(
        f"SELECT number, code FROM paper WHERE id = '{issued.paper}'"
    )
    for told in (
        "当场行政处罚决定书", number, "张三", "11010119900101001X", "露天烧烤", "150.00元",
        "壹佰伍拾元整", "大气污染防治法第八十一条", "K1", f"/papers/{code}",
    ):  # fmt: skip
        assert told in words, told
    check = requests.get(f"{street.city.url}/papers/{code}", timeout=60)
    assert check.status_code == 200
    for told in ("核验通过", number, "张＊", "¥150.00", "未缴"):
        assert told in check.text, told
    assert "张三" not in check.text
    fake = requests.get(f"{street.city.url}/papers/made-up", timeout=60)
    assert (fake.status_code, "没有这份文书" in fake.text) == (404, True)
    assert (
        street.get(street.officers[2], f"/v1/handheld/papers/{issued.paper}/pdf").status_code == 404
    )


def test_that_a_fine_is_paid_once_by_its_receipt_and_counted_by_form_and_district(
    street: Street, cases: dict[str, str]
) -> None:
    since = datetime.now(UTC)
    one, five, desk = street.officers[1], street.officers[5], street.supervisor
    paid, open_one, void = paper(cases["u1"]), paper(cases["u1"]), paper(cases["u1"])
    decision = paper(cases["u5"], None, kind=PaperKind.DECISION, amount_fen=100_000)
    one.post(paid, open_one, void)
    assert desk.post(decision)[0].verdict is Verdict.ACCEPTED
    at = datetime.now(UTC)
    pay = PayFine(paper=paid.paper, receipt_no="R-1", amount_fen=15_000, at=at)
    refused(one.post(replace_struct(pay, amount_fen=1)), "look at the receipt again")
    refused(five.post(pay), "made out by somebody else")
    assert one.post(pay)[0].verdict is Verdict.ACCEPTED
    assert one.post(pay)[0].verdict is Verdict.DUPLICATE
    refused(one.post(replace_struct(pay, receipt_no="R-2")), "paid already, receipt R-1")
    refused(one.post(replace_struct(pay, paper=open_one.paper)), "belongs to")
    refused(one.post(replace_struct(pay, receipt_no=" ")), "number of the receipt")
    refused(desk.post(VoidPaper(paper=paid.paper, reason="误")), "is paid")
    assert (
        desk.post(VoidPaper(paper=void.paper, reason="当事人写错"))[0].verdict is Verdict.ACCEPTED
    )
    until_at = datetime.now(UTC) + timedelta(seconds=1)
    window = {"since": since.isoformat(), "until": until_at.isoformat()}
    figures = street.get(desk, "/v1/papers/figures", **window).json()["figures"]
    told = [
        (one["form"], one["district_zh"], one["penalties"], one["decisions"], one["fined_yuan"],
         one["paid"], one["paid_yuan"], one["voided"])
        for one in figures
    ]  # fmt: skip
    assert told == [
        ("0105", "东城区", 2, 0, 300.0, 1, 150.0, 1),
        ("0105", "西城区", 0, 1, 1000.0, 0, 0.0, 0),
    ]
    table = street.get(desk, "/v1/papers/figures", **window, form="csv").content
    lines = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert [(one["form_zh"], one["fined_yuan"]) for one in lines] == [
        ("露天烧烤", "300.0"), ("露天烧烤", "1000.0"),
    ]  # fmt: skip
    assert street.get(desk, "/v1/papers/figures", since="2026-01-01", until="x").status_code == 422


def replace_struct(body: Any, **changed: Any) -> Any:
    values = {name: getattr(body, name) for name in body.__struct_fields__}
    return type(body)(**(values | changed))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": PaperKind.DECISION}, "is the bureau's"),
        ({"facts": " "}, "no facts"),
        ({"law": "none"}, "no 'none' in force"),
        ({"amount_fen": None}, "how high the fine is"),
        ({"kind": PaperKind.ORDER}, "no fine"),
        ({"signature": "a,b"}, "no strokes"),
        ({"signature": "1,1 " * 20_000}, "too many strokes"),
        ({"party": "", "party_key": ""}, "Nobody is named"),
        ({"unit": "u2"}, "Only K2 itself"),
        ({"unit": None}, "for the own unit"),
    ],
)
def test_that_a_document_that_cannot_hold_gets_a_sentence(
    street: Street, cases: dict[str, str], changed: dict[str, Any], words: str
) -> None:
    refused(street.officers[1].post(paper(cases["u1"], **changed)), words)
    refused(street.officers[2].post(paper(cases["u1"], "u2")), "not a task of yours")


def test_that_an_inspection_is_confirmed_by_the_second_and_found_again_audited(
    street: Street, cases: dict[str, str]
) -> None:
    one, two, five = (street.officers[no] for no in (1, 2, 5))
    now = datetime.now(UTC)
    check = RecordInspection(
        inspection=fresh(), unit="u1", kind=SubjectKind.VEHICLE, key="京 a·12345", name="渣土车",
        at=now, place="南小街", findings="未密闭", second="u2", incident=cases["u1"],
    )  # fmt: skip
    refused(one.post(replace_struct(check, second="u1")), "made by two")
    refused(one.post(replace_struct(check, findings="")), "no finding")
    refused(one.post(replace_struct(check, key="")), "number plate")
    assert one.post(check)[0].verdict is Verdict.ACCEPTED
    waiting = street.get(two, "/v1/handheld/inspections").json()["inspections"]
    assert [(one["key"], one["call_sign"]) for one in waiting] == [("京A·12345", "K1")]
    confirm = ConfirmInspection(inspection=check.inspection, unit="u5", at=now)
    refused(five.post(confirm), "not the second officer")
    assert two.post(replace_struct(confirm, unit="u2"))[0].verdict is Verdict.ACCEPTED
    assert street.get(two, "/v1/handheld/inspections").json() == {"inspections": []}
    found = street.get(one, "/v1/handheld/records", kind="vehicle", text="京a·12345").json()
    assert [one["findings"] for one in found["inspections"]] == ["未密闭"]
    elsewhere = street.get(five, "/v1/handheld/records", kind="vehicle", text="京A·12345").json()
    assert elsewhere["inspections"] == []
    by_place = street.get(one, "/v1/handheld/records", kind="shop", text="南小街").json()
    assert by_place["cases"]
    assert street.get(one, "/v1/handheld/records", kind="shop", text="a").status_code == 422
    assert street.get(one, "/v1/handheld/records", kind="dog", text="aa").status_code == 422

    def audited() -> list[tuple[Any, ...]]:
        return street.city.query(
            "SELECT person FROM audit WHERE action = 'read:records' AND details LIKE '%12345%'"
        )

    assert until(lambda: sorted(audited()) == [("u1",), ("u5",)])
    verbs = {verb for (verb,) in street.city.query("SELECT verb FROM log_entry")}
    assert {"inspected", "inspection_confirmed"} <= verbs


def test_that_a_checklist_is_kept_in_the_case_with_its_legal_basis(
    street: Street, cases: dict[str, str]
) -> None:
    officer = street.officers[1]
    site = street.get(officer, "/v1/handheld/site").json()["items"]
    asked = [one["code"] for one in site if one["details"].get("form") == "0105"]
    assert asked == ["0105-1", "0105-2"]
    answers = (
        CheckAnswer(check="0105-1", holds=True),
        CheckAnswer(check="0105-2", note="烤炉 1 台，已暂扣"),
    )
    body = AnswerChecks(incident=cases["u1"], unit="u1", at=datetime.now(UTC), answers=answers)
    assert officer.post(body)[0].verdict is Verdict.ACCEPTED
    lines = street.city.query("SELECT detail, unit FROM log_entry WHERE verb = 'checked'")
    assert lines == [
        ("✓ 是否位于禁止露天烧烤区域 (dq-81)", "u1"),
        ("— 烧烤工具数量与去向 (dq-81) 烤炉 1 台，已暂扣", "u1"),
    ]
    refused(officer.post(replace_struct(body, answers=())), "no answer")
    strange = (CheckAnswer(check="none", holds=True),)
    refused(officer.post(replace_struct(body, answers=strange)), "no question 'none'")


@pytest.mark.both_databases
def test_that_records_are_kept_counted_and_found_in_every_database(
    central_server: CentralServer,
) -> None:
    officer, desk = central_server.officer("K1"), central_server.client(Role.SUPERVISOR)
    incident, at = fresh(), datetime.now(UTC)
    officer.post(
        OpenIncident(incident=incident, form="0105", place="p", summary="s", channel="officer")
    )
    first, second = paper(incident), paper(incident)
    assert [one.verdict for one in officer.post(first, second)] == [Verdict.ACCEPTED] * 2
    pay = PayFine(paper=first.paper, receipt_no="R-1", amount_fen=15_000, at=at)
    assert officer.post(pay)[0].verdict is Verdict.ACCEPTED
    refused(officer.post(replace_struct(pay, paper=second.paper)), "belongs to")
    window = {"since": at.isoformat(), "until": (at + timedelta(hours=1)).isoformat()}
    ask = f"{central_server.url}/v1"
    (row,) = desk.http.get(f"{ask}/papers/figures", params=window, timeout=60).json()["figures"]
    assert (row["penalties"], row["paid"], row["paid_yuan"]) == (2, 1, 150.0)
    found = officer.http.get(
        f"{ask}/handheld/records", params={"kind": "person", "text": "张三"}, timeout=60
    ).json()
    assert sorted(one["running"] for one in found["papers"]) == [1, 2]
    snapshot = desk.http.get(f"{ask}/snapshot", timeout=60).content
    assert f"当罚〔{at.astimezone(CITY).year}〕00002号".encode() in snapshot
    pdf = officer.http.get(f"{ask}/handheld/papers/{first.paper}/pdf", timeout=60)
    assert pdf.content.startswith(b"%PDF")
    officer.close()
    desk.close()
