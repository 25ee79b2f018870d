"""The site's own tables: classes of base data, forms, templates, authorities, dated rules.

One kind of row carries them all; what a table needs beyond code and names is in `DETAILS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from console.domain.forms import Form
from console.domain.levels import Level

#: What a detail may be.
Detail = str | int | float | bool | None


class CatalogueName(StrEnum):
    """Which table a row belongs to."""

    BASE_CLASS = "base_class"
    FORM_CLASS = "form_class"
    FORM = "form"
    TEMPLATE = "template"
    AUTHORITY = "authority"
    NOISE_LIMIT = "noise_limit"
    ALARM_RULE = "alarm_rule"
    RUN_CARD = "run_card"
    INTAKE = "intake"
    PLACE_NOTE = "place_note"
    ESCALATION = "escalation"
    EVENT_PLAN = "event_plan"
    LAW = "law"
    CHECK = "check"
    PAPER = "paper"
    DETECTOR = "detector"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueItem:
    """One row of one of the site's tables; never deleted, only retired.

    Attributes:
        id: Table and code, "form:0301"; of dated rules also the day they begin.
        code: What other rows name it by, unique in its table among rows of one day.
        parent: Code of the row it belongs to in the same table, or of a form's class.
        district: The district a rule is for; ``None`` for the whole city.
        valid_from: First day it holds, "2027-01-01"; ``None`` for ever before.
        valid_until: Last day it holds; ``None`` for ever after.
        details: What else this table needs, see `DETAILS`.
    """

    id: str
    catalogue: CatalogueName
    code: str
    name_zh: str
    name_en: str
    parent: str | None = None
    district: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    details: dict[str, Detail] = field(default_factory=dict)
    retired: bool = False
    version: int = 0

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        text = day.isoformat()
        return not self.retired and (
            (self.valid_from or text) <= text <= (self.valid_until or text)
        )


class DetailKind(StrEnum):
    """What a field holds, and so how it is typed and checked."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    INTEGER = "integer"
    YES_NO = "yes_no"
    DATE = "date"
    CLOCK = "clock"
    CHOICE = "choice"
    SHAPE = "shape"
    SECRET = "secret"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailField:
    """One field of a table.

    Attributes:
        least: Smallest number allowed.
        most: Largest number allowed.
        choices: What a choice may be.
    """

    name: str
    kind: DetailKind = DetailKind.TEXT
    required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()


_NUMBER, _INTEGER = DetailKind.NUMBER, DetailKind.INTEGER
_LEVEL = DetailField(name="level", kind=_INTEGER, required=True, least=1, most=4)


def _dba(name: str) -> DetailField:
    return DetailField(name=name, kind=_NUMBER, required=True, least=20, most=140)


def _yuan(name: str) -> DetailField:
    return DetailField(name=name, kind=_NUMBER, least=0, most=100_000_000)


