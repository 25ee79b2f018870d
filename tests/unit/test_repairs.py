"""The repair list as files a person opens."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from console.app import wiring
from console.app.cli import main
from console.app.config import Config
from console.app.repairs import export
from console.app.tablefile import TableFileError
from console.domain.ids import CameraId
from console.domain.places import Camera
from console.video.looks import LooksReader, LooksWriter, SweepLook
from console.video.pointrecords import records
from console.video.sweep import write_points
from console.video.trouble import Trouble
from console.video.usual import FaultEvent

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def rows(tmp_path: Path) -> list:
    writer = LooksWriter(tmp_path / "looks.db")
    good, bad = CameraId("C1"), CameraId("C2")
    for n in range(4):
        at = NOON + timedelta(minutes=n)
        writer.put([(SweepLook(point=good, visited_at=at, picture_at=at), None)])
        trouble = None if n == 0 else Trouble.LOST
        look = SweepLook(
            point=bad, visited_at=at, picture_at=at if n == 0 else None, trouble=trouble
        )
        writer.put([(look, None)])
    at_s = NOON.timestamp()
    ended = FaultEvent(point=bad, fault=Trouble.BUSY, since_s=at_s - 7200, at_s=at_s, ended=True)
    running = FaultEvent(point=bad, fault=Trouble.LOST, since_s=at_s + 60, at_s=at_s + 120)
    writer.put_faults([ended, running])
    writer.close()
    cameras = [
        Camera(id=good, name="东门", main_url="rtsp://h/1", owner="police"),
        Camera(id=bad, name="=HYPERLINK(1)", main_url="rtsp://h/2", owner="site"),
    ]
    looks = LooksReader(tmp_path / "looks.db")
    return records(looks, cameras, since=NOON - timedelta(days=1))


def test_that_the_point_with_a_fault_comes_first_with_its_rates(tmp_path: Path) -> None:
    first, second = rows(tmp_path)
    assert (first.point, first.faults_now, first.online_rate) == ("C2", ("lost",), 0.25)
    assert first.repair_h == pytest.approx(2.0)
    assert (second.point, second.online_rate, second.good_rate) == ("C1", 1.0, 1.0)


def test_that_both_kinds_of_file_say_the_same_and_hold_no_formula(tmp_path: Path) -> None:
    found = rows(tmp_path)
    export(tmp_path / "out" / "list.csv", found)
    export(tmp_path / "out" / "list.xlsx", found)
    with (tmp_path / "out" / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    sheet = load_workbook(tmp_path / "out" / "list.xlsx").active
    assert sheet is not None
    cells = [[cell.value for cell in row] for row in sheet.rows]
    assert [row[0] for row in lines] == [row[0] for row in cells]
    assert lines[1][1] == cells[1][1] == "'=HYPERLINK(1)"
    assert float(lines[1][6]) == cells[1][6] == 0.25


def test_that_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TableFileError, match="give another place"):
        export(tmp_path / "file" / "list.csv", rows(tmp_path))


def test_that_the_command_writes_the_list(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    settings = wiring.sweep_settings(tmp_path, Config(), "main")
    write_points(
        settings.points_path, [Camera(id=CameraId("C1"), name="东门", main_url="rtsp://h/1")]
    )
    out = tmp_path / "list.csv"
    assert main(["repairs", "--home", str(tmp_path), "--out", str(out)]) == 0
    assert "1 camera points, 0 of them with a fault now" in capsys.readouterr().out
    assert "东门" in out.read_text(encoding="utf-8-sig")
