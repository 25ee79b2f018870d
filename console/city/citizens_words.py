"""What citizens say: sentences for each form of violation, in the tone of each channel."""

from __future__ import annotations

import numpy as np

from console.domain.levels import Channel

#: What is the matter, by form; "{s}" stands for how bad it is.
_MATTERS: dict[str, tuple[str, ...]] = {
    "0101": (
        "有人在楼顶加盖房屋，{s}", "一层住户占用公共绿地搭建房屋，{s}", "院内新砌了一间砖房，{s}",
        "有人在便道上搭彩钢房，{s}", "平台上私搭阳光房，{s}",
    ),
    "0102": (
        "垃圾桶满溢，垃圾堆在路边，{s}", "路口有一堆生活垃圾没人清，{s}",
        "墙角堆放厨余垃圾，气味难闻，{s}", "绿化带里扔满了垃圾袋，{s}", "旧沙发床垫扔在路边，{s}",
    ),
    "0103": (
        "装修渣土堆在便道上，{s}", "路边倒了几车建筑垃圾，{s}", "楼下堆放的渣土一直没有清运，{s}",
        "空地上有人倾倒砖头瓦块，{s}",
    ),
    "0104": (
        "路面有大片油污，{s}", "道路积泥很脏，{s}", "路上遗撒沙石，骑车容易摔倒，{s}",
        "街面污水横流，{s}",
    ),
    "0105": (
        "烧烤摊把炉子摆在马路边，{s}", "露天烧烤油烟飘进居民家里，{s}",
        "大排档占道烧烤喝酒，声音很大，{s}", "有人在小区门口烤串，烟熏得开不了窗，{s}",
    ),
    "0106": (
        "临街住户把窗户改成门做买卖，{s}", "有人正在砸承重墙开门脸，{s}",
        "一楼开墙打洞开小卖部，{s}",
    ),
    "0201": (
        "电线杆和墙上贴满小广告，{s}", "有人在地铁口散发小卡片，{s}", "楼道里喷涂开锁广告，{s}",
        "天桥上贴了不少办证广告，{s}",
    ),
    "0301": (
        "工地夜里还在施工，{s}", "半夜打混凝土，机器一直响，{s}",
        "工地切割钢筋的声音吵得睡不着，{s}",
        "拆楼的机器夜里不停，{s}", "地铁工地深夜倒土，{s}", "工地夜间装卸钢管，{s}",
    ),
    "0302": (
        "工地没有苫盖，一刮风都是土，{s}", "拆迁现场没有洒水，扬尘严重，{s}",
        "工地出入口没有冲洗，路上全是土，{s}", "裸露土方没有盖网，{s}",
    ),
    "0303": (
        "渣土车没有苫盖，一路遗撒，{s}", "大货车拉渣土夜里鸣笛超速，{s}",
        "渣土车从工地出来带泥上路，{s}", "没有牌照的渣土车往河边倒土，{s}",
    ),
    "0401": (
        "楼道里闻到煤气味，{s}", "餐馆把煤气罐放在店外使用，{s}", "路面施工挖到燃气管，有味道，{s}",
        "有人私自灌装液化气，{s}",
    ),
    "0402": (
        "马路中间塌了一个坑，{s}", "便道地砖下陷，露出一个洞，{s}",
        "路面突然下沉，有车陷进去了，{s}",
    ),
    "0501": (
        "有人推车卖水果堵住路口，{s}", "地铁口一排无照摊贩卖小吃，{s}",
        "流动商贩占着天桥卖东西，{s}",
        "三轮车卖早点占了非机动车道，{s}", "学校门口有人摆摊卖玩具零食，{s}",
        "过街通道里摆地摊，{s}",
    ),
    "0502": (
        "商店把货架摆到便道上，{s}", "饭馆在门外摆桌子占了人行道，{s}", "水果店占道经营，{s}",
        "五金店在店外焊东西，{s}", "洗车店在马路边洗车，污水流一地，{s}",
    ),
    "0503": (
        "车停在盲道上，{s}", "消防通道被私家车堵住，{s}", "便道上停满了车，行人只能走马路，{s}",
        "共享单车堆在路口，{s}", "路口违停，公交车进不了站，{s}",
    ),
    "0504": (
        "黑车在车站门口揽客，{s}", "摩的在地铁口拉客，{s}", "非法网约车堵在出口，{s}",
    ),
    "0599": (
        "井盖松动，车一过就响，{s}", "路灯不亮已经好几天，{s}", "有人遛狗不拴绳，{s}",
        "公共座椅坏了没人修，{s}",
    ),
}  # fmt: skip
#: How bad it is, from bearable to unbearable.
_BAD: tuple[tuple[str, ...], ...] = (
    ("希望有人来看看", "请你们处理一下", "影响不大但总是这样", "麻烦派人提醒一下"),
    ("已经影响通行", "居民意见很大", "打过电话也没有改", "每天都这样", "老人孩子都受不了"),
    ("情况很严重", "怕出危险，请马上来人", "周围居民都在骂", "再不管就要出事了", "已经有人受伤"),
)  # fmt: skip
_SINCE: tuple[str, ...] = (
    "", "", "刚刚开始，", "从今天早上起，", "有一个多小时了，", "连着几天，", "这个星期以来，",
    "昨天反映过，今天又有，",
)  # fmt: skip
_FRAMES: dict[Channel, tuple[str, ...]] = {
    Channel.HOTLINE: (
        "市民来电反映：{p}，{t}{m}。", "来电人称{p}{t}{m}，要求尽快处理并回复。",
        "{c}来电：{p}，{t}{m}。", "市民反映{p}{t}{m}，希望执法部门到现场查看。",
    ),
    Channel.LEADER: ("领导批转：{p}，{t}{m}，请当日办结并报告结果。",),
    Channel.TRANSFER: ("街道转来：{p}，{t}{m}，请依职责处理。", "交管部门移送：{p}，{t}{m}。"),
    Channel.MEDIA: ("记者反映：{p}，{t}{m}，拟于晚间节目报道，请核实。",),
    Channel.ONLINE: ("网友发帖：{p}，{t}{m}，有没有人管？", "网络舆情：{p}，{t}{m}，附图三张。"),
    Channel.APP: ("{p}，{t}{m}", "拍照上报：{p}，{m}"),
    Channel.MINI_PROGRAM: ("{p}{m}", "{t}{p}，{m}，请处理，谢谢"),
    Channel.LETTER: ("来信反映：{p}，{t}{m}，附近居民联名请求解决。",),
}  # fmt: skip
_NEAR: tuple[str, ...] = (
    "{a}",
    "{a}",
    "{a}附近",
    "{a}门口",
    "{a}对面",
    "{a}旁边",
    "{a}东侧",
    "{a}西侧",
    "{a}路边",
)
_TITLES = ("先生", "女士")


def say(
    form: str, channel: Channel, *, place: str, severity: int, caller: str, rng: np.random.Generator
) -> str:
    """Return one message.

    Args:
        form: Code of the true form.
        channel: It sets the tone.
        place: Where, in the caller's words.
        severity: 1 to 3.
        caller: Who speaks, as the seat writes it down.
        rng: Every choice of words comes from it.
    """
    matters = _MATTERS.get(form, _MATTERS["0599"])
    bad = _BAD[severity - 1]
    matter = _one(matters, rng).format(s=_one(bad, rng))
    frame = _one(_FRAMES.get(channel, _FRAMES[Channel.HOTLINE]), rng)
    return frame.format(p=place, t=_one(_SINCE, rng), m=matter, c=caller)


def say_where(address: str, rng: np.random.Generator) -> str:
    """Return the place in a caller's words: the address, or something beside it."""
    return _one(_NEAR, rng).format(a=address)


def say_who(name: str, rng: np.random.Generator) -> str:
    """Return a caller as the seat writes one down: the surname and a title."""
    return name[: 2 if len(name) > 3 else 1] + _one(_TITLES, rng)


def forms_with_words() -> frozenset[str]:
    """Return the codes that there are sentences for."""
    return frozenset(_MATTERS)


def _one(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]
