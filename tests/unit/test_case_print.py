"""A case on paper, the queue in a file."""

from __future__ import annotations

import csv
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from desk_city import change, filled_mirror
from PySide6.QtCore import QBuffer, QIODevice, QSize
from PySide6.QtGui import QImage
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from real_data import ROOT
from test_ui_command_line import Places, Sent

from console.app.desktop_models import looked
from console.ui.card import card_of
from console.ui.caseactions import CaseActions
from console.ui.caseprint import case_html, write_case_pdf
from console.ui.commandline import CommandLine
from console.ui.duty import DutyModel
from console.ui.dutyboard import DutyBoard
from console.ui.mirror import Mirror
from console.ui.queue import IncidentQueueModel
from widgets.common.appearance import Appearance


@pytest.fixture
def mirror(qapp: QApplication) -> Mirror:
    return filled_mirror()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def line(mirror: Mirror, said: list[str]) -> CommandLine:
    actions = CaseActions(mirror, Sent())
    actions.refused.connect(said.append)
    return CommandLine(mirror, IncidentQueueModel(mirror), actions, places=Places())


def test_that_a_case_is_printed_with_its_course_and_hashes(
    line: CommandLine, mirror: Mirror, tmp_path: Path
) -> None:
    path = tmp_path / "317.pdf"
    assert line.run(f"/print 3 {path}")[1]
    document = QPdfDocument()
    assert document.load(str(path)) is QPdfDocument.Error.None_
    assert document.pageCount() >= 1
    assert document.getAllText(0).text().strip()
    document.close()
    card = card_of(mirror, "i317")
    assert card is not None
    told = case_html(card)
    for wanted in ("20261122-00317", "工地夜里还在浇筑混凝土", "K7", "ab" * 32, "李女士"):
        assert wanted in told, wanted


def test_that_digits_in_the_interfaces_font_are_found_in_the_file(
    mirror: Mirror, tmp_path: Path, qapp: QApplication
) -> None:
    before = qapp.font()
    shown = Appearance(qapp, ROOT / "resources", theme="dark", language="en")
    try:
        card = card_of(mirror, "i317")
        assert card is not None
        path = tmp_path / "317.pdf"
        write_case_pdf(card, path)
        document = QPdfDocument()
        assert document.load(str(path)) is QPdfDocument.Error.None_
        text = "".join(document.getAllText(page).text() for page in range(document.pageCount()))
        document.close()
    finally:
        shown.use_language("en")
        qapp.setFont(before)
    flat = "".join(text.split())
    for wanted in (
        "20261122-00317",
        "0301",
        "K7",
        "2026-11-22",
        "82dB(A),22:41",
        "2048",
        "ab" * 16,
    ):
        assert wanted in flat, wanted


def test_that_pictures_of_the_evidence_are_in_the_file_when_they_have_come(
    line: CommandLine, mirror: Mirror, tmp_path: Path, qtbot: QtBot
) -> None:
    card = card_of(mirror, "i317")
    assert card is not None
    (photo,) = [one for one in card.evidence if one.media_type.startswith("image/")]
    picture = QImage(64, 48, QImage.Format.Format_RGB32)
    picture.fill(0xFF00AA)
    held = QBuffer()
    held.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(held, "PNG")
    waiting: dict[str, Future[bytes]] = {}
    line.paper.fetch = lambda sha256: waiting.setdefault(sha256, Future())
    path = tmp_path / "317.pdf"
    assert line.run(f"/print 3 {path}")[1]
    assert not path.exists()  # it waits for its picture
    with qtbot.waitSignal(line.paper.written):
        waiting[photo.sha256].set_result(bytes(held.data().data()))
    with_picture = pages_of(path, tmp_path)
    waiting.clear()
    assert line.run(f"/print 3 {path}")[1]
    with qtbot.waitSignal(line.paper.written):
        waiting[photo.sha256].set_exception(OSError("gone"))
    assert 0xFF00AA in with_picture
    assert 0xFF00AA not in pages_of(path, tmp_path)


def pages_of(path: Path, folder: Path) -> set[int]:
    """Return the colours on the pages of a file."""
    document = QPdfDocument()
    assert document.load(str(path)) is QPdfDocument.Error.None_
    found = set()
    for page in range(document.pageCount()):
        image = document.render(page, QSize(600, 848))
        found |= {
            image.pixel(x, y) & 0xFFFFFF
            for x in range(0, image.width(), 4)
            for y in range(0, image.height(), 4)
        }
    document.close()
    return found


def test_that_other_lists_are_exported_by_their_names(
    line: CommandLine, mirror: Mirror, tmp_path: Path
) -> None:
    line.paper.lists["duty"] = DutyModel(mirror)
    line.paper.makers["board"] = lambda: looked(DutyBoard(mirror))
    for word, name in (("勤务", "duty"), ("board", "board")):
        assert line.run(f"/导出 {word} {tmp_path / name}.csv")[1]
        with (tmp_path / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        assert len(rows) > 1, name


def test_that_the_queue_is_exported_as_it_is_shown(
    line: CommandLine, mirror: Mirror, tmp_path: Path
) -> None:
    change(mirror, replace(mirror.incident("i315"), place="=HYPERLINK(1)", version=9))
    for name in ("queue.csv", "queue.xlsx"):
        assert line.run(f"/export {tmp_path / name}")[1]
    with (tmp_path / "queue.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    sheet = openpyxl.load_workbook(tmp_path / "queue.xlsx").active
    assert [[str(cell or "") for cell in row] for row in sheet.values] == rows
    assert (len(rows), rows[0][1], rows[1][1]) == (7, "Number", "00316")
    assert "'=HYPERLINK(1)" in {row[3] for row in rows}


def test_that_a_file_that_cannot_be_written_is_told(
    line: CommandLine, said: list[str], tmp_path: Path
) -> None:
    assert not line.run(f"/print 3 {tmp_path / 'none' / 'x.pdf'}")[1]
    assert not line.run(f"/export {tmp_path / 'none' / 'x.csv'}")[1]
    assert not line.run("/export")[1]
    assert all("cannot be written" in one for one in said)
    assert len(said) == 2
