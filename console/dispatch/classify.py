"""Form and urgency suggested from what was said, with the words that speak for it.

Words are the trade's own, from the catalogue of forms; each speaks for one form with a weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.domain.forms import FORMS, form_of
from console.domain.levels import Level

_WORDS: Mapping[str, Mapping[str, float]] = {
    "0101": {"违法建设": 3, "违建": 3, "私搭": 3, "搭建": 2, "加盖": 3, "彩钢房": 3, "阳光房": 3,
             "新砌": 2, "盖房": 2, "illegal construction": 3, "extension built": 2},
    "0102": {"暴露垃圾": 3, "生活垃圾": 3, "厨余": 3, "垃圾桶": 3, "垃圾袋": 3, "垃圾": 1.5,
             "满溢": 2, "旧沙发": 3, "床垫": 2, "rubbish": 2, "trash": 2, "litter": 2},
    "0103": {"渣土堆": 3, "装修渣土": 3, "建筑垃圾": 3, "砖头": 2, "瓦块": 2, "渣土": 1.2,
             "倾倒": 1, "dumping": 2, "rubble": 3},
    "0104": {"道路不洁": 3, "油污": 3, "积泥": 3, "遗撒沙石": 3, "污水横流": 3, "路面脏": 2,
             "很脏": 1, "dirty road": 3, "street cleaning": 3},
    "0105": {"露天烧烤": 4, "烧烤": 3, "烤串": 3, "大排档": 3, "油烟": 1.5, "barbecue": 3},
    "0106": {"开墙打洞": 4, "承重墙": 3, "开门脸": 3, "窗户改成门": 3, "砸墙": 2},
    "0201": {"小广告": 4, "小卡片": 3, "办证广告": 3, "喷涂": 2, "张贴": 1, "poster": 2,
             "graffiti": 2},
    "0301": {"夜间施工": 4, "夜里还在施工": 4, "半夜": 2, "夜里": 1, "深夜": 1.5, "混凝土": 2,
             "切割": 1.5, "钢筋": 1.5, "施工": 1.5, "工地": 1, "吵": 1, "噪声": 1.5, "装卸": 1,
             "拆楼": 2, "night construction": 4, "noise": 1},
    "0302": {"扬尘": 4, "苫盖": 1.5, "没有盖网": 3, "裸露土方": 3, "洒水": 2, "刮风": 1.5,
             "冲洗": 1.5, "dust": 3},
    "0303": {"渣土车": 4, "拉渣土": 3, "带泥上路": 2, "一路遗撒": 2, "spoil": 2, "dump truck": 3},
    "0401": {"燃气": 3, "煤气": 3, "液化气": 3, "煤气罐": 3, "gas leak": 4, "gas": 1.5},
    "0402": {"塌陷": 4, "塌": 2.5, "下陷": 3, "下沉": 3, "陷进去": 3, "sinkhole": 4,
             "pothole": 2, "collapse": 3},
    "0501": {"无照": 3, "摊贩": 3, "商贩": 3, "摆摊": 3, "地摊": 3, "推车卖": 3, "三轮车卖": 3,
             "游商": 3, "vendor": 3, "hawker": 3},
    "0502": {"店外": 3, "占道经营": 2.5, "在门外摆": 3, "货架": 2, "摆到便道": 2, "洗车": 2,
             "outside the shop": 3},
    "0503": {"违停": 3, "违法停车": 3, "停车": 2, "车停": 2, "停满了车": 3, "消防通道": 2,
             "盲道": 1.5, "单车堆": 3, "parking": 3, "parked": 2},
    "0504": {"黑车": 4, "摩的": 4, "非法网约车": 4, "揽客": 2, "拉客": 2, "illegal taxi": 4},
    "0599": {"井盖": 3, "路灯": 3, "遛狗": 3, "座椅": 2, "streetlight": 3, "street light": 3},
}  # fmt: skip
#: Words that make a matter more urgent, whatever its form.
_URGENT: tuple[str, ...] = (
    "受伤", "有人倒地", "爆炸", "着火", "起火", "出人命", "快要塌", "危险", "出事", "马上来人",
    "injured", "explosion", "on fire", "danger",
)  # fmt: skip
#: Below this nothing is suggested; a lead smaller than the second is no lead.
_LEAST, _LEAST_LEAD = 1.0, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What the words say about form and urgency.

    Attributes:
        form: Code of the form, ``None`` if the words do not tell.
        level: Urgency that goes with it.
        because: The words that speak for the form.
        urgent_because: The words that raise the urgency.
    """

    form: str | None
    level: Level
    because: tuple[str, ...] = ()
    urgent_because: tuple[str, ...] = ()


def suggest(text: str) -> Suggestion:
    """Return form and urgency that words suggest; an emoji alone suggests nothing."""
    said = text.casefold()
    found = {form: [word for word in words if word in said] for form, words in _WORDS.items()}
    scores = sorted(
        ((sum(_WORDS[form][word] for word in words), form) for form, words in found.items()),
        reverse=True,
    )
    (best, form), (second, _) = scores[0], scores[1]
    told = best >= _LEAST and best - second >= _LEAST_LEAD
    urgent = tuple(word for word in _URGENT if word in said)
    level = form_of(form).level if told else Level.ROUTINE
    if urgent:
        level = Level(max(level - 1, Level.CRITICAL))
    return Suggestion(
        form=form if told else None,
        level=level,
        because=tuple(found[form]) if told else (),
        urgent_because=urgent,
    )


def known_forms() -> frozenset[str]:
    """Return the codes of all forms there are words for."""
    return frozenset(_WORDS) & {form.code for form in FORMS}
