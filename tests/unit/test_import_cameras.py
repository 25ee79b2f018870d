"""Camera points of other systems' tables: read, told by line where they are bad, entered, seen."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from central_parts import CentralClient, CentralServer
from city_parts import LAT0, LON0, Watcher, write_small_pack

from console.app.imports import ImportRequest, import_file
from console.domain.levels import Role
from console.domain.places import Camera
from console.gateways.cameras import read_cameras
from console.gateways.rows import ImportFileError, ImportReport
from console.geo.datums import wgs84_to_bd09, wgs84_to_gcj02

NAMES = ["点位编号", "点位名称", "纬度", "经度", "坐标系", "方位角", "主码流地址", "子码流地址",
         "用户名", "密码", "行政区", "产权单位"]  # fmt: skip
#: A point of the Forbidden City's north gate, WGS-84.
PLACE = (39.9219, 116.3907)
GCJ = tuple(float(part) for part in wgs84_to_gcj02(*PLACE))
BD = tuple(float(part) for part in wgs84_to_bd09(*PLACE))
ROWS: list[list[object]] = [
    ["11010501", "工体北路与新东路路口", *PLACE, "WGS84", 90, "rtsp://10.1.2.3/1/main",
     "rtsp://10.1.2.3/1/sub", "admin", "s3cret", "朝阳区", "公安"],
    ["11010502", "神武门（火星坐标）", *GCJ, "GCJ-02", -90, "rtsp://u%40x:p%3Aw@10.1.2.4:8554/2?ch=1",
     "", "", "", "东城区", ""],
    ["11010503", "神武门（百度坐标）", *BD, "百度", "", "rtsps://[2001:db8::7]:322/3",
     "", "", "", "", ""],
    ["11010501", "同一编号", *PLACE, "", "", "rtsp://10.1.2.5/4", "", "", "", "", ""],
    ["11010504", "", *PLACE, "", "", "rtsp://10.1.2.6/5", "", "", "", "", ""],
    ["11010505", "没有地址", *PLACE, "", "", "", "", "", "", "", ""],
    ["11010506", "网页", *PLACE, "", "", "http://10.1.2.8/7", "", "", "", "", ""],
    ["11010507", "端口错", *PLACE, "", "", "rtsp://10.1.2.9:99999/8", "", "", "", "", ""],
    ["11010508", "反了", PLACE[1], PLACE[0], "", "", "rtsp://10.1.2.10/9", "", "", "", "", ""],
    ["11010509", "文字", "三十九", "116", "", "", "rtsp://10.1.2.11/10", "", "", "", "", ""],
    ["11010510", "一半", 39.9, "", "", "", "rtsp://10.1.2.12/11", "", "", "", "", ""],
    ["11010511", "坐标系", *PLACE, "北京54", "", "rtsp://10.1.2.13/12", "", "", "", "", ""],
    ["11010512", "方位", *PLACE, "", "北偏东", "rtsp://10.1.2.14/13", "", "", "", "", ""],
    ["1.10105E+17", "编号已被取整", *PLACE, "", "", "rtsp://10.1.2.15/14", "", "", "", "", ""],
    ["", "没有编号", 0, 0, "", "", "rtsp://10.1.2.16/15", "", "", "", "", ""],
]  # fmt: skip
BAD_LINES = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]


def as_csv(rows: list[list[object]], *, delimiter: str = ",") -> str:
    """Return rows under our column names as CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([NAMES, *rows])
    return out.getvalue()


