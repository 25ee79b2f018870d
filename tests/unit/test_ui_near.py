"""Who is near the picked incident, ranked in the background on real roads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import shiboken6
from desk_city import NOW, change, filled_mirror
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot
from test_near import fixes_at, graph  # noqa: F401 - a fixture

from console.dispatch.near import FixNote, NearUnit
from console.domain.ids import UnitId
from console.domain.units import UnitStatus
from console.geo.distance import LocalPlane
from console.roads import Mode, RoadGraph
from console.sync.state import LinkPhase, LinkState
from console.ui.mirror import Mirror
from console.ui.near import (
    NearColumn,
    NearFinder,
    NearFound,
    NearRole,
    NearState,
    NearUnitsModel,
    minutes_text,
    near_reason,
)

PLANE = LocalPlane(39.9087, 116.3975)
NOW_MS = int(NOW.timestamp() * 1000)


@pytest.fixture
def mirror(qtbot: QtBot) -> Mirror:
    made = filled_mirror()
    lat, lon = PLANE.to_degrees(2000.0, 2000.0)
    held = made.incident("i316")
    assert held is not None
    change(made, replace(held, lat=float(lat), lon=float(lon), version=4))
    return made


@pytest.fixture
def finder(mirror: Mirror) -> Iterator[NearFinder]:
    made = NearFinder(mirror)
    yield made
    made.stop()


def positions(mirror: Mirror) -> None:
    columns = fixes_at({unit.no: (100.0 * unit.no, 2000.0) for unit in mirror.units()})
    columns.t_ms[columns.t_ms > 0] = NOW_MS - 5000
    mirror.take_positions(columns)


def test_that_the_nearest_by_road_come_in_the_background(
    mirror: Mirror,
    finder: NearFinder,
    graph: RoadGraph,  # noqa: F811 - the fixture above
    qtbot: QtBot,
) -> None:
    model = NearUnitsModel(mirror)
    finder.found.connect(model.show_found)
    finder.pick("i316")
    assert finder.state is NearState.NO_ROADS
    finder.set_graph(graph)
    assert finder.state is NearState.NO_POSITIONS
    with qtbot.waitSignal(finder.found):
        positions(mirror)
    assert finder.state is NearState.RANKED
    seconds = [model.index(row, 0).data(NearRole.SECONDS) for row in range(model.rowCount())]
    assert seconds == sorted(seconds)
    first = mirror.unit(model.unit_at(0) or "")
    assert first is not None
    assert first.status is UnitStatus.AVAILABLE
    with qtbot.waitSignal(finder.found):
        change(mirror, replace(first, status=UnitStatus.ASSIGNED, version=2))
    assert model.unit_at(0) != first.id
    finder.pick("")
    assert finder.state is NearState.NOTHING_PICKED


class BrokenGraph(RoadGraph):
    """Roads on which nothing can be reckoned."""

    def __init__(self) -> None:
        pass


def test_that_a_ranking_that_breaks_is_said_and_leaves_no_old_list_standing(
    mirror: Mirror,
    finder: NearFinder,
    graph: RoadGraph,  # noqa: F811 - the fixture above
    qtbot: QtBot,
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = NearUnitsModel(mirror)
    finder.found.connect(model.show_found)
    finder.pick("i316")
    finder.set_graph(graph)
    with qtbot.waitSignal(finder.found):
        positions(mirror)
    assert model.rowCount() > 0
    with qtbot.waitSignal(finder.failed) as said:
        finder.set_graph(BrokenGraph())
    assert "cannot be worked out" in said.args[0]
    assert model.rowCount() == 0
    assert "could not be worked out" in caplog.text
    with qtbot.waitSignal(finder.found):
        finder.set_graph(graph)
    assert model.rowCount() > 0


def test_that_a_finder_may_go_while_it_works(
    mirror: Mirror,
    graph: RoadGraph,  # noqa: F811 - the fixture above
    qtbot: QtBot,
    capfd: pytest.CaptureFixture[str],
) -> None:
    made = NearFinder(mirror)
    made.set_graph(graph)
    positions(mirror)
    made.pick("i316")
    outlet = made._outlet
    made.deleteLater()
    qtbot.waitUntil(lambda: not shiboken6.isValid(made))
    outlet.give_ranked(object())
    assert capfd.readouterr().err == ""


def test_that_ages_are_told_by_centrals_clock(mirror: Mirror) -> None:
    own = mirror.own_now()
    link = LinkState(phase=LinkPhase.LIVE, since=own, url="u", heard_at=own)
    mirror.take_link(replace(link, clock_ahead_s=-600.0))  # our clock is ten minutes slow
    assert (mirror.now() - own).total_seconds() == 600.0
    mirror.take_link(replace(link, clock_ahead_s=0.3))
    assert mirror.now() == own


def test_that_an_incident_without_a_place_says_so(mirror: Mirror, finder: NearFinder) -> None:
    held = mirror.incident("i315")
    assert held is not None
    change(mirror, replace(held, lat=None, lon=None, version=4))
    finder.pick("i315")
    assert finder.state is NearState.NO_PLACE
    assert near_reason(finder.state) == "The incident has no position; enter its place."


def near(no: int, seconds: float | None, note: FixNote | None = None) -> NearUnit:
    return NearUnit(
        unit=UnitId(f"u{no}"), mode=Mode.FOOT, is_free=True, seconds=seconds,
        metres_by_air=90.0, age_s=12.0, note=note,
    )  # fmt: skip


def test_that_rows_change_in_place_and_their_number_follows(mirror: Mirror) -> None:
    model = NearUnitsModel(mirror)
    tester = ModelTester(None)
    tester.check(model, force_py=True)
    model.modelReset.connect(lambda: pytest.fail("the list was reset"))
    rng = np.random.default_rng(1)
    for _ in range(30):
        rows = [near(int(no), float(no)) for no in rng.permutation(9)[: rng.integers(0, 10)]]
        model.show_found(NearFound(incident="i316", lat=0.0, lon=0.0, units=tuple(rows)))
        assert [model.unit_at(row) for row in range(model.rowCount())] == [r.unit for r in rows]
    model.clear()
    assert model.rowCount() == 0
    assert model.unit_at(0) is None
    tester._cleanup()


def test_that_only_the_cells_that_look_different_are_told(mirror: Mirror) -> None:
    model = NearUnitsModel(mirror)
    near = NearUnit(
        unit=UnitId("u7"), mode=Mode.FOOT, is_free=True, seconds=61.0, metres_by_air=80.0,
        age_s=3.0, note=None,
    )  # fmt: skip
    found = NearFound(incident="i1", lat=39.9, lon=116.4, units=(near,))
    model.show_found(found)
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last, _: told.append((first.column(), last.column())))
    model.show_found(replace(found, units=(replace(near, age_s=3.2, seconds=61.3),)))
    assert told == [], "it is written the same"
    model.show_found(replace(found, units=(replace(near, age_s=9.0),)))
    model.show_found(replace(found, units=(replace(near, age_s=9.0, seconds=200.0),)))
    model.show_found(replace(found, units=(replace(near, unit=UnitId("u9")),)))
    road, fix = NearColumn.ROAD, NearColumn.FIX
    assert told == [(fix, fix), (road, road), (NearColumn.NO, fix)]


def test_that_a_row_says_how_stale_its_fix_is(mirror: Mirror) -> None:
    model = NearUnitsModel(mirror)
    rows = (near(9, 126.0), near(7, None, FixNote.NO_FIX), near(20, 60.0, FixNote.LATE_FIX))
    model.show_found(NearFound(incident="i316", lat=0.0, lon=0.0, units=rows))
    texts = [[model.index(row, column).data() for column in NearColumn] for row in range(3)]
    assert texts[0] == ["1", "K9 王建国", "foot", "2.1′", "free", "12 s"]
    assert texts[1][NearColumn.ROAD] == "—"
    assert texts[1][NearColumn.FIX].startswith("no fix")
    assert texts[2][NearColumn.FIX] == "late fix 12 s"
    right = model.index(0, NearColumn.ROAD).data(Qt.ItemDataRole.TextAlignmentRole)
    assert right & Qt.AlignmentFlag.AlignRight
    assert minutes_text(7200.0) == "120′"
