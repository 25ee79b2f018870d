"""Names on the map: the important first, clear of words and symbols, standing where they stood."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from map_parts import ENGINE_TALK, Shown, living_map
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.domain.ids import UnitId
from console.domain.units import Unit, UnitKind, UnitStatus
from console.tracking.columns import empty_columns
from console.ui.mapfeed import clock_ms
from console.ui.mapsprites import MapLayer

COUNT = 500
#: Radius of a unit's symbol, and height of a name, CSS pixels, at the zoom looked at.
RADIUS, HIGH = 8.0, 11.0
CENTRE = (39.9, 116.4)


@pytest.fixture(scope="module")
def living(qapp: QApplication) -> Iterator[Shown]:
    yield from living_map(qapp)


def crowd(shown: Shown, *, seed: int, moved_m: float = 0.0) -> None:
    """Put units close to each other, every fifth on a task, each a little away from its place."""
    rng = np.random.default_rng(7)
    columns = empty_columns(COUNT)
    metres = rng.uniform(-1, 1, (2, COUNT)) * np.array([[700.0], [1000.0]])
    metres += np.random.default_rng(seed).normal(0, 1, (2, COUNT)) * moved_m
    columns.lat[:] = CENTRE[0] + metres[0] / 111_195
    columns.lon[:] = CENTRE[1] + metres[1] / (111_195 * np.cos(np.radians(CENTRE[0])))
    columns.t_ms[:] = clock_ms()
    shown.feed.set_force(columns)


def entered(shown: Shown) -> None:
    shown.feed.set_incidents([])
    shown.feed.set_cameras([])
    shown.feed.set_units([
        Unit(
            id=UnitId(f"u{no}"), no=no, call_sign=f"K{no:03d}", kind=UnitKind.PATROL,
            status=UnitStatus.EN_ROUTE if no % 5 == 0 else UnitStatus.AVAILABLE,
        )
        for no in range(COUNT)
    ])  # fmt: skip


def looked(shown: Shown, qtbot: QtBot) -> tuple[list[dict[str, Any]], list[list[float]]]:
    """Return the names said and where symbols are, in pixels of the worker's picture."""
    shown.settle(qtbot)
    told = shown.owners(qtbot)
    return told["said"], told["positions"]


def covers(name: dict[str, Any], x: float, y: float, radius: float) -> bool:
    """Whether a name's rectangle reaches over a symbol's square."""
    return (
        name["x"] < x + radius
        and name["x"] + name["width"] > x - radius
        and name["y"] < y + radius
        and name["y"] + HIGH > y - radius
    )


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_names_cover_no_symbol_nor_each_other_and_stay_where_they_stand(
    living: Shown, qtbot: QtBot
) -> None:
    shown = living
    entered(shown)
    crowd(shown, seed=1)
    shown.js("mapPage.setGroups(false); mapPage.map.setView([39.9, 116.4], 16); 0")
    qtbot.waitUntil(lambda: shown.js("mapPage.map.getZoom()") == 16)
    qtbot.waitUntil(lambda: shown.js("mapPage.stats.counts?.units ?? 0") > 100)
    said, positions = looked(shown, qtbot)
    assert len(said) > 40
    for one, other in itertools.combinations(said, 2):
        apart = (
            one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            or one["y"] + HIGH <= other["y"] or other["y"] + HIGH <= one["y"]
        )  # fmt: skip
        assert apart, (one, other)
    rest = [one for one in said if int(one["text"][1:]) % 5]
    for name in rest:
        over = [(x, y) for _, _, x, y in positions if covers(name, x, y, RADIUS)]
        assert over == [], name
    busy = {one["text"] for one in said} - {one["text"] for one in rest}
    in_view = {int(row) for _, row, x, y in positions if 0 <= x <= 900 and 0 <= y <= 600}
    assert len(busy) >= 0.8 * sum(row % 5 == 0 for row in in_view), "who is at work goes first"

    stands = {one["text"]: one["side"] for one in said}
    for seed in (2, 3, 4):
        crowd(shown, seed=seed, moved_m=0.4)
        again, _ = looked(shown, qtbot)
        now = {one["text"]: one["side"] for one in again}
        kept = sum(stands[name] == now.get(name) for name in stands)
        assert kept >= 0.93 * len(stands)
        stands = now

    # one that had no room has it when it is picked, without being seen to flicker
    hidden = next(f"u{row}" for row in sorted(in_view) if f"K{row:03d}" not in stands)
    shown.feed.set_picked(MapLayer.UNITS, hidden)
    qtbot.waitUntil(
        lambda: f"K{int(hidden[1:]):03d}" in {one["text"] for one in looked(shown, qtbot)[0]}
    )
    assert shown.problems == []
