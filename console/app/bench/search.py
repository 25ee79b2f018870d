"""How long a key press takes in the search over half a million names."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import numpy as np

from console.app.bench._figures import machine, percentiles
from console.store.nameindex import NameIndex, plain
from console.store.pinyin import spelled

_FAMILY = (
    "工体朝阳东单西王府井望京酒仙桥三里屯南锣鼓巷安定德胜广渠永建国复兴和平团结劲松双百子湾芳群惠新"
)
_PLACE = "园里村庄桥门营坊院楼苑城湾河湖山店寺塔台池井营堡岭沟坡屯"
_ROAD = ("路", "街", "胡同", "大街", "东路", "西路", "南街", "北街", "巷", "环路")
_SHOP = ("商店", "超市", "小学", "医院", "公园", "市场", "大厦", "工地", "派出所", "地铁站")


def run(*, names: int = 500_000, seed: int = 1, queries: int = 300) -> dict[str, object]:
    """Type names letter by letter, in Chinese, pinyin, initials and English, some with mistakes.

    Args:
        names: How many names there are.
        seed: Of the names and of what is typed.
        queries: How many names are typed; each key press is one search.

    Returns:
        Percentiles of one key press, the time to make the index, how many whole names were not
        found at all (``missed``), and the same for an SQLite trigram table (``fts_p99_ms``).
    """
    rng = np.random.default_rng(seed)
    rows = _names(names, rng)
    started = time.perf_counter()
    index = NameIndex(rows)
    made_s = time.perf_counter() - started
    typed: list[float] = []
    missed = 0
    for row in rng.integers(0, names, queries).tolist():
        missed += _type(index, rows, row, rng, typed)
    return {
        "names": names,
        "key_presses": len(typed),
        **percentiles(typed, 50, 99, unit="ms"),
        "max_ms": round(max(typed), 2),
        "made_s": round(made_s, 2),
        "missed": missed,
        "fts_p99_ms": _fts_p99_ms(rows, rng, max(10, queries // 10)),
        **machine(),
    }


def _type(
    index: NameIndex,
    rows: list[tuple[str, ...]],
    row: int,
    rng: np.random.Generator,
    typed: list[float],
) -> int:
    """Type one name; return 1 if typed whole it finds none like it."""
    text = _as_typed(rows[row], rng)
    for end in range(1, len(text) + 1):
        started = time.perf_counter()
        found = index.find(text[:end])
        typed.append((time.perf_counter() - started) * 1000)
    with_mistake = text[: len(text) // 2] + "q" + text[len(text) // 2 :]
    started = time.perf_counter()
    index.find(with_mistake)
    typed.append((time.perf_counter() - started) * 1000)
    wanted = rows[row]
    hit = any(row == one or rows[one] == wanted or _alike(rows[one], text) for one in found)
    return int(not hit)


def _alike(texts: tuple[str, ...], typed: str) -> bool:
    """Whether a row holds what was typed: many names share their pinyin, more their initials."""
    held = [plain(text) for text in texts]
    held += [part for text in held if not text.isascii() for part in spelled(text)]
    return all(any(word in text for text in held) for word in typed.split())


def _as_typed(texts: tuple[str, ...], rng: np.random.Generator) -> str:
    chinese, english = texts[0], texts[1]
    whole, initials = spelled(chinese)
    return [chinese, whole, initials, english.lower()][int(rng.integers(4))]


def _names(count: int, rng: np.random.Generator) -> list[tuple[str, ...]]:
    family, place = list(_FAMILY), list(_PLACE)
    first = rng.integers(0, len(family), (count, 3))
    second, kind = rng.integers(0, len(place), count), rng.integers(0, 3, count)
    number, ending = rng.integers(1, 400, count), rng.integers(0, 10, count)
    made: list[tuple[str, ...]] = []
    for row in range(count):
        stem = "".join(family[no] for no in first[row]) + place[second[row]]
        if kind[row] == 0:
            text = f"{stem}{_ROAD[ending[row]]}{number[row]}号"
            english = f"{stem_en(stem)} Road {number[row]}"
        elif kind[row] == 1:
            text, english = f"{stem}{_SHOP[ending[row]]}", f"{stem_en(stem)} Shop"
        else:
            text, english = f"{stem}{_ROAD[ending[row]]}", f"{stem_en(stem)} Street"
        made.append((text, english))
    return made


def stem_en(stem: str) -> str:
    """Return a name as an English map writes it."""
    return spelled(stem)[0].capitalize()


def _fts_p99_ms(rows: list[tuple[str, ...]], rng: np.random.Generator, queries: int) -> Any:
    """Return what SQLite's trigram table takes for the same names, typed from the third letter."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE name USING fts5 (zh, en, tokenize='trigram')")
    connection.executemany("INSERT INTO name VALUES (?, ?)", (row[:2] for row in rows))
    taken = []
    for row in rng.integers(0, len(rows), queries).tolist():
        text = rows[row][int(rng.integers(2))]
        for end in range(3, len(text) + 1):
            started = time.perf_counter()
            quoted = '"' + text[:end].replace('"', '""') + '"'
            connection.execute(
                "SELECT rowid FROM name WHERE name MATCH ? ORDER BY length(zh) LIMIT 12", (quoted,)
            ).fetchall()
            taken.append((time.perf_counter() - started) * 1000)
    connection.close()
    return percentiles(taken, 99)["p99_ms"]
