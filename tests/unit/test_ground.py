"""The plan of the synthetic city: areas, streets, expressways, towns, names."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from console.city.ground_areas import AreaTree, make_areas
from console.city.ground_chains import RoadPlan
from console.city.ground_highways import join_far, make_highways
from console.city.ground_lattice import line_ranks, make_lattice
from console.city.ground_names import DISTRICTS, NameSource
from console.city.ground_nature import make_nature
from console.city.ground_places import make_places
from console.city.ground_plan import RINGS, Plan, inside
from console.city.ground_roads import FinishedRoads, finish_roads
from console.city.ground_towns import make_towns
from console.domain.places import JurisdictionLevel
from console.geo.arrays import Floats
from console.geo.distance import haversine_m
from console.roads import Mode, RoadClass, RoadGraph
from console.store.citypack import Place

CENTRE = (39.9087, 116.3975)


@pytest.fixture(scope="module")
def tree() -> AreaTree:
    return make_areas(Plan(1), NameSource(1), 1)


@pytest.fixture(scope="module")
def roads(tree: AreaTree) -> FinishedRoads:
    names, nature, plan = NameSource(1), make_nature(1), RoadPlan()
    make_lattice(plan, nature, names, 1)
    highways = make_highways(plan)
    join_far(plan, highways, make_towns(plan, tree.streets, nature, names, 1))
    return finish_roads(Plan(1), plan)


@pytest.fixture(scope="module")
def graph(roads: FinishedRoads) -> RoadGraph:
    return RoadGraph(roads.columns, roads.names)


@pytest.fixture(scope="module")
def places(tree: AreaTree, roads: FinishedRoads) -> list[Place]:
    return make_places(Plan(1), tree, roads, make_nature(1), NameSource(1), 1)


def polygon(rings: tuple[Floats, ...]) -> shapely.Geometry:
    """The area of rings, holes taken out."""
    whole = shapely.Polygon()
    for ring in rings:
        whole = shapely.symmetric_difference(whole, shapely.Polygon(ring[:, ::-1]))
    return whole


def test_that_there_are_twenty_districts_and_about_330_streets(tree: AreaTree) -> None:
    assert [j.name_zh for j, _ in tree.districts] == [d.name.zh for d in DISTRICTS]
    assert len(tree.districts) == 20
    assert 320 <= len(tree.streets) <= 345
    names = [area.jurisdiction.name_zh for area in tree.streets]
    assert len(set(names)) == len(names)
    assert all(a.jurisdiction.level is JurisdictionLevel.STREET for a in tree.streets)
    parents = {area.jurisdiction.parent for area in tree.streets}
    assert parents == {j.id for j, _ in tree.districts}


def test_that_districts_cover_the_city_and_never_overlap(tree: AreaTree) -> None:
    districts = [polygon(rings) for _, rings in tree.districts]
    total, union = sum(d.area for d in districts), shapely.union_all(districts).area
    assert total == pytest.approx(union, rel=1e-9)
    assert union == pytest.approx(polygon(tree.city[1]).area, rel=1e-9)


def test_that_streets_cover_their_district(tree: AreaTree) -> None:
    for jurisdiction, rings in tree.districts:
        own = [polygon(a.rings) for a in tree.streets if a.jurisdiction.parent == jurisdiction.id]
        union = shapely.union_all(own)
        assert sum(p.area for p in own) == pytest.approx(union.area, rel=1e-9)
        assert shapely.symmetric_difference(union, polygon(rings)).area < 1e-9


def test_that_a_street_s_point_lies_in_it(tree: AreaTree) -> None:
    for area in tree.streets:
        point = shapely.Point(area.jurisdiction.lon, area.jurisdiction.lat)
        assert polygon(area.rings).contains(point), area.jurisdiction.id


def test_that_the_square_lies_in_its_zone(tree: AreaTree) -> None:
    here = shapely.Point(CENTRE[1], CENTRE[0])
    holders = [j.name_zh for j, rings in tree.districts if polygon(rings).contains(here)]
    assert holders == ["天安门地区"]


def test_that_the_bend_never_folds_the_map() -> None:
    """Neighbouring points keep their sides: the map's determinant stays above zero."""
    plan = Plan(1)
    x, y = np.meshgrid(np.arange(-90e3, 90e3, 400.0), np.arange(-60e3, 130e3, 400.0))
    bent_x, bent_y = plan.bend(x, y)
    along = np.gradient(bent_x, 400.0, axis=1) * np.gradient(bent_y, 400.0, axis=0)
    across = np.gradient(bent_x, 400.0, axis=0) * np.gradient(bent_y, 400.0, axis=1)
    assert float((along - across).min()) > 0.2


