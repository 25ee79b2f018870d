"""A list written as CSV or XLSX, for whoever goes on with it elsewhere."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

from console.domain.errors import ZhihuiError

Cell = str | float | int


class TableFileError(ZhihuiError):
    """A list cannot be written; says where and why."""


def write_table(
    path: Path,
    headings: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    title: str,
    widths: Sequence[int],
) -> None:
    """Write a list; a name that ends in .xlsx makes a workbook, any other a CSV file.

    Args:
        path: Where to; its folder is made.
        headings: One a column.
        rows: Cells; texts are made safe to open in a spreadsheet.
        title: Of the workbook's sheet.
        widths: Of the workbook's columns, characters.

    Raises:
        TableFileError: It cannot be written there.
    """
    safe = [[plain(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".xlsx":
            _as_workbook(path, headings, safe, title, widths)
        else:
            with path.open("w", encoding="utf-8-sig", newline="") as out:
                csv.writer(out).writerows([headings, *safe])
    except OSError as error:
        raise TableFileError(
            f"The list cannot be written to {path} ({error.strerror}); give another place."
        ) from error


def plain(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _as_workbook(
    path: Path,
    headings: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    title: str,
    widths: Sequence[int],
) -> None:
    book = Workbook()
    sheet = book.active
    if sheet is None:
        raise TableFileError("The workbook has no sheet; this is a fault of the program.")
    sheet.title = title
    sheet.append(list(headings))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append(list(row))
    for number, width in enumerate(widths):
        sheet.column_dimensions[chr(ord("A") + number)].width = width
    sheet.freeze_panes = "A2"
    book.save(path)
