"""What is usual at a point, faults confirmed by a second look, statistics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from test_visit import street

from console.domain.ids import CameraId
from console.video.diagnosis import Finding, changed_share, diagnose, difference, measure
from console.video.looks import LooksReader, LooksWriter, SweepLook
from console.video.trouble import Trouble
from console.video.usual import LEAST_PICTURES, Baselines, FaultBook, is_day

POINT = CameraId("C1")
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def noisy(seed: int, sigma: float = 3.0) -> np.ndarray:
    """The same street, with other noise of the sensor."""
    noise = np.random.default_rng(seed).normal(0, sigma, street().shape)
    return np.clip(street() + noise, 0, 255).astype(np.uint8)


def learned(pictures: int = LEAST_PICTURES + 1, *, dark: bool = False) -> Baselines:
    baselines = Baselines()
    for n in range(pictures):
        picture = noisy(n) // 8 if dark else noisy(n)
        baselines.note(POINT, measure(picture), day=not dark, good=True)
    return baselines


def test_that_a_slight_fault_shows_against_what_is_usual() -> None:

    known = learned().known(POINT, day=True)
    softer = cv2.GaussianBlur(noisy(50), (0, 0), 1.1)
    assert diagnose(measure(softer)) == ()
    assert diagnose(measure(softer), known=known) == (Finding.BLURRED,)
    assert diagnose(measure(noisy(51)), known=known) == ()


def test_that_a_place_that_is_always_dark_is_no_fault_by_night() -> None:
    baselines = learned(dark=True)
    dark = measure(noisy(60) // 8)
    assert Finding.LOW_LIGHT in diagnose(dark)
    assert diagnose(dark, known=baselines.known(POINT, day=False)) == ()
    assert baselines.known(POINT, day=True) is None


def test_that_a_place_where_nothing_moves_is_not_frozen() -> None:
    pair = noisy(1), noisy(2)
    still = {"since_before": difference(*pair), "changed": changed_share(*pair)}
    assert still["since_before"] < 3
    assert diagnose(measure(pair[0]), **still) == ()
    same = {"since_before": 0.0, "changed": 0.0}
    assert diagnose(measure(pair[0]), **same) == (Finding.FROZEN,)


def covered(seed: int, left: int, width: int = 90) -> np.ndarray:
    """The street with something flat before a part of it."""
    picture = noisy(seed)
    picture[60:150, left : left + width, :3] = 90
    return picture


def test_that_what_passes_by_does_not_occlude_and_a_leaf_does() -> None:
    baselines = learned(45)
    for seed, left in ((70, 10), (71, 200)):
        metrics = measure(covered(seed, left))
        assert diagnose(metrics, known=baselines.known(POINT, day=True)) == ()
        baselines.note(POINT, metrics, day=True, good=False)
    findings = diagnose(measure(covered(72, 200)), known=baselines.known(POINT, day=True))
    assert findings == (Finding.OCCLUDED,)


def test_that_what_has_stood_there_in_good_pictures_before_is_no_cover() -> None:
    findings = []
    for lorries in (0, 1):
        baselines = learned(45)
        for n in range(lorries):
            baselines.note(POINT, measure(covered(80 + n, 120, 40)), day=True, good=True)
        for n in range(30):
            baselines.note(POINT, measure(noisy(90 + n)), day=True, good=True)
        for seed in (130, 131):  # two looks in a row at the same place
            metrics = measure(covered(seed, 120, 40))
            found = diagnose(metrics, known=baselines.known(POINT, day=True))
            baselines.note(POINT, metrics, day=True, good=False)
        findings.append(found)
    assert findings == [(Finding.OCCLUDED,), ()]


def test_that_a_small_cover_is_not_told_while_a_point_is_hardly_known() -> None:
    for pictures, told in ((LEAST_PICTURES + 1, ()), (45, (Finding.OCCLUDED,))):
        baselines = learned(pictures)
        for seed in (140, 141):
            metrics = measure(covered(seed, 120, 40))
            found = diagnose(metrics, known=baselines.known(POINT, day=True))
            baselines.note(POINT, metrics, day=True, good=False)
        assert found == told


def test_that_a_picture_counts_as_usual_once_the_next_is_good_too() -> None:
    baselines = learned(45)
    before = baselines.known(POINT, day=True)
    baselines.note(POINT, measure(covered(150, 200)), day=True, good=True)
    baselines.note(POINT, measure(covered(151, 200)), day=True, good=False)
    after = baselines.known(POINT, day=True)
    assert before is not None
    assert after is not None
    assert after.pictures == before.pictures + 1  # the last of those learned, not the covered one
    assert after.mean.structure == pytest.approx(before.mean.structure, rel=0.2)


def test_that_light_that_fails_is_not_called_a_cover_nor_black() -> None:
    known = learned(45).known(POINT, day=True)
    grain = np.random.default_rng(3).normal(0, 6, (180, 320))[..., None]
    for left in (0.4, 0.2, 0.1):
        dim = np.clip(noisy(160) * left + grain, 0, 255).astype(np.uint8)
        assert diagnose(measure(dim), known=known) == (Finding.LOW_LIGHT,)


def test_that_a_sheet_over_nearly_everything_is_a_cover_and_not_failing_light() -> None:
    baselines = learned(45)
    for seed in (170, 171):
        picture = noisy(seed)
        picture[:, 30:, :3] = 40
        metrics = measure(picture)
        found = diagnose(metrics, known=baselines.known(POINT, day=True))
        baselines.note(POINT, metrics, day=True, good=False)
    assert found[0] is Finding.OCCLUDED


def test_that_a_fault_is_sure_at_the_second_look_and_over_at_the_second_without_it() -> None:
    book = FaultBook()
    assert book.look(POINT, [Trouble.LOST], 0.0) == []
    assert book.is_doubtful(POINT)
    (began,) = book.look(POINT, [Trouble.LOST], 5.0)
    assert (began.fault, began.since_s, began.ended) == (Trouble.LOST, 0.0, False)
    assert not book.is_doubtful(POINT)
    assert book.look(POINT, [], 10.0) == []
    (ended,) = book.look(POINT, [], 15.0)
    assert (ended.since_s, ended.at_s, ended.ended) == (0.0, 15.0, True)
    assert book.look(POINT, [Finding.BLURRED], 20.0) == []
    assert book.look(POINT, [], 25.0) == []


def test_that_statistics_follow_the_looks(tmp_path: Path) -> None:
    path = tmp_path / "looks.db"
    writer, reader = LooksWriter(path), LooksReader(path)
    for n in range(10):
        at = NOON + timedelta(seconds=n)
        trouble = Trouble.LOST if n < 2 else None
        findings = (Finding.BLURRED,) if n == 2 else ()
        picture_at = None if trouble else at
        look = SweepLook(
            point=POINT, visited_at=at, picture_at=picture_at, trouble=trouble, findings=findings
        )
        writer.put([(look, None)])
    book = FaultBook()
    for n in range(5):
        found = [Trouble.LOST] if n < 3 else []
        writer.put_faults(book.look(POINT, found, NOON.timestamp() + 60 * n))
    writer.close()
    assert reader.tallies(NOON - timedelta(days=1)) == {POINT: (10, 8, 7)}
    ((point, fault, since, ended),) = reader.faults(NOON - timedelta(days=1))
    assert (point, fault, since) == (POINT, "lost", NOON)
    assert ended == NOON + timedelta(minutes=4)


def test_that_day_and_night_follow_the_sun() -> None:
    beijing = (39.9, 116.4)
    assert is_day(datetime(2026, 6, 21, 4, tzinfo=UTC), *beijing)
    assert not is_day(datetime(2026, 6, 21, 16, tzinfo=UTC), *beijing)
    assert not is_day(datetime(2026, 12, 21, 22, 50, tzinfo=UTC), *beijing)
    assert is_day(datetime(2026, 6, 20, 22, 50, tzinfo=UTC), *beijing)
