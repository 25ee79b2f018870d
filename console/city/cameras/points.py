"""The camera points of the simulated city: how each is encoded, guarded, named and placed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from console.city.cameras.settings import GOP_FRAMES, MAIN, SUB, CameraCityError
from console.domain.ids import CameraId
from console.domain.places import Camera
from console.domain.units import Unit, UnitKind
from console.media.auth import Credentials
from console.media.nal import Codec
from console.roads.columns import RoadClass
from console.roads.graph import RoadGraph
from console.store.citypack import CityPack

USERNAME = "zhihui"
LIVE_POINTS = 8
MAX_POINTS = 9999
_OWNERS = (("police", 0.94), ("site", 0.04), ("bureau", 0.02))
_LEAST_FOR_LIVE = 64
#: One point in so many is carried by a unit.
CARRIED_ONE_IN = 40
#: One point in so many burns a clock into its pictures; a share of them is wrong, by so much.
CLOCK_ONE_IN, _WRONG_CLOCKS = 8, 1 / 6
_CLOCKS_OFF_S = (-8 * 3600, 3600, -47 * 60, 600, 400 * 86_400)


class Guard(StrEnum):
    """How a point asks who is there."""

    NONE = "none"
    BASIC = "basic"
    MD5 = "digest-md5"
    SHA256 = "digest-sha256"


class Joining(StrEnum):
    """What a client that begins to watch is sent first."""

    GOP = "gop"  # the pictures since the last key picture, at once
    WAIT = "wait"  # what comes next; it can show nothing before the next key picture


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSpec:
    """What one point shows and how.

    Attributes:
        no: 1, 2, 3 …
        scene: Number of its scene, to be taken modulo how many there are of its codec.
        phase: Frames by which its pictures run ahead of the city's common count.
        live: Encoded anew while somebody watches, with a true clock; never faulty.
        clock_off_s: Seconds that the clock in its pictures is ahead of the time; ``None`` where its
            pictures show none.
    """

    no: int
    codec: Codec
    joining: Joining
    guard: Guard
    scene: int
    phase: int
    live: bool
    clock_off_s: int | None = None

    @property
    def id(self) -> CameraId:
        """The camera's id, "C0001"."""
        return point_id(self.no)


def point_id(no: int) -> CameraId:
    """Return the id of the point with this number."""
    return CameraId(f"C{no:04d}")


def point_specs(count: int, seed: int) -> list[PointSpec]:
    """Return every point; the same for the same count and seed.

    A quarter is H.265, one half waits for the next key picture, six of ten ask who is there.

    Raises:
        CameraCityError: ``count`` is not within 1 and 9,999.
    """
    if not 1 <= count <= MAX_POINTS:
        raise CameraCityError(
            f"{count} camera points cannot be simulated. Ask for 1 to {MAX_POINTS}."
        )
    chance = np.random.default_rng([seed, 0xCA3])
    guards = chance.choice(list(Guard), size=count, p=[0.4, 0.2, 0.3, 0.1])
    scenes = chance.integers(0, 1 << 20, count)
    phases = chance.permutation(np.arange(count) * 97) % (4 * GOP_FRAMES)
    return [
        PointSpec(
            no=no,
            codec=Codec.H265 if no % 4 == 0 else Codec.H264,
            joining=Joining.WAIT if no // 4 % 2 else Joining.GOP,
            guard=Guard(guards[no - 1]),
            scene=int(scenes[no - 1]),
            phase=int(phases[no - 1]),
            live=_is_live(no, count),
            clock_off_s=_clock_off_s(no, seed),
        )
        for no in range(1, count + 1)
    ]


def _clock_off_s(no: int, seed: int) -> int | None:
    """Return how far a point's clock is off: every eighth shows one, one of six of them wrong."""
    if no % CLOCK_ONE_IN != 5:
        return None
    chance = np.random.default_rng([seed, no, 0xC10])
    return int(chance.choice(_CLOCKS_OFF_S)) if chance.random() < _WRONG_CLOCKS else 0


