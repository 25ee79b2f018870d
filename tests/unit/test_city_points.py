"""Where the camera points stand, on a real city pack of a few blocks."""

import numpy as np
import pytest

from console.city.cameras.points import Guard, camera_points, credentials, point_specs
from console.domain.ids import JurisdictionId
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.roads import RoadColumns, RoadName
from console.store.citypack import CityPack, CityPackWriter

SIDE = 6


@pytest.fixture
def pack(tmp_path):
    """Return a grid of six streets by six, the western half a district."""
    rows, columns = np.divmod(np.arange(SIDE * SIDE), SIDE)
    edges = []
    for node, (row, column) in enumerate(zip(rows, columns, strict=True)):
        if column + 1 < SIDE:
            edges += [(node, node + 1, row), (node + 1, node, row)]
        if row + 1 < SIDE:
            edges += [(node, node + SIDE, SIDE + column), (node + SIDE, node, SIDE + column)]
    tails, heads, names = np.array(edges, np.int32).T
    path = tmp_path / "grid.citypack"
    with CityPackWriter(path) as writer:
        writer.put_meta({"west": "116", "south": "39", "east": "117", "north": "40"})
        ring = np.array([[38.9, 115.9], [38.9, 116.025], [39.2, 116.025], [39.2, 115.9]])
        writer.put_jurisdiction(
            Jurisdiction(
                id=JurisdictionId("D01"),
                parent=None,
                level=JurisdictionLevel.DISTRICT,
                name_zh="西区",
                name_en="West",
            ),
            [ring],
        )
        writer.put_roads(
            RoadColumns(
                node_lat=39.0 + rows * 0.01,
                node_lon=116.0 + columns * 0.01,
                edge_from=tails.copy(),
                edge_to=heads.copy(),
                edge_len_m=np.full(len(edges), 1000, np.float32),
                edge_speed_mps=np.full(len(edges), 10, np.float32),
                edge_class=np.full(len(edges), 3, np.uint8),
                edge_name=names.copy(),
            ),
            [RoadName(zh=f"横{n}路", en=None) for n in range(SIDE)]
            + [RoadName(zh=f"纵{n}街", en=None) for n in range(SIDE)],
        )
    with CityPack.open(path) as found:
        yield found


def test_that_points_stand_at_crossings_and_bear_their_names(pack):
    cameras = camera_points(pack, seed=1, count=30, port=9000)
    assert [camera.id for camera in cameras] == [f"C{no:04d}" for no in range(1, 31)]
    for camera in cameras:
        row, column = round((camera.lat - 39) / 0.01), round((camera.lon - 116) / 0.01)
        assert camera.name == f"横{row}路与纵{column}街路口 {camera.id}"
        assert abs(camera.lat - 39 - row * 0.01) < 0.0005
        assert camera.district == ("D01" if camera.lon < 116.025 else None)
        assert camera.main_url == f"rtsp://127.0.0.1:9000/{camera.id}/main"
    places = {(round(camera.lat, 2), round(camera.lon, 2)) for camera in cameras}
    assert len(places) == 30


def test_that_they_look_along_a_road(pack):
    cameras = camera_points(pack, seed=1, count=30)
    assert {camera.bearing_deg for camera in cameras} == {0.0, 90.0, 180.0, 270.0}


def test_that_points_that_ask_come_with_credentials(pack):
    cameras = camera_points(pack, seed=5, count=30)
    for camera, spec in zip(cameras, point_specs(30, 5), strict=True):
        if spec.guard is Guard.NONE:
            assert camera.username is camera.password is None
        else:
            secret = credentials(spec.no, 5)
            assert (camera.username, camera.password) == (secret.username, secret.password)
            assert secret.password not in repr(camera)


def test_that_more_points_than_crossings_share_them(pack):
    cameras = camera_points(pack, seed=1, count=100)
    assert len({camera.id for camera in cameras}) == 100
    assert cameras == camera_points(pack, seed=1, count=100)