def test_that_the_roads_are_as_many_as_a_city_needs(graph: RoadGraph) -> None:
    assert graph.n_nodes > 40_000
    assert graph.n_edges > 100_000
    counts = np.bincount(graph.edge_class, minlength=6)
    assert all(counts[road_class] > 1_000 for road_class in range(6))


def test_that_nearly_every_node_reaches_every_other(graph: RoadGraph) -> None:
    reached = np.isfinite(graph.seconds_to(*CENTRE))
    assert reached.mean() > 0.97
    walkable = np.unique(graph.edge_from[graph.edge_class > RoadClass.LINK])
    on_foot = np.isfinite(graph.seconds_to(*CENTRE, mode=Mode.FOOT))
    assert on_foot[walkable].mean() > 0.97


def test_that_some_lanes_are_one_way(graph: RoadGraph) -> None:
    pairs = set(zip(graph.edge_from.tolist(), graph.edge_to.tolist(), strict=True))
    lanes = np.flatnonzero(graph.edge_class == RoadClass.RESIDENTIAL)
    ways = zip(graph.edge_from[lanes].tolist(), graph.edge_to[lanes].tolist(), strict=True)
    single = sum((b, a) not in pairs for a, b in ways)
    assert 0.05 < single / len(lanes) < 0.4


def test_that_expressways_are_worth_taking(graph: RoadGraph) -> None:
    far = graph.route(*CENTRE, 40.45, 115.98)
    assert 40 < far.seconds / 60 < 120
    air_m = float(haversine_m(*CENTRE, 40.45, 115.98))
    assert 1.0 < far.metres / air_m < 1.6
    assert far.metres / far.seconds > 12.0


def test_that_edges_are_as_long_as_they_look(graph: RoadGraph) -> None:
    tail, head = graph.edge_from, graph.edge_to
    true_m = haversine_m(
        graph.node_lat[tail], graph.node_lon[tail], graph.node_lat[head], graph.node_lon[head]
    )
    assert graph.edge_len_m == pytest.approx(true_m, rel=2e-3, abs=0.05)
    assert float(true_m.max()) < 1_200


def test_that_the_old_town_is_denser_than_the_rest(graph: RoadGraph) -> None:
    east, north = graph.plane.to_metres(graph.node_lat, graph.node_lon)
    middle = graph.plane.to_metres(*CENTRE)
    east, north = east - middle[0], north - middle[1]
    old, town = inside(RINGS[0], east, north), inside(RINGS[3], east, north)
    per_km2 = [np.count_nonzero(old) / 77, np.count_nonzero(town & ~old) / 700]
    assert per_km2[0] > 2 * per_km2[1] > 20


def test_that_lines_are_ranked_by_halving() -> None:
    rank = line_ranks()
    middle = len(rank) // 2
    assert rank[middle : middle + 17].tolist() == [
        0, 4, 3, 4, 2, 4, 3, 4, 1, 4, 3, 4, 2, 4, 3, 4, 0,
    ]  # fmt: skip


def test_that_addresses_and_places_abound_and_lie_in_a_street(places: list[Place]) -> None:
    kinds = {place.kind for place in places}
    assert {"school", "market", "hospital", "park", "site", "square", "address"} <= kinds
    addresses = [place for place in places if place.kind == "address"]
    assert len(addresses) > 10_000
    assert sum(bool(place.address) for place in addresses) > 0.97 * len(addresses)
    assert all(place.name_zh.endswith("号") and place.name_en for place in addresses)


def test_that_everything_has_both_names(places: list[Place], tree: AreaTree) -> None:
    assert all(place.name_zh and place.name_en for place in places)
    every = [tree.city[0], *(j for j, _ in tree.districts)]
    every += [area.jurisdiction for area in tree.streets]
    assert all(j.name_zh and j.name_en for j in every)


def test_that_the_same_seed_gives_the_same_city_and_another_another(roads: FinishedRoads) -> None:
    def lattice(seed: int) -> Floats:
        plan = RoadPlan()
        make_lattice(plan, make_nature(seed), NameSource(seed), seed)
        return plan.points()

    first, again, other = lattice(1), lattice(1), lattice(2)
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)
    assert len(roads.points) > len(first)


def test_that_names_are_not_given_twice() -> None:
    names = NameSource(5)
    given = [names.named("小学", "Primary School").zh for _ in range(2_000)]
    assert len(set(given)) == 2_000
