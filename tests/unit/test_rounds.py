"""Whose turn it is in a sweep, and how many visits run at once."""

from __future__ import annotations

import itertools

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.patrol.layouts import cells_of
from console.patrol.leads import LEAST_LEAD_S, MOST_LEAD_S, USUAL_LEAD_S, Lead
from console.video.rounds import HOST_DOWN_AFTER, LONGEST_S, LOOK_AGAIN_S, Crowd, Rounds
from console.video.trouble import Trouble


def camera(number: int, host: str = "10.0.0.1") -> Camera:
    return Camera(id=CameraId(f"C{number}"), name="x", main_url=f"rtsp://{host}/{number}")


def rounds_of(*cameras: Camera) -> Rounds:
    rounds = Rounds()
    rounds.set_points(cameras)
    return rounds


def test_that_every_point_comes_before_any_comes_again() -> None:
    rounds = rounds_of(*(camera(n) for n in range(5)))
    seen = []
    for at in range(15):
        turn = rounds.next(float(at))
        assert turn is not None
        seen.append(turn.id)
        rounds.done(turn.id, None, float(at))
    assert seen == [f"C{n}" for n in range(5)] * 3


def test_that_few_points_are_not_looked_at_without_pause() -> None:
    rounds = Rounds(revisit_s=4.0)
    rounds.set_points([camera(1)])
    assert rounds.next(0.0) is not None
    rounds.done(CameraId("C1"), None, 0.5)
    assert rounds.next(3.5) is None
    assert rounds.wait_s(3.5) == 0.5
    assert rounds.next(4.0) is not None
    rounds.done(CameraId("C1"), None, 9.0)
    assert rounds.next(9.0) is not None, "a visit that took long has been pause enough"


def test_that_a_round_does_not_pass_over_a_key_picture_that_comes_just_in_time() -> None:
    # Every 2 s; a visit begins 0.3 s before one and is done with it.
    rounds = Rounds(revisit_s=4.0, begin_s=lambda point, now_s: now_s + (1.7 - now_s) % 2.0)
    rounds.set_points([camera(1)])
    now_s, begun = 0.0, []
    while now_s < 40.0:
        if rounds.next(now_s) is not None:
            begun.append(now_s)
            # As the machine is, now and then a little late.
            rounds.done(CameraId("C1"), None, now_s + 0.35)
        now_s = round(now_s + 0.05, 2)
    gaps = {round(later - before, 1) for before, later in itertools.pairwise(begun[1:])}
    assert gaps == {4.0}


def test_that_a_dead_point_is_confirmed_at_once_and_then_looked_at_ever_less_often() -> None:
    rounds = rounds_of(camera(1))
    now_s, visits = 0.0, []
    while now_s < 1000:
        turn = rounds.next(now_s)
        if turn is None:
            now_s += 0.5
            continue
        visits.append(now_s)
        rounds.done(turn.id, Trouble.LOST, now_s)
    gaps = [b - a for a, b in itertools.pairwise(visits)]
    assert gaps[:5] == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert max(gaps) == LONGEST_S
    turn = rounds.next(now_s + LONGEST_S)
    assert turn is not None
    rounds.done(turn.id, None, 2000.0)
    assert rounds.next(2000.0) is not None


def test_that_what_is_doubted_does_not_wait_behind_points_that_are_late() -> None:
    rounds = rounds_of(*(camera(n) for n in range(100)))
    for _ in range(2):
        turn = rounds.next(0.0)
        assert turn is not None
        rounds.done(turn.id, Trouble.LOST, 1.0)
    rounds.done(CameraId("C0"), None, 1.0)
    assert rounds.failures(CameraId("C1")) == 1
    first, second, third = (rounds.next(1.6) for _ in range(3))
    assert [one.id for one in (first, second, third) if one is not None] == ["C1", "C2", "C3"]
    # Many doubts at once take every other turn, and leave the others theirs.
    rounds = rounds_of(*(camera(n) for n in range(40)))
    for _ in range(20):
        turn = rounds.next(0.0)
        assert turn is not None
        rounds.done(turn.id, Trouble.LOST, 0.0)
    turns = [rounds.next(5.0) for _ in range(20)]
    doubted = [turn.id for turn in turns if turn is not None and rounds.failures(turn.id)]
    assert len(doubted) == 10


