"""The rotation over pages, pins and holds, and the coverage ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.patrol.ledger import Ledger, Look, Looker
from console.patrol.plans import PatrolPlan, PatrolPlanError, Rotation, neighbours_first

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def points(count: int) -> tuple[CameraId, ...]:
    return tuple(CameraId(f"C{n:04d}") for n in range(count))


def rotation(count: int = 1000, tiles: int = 16, dwell_s: float = 8.0) -> Rotation:
    plan = PatrolPlan(name="chaoyang-night", points=points(count), dwell_s=dwell_s)
    return Rotation(plan=plan, tiles=tiles)


def test_that_the_label_counts_pages() -> None:
    turning = rotation()
    for _ in range(11):
        turning = turning.next(0.0)
    assert turning.label == "chaoyang-night 12/63"
    assert turning.round_s == 63 * 8.0


@given(st.integers(0, 60), st.integers(1, 16))
def test_that_a_round_shows_every_point_once(count: int, tiles: int) -> None:
    turning = rotation(count, tiles)
    seen: list[CameraId] = []
    for _ in range(turning.pages):
        seen += [point for point in turning.on_tiles() if point is not None]
        turning = turning.next(0.0)
    assert tuple(seen) == points(count)
    assert turning.page == 1


@given(st.integers(1, 60), st.integers(1, 16), st.lists(st.sampled_from("npkts"), max_size=30))
def test_that_upcoming_is_what_next_shows(count: int, tiles: int, steps: list[str]) -> None:
    turning = rotation(count, tiles)
    for at, step in enumerate(steps):
        match step:
            case "n":
                assert turning.upcoming() == turning.next(at).on_tiles()
                turning = turning.next(at)
            case "p":
                turning = turning.previous(at)
            case "k" if turning.on_tiles()[0] is not None:
                turning = turning.pinning(0)
            case "t":
                turning = turning.with_tiles(tiles % 16 + 1, at)
            case _:
                turning = turning.held(at)
        shown = [point for point in turning.on_tiles() if point is not None]
        assert len(shown) == len(set(shown))
        assert len(turning.on_tiles()) == turning.tiles
        assert 1 <= turning.page <= turning.pages


def test_that_back_from_the_first_page_is_the_last() -> None:
    back = rotation(10, 4).previous(0.0)
    assert back.page == back.pages == 3
    assert back.previous(0.0).page == 2


def test_that_a_pinned_tile_keeps_its_point_on_every_page() -> None:
    turning = rotation(40, 4).pinning(2)
    assert turning.on_tiles() == points(4)
    for _ in range(turning.pages):
        turning = turning.next(0.0)
        assert turning.on_tiles()[2] == "C0002"
        assert [p for p in turning.on_tiles() if p == "C0002"] == ["C0002"]
    assert turning.pinning(2).on_tiles()[:4] == points(4)


def test_that_an_empty_tile_cannot_be_pinned() -> None:
    with pytest.raises(PatrolPlanError, match="Tile 3"):
        rotation(2, 4).pinning(2)


def test_that_holding_stops_the_clock_and_resuming_goes_on_where_it_was() -> None:
    turning = rotation(40, 4, dwell_s=8.0)
    assert turning.remaining_s(3.0) == 5.0
    held = turning.held(3.0)
    assert held.remaining_s(100.0) is None
    assert held.progress(100.0) == 3 / 8
    assert held.resumed(100.0).remaining_s(100.0) == 5.0


def test_that_one_page_never_turns() -> None:
    still = rotation(4, 4)
    assert still.remaining_s(1000.0) is None
    assert still.progress(1000.0) == 0.0


def test_that_a_smaller_wall_goes_on_at_the_same_point_and_keeps_its_pins() -> None:
    turning = rotation(64, 16).pinning(15).next(0.0)
    first = turning.on_tiles()[0]
    small = turning.with_tiles(4, 9.0)
    assert "C0015" in small.on_tiles()
    assert first in small.on_tiles()


def test_that_showing_turns_to_the_page_of_a_point() -> None:
    assert CameraId("C0031") in rotation(64, 4).showing([CameraId("C0031")], 2.0).on_tiles()
    assert rotation(64, 4).showing([CameraId("nowhere")], 2.0).page == 1


@pytest.mark.parametrize(("names", "dwell_s"), [(("A", "A"), 8.0), (("A",), 0.0)])
def test_that_a_plan_that_cannot_run_says_why(names: tuple[str, ...], dwell_s: float) -> None:
    with pytest.raises(PatrolPlanError, match="The plan “x”"):
        PatrolPlan(name="x", points=tuple(map(CameraId, names)), dwell_s=dwell_s)


def test_that_neighbours_come_together() -> None:
    cameras = [
        Camera(id=CameraId("C2"), name="b", main_url="", district=None),
        Camera(id=CameraId("C3"), name="c", main_url="", district="D02"),  # type: ignore[arg-type]
        Camera(id=CameraId("C1"), name="a", main_url="", district="D01"),  # type: ignore[arg-type]
        Camera(id=CameraId("C0"), name="gone", main_url="", retired=True),
    ]
    assert neighbours_first(cameras) == ("C1", "C3", "C2")


def test_that_coverage_tells_people_from_the_sweep_and_names_what_nobody_saw() -> None:
    ledger = Ledger()
    early, today = NOON - timedelta(days=1), NOON
    one, two, three, four = points(4)
    ledger.record(Look(point=one, at=today, by=Looker.PERSON))
    ledger.record(Look(point=one, at=early, by=Looker.PERSON))
    ledger.record(Look(point=two, at=today, by=Looker.SWEEP))
    ledger.record(Look(point=three, at=early, by=Looker.PERSON))
    coverage = ledger.coverage(points(4), since=today)
    assert (coverage.by_person, coverage.by_sweep, coverage.unseen) == (1, 1, (three, four))
    assert coverage.points == 4
    last = ledger.last(one)
    assert last is not None
    assert last.at == today
    assert ledger.last(four) is None