def as_xlsx(path: Path, rows: list[list[object]]) -> Path:
    """Write rows under our column names to a workbook, as a spreadsheet does."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [NAMES, *rows]:
        sheet.append([None if cell == "" else cell for cell in row])
    book.save(path)
    book.close()
    return path


def read(path: Path, **options: str) -> tuple[list[Camera], ImportReport]:
    """Read a table; returns the points and the report."""
    report = ImportReport()
    return read_cameras(path, report, **options), report


def checked(cameras: list[Camera], report: ImportReport) -> None:
    """Assert that ROWS were read as they should be."""
    assert [line for line, _ in report.lines] == BAD_LINES
    assert (report.taken, report.bad) == (4, 11)
    first, gcj, bd, unnamed = cameras
    assert (first.id, first.name) == ("11010501", "工体北路与新东路路口")
    assert (first.main_url, first.sub_url) == ("rtsp://10.1.2.3/1/main", "rtsp://10.1.2.3/1/sub")
    assert (first.username, first.password) == ("admin", "s3cret")
    assert (first.bearing_deg, first.owner) == (90.0, "公安")
    assert (gcj.main_url, gcj.username, gcj.password) == (
        "rtsp://10.1.2.4:8554/2?ch=1", "u@x", "p:w",
    )  # fmt: skip
    assert gcj.bearing_deg == 270.0
    assert bd.main_url == "rtsps://[2001:db8::7]:322/3"
    for camera in (first, gcj, bd):
        assert (camera.lat, camera.lon) == pytest.approx(PLACE, abs=2e-6)
    assert (unnamed.lat, unnamed.lon) == (None, None)
    assert unnamed.id.startswith("cam-")


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_that_a_chinese_csv_is_read_in_the_encodings_spreadsheets_write(
    tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "点位.csv"
    path.write_bytes(as_csv(ROWS).encode(encoding))
    checked(*read(path))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_that_semicolons_and_tabs_part_columns_too(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "points.csv"
    path.write_text(as_csv(ROWS, delimiter=delimiter), encoding="utf-8")
    checked(*read(path))


def test_that_a_workbook_is_read_with_its_numbers_as_typed(tmp_path: Path) -> None:
    rows = [[int(str(row[0])) if str(row[0]).isdigit() else row[0], *row[1:]] for row in ROWS]
    checked(*read(as_xlsx(tmp_path / "点位.xlsx", rows)))


def test_that_an_id_that_a_spreadsheet_has_rounded_is_refused(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [34020000001320000005, *ROWS[0][1:]], ["34020000001320000006", *ROWS[1][1:]],
    ]  # fmt: skip
    rows[0][0] = float(34020000001320000005)
    cameras, report = read(as_xlsx(tmp_path / "a.xlsx", rows))
    assert [camera.id for camera in cameras] == ["34020000001320000006"]
    assert report.lines[0][0] == 2
    assert "rounded" in report.lines[0][1]


def test_that_a_point_without_an_id_keeps_the_one_it_got(tmp_path: Path) -> None:
    ids = []
    for name, rows in (("a", [ROWS[0], ROWS[14]]), ("b", [ROWS[14]])):
        path = tmp_path / f"{name}.csv"
        path.write_text(as_csv(rows), encoding="utf-8")
        ids.append(read(path)[0][-1].id)
    assert ids[0] == ids[1]


def test_that_the_datum_of_the_whole_file_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "gcj.csv"
    path.write_text(f"name,url,lat,lng\nGate,rtsp://h/1,{GCJ[0]},{GCJ[1]}\n", encoding="utf-8")
    ((camera,), _) = read(path, datum="gcj02")
    assert (camera.lat, camera.lon) == pytest.approx(PLACE, abs=2e-6)


def test_that_no_password_is_shown_in_the_report_or_a_point(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "name,url\nA,rtsp://u:geheim@h/1\nB,http://u:geheim@h/1\nC,rtsp://u:geheim@h:x/1\n",
        encoding="utf-8",
    )
    cameras, report = read(path)
    assert cameras[0].password == "geheim"
    assert "geheim" not in repr(cameras) + report.text()
    assert report.bad == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [("name,lat\nA,1\n", "main_url"), ("", "empty"), ("name,url\n", "no rows"),
     ("url\nrtsp://h/1\n", "no column for name")],
)  # fmt: skip
def test_that_a_table_that_is_none_is_refused_with_a_sentence(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ImportFileError, match=said):
        read(path)


def test_that_a_damaged_workbook_is_refused_with_a_sentence(tmp_path: Path) -> None:
    whole = as_xlsx(tmp_path / "whole.xlsx", ROWS).read_bytes()
    path = tmp_path / "cut.xlsx"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImportFileError, match=r"cut\.xlsx"):
        read(path)


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    """A central on a home whose city is the small one."""
    pack = write_small_pack(tmp_path / "city" / "small.citypack")
    (tmp_path / "city" / "seeded.json").write_text(json.dumps({"pack": pack.name}))
    server = CentralServer(tmp_path, pack_path=pack)
    server.seed()
    yield server
    server.stop()


def points_file(folder: Path) -> Path:
    """Write a table of one point in the small city and one bad row."""
    path = folder / "点位.csv"
    row = [
        "P1",
        "东长街",
        LAT0 + 0.01,
        LON0 + 0.01,
        "",
        "",
        "rtsp://u:p@h/1",
        "",
        "",
        "",
        "某区",
        "",
    ]
    path.write_bytes(as_csv([row, ROWS[4]]).encode("gb18030"))
    return path


def test_that_points_entered_while_central_runs_are_seen_as_a_change(
    central: CentralServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    central.start()
    client: CentralClient = central.client(Role.DISPATCHER)
    watcher = Watcher(client)
    request = ImportRequest(kind="cameras", path=points_file(tmp_path), home=tmp_path)
    assert import_file(request) == 0
    watcher.until(lambda: watcher.row("camera", "P1").get("name") == "东长街")
    row = watcher.row("camera", "P1")
    watcher.close()
    client.close()
    assert (row["district"], row["main_url"]) == ("D01", "rtsp://h/1")
    said = capsys.readouterr().out
    assert "1 rows taken, 1 left out" in said
    assert "running server" in said
    listed = (tmp_path / "logs" / "left-out-点位.csv.csv").read_text("utf-8-sig")
    assert listed.splitlines() == ["line,reason", "3,no name"]


def test_that_points_entered_while_nothing_runs_are_there_at_the_next_start(
    central: CentralServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = ImportRequest(kind="cameras", path=points_file(tmp_path), home=tmp_path)
    assert import_file(request) == 0
    assert "no server was running" in capsys.readouterr().out
    central.start()
    client = central.client(Role.DISPATCHER)
    watcher = Watcher(client)
    watcher.until(lambda: watcher.row("camera", "P1").get("district") == "D01")
    watcher.close()
    client.close()


def test_that_a_home_without_a_city_takes_points_without_districts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(points_file(tmp_path), home / "points.csv")
    assert import_file(ImportRequest(kind="cameras", path=home / "points.csv", home=home)) == 0
    assert "no city yet" in capsys.readouterr().out
