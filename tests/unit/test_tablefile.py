"""Lists taken out as CSV or XLSX."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from console.app.tablefile import TableFileError, write_table


def test_that_a_list_is_written_safely_for_spreadsheets(tmp_path: Path) -> None:
    rows = [("=1+1", 2, 0.5), ("朝阳", 3, 1.0)]
    book = tmp_path / "out" / "a.xlsx"
    write_table(book, ("名称", "n", "share"), rows, title="unseen", widths=(10, 5, 5))
    sheet = load_workbook(book).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]] == ["'=1+1", 2, 0.5]
    plain = tmp_path / "a.csv"
    write_table(plain, ("名称", "n", "share"), rows, title="unseen", widths=(10, 5, 5))
    assert plain.read_text(encoding="utf-8-sig").splitlines()[2] == "朝阳,3,1.0"
    with pytest.raises(TableFileError, match="give another place"):
        write_table(tmp_path, ("a",), [], title="t", widths=(1,))
