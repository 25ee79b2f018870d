"""Camera points from a table of another system: CSV or XLSX, Chinese or English column names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from console.dispatch.checks import checked_id
from console.domain.errors import RejectedError
from console.domain.ids import CameraId, JurisdictionId
from console.domain.places import Camera, Jurisdiction
from console.gateways.rows import BadRowError, ImportFileError, ImportReport
from console.gateways.tables import read_rows
from console.geo.datums import bd09_to_wgs84, gcj02_to_wgs84

#: Names a column may bear, by our field; compared without case, spaces and underscores.
COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "code", "camera id", "编号", "点位编号", "设备编码"),
    "name": ("name", "camera name", "名称", "点位名称", "设备名称"),
    "lat": ("lat", "latitude", "纬度"),
    "lon": ("lon", "lng", "longitude", "经度"),
    "bearing": ("bearing", "bearing deg", "azimuth", "方位", "方位角", "朝向"),
    "main_url": ("main url", "main", "url", "rtsp", "rtsp url", "主码流", "主码流地址", "地址"),
    "sub_url": ("sub url", "sub", "子码流", "子码流地址", "辅码流"),
    "username": ("username", "user", "用户名", "用户"),
    "password": ("password", "密码"),
    "district": ("district", "行政区", "区"),
    "street": ("street", "街道", "街道乡镇"),
    "owner": ("owner", "所属", "产权单位", "来源"),
    "datum": ("datum", "坐标系", "坐标"),
}
_DATUMS = {
    "": "wgs84", "wgs84": "wgs84", "wgs": "wgs84", "gps": "wgs84", "4326": "wgs84",
    "gcj02": "gcj02", "gcj": "gcj02", "火星": "gcj02", "bd09": "bd09", "百度": "bd09",
}  # fmt: skip
_SCHEMES = {"rtsp", "rtsps"}
#: Id of a device or channel (GB/T 28181, annex D): 20 digits.
_GB28181 = re.compile(r"(?:gb28181:(?://)?)?(\d{20})")
#: Whole numbers beyond this are rounded by a spreadsheet.
_EXACT, _EXACT_DIGITS = 10.0**15, 15
FULL_TURN_DEG = 360.0


def read_cameras(
    path: Path, report: ImportReport, *, datum: str = "wgs84", gateway: str = ""
) -> list[Camera]:
    """Return the camera points of a file; bad rows go into ``report``.

    Args:
        path: CSV or XLSX; the first line names the columns.
        report: Filled with what was taken and left out.
        datum: Datum of the positions where no column says: "wgs84", "gcj02" or "bd09".
        gateway: RTSP address that stands for a GB/T 28181 id, with {id} and perhaps {stream}
            ("main" or "sub") in it; empty for none.

    Raises:
        ImportFileError: The file cannot be read, or has no name or address column.
    """
    if gateway and "{id}" not in gateway:
        raise ImportFileError(
            "The gateway's address (gb28181_gateway) has no {id} where the 20 digits go, such as "
            "rtsp://gateway:554/{id}/{stream}."
        )
    columns: dict[str, str] = {}
    seen: dict[str, int] = {}
    cameras: list[Camera] = []
    for number, row in read_rows(path):
        if not columns:
            columns = _columns_of(row, path)
        try:
            cells = {key: row.get(name) for key, name in columns.items()}
            camera = _camera(_through(cells, gateway), number, datum)
            if camera.id in seen:
                raise BadRowError("the same id as an earlier line", f"line {seen[camera.id]}")
        except BadRowError as error:
            report.reject(number, error)
            continue
        seen[camera.id] = number
        cameras.append(camera)
    if not columns:
        raise ImportFileError(f"{path.name} has column names but no rows.")
    report.taken = len(cameras)
    return cameras


def with_districts(
    cameras: Sequence[Camera],
    jurisdictions: Sequence[Jurisdiction],
    holders: Sequence[tuple[JurisdictionId | None, JurisdictionId | None]],
) -> list[Camera]:
    """Return the points with ids of our districts and streets instead of another system's words.

    A word that is a name or an id of ours is taken; else the position says which it is.

    Args:
        cameras: As they were read.
        jurisdictions: Those of our city.
        holders: For each point the district and street that hold its position.
    """
    ids = {one.id: one.id for one in jurisdictions}
    known = ids | {one.name_zh: one.id for one in jurisdictions}
    known |= {one.name_en: one.id for one in jurisdictions}
    return [
        replace(
            camera,
            district=known.get(camera.district or "") or district,
            street=known.get(camera.street or "") or street,
        )
        for camera, (district, street) in zip(cameras, holders, strict=True)
    ]


def _columns_of(row: dict[str, Any], path: Path) -> dict[str, str]:
    plain = {_plain(name): name for name in row}
    found = {
        key: plain[_plain(name)]
        for key, names in COLUMN_NAMES.items()
        for name in reversed(names)
        if _plain(name) in plain
    }
    lacking = [key for key in ("name", "main_url") if key not in found]
    if lacking:
        wanted = "; ".join(f"{key}: {' / '.join(COLUMN_NAMES[key])}" for key in lacking)
        raise ImportFileError(f"{path.name} has no column for {wanted}.")
    return found


def _through(cells: dict[str, Any], gateway: str) -> dict[str, Any]:
    """Return a row whose GB/T 28181 ids are addresses of the gateway that speaks it for us."""
    main = _GB28181.fullmatch(_text(cells.get("main_url")))
    sub = _GB28181.fullmatch(_text(cells.get("sub_url")))
    if main is None and sub is None:
        return cells
    if not gateway:
        raise BadRowError(
            "a GB/T 28181 id, and no gateway is configured; set gb28181_gateway in config.toml",
            (main or sub or [""])[0][-20:],
        )
    changed = dict(cells)
    if main is not None:
        changed["main_url"] = _of_gateway(gateway, main[1], "main")
        if not _text(cells.get("sub_url")) and "{stream}" in gateway:
            changed["sub_url"] = _of_gateway(gateway, main[1], "sub")
    if sub is not None:
        changed["sub_url"] = _of_gateway(gateway, sub[1], "sub")
    return changed


def _of_gateway(gateway: str, gb_id: str, stream: str) -> str:
    return gateway.replace("{id}", gb_id).replace("{stream}", stream)


def _plain(name: object) -> str:
    return re.sub(r"[\s_\-()（）]", "", str(name)).casefold()


def _camera(cells: dict[str, Any], number: int, datum: str) -> Camera:
    texts = {key: _text(value) for key, value in cells.items()}
    if not texts["name"]:
        raise BadRowError("no name")
    main_url, user, password = _address(texts["main_url"])
    sub_url, sub_user, sub_password = (
        _address(texts["sub_url"]) if texts.get("sub_url") else (None, None, None)
    )
    lat, lon = _position(texts, datum)
    return Camera(
        id=_id(texts.get("id", ""), main_url),
        name=texts["name"][:120],
        main_url=main_url,
        sub_url=sub_url,
        lat=lat,
        lon=lon,
        bearing_deg=_bearing(texts.get("bearing", "")),
        district=JurisdictionId(texts["district"]) if texts.get("district") else None,
        street=JurisdictionId(texts["street"]) if texts.get("street") else None,
        owner=texts.get("owner") or None,
        username=texts.get("username") or user or sub_user,
        password=texts.get("password") or password or sub_password,
    )


def _text(value: Any) -> str:
    """Return a cell as it was typed: a spreadsheet keeps a code of digits as a number."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return "" if value is None else str(value).strip()


