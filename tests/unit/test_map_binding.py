"""The map follows the mirror and the finder of near units, and draws the reach by road."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from console.dispatch.reach import BESIDE_M, reach_rings
from console.dispatch.streetsnow import StreetsNow
from console.domain.ids import CameraId, IncidentId, UnitId
from console.domain.incidents import Incident, Report, Stage
from console.domain.levels import Channel, Level
from console.domain.places import Camera, Evidence, LogEntry
from console.domain.units import Unit, UnitKind, UnitStatus
from console.roads import RoadClass, RoadColumns, RoadGraph
from console.sync.state import ChangeBatch, Contents, RowChange
from console.tracking.columns import empty_columns
from console.ui.mapbinding import MapBinding
from console.ui.mapcameras import CameraStates
from console.ui.mapfeed import MapFeed, clock_ms
from console.ui.mapsprites import CameraState, MapLayer
from console.ui.mirror import Mirror
from console.ui.near import NearFinder
from console.video.diagnosis import Finding
from console.video.looks import LooksReader, LooksWriter, SweepLook
from console.video.trouble import Trouble

CENTRE = (39.9, 116.4)
SIDE = 41
STEP_M = 200.0
CAR_MPS = 10.0


class NoDetails:
    """A cache without reports, evidence or log."""

    def reopen(self) -> None:
        """There is no file behind it."""

    def details_of(self, incident_id: str) -> list[Report | Evidence | LogEntry]:
        return []


@pytest.fixture(scope="module")
def graph() -> RoadGraph:
    """A square lattice of two-way streets, 8 km wide, 10 m/s."""
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    lat = CENTRE[0] + (row - SIDE // 2) * STEP_M / 111_195
    lon = CENTRE[1] + (column - SIDE // 2) * STEP_M / (111_195 * np.cos(np.radians(CENTRE[0])))
    east = np.flatnonzero(column < SIDE - 1)
    north = np.flatnonzero(row < SIDE - 1)
    start = np.concatenate([east, north])
    end = np.concatenate([east + 1, north + SIDE])
    edges = 2 * len(start)
    columns = RoadColumns(
        node_lat=lat,
        node_lon=lon,
        edge_from=np.concatenate([start, end]).astype(np.int32),
        edge_to=np.concatenate([end, start]).astype(np.int32),
        edge_len_m=np.full(edges, STEP_M, np.float32),
        edge_speed_mps=np.full(edges, CAR_MPS, np.float32),
        edge_class=np.full(edges, RoadClass.SECONDARY, np.uint8),
        edge_name=np.full(edges, -1, np.int32),
    )
    return RoadGraph(columns)


def unit(no: int) -> Unit:
    return Unit(
        id=UnitId(f"u{no}"),
        no=no,
        call_sign=f"C{no}",
        kind=UnitKind.VEHICLE,
        status=UnitStatus.AVAILABLE,
        version=1,
    )


def contents() -> Contents:
    incident = Incident(
        id=IncidentId("i1"),
        form="0307",
        level=Level.HIGH,
        stage=Stage.FILE,
        channel=Channel.HOTLINE,
        summary="",
        place="",
        opened_at=datetime(2026, 11, 22, tzinfo=UTC),
        lat=CENTRE[0],
        lon=CENTRE[1],
        version=1,
    )
    camera = Camera(
        id=CameraId("C1"), name="路口", main_url="rtsp://x", lat=39.9, lon=116.4, version=1
    )
    return Contents(rev=1, rows=(*(unit(no) for no in range(8)), camera, incident))


@pytest.fixture
def mirror(qtbot: QtBot) -> Mirror:
    made = Mirror(NoDetails())
    made.take_contents(contents())
    columns = empty_columns(8)
    columns.lat[:] = CENTRE[0] + 0.002 * (1 + np.arange(8))
    columns.lon[:] = CENTRE[1]
    columns.t_ms[:] = clock_ms()
    made.take_positions(columns)
    return made


@pytest.fixture
def feed(mirror: Mirror) -> Iterator[MapFeed]:
    feed = MapFeed()
    binding = MapBinding(mirror, feed)
    yield feed
    binding.stop()


def test_that_what_the_mirror_holds_is_on_the_map(feed: MapFeed) -> None:
    assert feed.rows(MapLayer.UNITS).ids == tuple(f"u{no}" for no in range(8))
    assert feed.rows(MapLayer.UNITS).place_of("u0") == pytest.approx((39.902, 116.4))
    assert feed.rows(MapLayer.CAMERAS).ids == ("C1",)
    assert feed.rows(MapLayer.INCIDENTS).ids == ("i1",)


def test_that_changes_reach_the_map_gathered(mirror: Mirror, feed: MapFeed, qtbot: QtBot) -> None:
    incident = mirror.incident("i1")
    assert incident is not None
    closed = replace(incident, stage=Stage.EVALUATE, version=2)
    busy = replace(unit(3), status=UnitStatus.ON_SCENE, version=2)
    with qtbot.waitSignals([feed.revision_ready] * 2):
        changes = (
            RowChange(kind="unit", id=busy.id, row=busy),
            RowChange(kind="incident", id=closed.id, row=closed),
        )
        mirror.take_changes(ChangeBatch(rev=2, rows=changes))
    qtbot.waitUntil(lambda: feed.rows(MapLayer.INCIDENTS).ids == ())
    shown = feed.unit("u3")
    assert shown is not None
    assert shown.status is UnitStatus.ON_SCENE


def test_that_the_nearest_five_and_the_reach_are_marked(
    mirror: Mirror, graph: RoadGraph, qtbot: QtBot
) -> None:
    feed, finder = MapFeed(), NearFinder(mirror)
    binding = MapBinding(mirror, feed)
    binding.follow_near(finder)
    finder.set_graph(graph)
    finder.pick("i1")
    qtbot.waitUntil(lambda: len(json.loads(feed.marks())["reach"]) == 2)
    near = json.loads(feed.marks())["near"]
    assert [mark["index"] for mark in near] == [0, 1, 2, 3, 4]
    assert [mark["rank"] for mark in near] == [1, 2, 3, 4, 5]
    assert near[0]["text"].split()[0].endswith("′")
    assert near[0]["text"].endswith("%")
    reach = json.loads(feed.marks())["reach"]
    assert [ring["s"] for ring in reach] == [600.0, 300.0]
    finder.pick("")
    bare = {"rings": [], "near": [], "reach": [], "posts": []}
    qtbot.waitUntil(lambda: json.loads(feed.marks()) == bare)
    finder.stop()
    binding.stop()


def test_that_the_reach_is_that_of_the_roads_of_now(
    mirror: Mirror, graph: RoadGraph, qtbot: QtBot
) -> None:
    reaches: list[object] = []
    for speeds in (graph.edge_speed_mps, graph.edge_speed_mps / 2):
        feed, finder = MapFeed(), NearFinder(mirror)
        binding = MapBinding(mirror, feed)
        binding.follow_near(finder)
        finder.set_graph(graph)
        finder.take_streets(StreetsNow(graph=graph.with_speeds(speeds), level=1.0, own=np.ones(8)))
        finder.pick("i1")
        qtbot.waitUntil(
            lambda feed=feed: len(json.loads(feed.marks())["reach"]) == 2, timeout=60_000
        )
        reaches.append(json.loads(feed.marks())["reach"])
        finder.stop()
        binding.stop()
    assert reaches[0] != reaches[1]


def test_that_the_reach_on_a_lattice_is_its_diamond(graph: RoadGraph) -> None:
    wide, narrow = reach_rings(graph, *CENTRE, [150.0, 300.0])
    assert (wide.limit_s, narrow.limit_s) == (300.0, 150.0)
    outline = np.array(max(wide.outlines, key=len))
    north_m = (outline[:, 0] - CENTRE[0]) * 111_195
    east_m = (outline[:, 1] - CENTRE[1]) * 111_195 * np.cos(np.radians(CENTRE[0]))
    far_m = np.abs(north_m) + np.abs(east_m)  # a lattice is driven along its streets
    assert 300 * CAR_MPS - STEP_M < far_m.max() < 300 * CAR_MPS + 2 * BESIDE_M + 30
    tips = [north_m.max(), east_m.max(), -north_m.min(), -east_m.min()]
    assert tips == pytest.approx([300 * CAR_MPS + BESIDE_M] * 4, abs=40)


def test_that_blocks_nobody_reaches_are_holes_in_the_ring(graph: RoadGraph) -> None:
    blocks = 0
    for ring in reach_rings(graph, *CENTRE, [200.0]):
        blocks += len(ring.outlines) - 1
    assert blocks > 20  # streets 200 m apart, seen 70 m to either side


def test_that_there_is_no_reach_where_there_is_no_road(graph: RoadGraph) -> None:
    assert reach_rings(graph, *CENTRE, [1.0]) == ()


def test_that_the_sweeps_findings_are_the_cameras_looks(feed: MapFeed, tmp_path: Path) -> None:
    path, at = tmp_path / "looks.db", datetime(2026, 11, 22, 8, tzinfo=UTC)
    states = CameraStates(LooksReader(path), feed)
    assert feed.camera_state("C1") is CameraState.UNKNOWN
    with closing(LooksWriter(path)) as writer:
        for trouble, findings, meant in (
            (None, (), CameraState.GOOD),
            (None, (Finding.FROZEN,), CameraState.FAULTY),
            (Trouble.REFUSED, (), CameraState.OFFLINE),
            (Trouble.NO_PICTURE, (), CameraState.FAULTY),
            (Trouble.BUSY, (), CameraState.UNKNOWN),
        ):
            at += timedelta(seconds=5)
            look = SweepLook(
                point=CameraId("C1"), visited_at=at, trouble=trouble, findings=findings
            )
            writer.put([(look, None)])
            states.read()
            assert feed.camera_state("C1") is meant
