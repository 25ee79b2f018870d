"""The console listens to fixes in the background and reckons with the roads as they are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from desk_city import NOW
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot
from test_near import PLANE, SIDE, STEP_M, graph  # noqa: F401 - a fixture
from test_ui_near import mirror  # noqa: F401 - a fixture

from console.dispatch.streetsnow import StreetsNow
from console.domain.units import UnitKind
from console.geo.arrays import Floats
from console.roads import RoadGraph
from console.tracking.columns import ForceColumns, empty_columns
from console.ui.mirror import Mirror
from console.ui.nearfinder import NearFinder
from console.ui.poolwork import PoolWork
from console.ui.streetwatch import GIVEN_EVERY, StreetWatch

WAIT_MS = 60_000


@pytest.fixture
def watch(mirror: Mirror) -> Iterator[StreetWatch]:  # noqa: F811 - the fixture above
    finder = NearFinder(mirror)
    made = StreetWatch(mirror, finder)
    yield made
    made.stop()
    finder.stop()


def crawling(mirror: Mirror, turn: int) -> ForceColumns:  # noqa: F811 - the fixture above
    """Return every unit on its way east at 2 m/s, where 10 m/s are usual."""
    numbers = [unit.no for unit in mirror.units()]
    force = empty_columns(max(numbers) + 1)
    row = np.arange(len(force)) % SIDE
    east = 210.0 + 20.0 * (np.arange(len(force)) + turn) % (SIDE * STEP_M / 2)
    force.lat[:], force.lon[:] = PLANE.to_degrees(east, row * STEP_M)
    force.t_ms[numbers] = int((NOW + timedelta(seconds=turn)).timestamp() * 1000)
    force.speed_mps[:], force.heading_deg[:] = 2.0, 90.0
    return force


def listen_until_told(
    watch: StreetWatch,
    mirror: Mirror,  # noqa: F811
    qtbot: QtBot,
) -> StreetsNow:
    told: list[StreetsNow] = []
    watch.changed.connect(told.append)
    for turn in range(GIVEN_EVERY):
        mirror.take_positions(crawling(mirror, turn))
        qtbot.waitUntil(lambda: not watch._busy, timeout=WAIT_MS)
        watch.listen()
    qtbot.waitUntil(lambda: bool(told), timeout=WAIT_MS)
    return told[0]


def ready(watch: StreetWatch, graph: RoadGraph, qtbot: QtBot) -> None:  # noqa: F811
    watch._finder.set_graph(graph)
    qtbot.waitUntil(lambda: watch._speeds is not None, timeout=WAIT_MS)
    watch._timer.stop()  # the test takes the turns


def ring() -> Floats:
    """Return the outline of two blocks."""
    east, north = np.array([900.0, 1300, 1300, 900]), np.array([900.0, 900, 1300, 1300])
    return np.column_stack(PLANE.to_degrees(east, north))


def test_that_slow_fixes_make_the_roads_of_rankings_slow(
    mirror: Mirror,  # noqa: F811
    watch: StreetWatch,
    graph: RoadGraph,  # noqa: F811
    qtbot: QtBot,
) -> None:
    assert any(unit.kind is UnitKind.VEHICLE for unit in mirror.units())
    ready(watch, graph, qtbot)
    now = listen_until_told(watch, mirror, qtbot)
    assert now.graph.edge_speed_mps.min() < 0.9 * graph.edge_speed_mps.min()
    assert watch._finder._present is now


def test_that_shut_roads_stay_shut_on_the_roads_of_now(
    mirror: Mirror,  # noqa: F811
    watch: StreetWatch,
    graph: RoadGraph,  # noqa: F811
    qtbot: QtBot,
) -> None:
    finder = watch._finder
    ready(watch, graph, qtbot)
    finder.set_closures([ring()])
    qtbot.waitUntil(lambda: finder.graph is not graph, timeout=WAIT_MS)
    listen_until_told(watch, mirror, qtbot)
    qtbot.waitUntil(lambda: finder._present is not None, timeout=WAIT_MS)
    present = finder._present
    assert present is not None
    assert present.graph.n_edges == finder.graph.n_edges < graph.n_edges
    finder.set_closures([])
    assert finder._present is not None
    assert finder._present.graph.n_edges == graph.n_edges


def test_that_without_roads_or_fixes_nothing_is_listened_to(
    mirror: Mirror,  # noqa: F811
    watch: StreetWatch,
    graph: RoadGraph,  # noqa: F811
    qtbot: QtBot,
) -> None:
    watch.listen()
    assert not watch._busy
    ready(watch, graph, qtbot)
    assert mirror.force is None
    watch.listen()
    assert not watch._busy


def test_that_lifted_closures_do_not_come_back_with_what_was_under_way(
    mirror: Mirror,  # noqa: F811
    watch: StreetWatch,
    graph: RoadGraph,  # noqa: F811
    qtbot: QtBot,
) -> None:
    finder = watch._finder
    ready(watch, graph, qtbot)
    now = listen_until_told(watch, mirror, qtbot)
    finder.set_closures([ring()])
    finder.take_streets(now)
    finder.set_closures([])  # before anybody could be told of the roads that were shut
    finder._pool.waitForDone()
    QCoreApplication.processEvents()
    assert finder.graph is graph
    assert finder.present is now
    assert finder.roads_now is now.graph


def test_that_what_was_heard_of_other_roads_is_not_reckoned_with(
    mirror: Mirror,  # noqa: F811
    watch: StreetWatch,
    graph: RoadGraph,  # noqa: F811
    qtbot: QtBot,
) -> None:
    finder = watch._finder
    ready(watch, graph, qtbot)
    for turn in range(GIVEN_EVERY):
        mirror.take_positions(crawling(mirror, turn))
        qtbot.waitUntil(lambda: not watch._busy, timeout=WAIT_MS)
        watch.listen()
    others = graph.with_speeds(2.0 * graph.edge_speed_mps)
    finder.set_graph(others)  # the last turn is not told of yet
    qtbot.waitUntil(lambda: not watch._busy, timeout=WAIT_MS)
    assert finder.present is None
    assert finder.roads_now is others


def test_that_a_city_read_late_is_not_listened_to_in_place_of_the_next(
    watch: StreetWatch,
    graph: RoadGraph,  # noqa: F811
    qtbot: QtBot,
) -> None:
    others, may_go = graph.with_speeds(2.0 * graph.edge_speed_mps), threading.Event()
    watch.use_roads(graph)
    watch._pool.waitForDone()
    watch._pool.start(PoolWork(may_go.wait, lambda _: None))
    watch.use_roads(others)
    QCoreApplication.processEvents()
    assert watch._speeds is None
    may_go.set()
    qtbot.waitUntil(lambda: watch._speeds is not None, timeout=WAIT_MS)
    watch._timer.stop()
    assert watch._speeds is not None
    assert watch._speeds.graph is others