def _is_live(no: int, count: int) -> bool:
    if count < _LEAST_FOR_LIVE:
        return False
    return no * LIVE_POINTS // count != (no - 1) * LIVE_POINTS // count


def credentials(no: int, seed: int) -> Credentials:
    """Return the city's own credentials for a point that asks who is there."""
    digest = hmac.new(f"zhihui-city-{seed}".encode(), point_id(no).encode(), hashlib.sha256)
    return Credentials(username=USERNAME, password=digest.hexdigest()[:16])


def camera_points(
    pack: CityPack,
    *,
    seed: int,
    count: int = 1000,
    host: str = "127.0.0.1",
    port: int = 8554,
    units: Sequence[Unit] = (),
) -> list[Camera]:
    """Return the points as central's camera directory has them.

    They stand at crossings, thicker where the road network is thicker, look along a road, and are
    named by the roads that meet there: “工体北路与新东路路口 C0114”, “Mikonkatu /
    Vilhonkatu C0022” where the names are not Chinese.

    Where there are units, one point in forty is carried by one: a vehicle's evidence device
    (车载取证) or an officer's body camera (执法记录仪), which has no place of its own.

    Args:
        pack: The city they stand in.
        seed: As given to the camera server, for names and credentials to agree.
        count: How many, at least 1.
        host: Address of the camera server.
        port: Its port.
        units: The force; some of them carry a camera.

    Raises:
        CityPackError: The pack has no road network.
        CameraCityError: ``count`` is out of range, or the city has no roads.
    """
    specs = point_specs(count, seed)
    graph = pack.road_graph()
    nodes = _crossings(graph, count, seed)
    chance = np.random.default_rng([seed, 0xCA4])
    spread = chance.normal(0.0, 6e-5, (count, 2))
    lat, lon = graph.columns.node_lat[nodes] + spread[:, 0], graph.columns.node_lon[nodes]
    lon = lon + spread[:, 1]
    bearings = _bearings(graph, nodes, chance)
    shares = [share for _, share in _OWNERS]
    owners = chance.choice([owner for owner, _ in _OWNERS], size=count, p=shares)
    districts, streets = pack.districts_at(lat, lon)
    names = _names(graph, nodes)
    cameras = []
    for index, spec in enumerate(specs):
        secret = None if spec.guard is Guard.NONE else credentials(spec.no, seed)
        address = f"rtsp://{host}:{port}/{spec.id}"
        cameras.append(
            Camera(
                id=spec.id,
                name=f"{names[index]} {spec.id}".strip(),
                main_url=f"{address}/{MAIN}",
                sub_url=f"{address}/{SUB}",
                lat=float(lat[index]),
                lon=float(lon[index]),
                bearing_deg=float(bearings[index]),
                district=districts[index],
                street=streets[index],
                owner=str(owners[index]),
                username=secret.username if secret else None,
                password=secret.password if secret else None,
            )
        )
    return _carried(cameras, units)


