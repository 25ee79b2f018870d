"""A case on paper, the queue in a file."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from desk_city import change, filled_mirror
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QApplication
from test_ui_command_line import Places, Sent

from console.ui.card import card_of
from console.ui.caseactions import CaseActions
from console.ui.caseprint import case_html
from console.ui.commandline import CommandLine
from console.ui.mirror import Mirror
from console.ui.queue import IncidentQueueModel


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
