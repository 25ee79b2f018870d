"""What the tables of laws, checklists and documents hold at first, for the site to replace.

Wordings are national law as it was known when this was written; a site checks them against the text
in force, and adds its city's regulations, before a document depends on them.
"""

from __future__ import annotations

from console.domain.catalogue import CatalogueItem, CatalogueName, Detail, item_id

_PENALTIES, _NOISE = "行政处罚法（2021修订）", "噪声污染防治法（2021）"
_AIR, _CITY = "大气污染防治法（2018修正）", "城市市容和环境卫生管理条例（2017修订）"
#: Code, name, English name, text, least and most of the fine in yuan, source.
_LAWS: tuple[tuple[str, str, str, str, float | None, float | None, str], ...] = (
    ("xzcf-28", "行政处罚法第二十八条", "Penalties Law, art. 28",
     "行政机关实施行政处罚时，应当责令当事人改正或者限期改正违法行为。", None, None, _PENALTIES),
    ("xzcf-42", "行政处罚法第四十二条", "Penalties Law, art. 42",
     "行政处罚应当由具有行政执法资格的执法人员实施。执法人员不得少于两人，法律另有规定的除外。",
     None, None, _PENALTIES),
    ("xzcf-51", "行政处罚法第五十一条", "Penalties Law, art. 51",
     "违法事实确凿并有法定依据，对公民处以二百元以下、对法人或者其他组织处以三千元以下罚款或者警告的"
     "行政处罚的，可以当场作出行政处罚决定。法律另有规定的，从其规定。", None, None, _PENALTIES),
    ("xzcf-55", "行政处罚法第五十五条", "Penalties Law, art. 55",
     "执法人员在调查或者进行检查时，应当主动向当事人或者有关人员出示执法证件。当事人或者有关人员有权要求"
     "执法人员出示执法证件。", None, None, _PENALTIES),
    ("zs-43", "噪声污染防治法第四十三条", "Noise Law, art. 43",
     "在噪声敏感建筑物集中区域，禁止夜间进行产生噪声的建筑施工作业，但抢修、抢险施工作业，因生产工艺要求"
     "或者其他特殊需要必须连续施工作业的除外。", 10_000.0, 100_000.0, _NOISE),
    ("dq-69", "大气污染防治法第六十九条", "Air Law, art. 69",
     "施工单位应当在施工工地设置硬质围挡，并采取覆盖、分段作业、择时施工、洒水抑尘、冲洗地面和车辆等有效"
     "防尘降尘措施。", 10_000.0, 100_000.0, _AIR),
    ("dq-81", "大气污染防治法第八十一条", "Air Law, art. 81",
     "任何单位和个人不得在当地人民政府禁止的区域内露天烧烤食品或者为露天烧烤食品提供场地。",
     500.0, 20_000.0, _AIR),
    ("sr-14", "城市市容和环境卫生管理条例第十四条", "City Appearance Rules, art. 14",
     "任何单位和个人都不得在街道两侧和公共场地堆放物料，搭建建筑物、构筑物或者其他设施。",
     None, None, _CITY),
    ("sr-17", "城市市容和环境卫生管理条例第十七条", "City Appearance Rules, art. 17",
     "一切单位和个人，都不得在城市建筑物、设施以及树木上涂写、刻画。", None, None, _CITY),
)  # fmt: skip
#: Code, form ("" for every form), law, what it asks for, question, English question.
_CHECKS = (
    ("all-1", "", "xzcf-55", "yes_no", "是否已亮明身份、出示执法证件", "Identity card shown"),
    ("all-2", "", "xzcf-42", "yes_no", "现场执法人员是否不少于两人", "Two officers present"),
    ("all-3", "", "", "yes_no", "是否已开启执法记录仪", "Body camera running"),
    (
        "0301-1",
        "0301",
        "zs-43",
        "yes_no",
        "是否位于噪声敏感建筑物集中区域",
        "Homes or a hospital near",
    ),
    ("0301-2", "0301", "zs-43", "yes_no", "是否有夜间施工证明", "Permit for night work"),
    ("0301-3", "0301", "zs-43", "text", "场界实测噪声 dB(A)", "Measured at the boundary, dB(A)"),
    ("0302-1", "0302", "dq-69", "yes_no", "是否设置硬质围挡", "Solid fence round the site"),
    (
        "0302-2",
        "0302",
        "dq-69",
        "yes_no",
        "裸土是否覆盖、是否洒水抑尘",
        "Bare soil covered or watered",
    ),
    ("0303-1", "0303", "dq-69", "yes_no", "车辆是否密闭、是否冲洗", "Truck closed and washed"),
    ("0303-2", "0303", "", "text", "车牌与准运证号", "Number plate and permit"),
    ("0105-1", "0105", "dq-81", "yes_no", "是否位于禁止露天烧烤区域", "Within the forbidden area"),
    ("0105-2", "0105", "dq-81", "text", "烧烤工具数量与去向", "Tools and what became of them"),
    ("0501-1", "0501", "", "yes_no", "是否出示营业执照", "Business licence shown"),
    (
        "0502-1",
        "0502",
        "sr-14",
        "yes_no",
        "是否占用盲道或消防通道",
        "Blind track or fire lane blocked",
    ),
    ("0502-2", "0502", "sr-14", "text", "占道面积（平方米）", "Area taken, square metres"),
    ("0201-1", "0201", "sr-17", "text", "广告内容与联系电话", "What it says, and the telephone"),
)
_ORDER = (
    "{party}（{key}）：\n经查，{facts}\n上述行为违反了{law}：“{text}”\n"
    "现责令你（单位）立即改正上述违法行为。逾期不改正的，将依法处理。"
)
_PENALTY = (
    "当事人：{party}（{key}）\n经查，{facts}\n上述行为违反了{law}：“{text}”\n"
    "依据行政处罚法第五十一条，现决定当场给予罚款{amount}的行政处罚。\n"
    "当事人应当自收到本决定书之日起十五日内缴纳罚款。不服本决定的，可以自收到之日起六十日内申请行政复议，"
    "或者六个月内提起行政诉讼。"
)
_DECISION = _PENALTY.replace("依据行政处罚法第五十一条，现决定当场给予", "现决定给予")
#: Code, title, English title, sign in the number, text, most for a person and for others in yuan.
_PAPERS: tuple[tuple[str, str, str, str, str, float | None, float | None], ...] = (
    ("order", "责令改正通知书", "Order to put right", "责改", _ORDER, None, None),
    ("penalty", "当场行政处罚决定书", "Penalty on the spot", "当罚", _PENALTY, 200.0, 3000.0),
    ("decision", "行政处罚决定书", "Decision on a penalty", "罚决", _DECISION, None, None),
)


def street_rows() -> tuple[CatalogueItem, ...]:
    """Return the laws, questions and documents that a new central begins with."""
    name = CatalogueName
    return (
        *(_row(name.LAW, code, zh, en, {"text_zh": text, "fine_least": least, "fine_most": most,
                                        "source": source})
          for code, zh, en, text, least, most, source in _LAWS),
        *(_row(name.CHECK, code, zh, en, {"form": form, "law": law, "asks": asks})
          for code, form, law, asks, zh, en in _CHECKS),
        *(_row(name.PAPER, code, zh, en, {"sign": sign, "text_zh": text, "most_person": person,
                                          "most_other": other})
          for code, zh, en, sign, text, person, other in _PAPERS),
    )  # fmt: skip


def _row(
    catalogue: CatalogueName, code: str, zh: str, en: str, details: dict[str, Detail]
) -> CatalogueItem:
    given: dict[str, Detail] = {
        name: value for name, value in details.items() if value not in {None, ""}
    }
    return CatalogueItem(
        id=item_id(catalogue, code),
        catalogue=catalogue,
        code=code,
        name_zh=zh,
        name_en=en,
        details=given,
        version=1,
    )
