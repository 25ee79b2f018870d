"""The tables of administration: their fields, rows from and to flat text, files in and out.

One description of a table serves the command line, the files it imports and exports, and the
console's forms. A flat row is what a spreadsheet holds: a text for each field.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from console.dispatch.time_rules import STAGE_LIMITS
from console.domain.audit import MASK
from console.domain.catalogue import (
    DATED,
    DETAILS,
    PARENTS,
    CatalogueItem,
    CatalogueName,
    DetailField,
    DetailKind,
    Grid,
    item_id,
)
from console.domain.errors import ZhihuiError
from console.domain.limits import CalendarDay, LimitRule
from console.domain.places import Camera, Jurisdiction
from console.domain.sensors import UNITS, Sensor
from console.domain.units import Unit
from console.protocol.codec import Row, kind_of
from console.protocol.commands import (
    AnyBody,
    PutCalendarDays,
    PutCameras,
    PutCatalogue,
    PutGrids,
    PutJurisdictions,
    PutLimitRules,
    PutSensors,
    PutUnits,
)

_K = DetailKind
#: Rows in one command.
AT_ONCE = 500


class CellError(ZhihuiError):
    """A cell that does not fit its field.

    Attributes:
        field: Name of the field.
    """

    def __init__(self, field: str, value: object, wanted: str) -> None:
        super().__init__(f"“{field}” cannot be {str(value)[:60]!r}: {wanted}.")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table of administration.

    Attributes:
        name: As the command line calls it.
        kind: Kind of its rows on the wire.
        fields: What a person may type, in order.
        catalogue: Which of the site's tables it is, if it is one of them.
        title: Field that names a row.
    """

    name: str
    kind: str
    fields: tuple[DetailField, ...]
    catalogue: CatalogueName | None = None
    title: str = "name_zh"

    @property
    def own(self) -> tuple[str, ...]:
        """Names of the details of one of the site's tables."""
        return () if self.catalogue is None else tuple(f.name for f in DETAILS[self.catalogue])


def _field(name: str, kind: DetailKind = _K.TEXT, **more: Any) -> DetailField:
    return DetailField(name=name, kind=kind, **more)


_NAMES = (_field("name_zh", required=True), _field("name_en"))
_AT = (_field("lat", _K.NUMBER, least=-90, most=90), _field("lon", _K.NUMBER, least=-180, most=180))
_IN = (_field("district"), _field("street"))
_ID = _field("id", required=True)


def _of_catalogue(name: str, catalogue: CatalogueName) -> Section:
    parent = (_field("parent", required=catalogue is CatalogueName.FORM),)
    dated = (
        _field("district"),
        _field("valid_from", _K.DATE, required=True),
        _field("valid_until", _K.DATE),
    )
    return Section(
        name=name,
        kind="catalogue",
        catalogue=catalogue,
        fields=(
            _field("code", required=True),
            *_NAMES,
            *(parent if catalogue in PARENTS else ()),
            *(dated if catalogue in DATED else ()),
            *DETAILS[catalogue],
        ),
    )


