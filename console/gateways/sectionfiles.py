"""Files of administration: CSV, XLSX and GeoJSON in and out, bad rows by line and reason."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl

from console.domain.audit import MASK
from console.domain.catalogue import DetailKind
from console.gateways.rows import BadRowError, ImportFileError, ImportReport
from console.gateways.sections import CellError, Section, flat_row, row_from_flat
from console.gateways.tables import read_rows
from console.protocol.codec import Row

_GEO = frozenset({".geojson", ".json"})
#: Never taken for a formula by a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read_section(
    path: Path, section: Section, report: ImportReport, *, present: Mapping[str, Row]
) -> list[Row]:
    """Return the rows in a file; one that cannot be used goes into the report.

    Args:
        path: A CSV, XLSX, Parquet or GeoJSON file.
        section: The table they are for.
        report: Counts what is taken, and tells what is not.
        present: Rows as they are by id: what a file does not name stays as it is.

    Raises:
        ImportFileError: The file as a whole cannot be read.
    """
    is_geo = path.suffix.lower() in _GEO
    report.thing = "feature" if is_geo else "line"
    found: dict[str, Row] = {}
    for line, cells in _features(path) if is_geo else read_rows(path):
        try:
            flat = _named(section, cells)
            row = row_from_flat(section, flat, earlier=_earlier(section, flat, present))
            if row.id in found:
                raise BadRowError("the same row stands in the file twice", row.id)
        except CellError as error:
            report.reject(line, BadRowError(str(error)))
            continue
        except BadRowError as error:
            report.reject(line, error)
            continue
        found[row.id] = row
        report.taken += 1
    return list(found.values())


def _earlier(section: Section, flat: Mapping[str, Any], present: Mapping[str, Row]) -> Row | None:
    if section.catalogue is None:
        return present.get(str(flat.get("id") or ""))
    try:
        return present.get(row_from_flat(section, flat).id)
    except CellError:
        return None


def _named(section: Section, cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells a table knows; a column it does not know is left alone if it is empty."""
    known = {one.name for one in section.fields} | {"id", "retired"}
    flat = {name: _unquoted(value) for name, value in cells.items() if name in known}
    if not flat:
        raise BadRowError(f"no column is called {', '.join(sorted(known))}")
    # What is as it was exported stays as it is.
    return {
        name: value
        for name, value in flat.items()
        if not (name in {"username", "password"} and value == MASK)
    }


def _unquoted(value: Any) -> Any:
    """Return a cell without the mark that keeps spreadsheets from taking it for a formula."""
    if isinstance(value, str) and value.startswith("'") and value[1:].startswith(_FORMULA):
        return value[1:]
    return value


def _features(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        read: Any = json.loads(path.read_text(encoding="utf-8-sig"))
        features = read["features"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ImportFileError(f"{path.name} is no GeoJSON feature collection ({error}).") from error
    if not isinstance(features, list):
        raise ImportFileError(f"{path.name} is no GeoJSON feature collection.")
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict):
            yield number, {}
            continue
        properties, geometry = feature.get("properties"), feature.get("geometry")
        cells = dict(properties) if isinstance(properties, dict) else {}
        if isinstance(geometry, dict) and geometry.get("type") == "Point":
            cells |= _place(geometry)
        elif geometry is not None:
            cells["shape"] = json.dumps(geometry, ensure_ascii=False)
        if "id" not in cells and feature.get("id") is not None:
            cells["id"] = str(feature["id"])
        yield number, cells


def _place(geometry: Mapping[str, Any]) -> dict[str, Any]:
    at = geometry.get("coordinates")
    if not isinstance(at, list) or len(at) < 2:
        return {}
    return {"lon": at[0], "lat": at[1]}


def write_section(path: Path, section: Section, rows: list[Row]) -> None:
    """Write rows into a file that `read_section` reads again.

    Raises:
        ImportFileError: Files of this kind are not written.
    """
    flats = [flat_row(section, row) for row in sorted(rows, key=lambda row: row.id)]
    names = list(dict.fromkeys(["id", *(one.name for one in section.fields), "retired"]))
    writers = {".csv": _write_csv, ".xlsx": _write_xlsx, ".geojson": _write_geojson}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise ImportFileError(f"{path.name}: rows are written to .csv, .xlsx and .geojson files.")
    if path.suffix.lower() == ".geojson" and not _is_spatial(section):
        raise ImportFileError(f"{section.name} have no place; write them to .csv or .xlsx.")
    writer(path, names, flats)


def _is_spatial(section: Section) -> bool:
    names = {one.name for one in section.fields}
    return "lat" in names or any(one.kind is DetailKind.SHAPE for one in section.fields)


def _write_csv(path: Path, names: list[str], flats: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(names)
        rows.writerows([[_cell(flat[name]) for name in names] for flat in flats])


def _write_xlsx(path: Path, names: list[str], flats: list[dict[str, Any]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    if sheet is None:
        raise ImportFileError(f"{path.name} could not be made.")
    sheet.append(names)
    for flat in flats:
        sheet.append([_cell(flat[name]) for name in names])
    book.save(path)
    book.close()


def _write_geojson(path: Path, _names: list[str], flats: list[dict[str, Any]]) -> None:
    features = []
    for flat in flats:
        shape = flat.pop("shape", None)
        lat, lon = flat.get("lat"), flat.get("lon")
        geometry = json.loads(shape) if shape else None
        if geometry is None and lat is not None and lon is not None:
            geometry = {"type": "Point", "coordinates": [lon, lat]}
        features.append({"type": "Feature", "properties": flat, "geometry": geometry})
    told = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value
