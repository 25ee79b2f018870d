"""Order by expected yield, leases of points, plans with hours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.ids import CameraId
from console.patrol.leases import LEASE_S, Leases
from console.patrol.plans import PatrolPlan, PatrolPlanError, Rotation
from console.patrol.schedule import HOURS, Seen, YieldSchedule, hourly_rates


def ids(count: int) -> list[CameraId]:
    return [CameraId(f"C{n:03d}") for n in range(count)]


@settings(max_examples=40, deadline=None)
@given(
    points=st.integers(1, 60),
    places=st.integers(1, 9),
    slack=st.floats(1.3, 4.0),
    seed=st.integers(0, 1000),
)
def test_that_no_living_point_is_unseen_for_longer_than_was_promised(
    points: int, places: int, slack: float, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    dwell_s = 10.0
    round_s = -(-points // places) * dwell_s
    most_s = slack * round_s + 2 * dwell_s
    names = ids(points)
    schedule = YieldSchedule(
        names,
        chance.gamma(0.3, 1.0, (points, HOURS)),
        max_revisit_s=most_s,
        looks_per_s=places / dwell_s,
    )
    last = dict.fromkeys(names, 0.0)
    for step in range(1, 200):
        now_s = step * dwell_s
        page = schedule.page(places, now_s, step % HOURS)
        assert len(set(page)) == len(page) == min(places, points)
        last.update(dict.fromkeys(page, now_s))
        assert now_s - min(last.values()) <= most_s


def test_that_places_and_hours_of_past_violations_come_more_often() -> None:
    names = ids(40)
    past = [Seen(point=names[3], hour=8)] * 60 + [Seen(point=names[7], hour=20)] * 60
    rates = hourly_rates(names, past, days=30)
    assert rates[3, 8] > 10 * rates[5, 8]
    counts = {hour: dict.fromkeys(names, 0) for hour in (8, 20)}
    for hour, count in counts.items():
        schedule = YieldSchedule(names, rates, max_revisit_s=900, looks_per_s=4 / 10)
        for step in range(200):
            for point in schedule.page(4, step * 10.0, hour):
                count[point] += 1
    assert counts[8][names[3]] > 2 * counts[8][names[7]]
    assert counts[20][names[7]] > 2 * counts[20][names[3]]


def test_that_a_promise_that_cannot_be_kept_is_refused_with_what_would_do() -> None:
    with pytest.raises(PatrolPlanError, match="one round takes 17"):
        YieldSchedule(ids(1000), np.zeros((1000, HOURS)), max_revisit_s=600, looks_per_s=1)


def test_that_dead_points_take_no_place_and_come_soon_when_they_live_again() -> None:
    names = ids(12)
    schedule = YieldSchedule(names, np.ones((12, HOURS)), max_revisit_s=100, looks_per_s=0.4)
    schedule.set_dead(names[:2], 0.0)
    seen = {point for step in range(10) for point in schedule.page(4, step * 10.0, 0)}
    assert seen == set(names[2:])
    schedule.set_dead((), 100.0)
    seen = {point for step in range(10, 16) for point in schedule.page(4, step * 10.0, 0)}
    assert set(names[:2]) <= seen


def test_that_two_walls_never_show_the_same_point_of_one_plan() -> None:
    schedule = YieldSchedule(ids(30), np.ones((30, HOURS)), max_revisit_s=300, looks_per_s=0.8)
    for step in range(50):
        one = schedule.page(4, step * 10.0, 0)
        other = schedule.page(4, step * 10.0, 0, but=one)
        assert not set(one) & set(other)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.floats(0.5, 45.0)), max_size=40))
def test_that_a_point_never_has_two_sweepers(turns: list[tuple[str, float]]) -> None:
    leases, now_s = Leases(), 0.0
    points = [f"C{n}" for n in range(30)]
    may: dict[str, dict[str, float]] = {name: {} for name in "ABC"}
    for name, pause_s in turns:
        now_s += pause_s
        granted = leases.renew(name, points, now_s)
        may[name] = dict.fromkeys(granted, now_s + LEASE_S)
        for point in points:
            holders = [one for one, held in may.items() if held.get(point, 0.0) > now_s]
            assert len(holders) <= 1


def test_that_points_are_shared_and_taken_over_when_a_sweeper_goes() -> None:
    leases = Leases()
    points = [f"C{n}" for n in range(200)]
    assert len(leases.renew("A", points, 0.0)) == 200
    assert leases.renew("B", points, 1.0) == []
    kept = leases.renew("A", points, 2.0)
    given_up = leases.renew("B", points, 3.0)
    assert 60 < len(given_up) < 140
    assert set(kept).isdisjoint(given_up)
    leases.leave("A")
    assert len(leases.renew("B", points, 4.0)) == 200
    assert leases.holder("C1", 5.0) == "B"
    assert leases.holder("C1", 5.0 + LEASE_S) is None


def test_that_a_plan_runs_at_its_hours_over_midnight_too() -> None:
    night = PatrolPlan(name="night", points=(), days=(4,), from_minute=22 * 60, to_minute=6 * 60)
    assert night.runs(4, 23 * 60)
    assert night.runs(5, 5 * 60)
    assert not night.runs(5, 23 * 60)
    assert not night.runs(4, 12 * 60)
    assert PatrolPlan(name="all", points=()).runs(2, 0)


def test_that_a_page_stays_as_long_as_its_most_demanding_point() -> None:
    points = tuple(ids(8))
    plan = PatrolPlan(name="p", points=points, dwell_s=5, dwells=((points[5], 20.0),))
    first = Rotation(plan=plan, tiles=4)
    assert first.remaining_s(0.0) == 5
    assert first.next(5.0).remaining_s(5.0) == 20
    assert first.round_s == 25
    with pytest.raises(PatrolPlanError):
        PatrolPlan(name="p", points=points, dwells=((points[5], 0.0),))