SECTIONS: tuple[Section, ...] = (
    Section(
        name="jurisdictions",
        kind="jurisdiction",
        fields=(
            _ID,
            _field("level", _K.CHOICE, required=True, choices=("city", "district", "street")),
            _field("parent"), *_NAMES, *_AT,
        ),
    ),
    Section(
        name="grids",
        kind="grid",
        fields=(
            _ID, _field("authority", required=True), _field("code", required=True), *_NAMES, *_IN,
            _field("holder"), _field("phone"), _field("unit"),
            _field("shape", _K.SHAPE, required=True),
        ),
        title="code",
    ),
    Section(
        name="units",
        kind="unit",
        fields=(
            _ID, _field("no", _K.INTEGER, required=True, least=0, most=2**32 - 1),
            _field("call_sign", required=True),
            _field("kind", _K.CHOICE, required=True, choices=("officer", "patrol", "vehicle")),
            _field("name"), *_IN, _field("phone"), _field("radio"),
            _field("officers", _K.INTEGER, least=0, most=100), _field("skills", _K.WORDS),
        ),
        title="call_sign",
    ),
    Section(
        name="cameras",
        kind="camera",
        fields=(
            _ID, _field("name", required=True), _field("main_url", required=True),
            _field("sub_url"), *_AT, _field("bearing_deg", _K.NUMBER, least=0, most=360), *_IN,
            _field("owner"), _field("username", _K.SECRET), _field("password", _K.SECRET),
            _field("unit"), _field("onvif_url"), _field("is_key", _K.YES_NO),
        ),
        title="name",
    ),
    Section(
        name="sensors",
        kind="sensor",
        fields=(
            _ID,
            _field("kind", _K.CHOICE, required=True, choices=tuple(one.value for one in UNITS)),
            _field("name", required=True), *_AT, *_IN, _field("limit", _K.NUMBER),
            _field("low_limit", _K.NUMBER), _field("period_s", _K.INTEGER, least=1, most=86_400),
            _field("owner"), _field("noise_class"),
            _field("alarm_after_s", _K.INTEGER, least=0, most=604_800),
            _field("alarm_silent_s", _K.INTEGER, least=1, most=604_800),
            _field("alarm_from", _K.CLOCK), _field("alarm_until", _K.CLOCK),
            _field("alarm_priority", _K.INTEGER, least=1, most=3),
            _field("response", _K.LONG_TEXT),
        ),
        title="name",
    ),
    Section(
        name="limits",
        kind="limit_rule",
        fields=(
            _ID, _field("limit", required=True),
            _field("stage", _K.CHOICE, choices=tuple(one.value for one in STAGE_LIMITS)),
            _field("form"), _field("district"),
        ),
        title="limit",
    ),
    Section(
        name="calendar",
        kind="calendar_day",
        fields=(_ID, _field("works", _K.YES_NO), _field("note")),
        title="note",
    ),
    _of_catalogue("authorities", CatalogueName.AUTHORITY),
    _of_catalogue("base-classes", CatalogueName.BASE_CLASS),
    _of_catalogue("form-classes", CatalogueName.FORM_CLASS),
    _of_catalogue("forms", CatalogueName.FORM),
    _of_catalogue("templates", CatalogueName.TEMPLATE),
    _of_catalogue("noise-limits", CatalogueName.NOISE_LIMIT),
    _of_catalogue("alarm-rules", CatalogueName.ALARM_RULE),
    _of_catalogue("run-cards", CatalogueName.RUN_CARD),
    _of_catalogue("intake-templates", CatalogueName.INTAKE),
    _of_catalogue("place-notes", CatalogueName.PLACE_NOTE),
    _of_catalogue("escalations", CatalogueName.ESCALATION),
    _of_catalogue("event-plans", CatalogueName.EVENT_PLAN),
    _of_catalogue("laws", CatalogueName.LAW),
    _of_catalogue("checks", CatalogueName.CHECK),
    _of_catalogue("papers", CatalogueName.PAPER),
    _of_catalogue("detectors", CatalogueName.DETECTOR),
)  # fmt: skip
_BODIES: dict[str, Callable[[tuple[Any, ...]], AnyBody]] = {
    "jurisdiction": lambda rows: PutJurisdictions(jurisdictions=rows),
    "grid": lambda rows: PutGrids(grids=rows),
    "sensor": lambda rows: PutSensors(sensors=rows),
    "unit": lambda rows: PutUnits(units=rows),
    "camera": lambda rows: PutCameras(cameras=rows),
    "catalogue": lambda rows: PutCatalogue(items=rows),
    "limit_rule": lambda rows: PutLimitRules(rules=rows),
    "calendar_day": lambda rows: PutCalendarDays(days=rows),
}
_TYPES: dict[str, type[Any]] = {
    "jurisdiction": Jurisdiction, "grid": Grid, "sensor": Sensor, "unit": Unit, "camera": Camera,
    "catalogue": CatalogueItem, "limit_rule": LimitRule, "calendar_day": CalendarDay,
}  # fmt: skip


def section_called(name: str) -> Section | None:
    """Return the table that the command line calls so."""
    return next((one for one in SECTIONS if one.name == name), None)


def belongs(section: Section, row: Row) -> bool:
    """Whether a row is one of a table's."""
    if kind_of(row) != section.kind:
        return False
    return not isinstance(row, CatalogueItem) or row.catalogue is section.catalogue


def flat_row(section: Section, row: Row) -> dict[str, Any]:
    """Return a row as a flat one: every field of its table, its id, version and retirement."""
    plain: dict[str, Any] = msgspec.to_builtins(row)
    details = plain.pop("details", {})
    flat = {one.name: plain.get(one.name, details.get(one.name)) for one in section.fields}
    if isinstance(flat.get("skills"), list | tuple):
        flat["skills"] = " ".join(flat["skills"])
    for secret in ("username", "password"):
        if flat.get(secret) is not None:
            flat[secret] = MASK
    return {
        **flat,
        "id": plain["id"],
        "retired": plain.get("retired", False),
        "version": plain["version"],
    }


