"""Reading rows of other people's tables: CSV (UTF-8 or GB18030), XLSX and Parquet, as they come."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import openpyxl
import pyarrow
import pyarrow.parquet

from console.gateways.rows import ImportFileError

#: One line of the file and its cells by column name.
NumberedRow = tuple[int, dict[str, Any]]
_PROBE_BYTES = 1 << 20


def read_rows(path: Path) -> Iterator[NumberedRow]:
    """Yield (line number, cells by column name) of a CSV, XLSX or Parquet file.

    Raises:
        ImportFileError: The file is missing, of another kind, or broken.
    """
    if not path.is_file():
        raise ImportFileError(f"There is no file {path}. Check the name.")
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _read_csv(path)
    if suffix in {".xlsx", ".xlsm"}:
        return _read_xlsx(path)
    if suffix in {".parquet", ".pq"}:
        return _read_parquet(path)
    raise ImportFileError(
        f"{path.name} ends in “{suffix}”; rows are read from .csv, .xlsx and .parquet files."
    )


def _read_csv(path: Path) -> Iterator[NumberedRow]:
    encoding = _encoding_of(path)
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        reader = csv.DictReader(stream, restkey="__rest__", delimiter=_delimiter(stream))
        try:
            if not reader.fieldnames:
                raise ImportFileError(f"{path.name} is empty: it has no line of column names.")
            for row in reader:
                yield reader.line_num, {(key or "").strip(): value for key, value in row.items()}
        except csv.Error as error:
            raise ImportFileError(
                f"{path.name} cannot be read beyond line {reader.line_num}: {error}."
            ) from error


def _delimiter(stream: TextIO) -> str:
    """Return what parts the column names: spreadsheets write semicolons or tabs in some places."""
    names = stream.readline()
    stream.seek(0)
    return max(",;\t", key=names.count)


def _encoding_of(path: Path) -> str:
    """Return the encoding of a CSV file: by its mark, UTF-8 where it decodes, else GB18030."""
    with path.open("rb") as stream:
        probe = stream.read(_PROBE_BYTES)
    if probe.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if probe.startswith((b"PK\x03\x04", b"\x00", b"\x1f\x8b")):
        raise ImportFileError(f"{path.name} is no text file; export it as CSV or XLSX.")
    try:
        io.TextIOWrapper(io.BytesIO(probe[: probe.rfind(b"\n") + 1] or probe), "utf-8").read()
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _read_xlsx(path: Path) -> Iterator[NumberedRow]:
    try:
        yield from _sheet_rows(path)
    except ImportFileError:
        raise
    except Exception as error:
        raise ImportFileError(f"{path.name} is no readable XLSX file ({error}).") from error


def _sheet_rows(path: Path) -> Iterator[NumberedRow]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        if not book.worksheets:
            raise ImportFileError(f"{path.name} has no sheet with rows.")
        rows = book.worksheets[0].iter_rows(values_only=True)
        names = [str(cell).strip() if cell is not None else "" for cell in next(rows, ())]
        if not any(names):
            raise ImportFileError(f"{path.name} has no line of column names on its first sheet.")
        for number, cells in enumerate(rows, start=2):
            if any(cell is not None for cell in cells):
                yield number, dict(zip(names, cells, strict=False))
    finally:
        book.close()


def _read_parquet(path: Path) -> Iterator[NumberedRow]:
    try:
        table = pyarrow.parquet.ParquetFile(path)
        number = 1
        for batch in table.iter_batches(batch_size=4096):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (pyarrow.ArrowException, OSError) as error:
        raise ImportFileError(f"{path.name} is no readable Parquet file ({error}).") from error
