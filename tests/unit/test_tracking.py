"""The live force: order, duplicates, age, nearness, frames there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.ids import UnitId
from console.domain.units import Unit, UnitKind
from console.protocol.positions import INGEST, UNKNOWN_U2, FixFlag, decode_frame
from console.tracking import FrameOrder, Freshness, IngestCounts, LiveForce, pack_frame

NOW_MS = 1_795_400_000_000


def fix(unit: int, t_ms: int, lat: float = 39.9, lon: float = 116.4, flags: int = 0) -> tuple:
    return (unit, t_ms, round(lat * 1e7), round(lon * 1e7), 9000, 150, 50, flags)


def batch(*fixes: tuple) -> np.ndarray:
    return np.array(list(fixes), dtype=INGEST)


def unit(no: int, kind: UnitKind = UnitKind.OFFICER) -> Unit:
    return Unit(id=UnitId(f"u{no}"), no=no, call_sign=f"K{no}", kind=kind)


def test_that_the_latest_fix_wins_whatever_the_order() -> None:
    force = LiveForce()
    counts = force.apply_ingest(
        batch(fix(7, NOW_MS - 2000, 39.91), fix(7, NOW_MS - 5000, 39.80)), now_ms=NOW_MS
    )
    assert counts == IngestCounts(accepted=1, late=1)
    assert force.columns().lat[7] == pytest.approx(39.91)
    assert force.ages_s(NOW_MS)[7] == pytest.approx(2.0)
    assert np.isnan(force.ages_s(NOW_MS)[6])


def test_that_a_clock_far_ahead_is_refused_and_bad_fixes_are_unknown() -> None:
    force = LiveForce(only_known=True)
    force.know([unit(1)])
    counts = force.apply_ingest(
        batch(
            fix(1, NOW_MS + 60_000), fix(2, NOW_MS), fix(1, NOW_MS, lat=95.0),
            fix(4_000_000_000, NOW_MS), fix(1, 2**63 + 5), fix(1, NOW_MS),
        ),
        now_ms=NOW_MS,
    )  # fmt: skip
    assert counts == IngestCounts(accepted=1, ahead=2, unknown=3)


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(1, 12), st.booleans()), min_size=1, max_size=60
    ),
    st.integers(1, 59),
)
def test_that_batches_count_as_one_fix_after_another(
    events: list[tuple[int, int, bool]], cut: int
) -> None:
    rows = [
        fix(u, NOW_MS + t, 39 + i / 1000, flags=int(FixFlag.ASLEEP) * s)
        for i, (u, t, s) in enumerate(events)
    ]
    together, one_by_one = LiveForce(), LiveForce()
    totals = np.zeros(3, dtype=int)
    for part in (rows[:cut], rows[cut:]):
        if part:
            got = together.apply_ingest(batch(*part), now_ms=NOW_MS)
            totals += [got.accepted, got.late, got.duplicate]
    expected: dict[int, tuple[int, float, bool]] = {}
    counted = np.zeros(3, dtype=int)
    for i, (u, t, asleep) in enumerate(events):
        one_by_one.apply_ingest(batch(rows[i]), now_ms=NOW_MS)
        held = expected.get(u)
        if held is None or t > held[0]:
            expected[u] = (t, 39 + i / 1000, asleep)
            counted[0] += 1
        else:
            counted[2 if t == held[0] else 1] += 1
            if t == held[0]:
                expected[u] = (held[0], held[1], held[2] or asleep)
    assert totals.tolist() == counted.tolist()
    for force in (together, one_by_one):
        columns = force.columns()
        assert set(columns.nos().tolist()) == set(expected)
        for u, (t, lat, asleep) in expected.items():
            assert columns.t_ms[u] == NOW_MS + t
            assert columns.lat[u] == pytest.approx(lat)
            assert bool(columns.asleep()[u]) == asleep


def test_that_times_far_apart_are_still_told_apart() -> None:
    force = LiveForce(max_ahead_ms=1 << 60)
    many = [fix(u, 1) for u in range(5000)] + [fix(3, 1 << 52), fix(3, 5), fix(4, 2)]
    counts = force.apply_ingest(batch(*many), now_ms=NOW_MS)
    assert counts == IngestCounts(accepted=5002, late=1)
    assert force.columns().t_ms[[3, 4]].tolist() == [1 << 52, 2]


def test_that_freshness_follows_the_kind_and_asleep_is_never_fresh() -> None:
    force = LiveForce()
    force.know([unit(1), unit(2, UnitKind.VEHICLE), unit(3), unit(4), unit(5)])
    force.apply_ingest(
        batch(
            fix(1, NOW_MS - 20_000), fix(2, NOW_MS - 20_000), fix(3, NOW_MS - 500_000),
            fix(4, NOW_MS, flags=int(FixFlag.ASLEEP)),
        ),
        now_ms=NOW_MS,
    )  # fmt: skip
    assert force.freshness(NOW_MS)[1:6].tolist() == [
        Freshness.FRESH, Freshness.LATE, Freshness.STALE, Freshness.ASLEEP, Freshness.NO_FIX
    ]  # fmt: skip
    force.mark_asleep(np.array([1, 5]))
    assert force.freshness(NOW_MS)[1] == Freshness.ASLEEP
    force.apply_ingest(batch(fix(1, NOW_MS)), now_ms=NOW_MS)
    assert force.freshness(NOW_MS)[1] == Freshness.FRESH


def test_that_changed_since_names_only_what_changed() -> None:
    force = LiveForce()
    force.apply_ingest(batch(fix(1, NOW_MS), fix(2, NOW_MS)), now_ms=NOW_MS)
    mark = force.mark
    force.apply_ingest(batch(fix(1, NOW_MS), fix(2, NOW_MS + 1)), now_ms=NOW_MS)
    assert force.changed_since(mark).tolist() == [2]
    assert force.changed_since(force.mark).tolist() == []


def test_that_a_copy_does_not_move_with_the_force() -> None:
    force = LiveForce()
    force.apply_ingest(batch(fix(1, NOW_MS, 39.0)), now_ms=NOW_MS)
    copy = force.columns()
    force.apply_ingest(batch(fix(1, NOW_MS + 5, 40.0), fix(5000, NOW_MS)), now_ms=NOW_MS)
    assert len(copy) == 2
    assert copy.lat[1] == pytest.approx(39.0)


def test_that_a_frame_carries_the_columns_there() -> None:
    here, there = LiveForce(), LiveForce()
    rows = batch(fix(1, NOW_MS - 1500), fix(9, NOW_MS - 90_000, 39.95, 116.5, 1))
    rows["heading"][1] = rows["speed"][1] = rows["accuracy"][1] = UNKNOWN_U2
    here.apply_ingest(rows, now_ms=NOW_MS)
    columns = here.columns()
    frame = pack_frame(columns, columns.nos(), now_ms=NOW_MS, seq=4, keyframe=True)
    assert there.apply_frame(decode_frame(frame.to_bytes())) == 2
    got = there.columns()
    assert got.t_ms[[1, 9]].tolist() == [NOW_MS - 1500, NOW_MS - 90_000]
    np.testing.assert_allclose(got.lat[[1, 9]], columns.lat[[1, 9]], atol=1e-7)
    assert got.heading_deg[1] == pytest.approx(90.0, abs=0.8)
    assert got.speed_mps[1] == pytest.approx(1.5, abs=0.13)
    assert got.accuracy_m[1] == pytest.approx(5.0, abs=0.5)
    assert np.isnan([got.heading_deg[9], got.speed_mps[9], got.accuracy_m[9]]).all()
    assert got.asleep().tolist()[9]
    assert not got.asleep()[1]


def test_that_a_gap_in_frames_is_known_until_the_keyframe() -> None:
    force = LiveForce()
    force.apply_ingest(batch(fix(1, NOW_MS)), now_ms=NOW_MS)
    columns, order = force.columns(), FrameOrder()

    def frame(seq: int, *, key: bool = False):
        return pack_frame(columns, columns.nos(), now_ms=NOW_MS, seq=seq, keyframe=key)

    assert order.take(frame(5, key=True))
    assert order.take(frame(6))
    assert not order.take(frame(9))
    assert order.lost == 2
    assert not order.take(frame(10))
    assert order.take(frame(11, key=True))
    assert order.is_whole


def test_that_near_agrees_with_measuring_every_unit() -> None:
    rng = np.random.default_rng(3)
    force = LiveForce()
    n = 500
    rows = np.zeros(n, dtype=INGEST)
    rows["unit"], rows["t_ms"] = np.arange(n) * 3, NOW_MS
    lat, lon = rng.uniform(39.7, 40.1, n), rng.uniform(116.1, 116.7, n)
    rows["lat"], rows["lon"] = np.rint(lat * 1e7), np.rint(lon * 1e7)
    force.apply_ingest(rows, now_ms=NOW_MS)
    nos, metres = force.near(39.9, 116.4, 20)
    p, q = np.radians(lat), np.radians(39.9)
    a = np.sin((p - q) / 2) ** 2 + np.cos(p) * np.cos(q) * np.sin(np.radians(lon - 116.4) / 2) ** 2
    all_m = 2 * 6_371_008.8 * np.arcsin(np.sqrt(a))
    expected = np.argsort(all_m)[:20]
    assert nos.tolist() == (expected * 3).tolist()
    np.testing.assert_allclose(metres, all_m[expected], atol=0.1)
    assert len(LiveForce().near(39.9, 116.4, 5)[0]) == 0


def test_that_100_000_units_are_updated_at_once() -> None:
    force = LiveForce()
    rows = np.zeros(100_000, dtype=INGEST)
    rows["unit"] = np.random.default_rng(1).permutation(100_000)
    rows["lat"], rows["lon"] = 399_000_000, 1_164_000_000
    for step in range(3):
        rows["t_ms"] = NOW_MS + step
        assert force.apply_ingest(rows, now_ms=NOW_MS).accepted == 100_000
        assert (force.live().t_ms == NOW_MS + step).all()
