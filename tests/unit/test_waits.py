"""How long a visit waits for a point: short where it is usually quick, long where all are slow."""

from __future__ import annotations

from console.domain.ids import CameraId
from console.video.address import Patience
from console.video.waits import Waits

POINT, SLOW = CameraId("C1"), CameraId("C2")
WHOLE = Patience(connect_s=4.0, answer_s=5.0, silence_s=5.0)


def known() -> Waits:
    waits = Waits()
    for _ in range(4):
        waits.note(POINT, answer_s=0.05, silence_s=0.2)
    return waits


def test_that_a_point_never_seen_has_all_the_patience_there_is() -> None:
    assert Waits().patience(WHOLE, POINT, 0) == WHOLE


def test_that_a_quick_point_is_missed_soon_and_its_second_look_waits_longer() -> None:
    first, second, third = (known().patience(WHOLE, POINT, failures) for failures in range(3))
    assert (first.answer_s, first.silence_s) == (1.0, 1.0)
    assert (second.answer_s, second.silence_s) == (2.0, 2.0)
    assert third == WHOLE


def test_that_a_point_that_sends_a_picture_a_second_is_waited_for() -> None:
    waits = known()
    waits.note(SLOW, answer_s=0.9, silence_s=1.1)
    patience = waits.patience(WHOLE, SLOW, 0)
    assert patience.answer_s > 2.5
    assert 3.2 < patience.silence_s <= WHOLE.silence_s


def test_that_where_everybody_waits_nobody_is_missed_early_and_that_is_forgotten() -> None:
    waits = known()
    waits.feel(1.4)
    assert waits.patience(WHOLE, POINT, 0).silence_s == 2.8
    assert 2.8 < waits.patience(WHOLE, POINT, 1).silence_s < WHOLE.silence_s
    for _ in range(500):
        waits.note(POINT, answer_s=0.05, silence_s=0.2)
    assert waits.patience(WHOLE, POINT, 0).silence_s == 1.0


def test_that_one_lost_packet_while_connecting_is_none() -> None:
    first = known().patience(WHOLE, POINT, 0)
    assert first.connect_s > 1.0, "a system asks again after a second"
    assert first.connect_s < WHOLE.connect_s


def test_that_one_camera_slow_by_nature_makes_no_other_wait() -> None:
    waits = known()
    for _ in range(5):
        waits.note(SLOW, answer_s=1.5, silence_s=0.2)
    assert waits.patience(WHOLE, POINT, 0).answer_s == 1.0
    waits.note(SLOW, answer_s=3.5, silence_s=0.2)  # 2 s longer than ever: the network is busy
    assert waits.patience(WHOLE, POINT, 0).answer_s == 4.0


def test_that_where_many_fail_at_a_time_each_is_waited_for() -> None:
    waits = known()
    others = [CameraId(f"N{n}") for n in range(60)]
    for other in others:
        waits.note(other, answer_s=0.05, silence_s=0.2)
    waits.note_failure(others[0], 0)
    assert waits.patience(WHOLE, POINT, 1).answer_s == 2.0, "one camera that stops is one camera"
    for other in others[1:4]:
        waits.note_failure(other, 0)
    assert waits.patience(WHOLE, POINT, 1) == WHOLE
    for other in others:
        waits.note(other, answer_s=0.05, silence_s=0.2)
        waits.note_failure(CameraId("dead"), 9)  # it has long been known
    assert waits.patience(WHOLE, POINT, 1).answer_s == 2.0


def test_that_points_that_are_gone_are_forgotten() -> None:
    waits = known()
    waits.keep_only([SLOW])
    assert waits.patience(WHOLE, POINT, 0) == WHOLE
