"""A case on paper and any list in a file: PDF for the archive, CSV and XLSX for a table."""

from __future__ import annotations

import csv
import html
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QAbstractItemModel, QCoreApplication, QMarginsF, Qt
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter, QTextDocument

from console.domain.assignments import AssignmentState
from console.domain.errors import ZhihuiError
from console.ui.card import IncidentCard
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

_MARGIN_MM = 18.0
_DPI = 150


class FileNotWrittenError(ZhihuiError):
    """A file could not be written; says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be written: {reason}. Choose another place.")
        self.path = path


def _say(text: str) -> str:
    return QCoreApplication.translate("CasePrint", text)


def case_html(card: IncidentCard) -> str:
    """Return the file of a case as HTML: what it is, its reports, its course, its evidence."""
    incident = card.incident
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
        (line.call_sign, *(_step(one, line.time_of(one)) for one in line.assignment.steps))
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
    ]
    return "".join(parts)


def write_case_pdf(card: IncidentCard, path: Path) -> None:
    """Write the file of a case as PDF, A4.

    Raises:
        FileNotWrittenError: It cannot be written there.
    """
    write_pdf(case_html(card), path, card.incident.number or card.incident.place)


def write_pdf(text: str, path: Path, title: str) -> None:
    """Write HTML as PDF, A4.

    Raises:
        FileNotWrittenError: It cannot be written there.
    """
    _check(path)
    writer = QPdfWriter(str(path))
    writer.setResolution(_DPI)
    writer.setTitle(title)
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    page = QPageSize(QPageSize.PageSizeId.A4)
    unit = QPageLayout.Unit.Millimeter
    writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, margins, unit))
    document = QTextDocument()
    document.setHtml(text)
    document.print_(writer)
    if not path.is_file() or path.stat().st_size == 0:
        raise FileNotWrittenError(path, "nothing came out")


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
