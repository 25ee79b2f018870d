"""What moves and ages on the map: groups, glides, age rings, the age of the feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from map_parts import (
    ENGINE_TALK,
    UNITS,
    Shown,
    fill,
    grid_places,
    grid_units,
    living_map,
    nearer,
    quiet,
)
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.domain.ids import UnitId
from console.domain.units import UnitStatus
from console.tracking.columns import ForceColumns, empty_columns
from console.ui.mapfeed import clock_ms
from console.ui.mapsprites import MapLayer, unit_specs

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True),
]
#: A crowd round one place, and one far away.
CROWD = 1200


@pytest.fixture(scope="module")
def living(qapp: QApplication) -> Iterator[Shown]:
    yield from living_map(qapp)


@pytest.fixture
def shown(living: Shown, qtbot: QtBot) -> Shown:
    fill(living)
    return quiet(living, qtbot)


@pytest.fixture
def empty(qapp: QApplication) -> Iterator[Shown]:
    yield from living_map(qapp, filled=False)


def test_that_a_map_with_nothing_on_it_is_drawn(empty: Shown, qtbot: QtBot) -> None:
    fill(empty)
    empty.feed.set_units([])
    empty.feed.set_force(empty_columns(0))
    empty.feed.set_incidents([])
    rev = empty.feed.rows(MapLayer.UNITS).rev
    qtbot.waitUntil(lambda: empty.js("mapPage.live._rows.get('units').rev") == rev)
    empty.settle(qtbot)
    assert empty.problems == []
    fill(empty)
    qtbot.waitUntil(lambda: empty.widget.last_stats["counts"].get("units") == UNITS)


def at_grid(*, age_s: float = 0.0) -> ForceColumns:
    columns = empty_columns(UNITS)
    columns.lat[:], columns.lon[:] = grid_places()
    columns.t_ms[:] = clock_ms() - int(age_s * 1000)
    return columns


def show_crowd(shown: Shown) -> None:
    base = grid_units()[0]
    crowd = [
        replace(base, id=UnitId(f"c{no}"), no=no, call_sign=f"C{no}", status=UnitStatus.AVAILABLE)
        for no in range(CROWD)
    ]
    crowd[77] = replace(crowd[77], status=UnitStatus.ASSIGNED)
    columns = empty_columns(CROWD)
    columns.lat[:] = 39.9 + (np.arange(CROWD) % 40) * 1e-5
    columns.lon[:] = 116.4 + (np.arange(CROWD) // 40) * 1e-5
    columns.lat[0], columns.lon[0] = 39.95, 116.3
    columns.t_ms[:] = clock_ms()
    shown.feed.set_units(crowd)
    shown.feed.set_force(columns)


def test_that_a_crowd_is_a_group_that_shows_its_worst_member(shown: Shown, qtbot: QtBot) -> None:
    show_crowd(shown)
    qtbot.waitUntil(lambda: shown.widget.last_stats["counts"]["units"] == CROWD)
    shown.settle(qtbot)
    told = shown.owners(qtbot)
    groups = [group for group in told["groups"] if group["layer"] == "units"]
    alone = [row for layer, row, _, _ in told["positions"] if layer == "units"]
    assert sum(group["n"] for group in groups) + len(alone) == CROWD
    assert 0 in alone
    worst = max(groups, key=lambda group: group["rank"])
    assert unit_specs()[worst["worst"]].word == "status_assigned"

    at = json.loads(
        shown.js(f"JSON.stringify(mapPage.live.containerPoint({worst['x']}, {worst['y']}))")
    )
    QTest.mouseMove(shown.target(), QPoint(round(at["x"]) - 2, round(at["y"])))
    QTest.mouseMove(shown.target(), QPoint(round(at["x"]), round(at["y"])))
    hint = "mapPage.panel.hint.hidden ? '' : mapPage.panel.hint.textContent"
    qtbot.waitUntil(lambda: "worst: Ordered, not yet accepted" in shown.js(hint))
    zoom = shown.js("mapPage.map.getZoom()")
    shown.click(at["x"], at["y"])
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") == zoom + 2)


def test_that_groups_can_be_turned_off_and_everyone_is_drawn(shown: Shown, qtbot: QtBot) -> None:
    show_crowd(shown)
    qtbot.waitUntil(lambda: shown.widget.last_stats["counts"]["units"] == CROWD)
    shown.js("mapPage.setGroups(false); 0")
    shown.settle(qtbot)
    told = shown.owners(qtbot)
    assert told["groups"] == []
    assert sum(layer == "units" for layer, *_ in told["positions"]) == CROWD
    shown.js("mapPage.setGroups(true); 0")


def glided(shown: Shown, qtbot: QtBot, steps: int) -> list[float]:
    """Send the unit so many steps of 100 m, 28 pixels, to the east; return where it was drawn."""
    shown.js("window.whereSeen = []; 0")
    columns = at_grid()
    columns.lon[212] += 0.0012 * steps
    shown.feed.set_force(columns)
    rev = shown.feed.rows(MapLayer.UNITS).rev
    qtbot.waitUntil(lambda: shown.js("mapPage.live._rows.get('units').rev") == rev)
    shown.settle(qtbot)
    qtbot.waitUntil(lambda: shown.js("mapPage.live._again === null && !mapPage.live._inFlight"))
    shown.js(
        "mapPage.live._worker.postMessage({ op: 'where', row: 212 }); window.whereAsked += 1; 0"
    )
    qtbot.waitUntil(lambda: shown.js("window.whereAsked === window.whereTold"))
    seen: list[float] = json.loads(shown.js("JSON.stringify(window.whereSeen)"))
    return seen


def test_that_a_unit_glides_to_its_new_fix_and_never_beyond(shown: Shown, qtbot: QtBot) -> None:
    assert shown.widget.show_unit("u212")
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") == 15)
    shown.settle(qtbot)
    shown.js(
        "window.whereSeen = []; window.whereAsked = window.whereTold = 0;"
        "const live = mapPage.live, old = live._show.bind(live);"
        "live._show = (m) => { old(m); window.whereAsked += 1;"
        " live._worker.postMessage({ op: 'where', row: 212 }); };"
        "const take = live._take.bind(live);"
        "live._take = (m) => { if (m.op !== 'where') return take(m);"
        " window.whereTold += 1; window.whereSeen.push(m.x); }; 0"
    )
    start = glided(shown, qtbot, 0)[-1]
    for steps in range(1, 13):  # a busy machine may draw none of the pictures in between
        seen = [start, *glided(shown, qtbot, steps)]
        assert seen == sorted(seen)
        assert 20 < seen[-1] - start <= 30
        if len(set(seen)) >= 3:
            return
        start = seen[-1]
    pytest.fail("it jumps")


def test_that_an_old_fix_has_a_ring_that_grows(shown: Shown, qtbot: QtBot) -> None:
    assert shown.widget.show_unit("u212")
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") == 15)
    shown.settle(qtbot)
    young = shown.picture()
    shown.feed.set_force(at_grid(age_s=110))
    shown.settle(qtbot)
    qtbot.waitUntil(lambda: shown.picture() != young)
    row = shown.feed.rows(MapLayer.UNITS).row_of("u212")
    assert row is not None
    told = shown.owners(qtbot)
    x, y = next((x, y) for layer, no, x, y in told["positions"] if (layer, no) == ("units", row))
    colour = "#B0C5C9"  # 110 s old is late: still in the colour of what it does

    picture = shown.picture()

    def ring_at(radius_px: float) -> bool:
        turns = np.linspace(0, 2 * np.pi, 180)
        return any(
            nearer(picture, x + radius_px * np.cos(a), y + radius_px * np.sin(a), colour)
            for a in turns
        )

    # 1.35 m/s for 110 s, 3.66 m a pixel
    assert any(ring_at(radius) for radius in np.arange(38, 50, 0.5))


def test_that_the_map_says_when_the_feed_has_stopped(shown: Shown, qtbot: QtBot) -> None:
    text = "mapPage.panel.age.textContent"
    late = "mapPage.panel.age.classList.contains('late')"

    def says(wanted: tuple[str, ...], positions_s: float, heard_s: float, **more: bool) -> bool:
        """Tell the ages, for the page counts on from there, and look at what it says."""
        shown.widget.set_age(positions_s, heard_s, **more)
        return str(shown.js(text)).startswith(wanted)

    fresh = ("positions 3 s old", "positions 4 s old")
    qtbot.waitUntil(lambda: says(fresh, 3.0, 1.0, is_live=True) and not shown.js(late))
    # two beats are missing
    qtbot.waitUntil(lambda: says(("■ positions 8 s",), 8.0, 6.0, is_live=True))
    qtbot.waitUntil(lambda: says(("■ positions 2 s",), 2.0, 1.0, is_live=False))
    shown.widget.set_age(1.0, 0.5, is_live=True)
    qtbot.waitUntil(lambda: not shown.js(text).startswith("■"))
    # nothing more is told: the page itself finds out
    qtbot.waitUntil(lambda: shown.js(text).startswith("■ positions"))