DETAILS: dict[CatalogueName, tuple[DetailField, ...]] = {
    CatalogueName.BASE_CLASS: (),
    CatalogueName.FORM_CLASS: (),
    CatalogueName.FORM: (
        _LEVEL,
        DetailField(name="limit_h", kind=_NUMBER, required=True, least=0.1, most=1000),
        DetailField(name="night", kind=DetailKind.YES_NO),
    ),
    CatalogueName.TEMPLATE: (
        DetailField(
            name="use", kind=DetailKind.CHOICE, required=True,
            choices=("notice", "daily", "weekly", "monthly", "quarterly", "yearly"),
        ),
        DetailField(name="text_zh", kind=DetailKind.LONG_TEXT, required=True),
        DetailField(name="text_en", kind=DetailKind.LONG_TEXT),
    ),
    CatalogueName.AUTHORITY: (DetailField(name="phone"),),
    CatalogueName.NOISE_LIMIT: (
        _dba("day_dba"),
        _dba("night_dba"),
        DetailField(name="night_max_over_dba", kind=_NUMBER, least=0, most=60),
        DetailField(name="night_from", kind=DetailKind.CLOCK, required=True),
        DetailField(name="night_until", kind=DetailKind.CLOCK, required=True),
        DetailField(name="source"),
    ),
    CatalogueName.ALARM_RULE: (
        _LEVEL,
        DetailField(name="value", kind=_NUMBER, least=0, most=604_800),
        DetailField(name="unit", kind=DetailKind.CHOICE, choices=("s", "min", "h")),
        DetailField(name="response_zh", kind=DetailKind.LONG_TEXT),
        DetailField(name="response_en", kind=DetailKind.LONG_TEXT),
    ),
    CatalogueName.RUN_CARD: (
        DetailField(name="form"),
        DetailField(name="level", kind=_INTEGER, least=1, most=4),
        DetailField(name="units", kind=_INTEGER, required=True, least=1, most=50),
        DetailField(name="skills"),
        DetailField(name="kinds"),
        DetailField(name="equipment"),
        DetailField(name="notices"),
    ),
    CatalogueName.INTAKE: (
        DetailField(name="questions_zh", kind=DetailKind.LONG_TEXT),
        DetailField(name="questions_en", kind=DetailKind.LONG_TEXT),
        DetailField(name="text_zh", kind=DetailKind.LONG_TEXT),
        DetailField(name="text_en", kind=DetailKind.LONG_TEXT),
    ),
    CatalogueName.PLACE_NOTE: (
        DetailField(
            name="kind", kind=DetailKind.CHOICE, required=True,
            choices=("hazard", "access", "contact", "note"),
        ),
        DetailField(name="lat", kind=_NUMBER, required=True, least=-90, most=90),
        DetailField(name="lon", kind=_NUMBER, required=True, least=-180, most=180),
        DetailField(name="radius_m", kind=_NUMBER, required=True, least=5, most=5000),
        DetailField(name="text", kind=DetailKind.LONG_TEXT, required=True),
    ),
    CatalogueName.ESCALATION: (
        DetailField(name="after_s", kind=_INTEGER, required=True, least=10, most=86_400),
        DetailField(
            name="tell", kind=DetailKind.CHOICE, required=True,
            choices=("dispatcher", "shift_lead", "supervisor"),
        ),
        DetailField(name="level", kind=_INTEGER, least=1, most=4),
        DetailField(name="form"),
    ),
    CatalogueName.EVENT_PLAN: (
        DetailField(name="form", required=True),
        DetailField(name="sectors", kind=DetailKind.LONG_TEXT),
        DetailField(name="tasks", kind=DetailKind.LONG_TEXT),
        DetailField(name="text_zh", kind=DetailKind.LONG_TEXT, required=True),
        DetailField(name="text_en", kind=DetailKind.LONG_TEXT),
    ),
    CatalogueName.LAW: (
        DetailField(name="text_zh", kind=DetailKind.LONG_TEXT, required=True),
        DetailField(name="text_en", kind=DetailKind.LONG_TEXT),
        _yuan("fine_least"),
        _yuan("fine_most"),
        DetailField(name="source"),
    ),
    CatalogueName.CHECK: (
        DetailField(name="form"),
        DetailField(name="law"),
        DetailField(name="asks", kind=DetailKind.CHOICE, required=True, choices=("yes_no", "text")),
    ),
    CatalogueName.PAPER: (
        DetailField(name="sign", required=True),
        DetailField(name="text_zh", kind=DetailKind.LONG_TEXT, required=True),
        _yuan("most_person"),
        _yuan("most_other"),
        DetailField(name="source"),
    ),
    CatalogueName.DETECTOR: (
        DetailField(name="model", required=True),
        DetailField(name="classes", kind=DetailKind.LONG_TEXT, required=True),
        DetailField(name="width", kind=_INTEGER, least=16, most=4096),
        DetailField(name="height", kind=_INTEGER, least=16, most=4096),
        DetailField(name="threshold", kind=_NUMBER, least=0, most=1),
        DetailField(
            name="output", kind=DetailKind.CHOICE, choices=("auto", "yolo", "nms", "boxes")
        ),
    ),
}  # fmt: skip
#: Tables whose rows hold from one day to another.
DATED = frozenset({CatalogueName.NOISE_LIMIT, CatalogueName.ALARM_RULE})
#: Alarms whose time before they are raised a line of the alarm rules may say …
TIMED_ALARMS = frozenset({"silent-on-scene", "vanished", "stopped", "outside-beat", "camera-down"})
#: … those of sensors, also of one kind of them alone: "sensor-limit-noise" …
SENSOR_ALARMS = frozenset({"sensor-limit", "sensor-silent"})
#: … and those that have no time of their own, but a priority and a response.
UNTIMED_ALARMS = frozenset({"overdue", "area-crossed", "area-time"})
#: Units were free text before they were a choice: what people then wrote is still read.
_SECONDS = {
    word: seconds
    for seconds, words in (
        (1, "s sec secs second seconds 秒 秒钟"),
        (60, "min mins minute minutes 分 分钟"),
        (3600, "h hr hrs hour hours 时 小时"),
    )
    for word in words.split()
}
#: Whose rows a row's `parent` is looked for in.
PARENTS: dict[CatalogueName, CatalogueName] = {
    CatalogueName.BASE_CLASS: CatalogueName.BASE_CLASS,
    CatalogueName.FORM: CatalogueName.FORM_CLASS,
}


def item_id(catalogue: CatalogueName, code: str, valid_from: str | None = None) -> str:
    """Return the id of a row: table and code, and the day it begins where there are several."""
    dated = f"@{valid_from}" if catalogue in DATED and valid_from else ""
    return f"{catalogue}:{code}{dated}"


def alarm_code(code: str) -> str:
    """Return what a dated rule is about: its code without what tells districts apart, "4a/cy"."""
    return code.partition("/")[0].strip()


def alarm_seconds(told: Mapping[str, Detail]) -> float | None:
    """Return the time that the details of an alarm rule name, seconds.

    ``None`` where they name none, or in a unit that nobody knows: a time taken for a shorter one
    would be a flood of alarms.
    """
    value, scale = (
        told.get("value"),
        _SECONDS.get(str(told.get("unit")).strip().lower().rstrip(".")),
    )
    return None if value is None or scale is None else float(value) * scale


def form_from(item: CatalogueItem) -> Form:
    """Return the form of violation that a row of the catalogue describes."""
    told: Mapping[str, Detail] = item.details
    return Form(
        code=item.code,
        name_zh=item.name_zh,
        name_en=item.name_en,
        level=Level(int(told.get("level") or Level.ROUTINE)),
        limit_h=float(told.get("limit_h") or 24.0),
        night=bool(told.get("night")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One responsibility grid (责任网格) of one authority; grids of several lie over each other.

    Attributes:
        authority: Code of the authority whose grid it is.
        code: What that authority calls it, "朝-114".
        holder: Who answers for it.
        unit: The unit that patrols it, if there is one.
        shape: GeoJSON geometry as text, a Polygon or MultiPolygon in WGS-84 (RFC 7946).
    """

    id: str
    authority: str
    code: str
    name_zh: str
    name_en: str
    shape: str
    district: str | None = None
    street: str | None = None
    holder: str | None = None
    phone: str | None = None
    unit: str | None = None
    retired: bool = False
    version: int = 0
