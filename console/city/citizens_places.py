"""Where things happen: the addresses of a city, and the spots where more happens than elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from console.city.known_ids import seed_of
from console.geo.distance import LocalPlane
from console.roads import RoadClass, RoadGraph
from console.store.citypack import Place

Floats = NDArray[np.float64]
#: Kinds of places that draw trouble, beside plain addresses.
KINDS = ("school", "market", "hospital", "park", "site", "square", "station", "address")
HOT_SPOTS = 240
#: Part of all events that happen at hot spots, and how far from their middle.
HOT_SHARE = 0.55
HOT_SPREAD_M = 60.0
_ROAD_POINTS = 6000


class PlaceSource(Protocol):
    """What is needed of a city: its places."""

    def places(self, kinds: Iterable[str]) -> Sequence[Place]:
        """Return all places of some kinds."""
        ...


class PlaceBook:
    """Addresses of a city, with the spots where more happens than elsewhere.

    Args:
        lat: Latitude of each address, shape (n,), n ≥ 1.
        lon: Longitude.
        label: What people call each.
        seed: Hot spots come from it.
    """

    def __init__(self, lat: Floats, lon: Floats, label: Sequence[str], *, seed: int) -> None:
        self.lat, self.lon, self.label = lat, lon, tuple(label)
        self._seed = seed
        self._plane = LocalPlane(float(np.median(lat)), float(np.median(lon)))
        self._tree = KDTree(np.column_stack(self._plane.to_metres(lat, lon)))
        rng = np.random.default_rng([seed, 0x407])
        count = min(HOT_SPOTS, len(self.label))
        self._hot = rng.choice(len(self.label), size=count, replace=False)
        self._weight = 1.0 / (np.arange(count) + 3.0)
        self._reached_of: dict[str, Floats] = {}

    def draw(self, form: str, rng: np.random.Generator) -> tuple[float, float]:
        """Return a place where something of this form may happen: latitude, longitude."""
        if rng.random() < HOT_SHARE:
            reached = int(np.searchsorted(self._reached(form), rng.random(), side="right"))
            base = int(self._hot[reached])
            spread_m = HOT_SPREAD_M
        else:
            base, spread_m = int(rng.integers(len(self.label))), 12.0
        return self.scattered(float(self.lat[base]), float(self.lon[base]), spread_m, rng)

    def _reached(self, form: str) -> Floats:
        """Return the running share of the hot spots for one form.

        The forms share their hot spots, and yet each has some of its own.
        """
        if form not in self._reached_of:
            own = np.random.default_rng(seed_of(self._seed, "hot", form))
            reached = np.cumsum(self._weight * own.lognormal(0.0, 0.8, len(self._weight)))
            self._reached_of[form] = reached / reached[-1]
        return self._reached_of[form]

    def scattered(
        self, lat: float, lon: float, spread_m: float, rng: np.random.Generator
    ) -> tuple[float, float]:
        """Return a point near another, ``spread_m`` off on each axis (one sigma)."""
        x, y = self._plane.to_metres(lat, lon)
        off = rng.normal(0.0, spread_m, 2)
        new_lat, new_lon = self._plane.to_degrees(float(x) + off[0], float(y) + off[1])
        return round(float(new_lat), 6), round(float(new_lon), 6)

    def named(self, lat: float, lon: float, *, among: int, rng: np.random.Generator) -> str:
        """Return what somebody would call a point: one of the ``among`` nearest addresses."""
        x, y = self._plane.to_metres(lat, lon)
        count = min(among, len(self.label))
        _, found = self._tree.query([float(x), float(y)], k=np.arange(1, count + 1))
        return self.label[int(np.asarray(found)[int(rng.integers(count))])]


def make_place_book(pack: PlaceSource, graph: RoadGraph, *, seed: int) -> PlaceBook:
    """Return the addresses of a city pack; points along named roads fill in where it has few."""
    lat: list[float] = []
    lon: list[float] = []
    label: list[str] = []
    for place in pack.places(KINDS):
        words = place.name_zh or place.name_en or place.address
        if words:
            lat.append(place.lat)
            lon.append(place.lon)
            label.append(words)
    for point in _road_points(graph, seed):
        lat.append(point[0])
        lon.append(point[1])
        label.append(point[2])
    return PlaceBook(np.array(lat), np.array(lon), label, seed=seed)


def _road_points(graph: RoadGraph, seed: int) -> list[tuple[float, float, str]]:
    """Return points along roads, with the road's name and a house number where it has one."""
    rng = np.random.default_rng([seed, 0x20AD])
    is_street = graph.edge_class > RoadClass.LINK
    usable = np.flatnonzero(is_street & (graph.edge_name >= 0))
    if not len(usable):
        usable = np.flatnonzero(is_street)
    if not len(usable):
        usable = np.arange(graph.n_edges)
    edges = rng.choice(usable, size=min(_ROAD_POINTS, len(usable)), replace=False)
    numbers = rng.integers(1, 200, size=len(edges)).tolist()
    points = []
    for edge, number in zip(edges.tolist(), numbers, strict=True):
        a, b = int(graph.edge_from[edge]), int(graph.edge_to[edge])
        lat = float(graph.node_lat[a] + graph.node_lat[b]) / 2.0
        lon = float(graph.node_lon[a] + graph.node_lon[b]) / 2.0
        points.append((lat, lon, _label(graph, int(graph.edge_name[edge]), number)))
    return points


def _label(graph: RoadGraph, name_no: int, number: int) -> str:
    if name_no < 0:
        return "无名路"
    name = graph.names[name_no]
    return f"{name.zh}{number}号" if name.zh else f"{name.en} {number}"
