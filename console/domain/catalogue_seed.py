"""What the site's tables hold at first: replaced by the site's own in its administration.

Names of the classes of base data are a proposal; forms are those of `domain.forms`. Figures of
noise follow GB 12523 as far as they are known (see the dated rows' source), and are to be checked
against the text where a deployment depends on them.
"""

from __future__ import annotations

from console.domain.catalogue import CatalogueItem, CatalogueName, Detail, item_id
from console.domain.catalogue_seed_street import street_rows
from console.domain.forms import CLASSES, FORMS

_BASE: tuple[tuple[str, str, str], ...] = (
    ("01", "管理对象", "What is watched over"),
    ("0101", "建筑工地", "Construction site"),
    ("0102", "临街门店", "Shop on the street"),
    ("0103", "户外广告", "Outdoor advertising"),
    ("0104", "违法建设点", "Illegal structure"),
    ("0105", "渣土消纳场", "Spoil site"),
    ("0106", "集贸市场", "Market"),
    ("0107", "燃气单位", "Gas supplier"),
    ("02", "力量资源", "Force and means"),
    ("0201", "执法队员", "Officer"),
    ("0202", "执法车辆", "Vehicle"),
    ("0203", "手持终端", "Handheld"),
    ("0204", "视频点位", "Camera point"),
    ("0205", "噪声监测点", "Noise meter"),
    ("0206", "执法装备", "Equipment"),
    ("03", "管理基础", "Ground"),
    ("0301", "行政区划", "Jurisdiction"),
    ("0302", "责任网格", "Responsibility grid"),
    ("0303", "重点区域", "Key area"),
    ("0304", "公共厕所", "Public toilet"),
    ("0305", "环卫设施", "Street-cleaning facility"),
    ("0306", "停车场", "Car park"),
)
_AUTHORITIES = (
    ("cg", "城市管理执法", "Urban management enforcement"),
    ("street", "街道办事处", "Street office"),
    ("police", "公安", "Police"),
)
_NOTICE_ZH = "监管通知单 {number}：{place}，{form}。请于 {due} 前处理并反馈。"
_NOTICE_EN = "Supervision notice {number}: {place}, {form}. Handle it and report back by {due}."
_DAILY_ZH = "{day} 日报：立案 {opened} 件，结案 {closed} 件，逾期 {late} 件。"
_DAILY_EN = "Daily report {day}: {opened} opened, {closed} closed, {late} late."

#: Classes of areas (GB 3096-2008, table 1) with dB(A) by day and by night.
_AREAS = (
    ("0", 50.0, 40.0), ("1", 55.0, 45.0), ("2", 60.0, 50.0), ("3", 65.0, 55.0),
    ("4a", 70.0, 55.0), ("4b", 70.0, 60.0),
)  # fmt: skip

#: Alarms with the priority and the minutes that the program has for them by itself.
_ALARMS = (
    ("silent-on-scene", ("到场后失联", "On scene, not heard"), 2, 10),
    ("vanished", ("接单后失联", "Accepted, not heard"), 2, 10),
    ("stopped", ("途中停留", "Stands still on the way"), 3, 5),
    ("outside-beat", ("离开巡区", "Outside its beat"), 3, 5),
    ("camera-down", ("重点点位无画面", "Key point without a picture"), 3, 2),
)


def _area_noise(day_dba: float, night_dba: float) -> dict[str, Detail]:
    """Return the limits of a class; a sudden noise of the night is 15 dB over at most (5.4)."""
    return {
        "day_dba": day_dba, "night_dba": night_dba, "night_max_over_dba": 15.0,
        "night_from": "22:00", "night_until": "06:00", "source": "GB 3096-2008",
    }  # fmt: skip


def _item(
    catalogue: CatalogueName,
    code: str,
    names: tuple[str, str],
    *,
    parent: str | None = None,
    valid_from: str | None = None,
    details: dict[str, Detail] | None = None,
) -> CatalogueItem:
    return CatalogueItem(
        id=item_id(catalogue, code, valid_from),
        catalogue=catalogue,
        code=code,
        name_zh=names[0],
        name_en=names[1],
        parent=parent,
        valid_from=valid_from,
        details=details or {},
        version=1,
    )


def seeded() -> tuple[CatalogueItem, ...]:
    """Return the rows a new central begins with, parents before what belongs to them."""
    name = CatalogueName
    noise: dict[str, Detail] = {
        "day_dba": 70.0, "night_dba": 55.0, "night_max_over_dba": 15.0,
        "night_from": "22:00", "night_until": "06:00", "source": "GB 12523-2011",
    }  # fmt: skip
    return (
        *(_item(name.BASE_CLASS, code, (zh, en), parent=code[:2] if len(code) == 4 else None)
          for code, zh, en in _BASE),
        *(_item(name.FORM_CLASS, one.code, (one.name_zh, one.name_en)) for one in CLASSES),
        *(_item(name.FORM, one.code, (one.name_zh, one.name_en), parent=one.code[:2],
                details={"level": int(one.level), "limit_h": one.limit_h, "night": one.night})
          for one in FORMS),
        *(_item(name.AUTHORITY, code, (zh, en)) for code, zh, en in _AUTHORITIES),
        _item(name.TEMPLATE, "notice", ("监管通知单", "Supervision notice"),
              details={"use": "notice", "text_zh": _NOTICE_ZH, "text_en": _NOTICE_EN}),
        _item(name.TEMPLATE, "daily", ("日报", "Daily report"),
              details={"use": "daily", "text_zh": _DAILY_ZH, "text_en": _DAILY_EN}),
        _item(name.NOISE_LIMIT, "site", ("建筑施工场界", "Construction site boundary"),
              valid_from="2012-07-01", details=noise),
        *(_item(name.NOISE_LIMIT, code, (f"{code} 类声环境功能区", f"Area of class {code}"),
                valid_from="2008-10-01", details=_area_noise(day, night))
          for code, day, night in _AREAS),
        *(_item(name.ALARM_RULE, code, names, valid_from="2026-01-01",
                details={"level": level, "value": float(minutes), "unit": "min"})
          for code, names, level, minutes in _ALARMS),
        *street_rows(),
    )  # fmt: skip
