"""The catalogue of violation forms (违法形态): codes, names, usual level and limit.

Classes follow GB/T 30428.2 in spirit; the order of the codes and the limits are local matters and
are meant to be replaced by a site's own dated table. The forms are those the city speaks of.
"""

from __future__ import annotations

from dataclasses import dataclass

from console.domain.levels import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of violation.

    Attributes:
        code: Two digits of the major class, two of the minor one.
        limit_h: Hours within which it is to be handled, before local rules.
        night: Whether it is mostly a matter of the night.
    """

    code: str
    name_zh: str
    name_en: str
    level: Level
    limit_h: float
    night: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormClass:
    """A major class of events (事件大类)."""

    code: str
    name_zh: str
    name_en: str


CLASSES: tuple[FormClass, ...] = (
    FormClass(code="01", name_zh="市容环境", name_en="Appearance and environment"),
    FormClass(code="02", name_zh="宣传广告", name_en="Advertising"),
    FormClass(code="03", name_zh="施工管理", name_en="Construction"),
    FormClass(code="04", name_zh="突发事件", name_en="Emergencies"),
    FormClass(code="05", name_zh="街面秩序", name_en="Street order"),
)


def _form(
    code: str, zh: str, en: str, level: Level, limit_h: float, *, night: bool = False
) -> Form:
    return Form(code=code, name_zh=zh, name_en=en, level=level, limit_h=limit_h, night=night)


FORMS: tuple[Form, ...] = (
    _form("0101", "违法建设", "Illegal construction", Level.CAUTION, 24.0),
    _form("0102", "暴露垃圾", "Exposed rubbish", Level.ROUTINE, 4.0),
    _form("0103", "积存渣土", "Accumulated refuse", Level.ROUTINE, 8.0),
    _form("0104", "道路不洁", "Dirty road", Level.ROUTINE, 4.0),
    _form("0105", "露天烧烤", "Open-air barbecue", Level.CAUTION, 2.0, night=True),
    _form("0106", "开墙打洞", "Walls opened into shops", Level.CAUTION, 24.0),
    _form("0201", "非法小广告", "Illegal posters", Level.ROUTINE, 8.0),
    _form("0301", "夜间施工", "Night construction", Level.HIGH, 2.0, night=True),
    _form("0302", "施工扬尘", "Construction dust", Level.CAUTION, 4.0),
    _form("0303", "渣土运输", "Spoil transport", Level.HIGH, 2.0, night=True),
    _form("0401", "燃气安全", "Gas safety", Level.CRITICAL, 0.5),
    _form("0402", "道路塌陷", "Road collapse", Level.CRITICAL, 0.5),
    _form("0501", "无照经营", "Unlicensed trading", Level.CAUTION, 2.0),
    _form("0502", "店外经营", "Trading outside the shop", Level.CAUTION, 2.0),
    _form("0503", "违法停车", "Illegal parking", Level.ROUTINE, 2.0),
    _form("0504", "非法营运", "Illegal taxis", Level.CAUTION, 1.0),
    _form("0599", "其他", "Other", Level.ROUTINE, 24.0),
)
OTHER = FORMS[-1]
_BY_CODE = {form.code: form for form in FORMS}


def form_of(code: str) -> Form:
    """Return the form with this code; an unknown code is shown as "other" with its code."""
    return _BY_CODE.get(code, OTHER)


def is_known(code: str) -> bool:
    """Whether the catalogue has this code."""
    return code in _BY_CODE
