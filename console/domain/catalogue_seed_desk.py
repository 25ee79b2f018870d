"""What the desk's own tables hold at first: run cards, intake templates, escalation, event plans.

Replaced by the site's own in its administration. A question or a task is one line; a task of an
event plan is written "form; what has to be done".
"""

from __future__ import annotations

from console.domain.catalogue import CatalogueItem, CatalogueName, Detail, item_id

_N = CatalogueName
#: Code, names, form, level, units, skills, kinds, equipment, whom to tell.
_CARDS: tuple[tuple[str, tuple[str, str], dict[str, Detail]], ...] = (
    ("any", ("一般事件", "Any matter"), {"units": 1}),
    ("high", ("紧急事件", "Urgent matter"), {"level": 2, "units": 2}),
    ("critical", ("特急事件", "Critical matter"),
     {"level": 1, "units": 3, "kinds": "vehicle", "notices": "shift_lead"}),
    ("0301", ("夜间施工", "Night construction"),
     {"form": "0301", "units": 2, "skills": "noise_meter", "notices": "site_office"}),
    ("0303", ("渣土运输", "Spoil transport"),
     {"form": "0303", "units": 2, "kinds": "vehicle", "notices": "traffic_police"}),
    ("0401", ("燃气安全", "Gas safety"),
     {"form": "0401", "units": 3, "kinds": "vehicle", "equipment": "gas_detector",
      "notices": "gas_company fire_service"}),
    ("0402", ("道路塌陷", "Road collapse"),
     {"form": "0402", "units": 3, "kinds": "vehicle", "equipment": "cones",
      "notices": "road_authority traffic_police"}),
)  # fmt: skip
_ASKED: tuple[tuple[str, tuple[str, str], tuple[str, str], tuple[str, str]], ...] = (
    ("*", ("通用", "Every form"),
     ("具体位置、门牌或参照物？\n什么时候开始的？\n现场有没有人受伤？\n是否需要回复？",
      "Where exactly: number or landmark?\nSince when?\nIs anybody hurt?\nIs an answer wanted?"),
     ("", "")),
    ("0301", ("夜间施工", "Night construction"),
     ("什么工地、什么机械？\n现在还在响吗？\n有没有公示的夜间施工许可？",
      "Which site, what machines?\nIs it still going on?\nIs a night permit on display?"),
     ("来电人反映夜间施工噪声扰民，要求制止。", "Night construction disturbs; wants it stopped.")),
    ("0401", ("燃气安全", "Gas safety"),
     ("在室内还是室外？\n阀门关了吗，人撤出来了吗？\n有没有明火或用电？",
      "Indoors or out?\nIs the valve shut, are people out?\nAny flame or electricity?"),
     ("来电人反映燃气泄漏。已告知：不开关电器、关阀、开窗、撤离。",
      "Reports a gas leak. Told: no switches, shut the valve, open windows, leave.")),
    ("0402", ("道路塌陷", "Road collapse"),
     ("坑有多大、多深？\n有没有车或人陷进去？\n现场有没有围挡？",
      "How large, how deep?\nIs a car or a person in it?\nIs it fenced off?"),
     ("来电人反映路面塌陷。", "Reports a road collapse.")),
    ("0501", ("无照经营", "Unlicensed trading"),
     ("卖什么、几个摊？\n堵路了吗？\n每天都在吗？",
      "What is sold, how many stalls?\nIs the way blocked?\nEvery day?"),
     ("来电人反映无照经营。", "Reports unlicensed trading.")),
)  # fmt: skip
_STEPS: tuple[tuple[str, tuple[str, str], dict[str, Detail]], ...] = (
    ("order-60", ("派单未接：派单席", "Not accepted: dispatcher"),
     {"after_s": 60, "tell": "dispatcher"}),
    ("order-120", ("派单未接：值班长", "Not accepted: shift lead"),
     {"after_s": 120, "tell": "shift_lead"}),
    ("order-600", ("派单未接：监察", "Not accepted: supervisor"),
     {"after_s": 600, "tell": "supervisor", "level": 2}),
)  # fmt: skip
_PLANS: tuple[tuple[str, tuple[str, str], dict[str, Detail]], ...] = (
    ("gas", ("燃气泄漏处置", "Gas leak"),
     {"form": "0401", "sectors": "内场 Inner\n外围 Outer\n疏散 Evacuation",
      "tasks": "0401; 关阀、检测浓度\n0503; 清空应急通道\n0599; 疏散并安置居民",
      "text_zh": "燃气泄漏，启动专项预案。", "text_en": "Gas leak; the plan is in force."}),
    ("event", ("大型活动保障", "Major event"),
     {"form": "0599", "sectors": "入口 Gates\n周边 Surroundings\n机动 Reserve",
      "tasks": "0501; 清理周边无照经营\n0503; 清理周边违停\n0201; 清理非法小广告",
      "text_zh": "大型活动保障。", "text_en": "Duty at a major event."}),
)  # fmt: skip


def seeded_desk() -> tuple[CatalogueItem, ...]:
    """Return the rows the desk's tables begin with."""
    return (
        *(_item(_N.RUN_CARD, code, names, details) for code, names, details in _CARDS),
        *(_item(_N.INTAKE, code, names, {
              "questions_zh": asked[0], "questions_en": asked[1],
              **({"text_zh": text[0], "text_en": text[1]} if text[0] else {}),
          }) for code, names, asked, text in _ASKED),
        *(_item(_N.ESCALATION, code, names, details) for code, names, details in _STEPS),
        *(_item(_N.EVENT_PLAN, code, names, details) for code, names, details in _PLANS),
    )  # fmt: skip


def _item(
    table: CatalogueName, code: str, names: tuple[str, str], details: dict[str, Detail]
) -> CatalogueItem:
    return CatalogueItem(
        id=item_id(table, code),
        catalogue=table,
        code=code,
        name_zh=names[0],
        name_en=names[1],
        details=details,
        version=1,
    )
