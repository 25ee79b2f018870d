"""Areas: what may be drawn, files of them, and what happens at them against a plain reckoning."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_rows import PlainRows

from console.domain.areas import Area, AreaId, AreaKind, FenceRule
from console.domain.errors import RejectedError
from console.domain.levels import Role
from console.gateways.areafiles import MOST_BYTES, AreaFileError, read_areas
from console.protocol import commands as c
from console.protocol.codec import row_from_builtins, row_to_builtins
from console.tracking.fences import FenceEvent, FenceWatch

SQUARE = ((39.90, 116.40), (39.91, 116.40), (39.91, 116.41), (39.90, 116.41))
T0 = datetime(2026, 11, 27, 8, tzinfo=UTC)
T0_MS = int(T0.timestamp() * 1000)


def area(**more: object) -> Area:
    made = Area(id=AreaId("a1"), name="工体", kind=AreaKind.FENCE, outline=SQUARE)
    return replace(made, **more)


def put(rows: PlainRows, *areas: Area) -> None:
    rows.do(c.PutAreas(areas=areas), role=Role.SHIFT_LEAD)


def test_that_an_area_is_drawn_changed_and_retired() -> None:
    rows = PlainRows()
    put(rows, area())
    put(rows, area(name="工体北"))
    put(rows, area(name="工体北", retired=True))
    held = rows.area("a1")
    assert held is not None
    assert (held.name, held.retired, held.version) == ("工体北", True, 3)
    assert row_from_builtins("area", row_to_builtins(held)) == held


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"name": " "}, "needs a name"),
        ({"outline": SQUARE[:2]}, "2 corners"),
        ({"outline": (*SQUARE[:2], (99.0, 0.0))}, "99"),
        ({"outline": tuple((39 + i * 1e-6, 116.0) for i in range(5001))}, "5001 corners"),
        ({"rules": (FenceRule.DWELL,)}, "after how long"),
        ({"rules": (FenceRule.ABSENCE,), "absence_s": 0}, "after how long"),
        ({"starts_at": T0, "ends_at": T0}, "ends before"),
        ({"plan": AreaId("nowhere")}, "does not exist"),
        ({"need": -1}, "cannot be"),
    ],
)
def test_that_what_makes_no_sense_is_refused_in_words(
    wrong: dict[str, object], reason: str
) -> None:
    with pytest.raises(RejectedError, match=reason):
        put(PlainRows(), area(**wrong))


def test_that_a_post_belongs_to_its_event() -> None:
    rows = PlainRows()
    put(rows, area(id=AreaId("e"), kind=AreaKind.EVENT))
    put(rows, area(id=AreaId("p"), kind=AreaKind.POST, plan=AreaId("e"), need=3))
    with pytest.raises(RejectedError, match="does not exist"):
        put(rows, area(id=AreaId("q"), kind=AreaKind.POST, plan=AreaId("p")))


def test_that_an_area_holds_in_its_time_only() -> None:
    timed = area(starts_at=T0, ends_at=T0 + timedelta(hours=1))
    assert [timed.holds_at(T0 + timedelta(hours=h)) for h in (-1, 0, 1)] == [False, True, False]
    assert not area(retired=True).holds_at(T0)


# files


def geojson(tmp_path: Path, body: object) -> Path:
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps(body) if not isinstance(body, str) else body, encoding="utf-8")
    return path


def feature(name: str, *rings: list[list[float]]) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": "Polygon", "coordinates": list(rings)},
    }


RING = [[116.4, 39.9], [116.41, 39.9], [116.41, 39.91], [116.4, 39.9]]


def test_that_polygons_of_geojson_and_kml_come_in_with_their_names(tmp_path: Path) -> None:
    many = {
        "type": "FeatureCollection",
        "features": [
            feature("工体", RING),
            {"type": "Feature", "properties": None, "geometry": None},
            {
                "type": "Feature",
                "properties": {},
                "geometry": {"type": "MultiPolygon", "coordinates": [[RING], [RING]]},
            },
        ],
    }
    found = read_areas(geojson(tmp_path, many))
    assert [one.name for one in found] == ["工体", "areas 2", "areas 3"]
    assert found[0].outline == ((39.9, 116.4), (39.9, 116.41), (39.91, 116.41))
    kml = tmp_path / "areas.kml"
    kml.write_text(
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
        "<name>三里屯</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        "116.4,39.9,0 116.41,39.9,0\n116.41,39.91 116.4,39.9</coordinates></LinearRing>"
        "</outerBoundaryIs></Polygon></Placemark></Document></kml>",
        encoding="utf-8",
    )
    assert [(one.name, len(one.outline)) for one in read_areas(kml)] == [("三里屯", 3)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "no GeoJSON"),
        ("{", "no GeoJSON"),
        ("[" * 100_000, "no GeoJSON"),
        ('{"type": "FeatureCollection"}', "not as GeoJSON has it"),
        ('{"type": "FeatureCollection", "features": [1]}', "not as GeoJSON has it"),
        ('{"type": "Point", "coordinates": [1, 2]}', "no polygon"),
        ('{"type": "Polygon", "coordinates": [[[1, 2], [1, 2], [1, 2]]]}', "fewer than three"),
        ('{"type": "Polygon", "coordinates": [[[1, 2], [1, 95], [3, 2]]]}', "no such place"),
        ('{"type": "Polygon", "coordinates": [[[NaN, 2], [1, 5], [3, 2]]]}', "no such place"),
        ('{"type": "Polygon", "coordinates": [[["a", 2], [1, 5], [3, 2]]]}', "no GeoJSON"),
        ("<kml><Placemark>", "no KML"),
        ('<!DOCTYPE k [<!ENTITY a "b">]><kml>&a;</kml>', "entities"),
        (
            "<kml><Placemark><Polygon><outerBoundaryIs><coordinates>1,2 x,3</coordinates>"
            "</outerBoundaryIs></Polygon></Placemark></kml>",
            "no number",
        ),
    ],
)
def test_that_a_broken_file_is_refused_in_words(tmp_path: Path, body: str, reason: str) -> None:
    with pytest.raises(AreaFileError, match=reason) as caught:
        read_areas(geojson(tmp_path, body))
    assert "Nothing was changed" in str(caught.value)


def test_that_a_huge_or_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AreaFileError, match="cannot be read"):
        read_areas(tmp_path / "none.kml")
    path = tmp_path / "huge.geojson"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(AreaFileError, match="larger than 20 MB"):
        read_areas(path)
    many = {"type": "FeatureCollection", "features": [feature("x", RING)] * 2001}
    with pytest.raises(AreaFileError, match="2001 areas"):
        read_areas(geojson(tmp_path, many))
    fine = [[116 + i * 1e-5, 39.0 + (i % 2)] for i in range(6000)]
    with pytest.raises(AreaFileError, match="6000 corners"):
        read_areas(geojson(tmp_path, feature("x", fine)))


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_that_any_bytes_are_areas_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, body: bytes
) -> None:
    path = tmp_path_factory.mktemp("areas") / "x.geojson"
    path.write_bytes(body)
    with pytest.raises(AreaFileError):
        read_areas(path)


# what happens at them


def plain_events(
    watched: Area, ticks: list[list[tuple[int, int, float, float]]]
) -> set[tuple[FenceRule, int | None, int]]:
    """Reckon unit by unit, fix by fix, what a watch has to tell of a rectangle."""
    (south, west), (north, east) = watched.outline[0], watched.outline[2]
    last: dict[int, bool] = {}
    since: dict[int, int] = {}
    told: set[tuple[FenceRule, int | None, int]] = set()
    stayed: set[int] = set()
    empty_since, absence_told = T0_MS, False
    dwell, absence = (watched.dwell_s or 0) * 1000, (watched.absence_s or 0) * 1000
    for number, fixes in enumerate(ticks):
        now = T0_MS + number * 10_000
        before = any(last.values())
        for unit, at, lat, lon in fixes:
            inside = south < lat < north and west < lon < east
            if last.get(unit) and unit not in stayed and at - since[unit] >= dwell:
                told.add((FenceRule.DWELL, unit, since[unit] + dwell))
                stayed.add(unit)
            if unit in last and inside and not last[unit]:
                told.add((FenceRule.ENTER, unit, at))
            if last.get(unit) and not inside:
                told.add((FenceRule.LEAVE, unit, at))
            if inside and not last.get(unit):
                since[unit] = at
                stayed.discard(unit)
            last[unit] = inside
        arrived = [at for unit, at, _, _ in fixes if last[unit] and since[unit] == at]
        if arrived and not before and not absence_told and min(arrived) - empty_since >= absence:
            told.add((FenceRule.ABSENCE, None, empty_since + absence))
        if any(last.values()) and fixes:
            empty_since, absence_told = max(at for _, at, _, _ in fixes), False
        elif before and fixes:
            empty_since = max(at for _, at, _, _ in fixes)
        for unit, inside in last.items():
            if inside and unit not in stayed and now - since[unit] >= dwell:
                told.add((FenceRule.DWELL, unit, since[unit] + dwell))
                stayed.add(unit)
        if not any(last.values()) and not absence_told and now - empty_since >= absence:
            told.add((FenceRule.ABSENCE, None, empty_since + absence))
            absence_told = True
    return told


def run_watch(
    watch: FenceWatch, ticks: list[list[tuple[int, int, float, float]]]
) -> list[FenceEvent]:
    events: list[FenceEvent] = []
    for number, fixes in enumerate(ticks):
        columns = np.array(fixes, float).reshape(-1, 4)
        whole = columns[:, :2].astype(np.int64)
        events += watch.take(whole[:, 0], whole[:, 1], columns[:, 2], columns[:, 3])
        events += watch.tick(T0_MS + number * 10_000)
    return events


def wandering(units: int, ticks: int, seed: int) -> list[list[tuple[int, int, float, float]]]:
    rng = np.random.default_rng(seed)
    lat, lon = rng.uniform(39.895, 39.915, units), rng.uniform(116.395, 116.415, units)
    told = []
    for tick in range(ticks):
        lat, lon = lat + rng.normal(0, 8e-4, units), lon + rng.normal(0, 8e-4, units)
        said = np.flatnonzero(rng.random(units) < 0.7)
        told.append([
            (int(no), T0_MS + tick * 10_000, float(lat[no]), float(lon[no])) for no in said
        ])  # fmt: skip
    return told


ALL_RULES = tuple(FenceRule)


@settings(max_examples=40, deadline=None)
@given(units=st.integers(1, 6), seed=st.integers(0, 10_000), dwell=st.integers(1, 12))
def test_that_nothing_is_missed_and_nothing_invented(units: int, seed: int, dwell: int) -> None:
    watched = area(rules=ALL_RULES, dwell_s=dwell * 10, absence_s=60)
    ticks = wandering(units, 120, seed)
    watch = FenceWatch()
    watch.set_areas([watched], {}, now_ms=T0_MS)
    events = run_watch(watch, ticks)
    told = [(event.rule, event.unit_no, event.at_ms) for event in events]
    assert len(told) == len(set(told))
    assert set(told) == plain_events(watched, ticks)


@pytest.mark.soak
def test_that_an_hour_of_the_whole_force_is_told_exactly() -> None:
    watched = area(rules=ALL_RULES, dwell_s=300, absence_s=600)
    ticks = wandering(7400, 360, 5)
    watch = FenceWatch()
    watch.set_areas([watched], {}, now_ms=T0_MS)
    told = {(one.rule, one.unit_no, one.at_ms) for one in run_watch(watch, ticks)}
    assert told == plain_events(watched, ticks)
    assert len(told) > 10_000


def test_that_only_named_units_and_only_in_time_are_told_of() -> None:
    inside, outside = (39.905, 116.405), (39.95, 116.405)
    timed = area(
        rules=(FenceRule.ENTER,), units=("u1",), starts_at=T0, ends_at=T0 + timedelta(minutes=5)
    )
    watch = FenceWatch()
    watch.set_areas([timed], {"u1": 1, "u2": 2}, now_ms=T0_MS)
    minutes = [(0, outside), (1, inside), (2, outside), (9, inside)]
    ticks = [
        [(unit, T0_MS + minute * 60_000, *where) for unit in (1, 2)] for minute, where in minutes
    ]
    assert [(e.unit_no, e.at_ms - T0_MS) for e in run_watch(watch, ticks)] == [(1, 60_000)]
    assert watch.inside(AreaId("a1")) == []
    watch.set_areas([replace(timed, retired=True)], {}, now_ms=T0_MS)
    assert watch.inside(AreaId("a1")) == []
