"""The past in the place of the present: fetched, scrubbed, given back."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from test_map_ask import full_mirror

from console.sync.http import LinkError
from console.sync.state import LinkTrouble
from console.tracking import Freshness
from console.tracking.columns import empty_columns
from console.tracking.trails import Trail
from console.ui.mapfeed import MapFeed
from console.ui.mapreplay import MapReplay, ReplayPlace, ShownTrail
from console.ui.mapsprites import MapLayer
from console.ui.mirror import Mirror

NOW_MS = 1_800_000_000_000


class Trails:
    """Trails that central would give; kept back until `give` is called."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int | None]] = []
        self.boxes: list[tuple[float, float, float, float] | None] = []
        self.futures: list[Future[list[Trail]]] = []

    def trails(
        self,
        from_ms: int,
        to_ms: int,
        *,
        unit: int | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> Future[list[Trail]]:
        self.asked.append((from_ms, to_ms, unit))
        self.boxes.append(box)
        self.futures.append(Future())
        return self.futures[-1]


@pytest.fixture
def mirror(qtbot: QtBot) -> Mirror:
    made = full_mirror()
    made._now = lambda: datetime.fromtimestamp(NOW_MS / 1000, UTC)
    return made


@pytest.fixture
def feed(mirror: Mirror) -> MapFeed:
    feed = MapFeed(now_ms=lambda: NOW_MS)
    feed.set_units(mirror.units())
    columns = empty_columns(8)
    columns.lat[:], columns.lon[:], columns.t_ms[:] = 39.99, 116.5, NOW_MS
    feed.set_force(columns)
    return feed


def northwards(unit: int) -> Trail:
    minutes = np.arange(60)
    return Trail(
        unit_no=unit, t_ms=NOW_MS - 3_600_000 + minutes * 60_000, lat=39.9 + minutes * 0.001,
        lon=np.full(60, 116.4),
    )  # fmt: skip


def test_that_the_past_is_shown_scrubbed_and_given_back(
    mirror: Mirror, feed: MapFeed, qtbot: QtBot
) -> None:
    source = Trails()
    replay = MapReplay(mirror, feed, source)
    replay.open()
    assert source.asked == [(NOW_MS - 3_600_000, NOW_MS, None)]
    assert replay.state.is_loading
    source.futures[0].set_result([northwards(1), northwards(2)])
    qtbot.waitUntil(lambda: replay.state.is_on)
    units = feed.rows(MapLayer.UNITS)
    assert units.place_of("u1") == pytest.approx((39.959, 116.4))
    assert units.place_of("u3") is None
    replay.seek(NOW_MS - 3_600_000 + 600_500)
    assert units.place_of("u1") == pytest.approx((39.910, 116.4))
    assert feed.fix_of("u1") == (pytest.approx(0.5), Freshness.FRESH)
    live = empty_columns(8)
    live.lat[:], live.lon[:], live.t_ms[:] = 39.98, 116.5, NOW_MS
    feed.set_force(live)  # what comes in meanwhile does not disturb the past
    assert units.place_of("u1") == pytest.approx((39.910, 116.4))
    replay.close()
    assert units.place_of("u1") == pytest.approx((39.98, 116.5))
    assert units.place_of("u3") == pytest.approx((39.98, 116.5))


def test_that_an_answer_that_comes_too_late_is_not_shown(
    mirror: Mirror, feed: MapFeed, qtbot: QtBot
) -> None:
    source = Trails()
    replay = MapReplay(mirror, feed, source)
    replay.open()
    replay.open(NOW_MS - 3_600_000)
    source.futures[0].set_result([northwards(1)])
    with qtbot.waitSignal(replay.failed) as failed:
        source.futures[1].set_result([])
    assert failed.args == ["Central has no positions of that time."]
    # the bar stays, so that another hour can be chosen; nobody is shown
    assert (replay.state.is_on, replay.state.units) == (True, 0)
    assert feed.rows(MapLayer.UNITS).place_of("u1") is None


def test_that_without_central_the_map_says_so_and_goes_on(
    mirror: Mirror, feed: MapFeed, qtbot: QtBot
) -> None:
    source = Trails()
    replay = MapReplay(mirror, feed, source)
    replay.open()
    with qtbot.waitSignal(replay.failed) as failed:
        source.futures[0].set_exception(LinkError(LinkTrouble.UNREACHABLE, "no route"))
    assert failed.args[0].startswith("The past cannot be shown")
    assert feed.rows(MapLayer.UNITS).place_of("u1") == pytest.approx((39.99, 116.5))


def test_that_the_picked_unit_has_its_trail(mirror: Mirror, feed: MapFeed, qtbot: QtBot) -> None:
    source = Trails()
    replay = MapReplay(mirror, feed, source)
    replay.trace("u1")
    assert source.asked[0][2] == 1
    with qtbot.waitSignal(replay.trails_changed) as told:
        source.futures[0].set_result([northwards(1)])
    (trail,) = told.args[0]
    assert (trail.name, trail.colour, len(trail.points)) == ("C1", 0, 60)
    with qtbot.waitSignal(replay.trails_changed) as told:
        replay.trace("")
    assert told.args[0] == []


def test_that_trails_are_kept_beside_each_other_in_colours_of_their_own(
    mirror: Mirror, feed: MapFeed, qtbot: QtBot
) -> None:
    source = Trails()
    replay = MapReplay(mirror, feed, source)
    shown: list[list[ShownTrail]] = []
    replay.trails_changed.connect(shown.append)
    replay.trace("u1")
    replay.keep()
    replay.trace("u2")
    replay.keep("u3")
    for number, unit in enumerate((1, 1, 2, 3)):
        source.futures[number].set_result([northwards(unit)])
    qtbot.waitUntil(lambda: bool(shown) and len(shown[-1]) == 3)
    assert {(one.name, one.colour) for one in shown[-1]} == {("C1", 1), ("C3", 2), ("C2", 0)}
    replay.keep("u1")
    assert {(one.name, one.colour) for one in shown[-1]} == {("C3", 2), ("C2", 0)}
    for unit in ("u0", "u1", "u4", "u5", "u6", "u7"):
        replay.keep(unit)
    with qtbot.waitSignal(replay.failed) as failed:
        replay.keep("u2")
    assert "let go of one first" in failed.args[0]


def test_that_only_who_was_in_an_area_is_shown(mirror: Mirror, feed: MapFeed, qtbot: QtBot) -> None:
    source = Trails()
    replay = MapReplay(mirror, feed, source)
    corner = ((39.9205, 116.39), (39.9305, 116.41), (39.9205, 116.41))
    replay.open_at(ReplayPlace(name="角", outline=corner), NOW_MS - 7_200_000, 2.0)
    assert source.asked[0][:2] == (NOW_MS - 4 * 3_600_000, NOW_MS - 7_200_000)
    assert source.boxes == [(39.9205, 116.39, 39.9305, 116.41)]
    passing, beside = northwards(1), northwards(2)
    beside = replace(beside, lon=beside.lon - 0.0099)  # in the box, not in the triangle
    moved = [replace(one, t_ms=one.t_ms - 3 * 3_600_000) for one in (passing, beside)]
    source.futures[0].set_result(moved)
    qtbot.waitUntil(lambda: replay.state.is_on)
    assert (replay.state.units, replay.state.place) == (1, "角")
    units = feed.rows(MapLayer.UNITS)
    assert units.place_of("u1") is not None
    assert units.place_of("u2") is None
    replay.open(NOW_MS)  # another hour of the same place
    assert source.boxes[-1] is not None
    replay.open_at(None)
    assert source.boxes[-1] is None
    replay.close()
    assert replay.state.place == ""