def test_that_a_finding_is_looked_at_again_when_another_key_picture_has_come() -> None:
    rounds = Rounds(revisit_s=60.0)
    rounds.set_points([camera(1)])
    assert rounds.next(0.0) is not None
    rounds.done(CameraId("C1"), None, 0.5)
    rounds.hasten(CameraId("C1"), 0.5)
    assert rounds.next(0.5 + LOOK_AGAIN_S - 0.1) is None
    assert rounds.wait_s(0.5) == LOOK_AGAIN_S
    assert rounds.next(0.5 + LOOK_AGAIN_S) is not None


def test_that_a_host_that_is_down_is_probed_and_its_points_told_without_a_visit() -> None:
    rounds = rounds_of(*(camera(n) for n in range(40)), camera(99, "10.0.0.2"))
    visited = told = 0
    for _ in range(41):
        turn = rounds.next(100.0)
        assert turn is not None
        down = rounds.down(turn, 100.0)
        if turn.id == "C99":
            assert down is None
            continue
        visited, told = visited + (down is None), told + (down is Trouble.REFUSED)
        rounds.done(turn.id, Trouble.REFUSED, 100.0)
    assert visited <= HOST_DOWN_AFTER + 1
    assert told == 40 - visited
    rounds.done(CameraId("C1"), None, 101.0)
    assert rounds.down(camera(2), 101.0) is None


def test_that_a_host_that_answers_is_not_down_however_slow_its_points_are() -> None:
    rounds = rounds_of(*(camera(n) for n in range(40)))
    for _ in range(40):
        turn = rounds.next(100.0)
        assert turn is not None
        assert rounds.down(turn, 100.0) is None
        rounds.done(turn.id, Trouble.TIMED_OUT, 100.0, answered=True)
        assert rounds.failures(turn.id) == 1, "the point's own look has failed all the same"


def test_that_points_that_go_and_change_are_followed() -> None:
    rounds = rounds_of(camera(1), camera(2))
    rounds.set_points([camera(2, "10.0.0.9"), camera(3)])
    assert len(rounds) == 2
    turns = [rounds.next(0.0), rounds.next(0.0)]
    assert {turn.id for turn in turns if turn is not None} == {"C2", "C3"}
    assert rounds.next(0.0) is None


def test_that_hundreds_wait_together_where_handshakes_stay_quick() -> None:
    crowd = Crowd(most=256)
    for _ in range(20):
        for _ in range(10):
            crowd.note(0.02)
        crowd.feel(0.001, full=True)
    assert crowd.now == 256


def test_that_a_busy_source_is_asked_by_few() -> None:
    crowd = Crowd(most=256, now=200)
    crowd.note(0.02)
    for _ in range(40):
        for _ in range(10):
            crowd.note(1.5)
        crowd.feel(0.001, full=True)
    assert crowd.now == crowd.least


def test_that_the_lead_follows_what_a_camera_needs() -> None:
    assert Lead().seconds == USUAL_LEAD_S
    caching = Lead().seen(opening_s=0.05, first_s=0.1, key_s=2.0)
    assert caching.seconds == LEAST_LEAD_S
    waiting = Lead().seen(opening_s=0.05, first_s=1.2, key_s=4.0)
    assert 4.0 < waiting.seconds < 5.5
    assert Lead().seen(opening_s=1.0, first_s=9.0, key_s=30.0).seconds == MOST_LEAD_S


def test_that_every_number_of_tiles_has_places_that_do_not_overlap() -> None:
    for tiles in range(1, 37):
        cells = cells_of(tiles)
        assert len(cells) == tiles
        area = sum((c.right - c.left) * (c.bottom - c.top) for c in cells)
        assert area <= 1.0 + 1e-9
        for one in cells:
            assert 0 <= one.left < one.right <= 1 + 1e-9
            assert 0 <= one.top < one.bottom <= 1 + 1e-9
            for other in cells:
                apart = (
                    one.right <= other.left + 1e-9
                    or other.right <= one.left + 1e-9
                    or one.bottom <= other.top + 1e-9
                    or other.bottom <= one.top + 1e-9
                )
                assert one is other or apart
