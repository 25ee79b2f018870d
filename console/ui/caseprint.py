"""A case on paper and any list in a file: PDF for the archive, CSV and XLSX for a table."""

from __future__ import annotations

import csv
import html
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QAbstractItemModel, QCoreApplication, QMarginsF, Qt, QUrl
from PySide6.QtGui import QFont, QImage, QPageLayout, QPageSize, QPdfWriter, QTextDocument

from console.domain.assignments import AssignmentState
from console.domain.errors import ZhihuiError
from console.domain.places import Evidence
from console.ui.card import IncidentCard
from console.ui.commandtexts import task_lines
from console.ui.logtexts import detail_text
from console.ui.words import (
    channel_word,
    copy_text,
    evidence_word,
    form_word,
    level_word,
    moment_text,
    person_word,
    place_word,
    stage_word,
    step_word,
    verb_word,
)

_PICTURE_PX, _STILL_PX = 420, 200
_POINTS = 9.0
_DPI = 150


class FileNotWrittenError(ZhihuiError):
    """A file could not be written; says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be written: {reason}. Choose another place.")
        self.path = path


def _say(text: str) -> str:
    return QCoreApplication.translate("CasePrint", text)


def case_html(
    card: IncidentCard,
    pictures: Collection[str] = (),
    films: Mapping[str, Sequence[float]] | None = None,
) -> str:
    """Return the file of a case as HTML: what it is, its reports, its course, its evidence.

    Args:
        card: The case.
        pictures: Hashes of evidence whose pictures are shown, as ``evidence:HASH``.
        films: Of films whose stills are shown, by hash: when in the film each is, seconds; they
            are ``evidence:HASH-0`` and so on.
    """
    incident, times_s = card.incident, films or {}
    wheres = [place_word(one) for one in (card.district, card.street) if one is not None]
    facts = [
        (_say("Number"), incident.number or "—"),
        (_say("Form"), f"{incident.form} {form_word(incident.form)}"),
        (_say("Level"), level_word(incident.level)),
        (_say("Stage"), stage_word(incident.stage)),
        (_say("Place"), " · ".join([*wheres, incident.place])),
        (_say("What is known"), incident.summary),
        (_say("Opened"), moment_text(incident.opened_at)),
        (_say("Limit"), moment_text(incident.due_at)),
        (_say("Outcome"), incident.outcome or "—"),
        (_say("Rating"), "—" if incident.rating is None else f"{incident.rating} / 5"),
    ]
    reports = [
        (moment_text(one.received_at), channel_word(one.channel), one.caller or "", one.text)
        for one in card.reports
    ]
    units = [
        (
            line.call_sign,
            *(_step(one, line.time_of(one)) for one in line.assignment.steps),
            *(words for words, _ in task_lines(line)),
        )
        for line in card.assignments
    ]
    log = [
        (
            moment_text(line.entry.at), person_word(line.actor or "—"),
            verb_word(line.entry.verb), detail_text(line.entry),
        )
        for line in card.log
    ]  # fmt: skip
    evidence = [
        (
            moment_text(one.captured_at),
            f"{evidence_word(one.kind)} ({copy_text(one)})"
            if one.is_copy
            else evidence_word(one.kind),
            f"{one.size}",
            one.sha256,
        )
        for one in card.evidence
    ]
    parts = [
        f"<h1>{_text(incident.number or incident.place)}</h1>",
        _table(facts),
        *_section(_say("Reports"), reports),
        *_section(_say("Units"), [(sign, ", ".join(steps)) for sign, *steps in units]),
        *_section(_say("Course"), log),
        *_section(_say("Evidence (time, kind, bytes, SHA-256)"), evidence),
        *(_picture(one) for one in card.evidence if one.sha256 in pictures),
        *(_film(one, times_s[one.sha256]) for one in card.evidence if one.sha256 in times_s),
    ]
    return "".join(parts)


def _picture(evidence: Evidence) -> str:
    at = _text(f"{moment_text(evidence.captured_at)} · {evidence.sha256[:16]}")
    return f'<p><img src="evidence:{evidence.sha256}" width="{_PICTURE_PX}"><br>{at}</p>'


def _film(evidence: Evidence, times_s: Sequence[float]) -> str:
    """Return stills of a film in a row, each with its time in the film, and whose they are."""
    told = _text(f"{moment_text(evidence.captured_at)} · {evidence.sha256[:16]}")
    words = _say("{0} s into the film")
    cells = "".join(
        f'<td><img src="evidence:{evidence.sha256}-{no}" width="{_STILL_PX}"><br>'
        f"{_text(words.format(f'{at_s:.1f}'))}</td>"
        for no, at_s in enumerate(times_s)
    )
    return f'<p>{told}</p><table cellspacing="0" cellpadding="4"><tr>{cells}</tr></table>'


def write_case_pdf(
    card: IncidentCard,
    path: Path,
    pictures: Mapping[str, bytes] | None = None,
    films: Mapping[str, Sequence[tuple[float, bytes]]] | None = None,
) -> None:
    """Write the file of a case as PDF, A4.

    Args:
        card: The case.
        path: Where to.
        pictures: Bytes of the pictures among its evidence, by hash; what is none is left out.
        films: Stills of the films among it, by hash: seconds into the film, and the picture.

    Raises:
        FileNotWrittenError: It cannot be written there.
    """
    shown = {sha256: QImage.fromData(data) for sha256, data in (pictures or {}).items()}
    seen = {sha256: picture for sha256, picture in shown.items() if not picture.isNull()}
    title = card.incident.number or card.incident.place
    times = {sha256: [at_s for at_s, _ in stills] for sha256, stills in (films or {}).items()}
    stills = {
        f"{sha256}-{no}": QImage.fromData(data)
        for sha256, found in (films or {}).items()
        for no, (_, data) in enumerate(found)
    }
    write_pdf(case_html(card, seen, times), path, title, pictures={**seen, **stills})


def write_pdf(
    text: str, path: Path, title: str, *, pictures: Mapping[str, QImage] | None = None
) -> None:
    """Write HTML as PDF, A4, with page numbers; its text can be searched and copied.

    Args:
        text: The HTML.
        path: Where to.
        title: What the file is called inside.
        pictures: What ``evidence:HASH`` and ``evidence:HASH-0`` show, by what follows the colon.

    Raises:
        FileNotWrittenError: It cannot be written there.
    """
    _check(path)
    writer = QPdfWriter(str(path))
    writer.setResolution(_DPI)
    writer.setTitle(title)
    margins = QMarginsF()  # the document leaves 2 cm on each side by itself
    page = QPageSize(QPageSize.PageSizeId.A4)
    unit = QPageLayout.Unit.Millimeter
    writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, margins, unit))
    document = QTextDocument()
    document.setDefaultFont(paper_font())
    for sha256, picture in (pictures or {}).items():
        address = QUrl(f"evidence:{sha256}")
        document.addResource(QTextDocument.ResourceType.ImageResource, address, picture)
    document.setHtml(text)
    document.print_(writer)
    if not path.is_file() or path.stat().st_size == 0:
        raise FileNotWrittenError(path, "nothing came out")


def paper_font() -> QFont:
    """Return the interface's font without what puts other glyphs in the place of digits.

    Such glyphs stand for no letter of their own: digits of one width (``tnum``), and in Noto's CJK
    fonts those beside Latin letters (``locl``), would be printed right, but be found and copied as
    something else.
    """
    font = QFont()
    font.clearFeatures()
    font.setFeature(QFont.Tag("locl"), 0)
    font.setPointSizeF(_POINTS)
    return font


def write_list(model: QAbstractItemModel, path: Path) -> int:
    """Write the rows of any list with its heading; XLSX by the file's ending, else CSV.

    Returns:
        How many rows were written.

    Raises:
        FileNotWrittenError: It cannot be written there.
    """
    rows = list_rows(model)
    _check(path)
    writers: dict[str, Callable[[Sequence[Sequence[str]], Path], None]] = {".xlsx": _xlsx}
    try:
        writers.get(path.suffix.casefold(), _csv)(rows, path)
    except OSError as error:
        raise FileNotWrittenError(path, error.strerror or str(error)) from error
    return len(rows) - 1


def list_rows(model: QAbstractItemModel) -> list[list[str]]:
    """Return the heading and the rows of a list as they are shown."""
    columns = range(model.columnCount())
    heading = [str(model.headerData(one, Qt.Orientation.Horizontal) or "") for one in columns]
    body = [
        [str(model.index(row, one).data() or "") for one in columns]
        for row in range(model.rowCount())
    ]
    return [heading, *body]


def _csv(rows: Sequence[Sequence[str]], path: Path) -> None:
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([_plain(cell) for cell in row] for row in rows)


def _xlsx(rows: Sequence[Sequence[str]], path: Path) -> None:
    from openpyxl import Workbook  # noqa: PLC0415 - a console that exports nothing never needs it

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([_plain(cell) for cell in row])
    book.save(path)


def _plain(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "@"} else cell


def _check(path: Path) -> None:
    if not path.parent.is_dir():
        raise FileNotWrittenError(path, "there is no such folder")


def _step(state: AssignmentState, at: datetime | None) -> str:
    return f"{step_word(state)} {moment_text(at)}"


def _section(title: str, rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"<h2>{_text(title)}</h2>", _table(rows)] if rows else []


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = ("".join(f"<td>{_text(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table border="1" cellspacing="0" cellpadding="4" width="100%">{body}</table>'


def _text(words: str) -> str:
    return html.escape(words)
