"""A case on paper, the queue in a file."""

from __future__ import annotations

import csv
import functools
import io
import threading
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import openpyxl
import pytest
from desk_city import change, filled_mirror
from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, QSize
from PySide6.QtGui import QImage
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from real_data import ROOT
from test_ui_command_line import Places, Sent

from console.app.desktop_models import looked
from console.domain.places import EvidenceKind
from console.ui.card import card_of
from console.ui.caseactions import CaseActions
from console.ui.caseprint import case_html, write_case_pdf
from console.ui.commandline import CommandLine
from console.ui.duty import DutyModel
from console.ui.dutyboard import DutyBoard
from console.ui.mirror import Mirror
from console.ui.queue import IncidentQueueModel
from console.video.filmstills import stills_of
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


@functools.cache
def a_film(container: str = "mp4") -> bytes:
    """Return three seconds of film at ten pictures a second: red, then green, then blue."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as film:
        track = film.add_stream("libx264" if container == "mp4" else "libvpx", rate=10)
        track.width, track.height, track.pix_fmt = 160, 96, "yuv420p"
        track.codec_context.gop_size = 30
        for no in range(31):
            image = np.zeros((96, 160, 3), np.uint8)
            image[:, :, min(no // 11, 2)] = 230
            for packet in track.encode(av.VideoFrame.from_ndarray(image, "rgb24")):
                film.mux(packet)
        for packet in track.encode(None):
            film.mux(packet)
    return out.getvalue()


def strongest(jpeg: bytes) -> int:
    """Return which of red, green and blue a picture has most of."""
    pixels = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))
    return int(pixels.reshape(-1, 3).mean(axis=0).argmax())


@pytest.mark.parametrize("container", ["mp4", "webm"])
def test_that_a_films_stills_are_its_first_middle_and_last_picture(container: str) -> None:
    stills = stills_of(a_film(container))
    assert [round(one.at_s, 1) for one in stills] == [0.0, 1.5, 3.0]
    assert [strongest(one.jpeg) for one in stills] == [0, 1, 2]


def test_that_a_film_without_a_length_has_stills_too_and_what_is_none_has_none() -> None:
    live = io.BytesIO()
    with (
        av.open(io.BytesIO(a_film("webm"))) as source,
        av.open(live, "w", format="webm", options={"live": "1"}) as film,
    ):
        track = film.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = track
                film.mux(packet)
    with av.open(io.BytesIO(live.getvalue())) as opened:
        assert opened.duration is None, "as browsers record"
    assert [strongest(one.jpeg) for one in stills_of(live.getvalue())] == [0, 1, 2]
    for broken in (b"", b"no film at all", a_film()[:300]):
        assert stills_of(broken) == ()


def test_that_films_are_printed_by_three_stills_with_their_times(
    line: CommandLine, mirror: Mirror, tmp_path: Path, qtbot: QtBot
) -> None:
    card = card_of(mirror, "i317")
    assert card is not None
    clip = replace(
        card.evidence[0], id="film", kind=EvidenceKind.VIDEO, media_type="video/mp4",
        sha256="cd" * 32, size=len(a_film()),
    )  # fmt: skip
    mirror._reader.rows.append(clip)
    line.paper.fetch = lambda sha256: done_with(a_film() if sha256 == "cd" * 32 else b"")
    path = tmp_path / "317.pdf"
    with qtbot.waitSignal(line.paper.written):
        assert line.run(f"/print 3 {path}")[1]
    colours = pages_of(path, tmp_path)
    for shift in (16, 8, 0):
        others = {0, 8, 16} - {shift}
        assert any(
            c >> shift & 255 > 180 and all(c >> one & 255 < 90 for one in others) for c in colours
        ), shift
    document = QPdfDocument()
    assert document.load(str(path)) is QPdfDocument.Error.None_
    text = "".join(document.getAllText(page).text() for page in range(document.pageCount()))
    document.close()
    flat = "".join(text.split())
    for at in ("0.0sintothefilm", "1.5sintothefilm", "3.0sintothefilm", "cd" * 32):
        assert at in flat, at


def test_that_a_film_that_fails_in_any_way_does_not_keep_the_case_from_paper(
    line: CommandLine, mirror: Mirror, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = card_of(mirror, "i317")
    assert card is not None
    clip = replace(
        card.evidence[0], id="film", kind=EvidenceKind.VIDEO, media_type="video/mp4",
        sha256="cd" * 32, size=9,
    )  # fmt: skip
    mirror._reader.rows.append(clip)
    threads: list[str] = []

    def fails(_film: bytes) -> object:
        threads.append(threading.current_thread().name)
        raise MemoryError

    monkeypatch.setattr("console.video.filmstills.stills_of", fails)
    line.paper.fetch = lambda _sha256: done_with(b"film")
    path = tmp_path / "317.pdf"
    with qtbot.waitSignal(line.paper.written):
        assert line.run(f"/print 3 {path}")[1]
    assert path.is_file()
    assert threads
    assert threads[0].startswith("stills"), "never in the window's thread"


def done_with(data: bytes) -> Future[bytes]:
    given: Future[bytes] = Future()
    given.set_result(data)
    return given


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
