"""Faults of the simulated cameras as a file tells them, and clocks that go wrong on the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from console.city.cameras.faultplan import PlannedFaults, write_fault_plan
from console.city.cameras.faults import Fault, FaultKind
from console.city.cameras.happenings import HappeningKind
from console.city.cameras.maker import loop_s
from console.city.cameras.stages import HappeningSchedule, stage_of
from console.media.nal import Codec

NOW_S = 1_795_444_200.0


def fault(kind: FaultKind, from_s: float, lasts_s: float = 60.0) -> Fault:
    return Fault(kind=kind, severity=2, from_s=from_s, to_s=from_s + lasts_s)


def test_that_faults_begin_and_end_as_the_file_says(tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    planned = PlannedFaults(plan)
    assert planned.at(1, NOW_S) is None
    blurred, black = fault(FaultKind.BLURRED, NOW_S + 200), fault(FaultKind.BLACK, NOW_S + 10)
    write_fault_plan(plan, {1: [blurred, black], 2: []})
    at = {after: planned.at(1, NOW_S + after) for after in (5, 10, 69, 70, 199, 230)}
    assert at == {5: None, 10: black, 69: black, 70: None, 199: None, 230: blurred}
    assert planned.at(2, NOW_S + 20) is None
    assert planned.at(3, NOW_S + 20) is None


def test_that_a_new_file_is_read_and_a_damaged_one_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plan = tmp_path / "plan"
    first, second = fault(FaultKind.NOISE, NOW_S), fault(FaultKind.FROZEN, NOW_S)
    planned = PlannedFaults(plan)
    write_fault_plan(plan, {4: [first]})
    assert planned.at(4, NOW_S) == first
    plan.write_bytes(b'{"4": [{"kind": "flooded"}]}')
    os.utime(plan, ns=(1, 1))
    assert planned.at(4, NOW_S + 2) == first
    assert "cannot be read" in caplog.text
    write_fault_plan(plan, {4: [second]})
    assert planned.at(4, NOW_S + 4) == second


def test_that_what_happens_comes_from_its_own_seed_at_places_of_the_scene() -> None:
    stages = {number: stage_of(1, number, loop_s(Codec.H264)) for number in (0, 1)}
    assert all(stages.values())
    schedule, same, other = (HappeningSchedule(seed, 0.5, stages) for seed in (7, 7, 8))
    moments = [(no, no % 4, NOW_S + 900 * step) for step in range(8) for no in range(200)]
    found = [schedule.at(*one) for one in moments]
    assert found == [same.at(*one) for one in moments]
    assert found != [other.at(*one) for one in moments]
    assert {one.place.kind for one in found if one} == set(HappeningKind)
    for (_, scene, at_s), one in zip(moments, found, strict=True):
        if one is not None:
            assert one.place in stages[scene]  # none at scenes 2 and 3, which are no stages
            assert one.from_s <= at_s < one.to_s
    share = sum(one is not None for one in found) / len(found)
    assert 0.04 < share < 0.11  # 0.5 × 17.5 of 60 minutes × two scenes of four