def _id(text: str, main_url: str) -> CameraId:
    """Return the point's id; one without keeps its id from import to import by its address."""
    if not text:
        return CameraId("cam-" + hashlib.sha256(main_url.encode()).hexdigest()[:12])
    if re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", text) or _is_rounded(text):
        raise BadRowError("an id that the spreadsheet has rounded; format the column as text", text)
    try:
        return CameraId(checked_id(text, "a camera point"))
    except RejectedError:
        raise BadRowError("an id that is too long or not plain letters and digits", text) from None


def _is_rounded(text: str) -> bool:
    return text.endswith("00000") and len(text) > _EXACT_DIGITS and text.isdigit()


def _address(text: str) -> tuple[str, str | None, str | None]:
    """Return an RTSP address without its credentials, and these."""
    if not text:
        raise BadRowError("no stream address")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadRowError("a stream address that cannot be read", error) from None
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise BadRowError("a stream address that is not rtsp://host/…", parts.scheme or "no scheme")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = f"{host}:{port}" if port else host
    bare = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
    user = unquote(parts.username) if parts.username else None
    return bare, user, unquote(parts.password) if parts.password else None


def _position(texts: dict[str, str], datum: str) -> tuple[float | None, float | None]:
    given = [texts.get(key) or "" for key in ("lat", "lon")]
    if not any(given):
        return None, None
    if not all(given):
        raise BadRowError("half a position", tuple(given))
    try:
        lat, lon = float(texts["lat"]), float(texts["lon"])
    except ValueError:
        raise BadRowError("a position that is no number", (texts["lat"], texts["lon"])) from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        swapped = -90 <= lon <= 90 and -180 <= lat <= 180
        hint = "latitude and longitude exchanged" if swapped else "a position nowhere on Earth"
        raise BadRowError(hint, (lat, lon))
    if lat == lon == 0.0:
        return None, None
    named = _DATUMS.get(re.sub(r"[^0-9a-z一-鿿]", "", (texts.get("datum") or datum).lower()))
    if named is None:
        raise BadRowError("a datum we do not know", texts.get("datum"))
    if named == "wgs84":
        return lat, lon
    to_wgs84 = gcj02_to_wgs84 if named == "gcj02" else bd09_to_wgs84
    shifted_lat, shifted_lon = to_wgs84(lat, lon)
    return float(shifted_lat), float(shifted_lon)


def _bearing(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text) % FULL_TURN_DEG
    except ValueError:
        raise BadRowError("a bearing that is no number", text) from None