def row_from_flat(section: Section, flat: Mapping[str, Any], *, earlier: Row | None = None) -> Row:
    """Return the row that flat values make, over an earlier one where some are left out.

    Args:
        section: Its table.
        flat: Values by field, as text or as they came from a spreadsheet.
        earlier: The row as it is now; what ``flat`` does not name stays as it is there.

    Raises:
        CellError: A value does not fit its field, or one is missing.
    """
    known = {one.name: one for one in section.fields}
    strange = sorted(set(flat) - set(known) - {"id", "retired", "version"})
    if strange:
        raise CellError(strange[0], flat[strange[0]], f"{section.name} has no such field; it has "
                        f"{', '.join(known)}")  # fmt: skip
    base: dict[str, Any] = {} if earlier is None else msgspec.to_builtins(earlier)
    details = dict(base.pop("details", {}))
    for name, value in flat.items():
        if name not in known:
            continue
        parsed = parsed_cell(known[name], value)
        (details if name in section.own else base)[name] = parsed
    if "retired" in flat:
        base["retired"] = bool(
            parsed_cell(DetailField(name="retired", kind=_K.YES_NO), flat["retired"])
        )
    return _row(section, base, details)


def _row(section: Section, base: dict[str, Any], details: dict[str, Any]) -> Row:
    for one in section.fields:
        held = details if one.name in section.own else base
        if one.required and held.get(one.name) in {None, ""} and one.name != "id":
            raise CellError(one.name, "", "it must not be empty")
    for name in ("name_zh", "name_en"):
        if any(one.name == name for one in section.fields):
            base[name] = base.get(name) or ""
    if section.catalogue is not None:
        base["catalogue"] = section.catalogue.value
        base["id"] = item_id(section.catalogue, base["code"], base.get("valid_from"))
        base["details"] = {key: value for key, value in details.items() if value is not None}
    base.setdefault("retired", False)
    if not base.get("id"):
        raise CellError("id", "", "it must not be empty")
    filled = {
        key: value for key, value in base.items() if value is not None or key not in _DEFAULTED
    }
    try:
        row: Row = msgspec.convert(filled, _TYPES[section.kind])
    except msgspec.ValidationError as error:
        raise CellError("row", base.get("id", ""), str(error)) from error
    return row


#: Fields that have a value of their own where a person leaves them empty.
_DEFAULTED = frozenset({"officers", "skills", "period_s"})


def parsed_cell(field: DetailField, value: Any) -> Any:
    """Return a cell as the value its field holds; empty is ``None``.

    Raises:
        CellError: It is none.
    """
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if field.kind in {_K.NUMBER, _K.INTEGER}:
        return _number(field, value)
    if field.kind is _K.YES_NO:
        return _yes_no(field, value)
    if field.kind is _K.WORDS:
        return (
            list(value) if isinstance(value, list | tuple) else str(value).replace(",", " ").split()
        )
    return _text(field, value)


def _text(field: DetailField, value: Any) -> str:
    if field.kind is _K.DATE:
        return str(value)[:10]
    if field.kind is _K.SHAPE and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    text = str(int(value)) if isinstance(value, float) and value == int(value) else str(value)
    if field.kind is _K.CHOICE and text not in field.choices:
        raise CellError(field.name, text, f"one of {', '.join(field.choices)}")
    return text


def _number(field: DetailField, value: Any) -> float | int:
    wanted = "a whole number" if field.kind is _K.INTEGER else "a number"
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise CellError(field.name, value, wanted) from error
    low, high = field.least, field.most
    if (
        not math.isfinite(number)
        or (low is not None and number < low)
        or (high is not None and number > high)
    ):
        told = f" from {low:g} to {high:g}" if low is not None and high is not None else ""
        raise CellError(field.name, value, wanted + told)
    if field.kind is _K.INTEGER:
        if number != int(number):
            raise CellError(field.name, value, wanted)
        return int(number)
    return number


_YES = frozenset({"yes", "true", "1", "1.0", "y", "是", "√"})
_NO = frozenset({"no", "false", "0", "0.0", "n", "否"})


def _yes_no(field: DetailField, value: Any) -> bool:
    word = str(value).lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise CellError(field.name, value, "yes or no")


def bodies_for(section: Section, rows: list[Row]) -> list[AnyBody]:
    """Return the commands that enter rows, a few hundred in each."""
    make = _BODIES[section.kind]
    return [make(tuple(rows[at : at + AT_ONCE])) for at in range(0, len(rows), AT_ONCE)]
