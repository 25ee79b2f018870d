"""What is usual at a point, faults confirmed by a second look, statistics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
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


def learned(*, dark: bool = False) -> Baselines:
    baselines = Baselines()
    for n in range(LEAST_PICTURES):
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


def test_that_what_passes_by_does_not_occlude_and_a_leaf_does() -> None:
    baselines = learned()

    def covered(seed: int, left: int) -> np.ndarray:
        picture = noisy(seed)
        picture[60:150, left : left + 90, :3] = 90
        return picture

    for seed, left in ((70, 10), (71, 200)):
        metrics = measure(covered(seed, left))
        assert diagnose(metrics, known=baselines.known(POINT, day=True)) == ()
        baselines.note(POINT, metrics, day=True, good=False)
    findings = diagnose(measure(covered(72, 200)), known=baselines.known(POINT, day=True))
    assert findings == (Finding.OCCLUDED,)


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
