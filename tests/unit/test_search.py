"""Names found as they are typed, against looking through all of them; coordinates in any datum."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.geo.coordinates import Datum, read_coordinates
from console.geo.datums import wgs84_to_bd09, wgs84_to_gcj02
from console.store.nameindex import NameIndex, plain
from console.store.pinyin import spelled

NAMES: list[tuple[str, ...]] = [
    ("工体北路", "Gongti North Road"),
    ("工体北路4号", "4 Gongti North Road"),
    ("朝阳区", "Chaoyang District"),
    ("朝阳门外大街", "Chaoyangmen Outer Street"),
    ("东单北大街", ""),
    ("中国银行东单支行", ""),
    ("Kauppatori", "Market Square"),
    ("K12", "Wang Qiang"),
    ("20261127-00317", ""),
]


@pytest.fixture(scope="module")
def index() -> NameIndex:
    return NameIndex(NAMES)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("工", 0),
        ("工体", 0),
        ("北路4", 1),
        ("gong", 0),
        ("gongtibeilu", 0),
        ("gtbl", 0),
        ("GTBL4", 1),
        ("ｇｏｎｇｔｉ", 0),
        ("chaoyang", 2),
        ("cymwdj", 3),
        ("chaoyang outer", 3),
        ("dongdan", 4),
        ("yinhang", 5),
        ("kaupp", 6),
        ("square", 6),
        ("k12", 7),
        ("qiang", 7),
        ("00317", 8),
        ("路 工体 4", 1),
    ],
)
def test_that_a_name_is_found_as_it_is_typed(index: NameIndex, typed: str, first: int) -> None:
    assert index.find(typed)[0] == first


def test_that_what_begins_with_the_words_comes_first(index: NameIndex) -> None:
    assert index.find("朝阳") == [2, 3]
    assert index.find("") == []
    assert index.find("zzz") == []
    assert NameIndex([]).find("a") == []


letters = st.text(st.sampled_from("工体朝阳北路abc1 "), min_size=1, max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.lists(letters, min_size=1, max_size=30), letters)
def test_that_nothing_that_begins_with_the_words_is_missed(names: list[str], typed: str) -> None:
    index = NameIndex([(name,) for name in names])
    words = plain(typed).split()
    found = set(index.find(typed, limit=1000))
    for row, name in enumerate(names):
        held = "\x1f".join([plain(name), *spelled(plain(name))])
        if all(word in held for word in words) and words and plain(name).startswith(words[0]):
            longest = max(words, key=len)
            if plain(name).startswith(longest):
                assert row in found
    for row in found:
        held = "\x1f".join([plain(names[row]), *spelled(plain(names[row]))])
        assert all(word in held for word in words)


@pytest.mark.parametrize(
    "typed",
    [
        "39.9087, 116.3975",
        "116.3975 39.9087",
        "39.9087N 116.3975E",
        "E116.3975,N39.9087",
        "北纬39.9087 东经116.3975",
        "39°54′31.32″N 116°23′51″E",
        "(39.9087，116.3975)",
    ],
)
def test_that_coordinates_are_read_as_people_write_them(typed: str) -> None:
    found = read_coordinates(f"{typed} WGS84")
    assert [(one.lat, one.lon) for one in found] == [pytest.approx((39.9087, 116.3975), abs=1e-4)]


@pytest.mark.parametrize("typed", ["", "12", "工体北路 4", "99 200", "1 2 3", "20261127-00317"])
def test_that_what_is_no_pair_is_no_place(typed: str) -> None:
    assert read_coordinates(typed) == []


@given(st.floats(20, 50), st.floats(80, 130))
def test_that_a_datum_is_taken_at_its_word(lat: float, lon: float) -> None:
    for words, turn in (("gcj02", wgs84_to_gcj02), ("百度", wgs84_to_bd09)):
        there = [float(value) for value in turn(lat, lon)]
        (found,) = read_coordinates(f"{words} {there[0]:.8f}, {there[1]:.8f}")
        assert (found.lat, found.lon) == pytest.approx((lat, lon), abs=1e-6)


def test_that_without_a_datum_a_place_in_china_is_offered_in_all_three() -> None:
    assert [one.datum for one in read_coordinates("39.9, 116.4")] == list(Datum)
    assert [one.datum for one in read_coordinates("60.17, 24.94")] == [Datum.WGS84]
    south = read_coordinates("-20.45 -54.62")
    assert (south[0].lat, south[0].lon) == (-20.45, -54.62)
