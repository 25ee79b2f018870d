"""Names of people, drawn by how common they are."""

from __future__ import annotations

import numpy as np

#: Surnames with their rough share in per mille; the rest of the people bear one of the rare ones.
_SURNAMES: tuple[tuple[str, int], ...] = (
    ("王", 80), ("李", 78), ("张", 74), ("刘", 58), ("陈", 42), ("杨", 34), ("赵", 29), ("黄", 22),
    ("周", 22), ("吴", 20), ("徐", 18), ("孙", 18), ("胡", 15), ("朱", 15), ("高", 14), ("林", 13),
    ("何", 13), ("郭", 13), ("马", 13), ("罗", 11), ("梁", 10), ("宋", 10), ("郑", 10), ("谢", 9),
    ("韩", 9), ("唐", 8), ("冯", 8), ("于", 8), ("董", 8), ("萧", 7), ("程", 7), ("曹", 7),
    ("袁", 7), ("邓", 7), ("许", 7), ("傅", 6), ("沈", 6), ("曾", 6), ("彭", 6), ("吕", 6),
    ("苏", 5), ("卢", 5), ("蒋", 5), ("蔡", 5), ("贾", 5), ("丁", 5), ("魏", 5), ("薛", 4),
    ("叶", 4), ("阎", 4), ("潘", 4), ("杜", 4), ("戴", 4), ("夏", 4), ("钟", 4), ("汪", 4),
    ("田", 4), ("任", 4), ("姜", 4), ("范", 4), ("方", 4), ("石", 4), ("姚", 4), ("谭", 4),
    ("欧阳", 1), ("司马", 1), ("上官", 1), ("诸葛", 1),
)  # fmt: skip
_WEIGHTS = np.array([share for _, share in _SURNAMES], dtype=np.float64)
_REACHED = np.cumsum(_WEIGHTS) / _WEIGHTS.sum()
_SINGLE = (
    "伟强磊洋勇军杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢阳建亮成畅芳娜敏静丽艳娟霞玲"
)
_FIRST = "建国志文海玉春金永晓小立新宏庆德永俊嘉子思雨天佳美淑秀雪红桂长振家世少仁正学"
_SECOND = "华明军平伟峰波林东辉民杰强宁生海涛斌龙祥云娟英梅兰霞琴凤莲玲芬燕芝欣怡涵轩宇彤"


def draw_names(rng: np.random.Generator, count: int) -> list[str]:
    """Return ``count`` names, surname first; four in five have a given name of two characters."""
    surnames = np.searchsorted(_REACHED, rng.random(count), side="right")
    is_double = rng.random(count) < 0.8
    single = rng.integers(len(_SINGLE), size=count)
    first = rng.integers(len(_FIRST), size=count)
    second = rng.integers(len(_SECOND), size=count)
    return [
        _SURNAMES[s][0] + (_FIRST[a] + _SECOND[b] if double else _SINGLE[c])
        for s, double, a, b, c in zip(
            surnames.tolist(),
            is_double.tolist(),
            first.tolist(),
            second.tolist(),
            single.tolist(),
            strict=True,
        )
    ]