def _carried(cameras: list[Camera], units: Sequence[Unit]) -> list[Camera]:
    """Return the points with some of them carried by units, vehicles and officers in turn."""
    vehicles = [unit for unit in units if unit.kind is UnitKind.VEHICLE]
    officers = [unit for unit in units if unit.kind is not UnitKind.VEHICLE]
    count = min(len(cameras) // CARRIED_ONE_IN, 2 * min(len(vehicles), len(officers)))
    carriers = [unit for pair in zip(vehicles, officers, strict=False) for unit in pair][:count]
    # Spread over the points, so that guarded ones, faulty ones and live ones are among them.
    rows = [CARRIED_ONE_IN * (number + 1) - 1 for number in range(len(carriers))]
    changed = dict(zip(rows, carriers, strict=True))
    return [
        _on_unit(camera, changed[row]) if row in changed else camera
        for row, camera in enumerate(cameras)
    ]


def _on_unit(camera: Camera, unit: Unit) -> Camera:
    is_vehicle = unit.kind is UnitKind.VEHICLE
    word = "车载取证" if is_vehicle else "执法记录仪"
    return replace(
        camera,
        name=f"{unit.call_sign} {word} {camera.id}",
        lat=None,
        lon=None,
        bearing_deg=None,
        district=unit.district,
        street=unit.street,
        owner="vehicle" if is_vehicle else "bureau",
        unit=unit.id,
    )


def _crossings(graph: RoadGraph, count: int, seed: int) -> NDArray[np.int64]:
    """Return nodes for the points: crossings of named roads first, none twice while they last."""
    columns = graph.columns
    if not graph.n_nodes:
        raise CameraCityError("The city has no roads, so no camera points can be placed in it.")
    drivable = columns.edge_class < RoadClass.FOOTWAY
    ends = np.concatenate([columns.edge_from[drivable], columns.edge_to[drivable]])
    names = np.concatenate([columns.edge_name[drivable], columns.edge_name[drivable]])
    pairs = np.unique(np.stack([ends[names >= 0], names[names >= 0]]), axis=1)
    meeting = np.bincount(pairs[0].astype(np.int64), minlength=graph.n_nodes)
    chance = np.random.default_rng([seed, 0xCA5])
    groups = [
        np.flatnonzero(meeting > 1),
        np.flatnonzero(meeting == 1),
        np.flatnonzero(meeting < 1),
    ]
    order = np.concatenate([chance.permutation(group) for group in groups])
    return np.resize(order, count).astype(np.int64)


def _bearings(graph: RoadGraph, nodes: NDArray[np.int64], chance: Generator) -> list[float]:
    """Return for each node a bearing along one of its roads, degrees clockwise from north."""
    columns = graph.columns
    order = np.argsort(columns.edge_from, kind="stable")
    tails = columns.edge_from[order]
    first = np.searchsorted(tails, nodes, "left")
    count = np.searchsorted(tails, nodes, "right") - first
    pick = first + (chance.random(len(nodes)) * np.maximum(count, 1)).astype(np.int64)
    ahead = np.where(count > 0, columns.edge_to[order[np.minimum(pick, len(order) - 1)]], nodes)
    north = columns.node_lat[ahead] - columns.node_lat[nodes]
    east = columns.node_lon[ahead] - columns.node_lon[nodes]
    east = east * np.cos(np.radians(columns.node_lat[nodes]))
    return [float(deg) for deg in np.round(np.degrees(np.arctan2(east, north)) % 360.0) % 360.0]


def _names(graph: RoadGraph, nodes: NDArray[np.int64]) -> list[str]:
    """Return a name for the place of each node, "" where no road has a name."""
    columns = graph.columns
    wanted = set(nodes.tolist())
    here = np.isin(columns.edge_from, nodes) | np.isin(columns.edge_to, nodes)
    roads: dict[int, list[int]] = {node: [] for node in wanted}
    edges = zip(
        columns.edge_from[here].tolist(),
        columns.edge_to[here].tolist(),
        columns.edge_name[here].tolist(),
        columns.edge_class[here].tolist(),
        strict=True,
    )
    for first, second, name, _ in sorted(edges, key=lambda edge: (edge[3], edge[2])):
        for node in (first, second):
            if node in wanted and name >= 0 and name not in roads[node]:
                roads[node].append(name)
    return [_crossing_name(graph, roads[node]) for node in nodes.tolist()]


def _crossing_name(graph: RoadGraph, roads: Sequence[int]) -> str:
    texts = [graph.names[road].zh or graph.names[road].en or "" for road in roads]
    texts = list(dict.fromkeys(text for text in texts if text))
    if len(texts) > 1:
        is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in texts[0] + texts[1])
        return f"{texts[0]}与{texts[1]}路口" if is_chinese else f"{texts[0]} / {texts[1]}"
    return texts[0] if texts else ""
