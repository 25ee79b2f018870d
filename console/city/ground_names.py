"""Names of the synthetic city: roads, streets, schools and markets, in Chinese and pinyin.

The names are put together from common parts; where something real bears one too, that is chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Common first and second parts of place names, with their pinyin.
_FIRST = (
    "安an 平ping 永yong 长chang 广guang 东dong 西xi 德de 和he 新xin 文wen 光guang 玉yu "
    "龙long 金jin 春chun 福fu 惠hui 青qing 白bai 紫zi 云yun 石shi 清qing 北bei 南nan "
    "华hua 景jing 同tong 大da 小xiao 松song 柳liu 槐huai 梅mei 菊ju 双shuang 三san 万wan "
    "太tai 望wang 团tuan 会hui 百bai 天tian 花hua 红hong 翠cui 甘gan 朝chao 延yan 仁ren "
    "义yi 礼li 信xin 孝xiao 宏hong 泰tai 丰feng"
)
_SECOND = (
    "定ding 安an 门men 宁ning 乐le 外wai 河he 桥qiao 园yuan 井jing 庄zhuang 寺si 塔ta "
    "台tai 坛tan 村cun 店dian 营ying 坊fang 苑yuan 泉quan 湖hu 山shan 林lin 岭ling 坡po "
    "口kou 关guan 城cheng 里li 兴xing 旺wang 顺shun 祥xiang 康kang 源yuan 明ming 成cheng "
    "化hua 民min 府fu 仓cang 库ku 场chang 各ge 家jia 沟gou 滩tan 洼wa 坞wu 峪yu 堡pu "
    "亭ting 阁ge 楼lou 巷xiang 渠qu 池chi 潭tan 湾wan"
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in Chinese characters and in Latin letters."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictPlan:
    """One of the city's twenty districts and zones.

    Attributes:
        streets: How many streets and towns it has.
        seats_km: Points it lies around, kilometres east and north of the centre, its seat first.
    """

    id: str
    name: Name
    streets: int
    seats_km: tuple[tuple[float, float], ...]


def _district(
    number: int, zh: str, en: str, streets: int, *seats_km: tuple[float, float]
) -> DistrictPlan:
    return DistrictPlan(
        id=f"D{number:02d}", name=Name(zh, en), streets=streets, seats_km=tuple(seats_km)
    )


DISTRICTS = (
    _district(1, "东城区", "Dongcheng District", 17, (2.2, 2.6), (2.3, -2.6), (2.9, 0.4)),
    _district(2, "西城区", "Xicheng District", 15, (-2.6, 2.6), (-2.6, -2.6), (-3.2, 0.4)),
    _district(3, "朝阳区", "Chaoyang District", 40, (7.5, 2.4), (7, 9), (8.8, -4.3), (14, -1),
              (11, 12.5), (2.5, 8.2), (5.4, -6.6)),
    _district(4, "海淀区", "Haidian District", 29, (-7.5, 6.8), (-13.5, 13.5), (-7.5, 17),
              (-10, 2.4), (-19, 18), (-4.5, 8.4)),
    _district(5, "丰台区", "Fengtai District", 24, (-9.2, -6), (-3.2, -7.6), (2, -8.8), (-17, -6.5),
              (-12.6, -9.8), (-6.6, -4.6)),
    _district(6, "石景山区", "Shijingshan District", 9, (-17, 1.3), (-14.7, -0.5)),
    _district(7, "门头沟区", "Mentougou District", 13, (-25.4, 3.5), (-38, 6.8), (-55, 10),
              (-66, 2.4), (-68, 14)),
    _district(8, "房山区", "Fangshan District", 24, (-22, -20), (-34, -25), (-47, -23), (-61, -18),
              (-55, -29), (-68, -34)),
    _district(9, "通州区", "Tongzhou District", 20, (22.4, 0.2), (24, -9.9), (27.5, -16.5),
              (34, -23), (32.6, -4.3), (22.4, -21)),
    _district(10, "顺义区", "Shunyi District", 22, (21.5, 24.6), (17.3, 18), (34.3, 29), (32.6, 19),
              (27.5, 34.6)),
    _district(11, "昌平区", "Changping District", 22, (-14.3, 34.6), (-10, 28), (-1.5, 21.3),
              (-29.6, 35.7), (-1.5, 40), (-23.7, 28)),
    _district(12, "大兴区", "Daxing District", 22, (-4.9, -19.9), (0.2, -27.7), (-8.3, -34.3),
              (-4, -41), (4.5, -23.2), (-11.7, -28.8)),
    _district(13, "怀柔区", "Huairou District", 16, (19.8, 45.7), (13, 60.2), (13, 76.9),
              (17.3, 93.6), (13, 110), (0.2, 54.6), (-4, 76.9)),
    _district(14, "平谷区", "Pinggu District", 18, (61.6, 25.7), (51.4, 32.4), (68.4, 38),
              (51.4, 21.3)),
    _district(15, "密云区", "Miyun District", 20, (37.7, 52.4), (51.4, 65.7), (38.6, 71.3),
              (64.2, 82.4), (47.1, 88), (68.4, 60.2)),
    _district(16, "延庆区", "Yanqing District", 18, (-36.5, 61.3), (-29.6, 69), (-12.6, 71.3),
              (-46.7, 56.8), (-4, 82.4), (-29.6, 52.4)),
    _district(17, "经济技术开发区", "Economic-Technological Development Area", 3, (8.7, -13.2),
              (11.3, -14.9)),
    _district(18, "天安门地区", "Tiananmen Area", 1, (0.0, -0.1)),
    _district(19, "北京西站地区", "Beijing West Station Area", 1, (-6.6, -1.7)),
    _district(20, "燕山地区", "Yanshan Area", 4, (-38, -19.3)),
)  # fmt: skip


class NameSource:
    """Gives names that have not been given before, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 2])
        first = [(part[0], part[1:]) for part in _FIRST.split()]
        second = [(part[0], part[1:]) for part in _SECOND.split()]
        pairs: list[Name] = [
            Name(a + b, (latin_a + latin_b).capitalize())
            for a, latin_a in first
            for b, latin_b in second
            if a != b
        ]
        self._pairs = [pairs[number] for number in rng.permutation(len(pairs)).tolist()]
        self._next = 0
        self._given: set[str] = set()

    def stem(self) -> Name:
        """Return the next stem of two characters; they come again after some three thousand."""
        name: Name = self._pairs[self._next % len(self._pairs)]
        self._next += 1
        return name

    def named(self, zh: str, en: str) -> Name:
        """Return a stem with endings; never the same name twice.

        Args:
            zh: Chinese ending, "路".
            en: Its English counterpart, "Road".
        """
        for _ in range(len(self._pairs)):
            stem: Name = self.stem()
            if stem.zh + zh not in self._given:
                self._given.add(stem.zh + zh)
                return Name(stem.zh + zh, f"{stem.en} {en}")
        raise ValueError(f"no stem is left for names that end in {zh}")
