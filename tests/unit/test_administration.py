"""The tables of administration: rules, files, the command line, against a real central."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import openpyxl
import pytest
from central_parts import CentralClient, CentralServer, Database, some_units
from rule_rows import PlainRows

from console.domain.catalogue import CatalogueItem, CatalogueName, Grid, form_from
from console.domain.catalogue_seed import seeded
from console.domain.catalogue_seed_desk import seeded_desk
from console.domain.errors import ConflictError, RejectedError, ZhihuiError
from console.domain.forms import FORMS
from console.domain.incidents import Stage
from console.domain.levels import Role
from console.domain.limits import CalendarDay, LimitRule
from console.domain.places import Camera, Jurisdiction, JurisdictionLevel
from console.domain.sensors import Sensor, SensorKind
from console.domain.units import Unit
from console.gateways.rows import ImportReport
from console.gateways.sectionfiles import read_section, write_section
from console.gateways.sections import SECTIONS, Section, flat_row, row_from_flat, section_called
from console.protocol.commands import (
    AssignUnit,
    OpenIncident,
    PutCameras,
    PutCatalogue,
    PutGrids,
    PutJurisdictions,
    PutUnits,
)
from console.protocol.messages import Changes, Verdict
from console.store.cameraseal import CameraKey

RING = [[116.4, 39.9], [116.5, 39.9], [116.5, 40.0], [116.4, 39.9]]
SHAPE = json.dumps({"type": "Polygon", "coordinates": [RING]})
FORM = CatalogueItem(
    id="form:0505", catalogue=CatalogueName.FORM, code="0505", name_zh="共享单车乱停",
    name_en="Shared bicycles", parent="05", details={"level": 3, "limit_h": 4.0, "night": False},
)  # fmt: skip
GRID = Grid(
    id="g-114", authority="cg", code="朝-114", name_zh="工体北路", name_en="Gongti North",
    shape=SHAPE, holder="王", phone="+86 10 1234",
)  # fmt: skip


@pytest.fixture
def rows() -> PlainRows:
    made = PlainRows()
    made.put(*seeded())
    return made


def refused(rows: PlainRows, body: object) -> str:
    with pytest.raises(RejectedError) as caught:
        rows.do(body, role=Role.ADMINISTRATOR)  # type: ignore[arg-type]
    return str(caught.value)


def test_that_a_new_central_begins_with_the_classes_and_forms_the_city_speaks_of() -> None:
    base = [one for one in seeded() if one.catalogue is CatalogueName.BASE_CLASS]
    majors = [one for one in base if one.parent is None]
    assert (len(majors), len(base) - len(majors)) == (3, 19)
    forms = [form_from(one) for one in seeded() if one.catalogue is CatalogueName.FORM]
    assert tuple(forms) == FORMS
    assert len({one.id for one in seeded()}) == len(seeded())


def test_that_a_form_is_entered_changed_and_retired(rows: PlainRows) -> None:
    rows.do(PutCatalogue(items=(FORM,)), role=Role.ADMINISTRATOR)
    held = rows.get(CatalogueItem, FORM.id)
    assert isinstance(held, CatalogueItem)
    assert held.version == 1
    changed = replace(held, details={**held.details, "limit_h": 8.0})
    rows.do(PutCatalogue(items=(changed,)), role=Role.ADMINISTRATOR)
    with pytest.raises(ConflictError, match="changed by someone else"):
        rows.do(PutCatalogue(items=(replace(held, retired=True),)), role=Role.ADMINISTRATOR)
    rows.do(PutCatalogue(items=(replace(changed, version=2, retired=True),)),
            role=Role.ADMINISTRATOR)  # fmt: skip
    gone = rows.get(CatalogueItem, FORM.id)
    assert isinstance(gone, CatalogueItem)
    assert (gone.retired, gone.version, gone.holds_on(date(2027, 1, 1))) == (True, 3, False)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": "form:9"}, "must have the id 'form:0505'"),
        ({"name_zh": " ", "name_en": ""}, "no name in any language"),
        ({"parent": None}, "belongs to no class"),
        ({"parent": "77"}, "which the catalogue has not"),
        ({"valid_from": "2027-01-01"}, "a table without days"),
        ({"details": {"limit_h": 4}}, "lacks “level”"),
        ({"details": {"level": 9, "limit_h": 4}}, "a whole number from 1 to 4"),
        ({"details": {"level": 2, "limit_h": float("nan")}}, "a number from 0.1"),
        ({"details": {"level": 2, "limit_h": 4, "colour": "red"}}, "which its table has not"),
        ({"details": {"level": 2, "limit_h": 4, "night": "perhaps"}}, "yes or no"),
        ({"code": "", "id": "form:"}, "cannot be a code"),
        ({"district": "nowhere"}, "which is not known"),
    ],
)
def test_that_a_bad_row_is_refused_with_its_reason(
    rows: PlainRows, change: dict[str, object], told: str
) -> None:
    bad = replace(FORM, **change)  # type: ignore[arg-type]
    assert told in refused(rows, PutCatalogue(items=(bad,)))


def test_that_dated_rules_follow_one_another(rows: PlainRows) -> None:
    limits = (one for one in seeded() if one.catalogue is CatalogueName.NOISE_LIMIT)
    old = next(one for one in limits if one.code == "site")
    new = replace(old, id="noise_limit:site@2026-01-01", valid_from="2026-01-01", version=0,
                  details={**old.details, "source": "GB 12523-2025"})  # fmt: skip
    ended = replace(old, valid_until="2025-12-31")
    rows.do(PutCatalogue(items=(ended, new)), role=Role.ADMINISTRATOR)
    held = [one for one in rows.every(CatalogueItem) if one.code == "site"]  # type: ignore[attr-defined]
    for day, source in ((date(2025, 12, 31), "2011"), (date(2026, 1, 1), "2025")):
        (now,) = (one for one in held if one.holds_on(day))  # type: ignore[attr-defined]
        assert source in str(now.details["source"])  # type: ignore[attr-defined]
    wrong = replace(new, valid_until="2025-01-01")
    assert "before it begins" in refused(rows, PutCatalogue(items=(wrong,)))
    dayless = replace(new, id="noise_limit:site", valid_from=None)
    assert "no first day" in refused(rows, PutCatalogue(items=(dayless,)))


def test_that_grids_of_several_authorities_lie_over_each_other(rows: PlainRows) -> None:
    police = replace(GRID, id="p-7", authority="police", code="P-7")
    rows.do(PutGrids(grids=(GRID, police)), role=Role.ADMINISTRATOR)
    assert {one.authority for one in rows.every(Grid)} == {"cg", "police"}  # type: ignore[attr-defined]
    assert "does not know" in refused(rows, PutGrids(grids=(replace(GRID, authority="nobody"),)))


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ("", "no GeoJSON"),
        ("[" * 5000, "no GeoJSON"),
        ('{"type": "Point", "coordinates": [1, 2]}', "no GeoJSON"),
        ('{"type": "Polygon", "coordinates": []}', "not closed"),
        ('{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[2,2]]]}', "not closed"),
        ('{"type": "Polygon", "coordinates": [[[0,0],[999,0],[1,1],[0,0]]]}', "leaves the globe"),
        ('{"type": "Polygon", "coordinates": [[["a",0],[1,0],[1,1],["a",0]]]}', "no GeoJSON"),
    ],
)
def test_that_a_shape_that_is_none_is_refused(rows: PlainRows, shape: str, told: str) -> None:
    assert told in refused(rows, PutGrids(grids=(replace(GRID, shape=shape),)))


def test_that_the_tree_of_jurisdictions_stays_a_tree(rows: PlainRows) -> None:
    city, district, street = (
        Jurisdiction(id=f"{level[0]}1", parent=parent, level=level, name_zh="名", name_en=level)
        for level, parent in (
            (JurisdictionLevel.CITY, None),
            (JurisdictionLevel.DISTRICT, "c1"),
            (JurisdictionLevel.STREET, "d1"),
        )
    )
    put = PutJurisdictions(jurisdictions=(city, district, street))
    rows.do(put, role=Role.ADMINISTRATOR)
    wrong = replace(street, id="s2", parent="c1")
    assert "cannot be part of a city" in refused(rows, PutJurisdictions(jurisdictions=(wrong,)))
    gone = replace(district, retired=True)
    rows.do(PutJurisdictions(jurisdictions=(gone,)), role=Role.ADMINISTRATOR)
    under = replace(street, id="s3")
    assert "which is retired" in refused(rows, PutJurisdictions(jurisdictions=(under,)))


def test_that_a_unit_with_a_task_is_not_retired(central_server: CentralServer) -> None:
    desk, admin = central_server.client(), central_server.client(Role.ADMINISTRATOR)
    desk.post(
        OpenIncident(incident="i", form="0301", place="p", summary="s", channel="12345"),
        AssignUnit(assignment="a", incident="i", unit="u1"),
    )
    one, two = (replace(unit, retired=True) for unit in some_units(2))
    busy, free = admin.post(PutUnits(units=(one,)), PutUnits(units=(two,)))
    assert (busy.verdict, "still has a task" in str(busy.reason)) == (Verdict.REJECTED, True)
    assert free.verdict is Verdict.ACCEPTED
    sent = desk.post(AssignUnit(assignment="b", incident="i", unit="u2"))[0]
    assert sent.verdict is Verdict.REJECTED
    first = central_server.first_pin("K2")
    answer = desk.http.post(
        f"{central_server.url}/v1/session",
        json={"name": "K2", "password": first, "new_pin": "k2-of-my-own",
              "device": {"id": "h", "kind": "handheld", "label": ""}},
        timeout=60,
    )  # fmt: skip
    assert answer.status_code == 401
    for client in (desk, admin):
        client.close()


def test_that_the_second_of_two_administrators_is_told_and_overwrites_nothing(
    central_server: CentralServer,
) -> None:
    first, second = (central_server.client(Role.ADMINISTRATOR) for _ in range(2))
    listed = first.http.get(f"{central_server.url}/v1/admin/rows/unit", timeout=60).json()
    seen = next(one for one in listed["rows"] if one["id"] == "u1")
    unit = msgspec.convert(seen, Unit)
    (done,) = first.post(PutUnits(units=(replace(unit, phone="110"),)))
    (late,) = second.post(PutUnits(units=(replace(unit, radio="R-1"),)))
    assert (done.verdict, late.verdict) == (Verdict.ACCEPTED, Verdict.CONFLICT)
    assert "The unit K1 was changed by someone else meanwhile" in str(late.reason)
    assert late.current is not None
    assert (late.current["phone"], late.version) == ("110", done.version)
    assert central_server.query("SELECT phone, radio FROM unit WHERE id = 'u1'") == [("110", None)]
    for client in (first, second):
        client.close()


def test_that_a_camera_keeps_the_password_that_administrators_do_not_see(
    central_server: CentralServer,
) -> None:
    admin = central_server.client(Role.ADMINISTRATOR)
    camera = Camera(
        id="c1", name="东单", main_url="rtsp://h/1", username="root", password="hik-12345"
    )
    admin.post(PutCameras(cameras=(camera,)))
    url = f"{central_server.url}/v1/admin/rows/camera"
    (shown,) = admin.http.get(url, timeout=60).json()["rows"]
    assert (shown["username"], shown["password"]) == ("●", "●")
    masked = replace(camera, name="西单", username="●", password="●", version=1)
    admin.post(PutCameras(cameras=(masked,)))
    head = _head(admin)
    admin.post(PutCameras(cameras=(replace(camera, name="西单", version=2),)))
    assert _head(admin) == head, "the same credentials entered again change nothing"
    admin.close()
    ((name, user, password),) = central_server.query("SELECT name, username, password FROM camera")
    key = CameraKey((central_server.home / "central" / "camera.key").read_text())
    opened = key.opened(replace(camera, username=user, password=password))
    assert (name, opened) == ("西单", camera)


@pytest.mark.both_databases
def test_that_the_sites_tables_come_with_a_new_central_and_travel(
    central_server: CentralServer, database: Database
) -> None:
    admin, desk = central_server.client(Role.ADMINISTRATOR), central_server.client()
    url = f"{central_server.url}/v1/admin/rows"
    found = admin.http.get(f"{url}/catalogue", params={"catalogue": "form"}, timeout=60).json()
    assert [one["code"] for one in found["rows"]] == [form.code for form in FORMS]
    with desk.stream(epoch=desk.session["epoch"], rev=_head(desk)) as stream:
        done = admin.post(PutCatalogue(items=(FORM,)), PutGrids(grids=(GRID,)))
        assert [one.verdict for one in done] == [Verdict.ACCEPTED] * 2
        kinds: set[str] = set()
        while kinds != {"catalogue", "grid"}:
            kinds |= {change.row_kind for change in stream.until(Changes).changes}
    missing = admin.http.get(f"{url}/incident", timeout=60)
    assert missing.status_code == 404
    roles = admin.http.get(f"{central_server.url}/v1/admin/roles", timeout=60).json()["roles"]
    assert {one["id"] for one in roles} == set(Role)
    for client in (admin, desk):
        client.close()


def _head(client: CentralClient) -> int:
    return int(client.http.get(f"{client.server.url}/v1/health", timeout=60).json()["head"])


def test_that_every_table_goes_out_into_a_file_and_comes_back_the_same(tmp_path: Path) -> None:
    samples = {
        "jurisdictions": Jurisdiction(id="c", parent=None, level=JurisdictionLevel.CITY,
                                      name_zh="北京", name_en="Beijing", lat=39.9, lon=116.4),
        "grids": GRID,
        "sensors": Sensor(id="n1", kind=SensorKind.NOISE, name="工地", limit=70.0, period_s=30,
                          alarm_after_s=300, alarm_from="22:00", alarm_until="06:00",
                          alarm_priority=2, response="查看许可"),
        "units": replace(some_units(1)[0], skills=("legal", "crane"), phone="+86 10"),
        "limits": LimitRule(id="l1", limit="4wh", stage=Stage.VERIFY, form="0301"),
        "calendar": CalendarDay(id="2027-02-06", works=True, note="调休"),
        "place-notes": CatalogueItem(
            id="place_note:n1", catalogue=CatalogueName.PLACE_NOTE, code="n1", name_zh="站",
            name_en="Station", details={"kind": "hazard", "lat": 39.9, "lon": 116.4,
                                        "radius_m": 50.0, "text": "院内有狗"}, version=1),
        "detectors": CatalogueItem(
            id="detector:street", catalogue=CatalogueName.DETECTOR, code="street", name_zh="街面",
            name_en="Street", details={"model": "/opt/street.onnx", "classes": "car=0503,face",
                                       "threshold": 0.45, "output": "yolo"}, version=1),
        "cameras": Camera(id="c1", name="=东单", main_url="rtsp://h/1", lat=39.9, lon=116.4),
    }  # fmt: skip
    for section in SECTIONS:
        every = (*seeded(), *seeded_desk())
        mine = [one for one in every if one.catalogue is section.catalogue]
        rows = [samples[section.name]] if section.name in samples else mine  # type: ignore[list-item]
        assert rows, section.name
        for kind in ("csv", "xlsx"):
            path = tmp_path / f"{section.name}.{kind}"
            write_section(path, section, list(rows))
            report = ImportReport()
            back = read_section(path, section, report, present={row.id: row for row in rows})
            assert report.lines == []
            assert sorted(back, key=lambda row: row.id) == sorted(rows, key=lambda row: row.id)
    places = section_of("cameras")
    write_section(tmp_path / "c.geojson", places, [samples["cameras"]])
    report = ImportReport()
    (read,) = read_section(tmp_path / "c.geojson", places, report, present={})
    assert (read.lat, read.lon, report.bad) == (39.9, 116.4, 0)  # type: ignore[union-attr]


def section_of(name: str) -> Section:
    found = section_called(name)
    assert found is not None
    return found


def test_that_bad_rows_of_a_file_are_told_by_line_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "forms.csv"
    path.write_text(
        "code,name_zh,parent,level,limit_h,night\n0505,单车,05,3,4,否\n0506,坏,05,often,4,\n"
        "0507,坏,05,2,,\n0505,单车,05,3,4,no\n", encoding="utf-8",
    )  # fmt: skip
    report = ImportReport()
    rows = read_section(path, section_of("forms"), report, present={})
    assert [row.id for row in rows] == ["form:0505"]
    assert [line for line, _ in report.lines] == [3, 4, 5]
    assert "“level” cannot be 'often': a whole number." in report.text()
    assert "twice" in report.text()
    assert "“limit_h”" in report.text()
    (tmp_path / "x.geojson").write_text("{}")
    with pytest.raises(ZhihuiError, match="no GeoJSON feature collection"):
        read_section(tmp_path / "x.geojson", section_of("grids"), report, present={})


def test_that_what_a_file_does_not_name_stays_as_it_is(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "no", "call_sign", "kind", "phone"])
    sheet.append(["u1", 1, "K1", "officer", 13800001111])
    book.save(tmp_path / "u.xlsx")
    book.close()
    held = replace(some_units(1)[0], name="王", radio="R-1", version=4)
    (row,) = read_section(tmp_path / "u.xlsx", section_of("units"), ImportReport(),
                          present={"u1": held})  # fmt: skip
    assert row == replace(held, phone="13800001111")


def test_that_flat_values_are_read_as_people_write_them() -> None:
    units = section_of("units")
    row = row_from_flat(units, {"id": "u9", "no": "9", "call_sign": "K9", "kind": "vehicle",
                                "skills": "crane, legal", "officers": ""})  # fmt: skip
    assert flat_row(units, row)["skills"] == "crane legal"
    assert row.officers == 1  # type: ignore[union-attr]
    for flat, told in (
        ({"id": "u9"}, "“no” cannot be ''"),
        ({"id": "u", "no": "x", "call_sign": "K", "kind": "vehicle"}, "a whole number"),
        ({"id": "u", "no": 1, "call_sign": "K", "kind": "boat"}, "one of officer, patrol"),
        ({"id": "u", "colour": "red"}, "no such field"),
    ):
        with pytest.raises(ZhihuiError, match=told):
            row_from_flat(units, flat)


def test_that_a_form_of_the_site_has_its_own_level_limit_and_names(
    central_server: CentralServer,
) -> None:
    admin, desk = central_server.client(Role.ADMINISTRATOR), central_server.client()
    own = replace(FORM, details={"level": 1, "limit_h": 3.0})
    admin.post(PutCatalogue(items=(own,)))
    opened = OpenIncident(incident="i", form="0505", place="p", summary="s", channel="12345")
    desk.post(opened, AssignUnit(assignment="a", incident="i", unit="u1"))
    officer = central_server.officer("K1")
    tasks = officer.http.get(f"{central_server.url}/v1/handheld/tasks", timeout=60).json()["tasks"]
    (row,) = central_server.query("SELECT level, due_at - opened_at FROM incident")
    assert (row[0], row[1]) == (1, 3 * 3_600_000_000)
    assert (tasks[0]["form_zh"], tasks[0]["level"]) == ("共享单车乱停", 1)
    for client in (admin, desk, officer):
        client.close()
