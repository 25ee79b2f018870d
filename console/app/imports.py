"""`zhihui import`: OpenStreetMap, camera points and complaints, with a report of bad rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import numpy as np

from console.app import register
from console.app.site import pack_of_home
from console.domain.errors import ZhihuiError
from console.domain.places import Camera
from console.gateways.cameras import read_cameras, with_districts
from console.gateways.complaints import ImportedComplaint, load_mapping, read_complaints
from console.gateways.onto import move_onto
from console.gateways.rows import ImportReport
from console.protocol.commands import PutCameras
from console.store.citypack import CityPack

MAPPINGS = Path(__file__).resolve().parents[2] / "resources" / "mappings"
CAMERAS_A_COMMAND = 500


class ImportRequestError(ZhihuiError):
    """An import that was asked for in a way that cannot work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What `zhihui import` was asked for.

    Attributes:
        mapping: TOML file, or the name of one that ships with the program ("boston311").
        out: Where the result goes; ``None`` for the usual place in the home.
        zone: IANA name of the city's time zone; ``None`` for what the extract tells.
        onto: City pack that complaints of another city are moved onto.
        datum: Of cameras' positions where no column says: "wgs84", "gcj02" or "bd09".
        gateway: RTSP address that stands for a GB/T 28181 id, empty for none.
    """

    kind: str
    path: Path
    home: Path
    mapping: Path | None = None
    out: Path | None = None
    name: str | None = None
    zone: str | None = None
    onto: Path | None = None
    datum: str = "wgs84"
    gateway: str = ""


def import_file(request: ImportRequest) -> int:
    """Import one file and print the report; returns 0 when anything was taken."""
    if not request.path.is_file():
        raise ImportRequestError(f"There is no file {request.path}. Check the name.")
    kinds = {"osm": _import_osm, "cameras": _import_cameras, "complaints": _import_complaints}
    report = kinds[request.kind](request)
    if report.bad:
        report.notes.append(f"Every row left out, with its reason: {_write_bad(request, report)}")
    print(report.text())
    return 0 if report.taken else 1


def _write_bad(request: ImportRequest, report: ImportReport) -> Path:
    """Write all bad rows where a person can work through them; returns the file."""
    out = request.home / "logs" / f"left-out-{request.path.name}.csv"
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow([report.thing, "reason"])
        rows.writerows(report.lines)
    return out


def _import_osm(request: ImportRequest) -> ImportReport:
    from console.gateways.osm import import_osm  # noqa: PLC0415 - loads osmium and shapely

    out = request.out or request.home / "city" / f"{request.path.name.split('.')[0]}.citypack"
    out.parent.mkdir(parents=True, exist_ok=True)
    report = import_osm(
        request.path, out, name=request.name, zone=_zone(request.zone), progress=_say
    )
    report.notes.append(f"City pack: {out} — start it with: zhihui run --city {out}")
    return report


def _zone(name: str | None) -> str | None:
    if name is not None:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ImportRequestError(
                f"There is no time zone {name!r}; write it like Europe/Helsinki."
            ) from error
    return name


def _import_cameras(request: ImportRequest) -> ImportReport:
    report = ImportReport()
    cameras = _placed(
        read_cameras(request.path, report, datum=request.datum, gateway=request.gateway),
        request.home,
        report,
    )
    bodies = [
        PutCameras(cameras=tuple(cameras[start : start + CAMERAS_A_COMMAND]))
        for start in range(0, len(cameras), CAMERAS_A_COMMAND)
    ]
    if bodies:
        report.notes.append(register.carry_out(request.home, bodies))
    return report


def _placed(cameras: list[Camera], home: Path, report: ImportReport) -> list[Camera]:
    """Return the points with the districts of the home's city, where it has one."""
    path = pack_of_home(home)
    nowhere = sum(camera.lat is None for camera in cameras)
    if nowhere:
        report.notes.append(f"{nowhere} points have no position: on the wall, not on the map.")
    if path is None:
        report.notes.append("This home has no city yet: districts stay empty.")
        return with_districts(cameras, (), [(None, None)] * len(cameras))
    lat = np.array([np.nan if one.lat is None else one.lat for one in cameras], np.float64)
    lon = np.array([np.nan if one.lon is None else one.lon for one in cameras], np.float64)
    with CityPack.open(path) as pack:
        outside = int((~np.isnan(lat) & ~pack.bounds.mask(lat, lon)).sum())
        if outside:
            report.notes.append(f"{outside} points lie outside the city; is the datum right?")
        districts, streets = pack.districts_at(lat, lon)
        return with_districts(
            cameras, pack.jurisdictions(), list(zip(districts, streets, strict=True))
        )


def _import_complaints(request: ImportRequest) -> ImportReport:
    report = ImportReport()
    if request.mapping is None:
        known = ", ".join(sorted(path.stem for path in MAPPINGS.glob("*.toml")))
        raise ImportRequestError(
            f"Say which column is what: --mapping FILE.toml, or one that ships: {known}."
        )
    shipped = MAPPINGS / f"{request.mapping.name}.toml"
    path = shipped if shipped.is_file() and not request.mapping.is_file() else request.mapping
    complaints = read_complaints(request.path, load_mapping(path), report)
    if request.onto is not None:
        complaints = move_onto(complaints, request.onto, report)
    out = request.out or request.home / "city" / f"{request.path.stem}.complaints.jsonl"
    _write_lines(complaints, out)
    report.notes.append(f"Complaints: {out} — replay them with: zhihui run --complaints {out}")
    return report


def _write_lines(complaints: Sequence[ImportedComplaint], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_suffix(out.suffix + ".part")
    with draft.open("w", encoding="utf-8") as stream:
        for complaint in complaints:
            stream.write(json.dumps(msgspec.to_builtins(complaint), ensure_ascii=False) + "\n")
    draft.replace(out)


def _say(text: str) -> None:
    print(text, flush=True)
