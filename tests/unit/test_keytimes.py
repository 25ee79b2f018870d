"""When a camera's next key picture comes, and how a sweep keeps the appointment."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rtsp_points import FPS, GOP, Clip, Point, make_clip, make_still, serving

from console.domain.ids import CameraId
from console.domain.places import Camera
from console.media.nal import Codec
from console.video.diagnosis import Finding
from console.video.habits import Habits
from console.video.keytimes import USUAL_KEY_S, KeyTimes
from console.video.rounds import LOOK_AGAIN_S, Rounds
from console.video.sweep import Sweep, SweepSettings, write_points
from console.video.trouble import Trouble
from console.video.visit import Visit, VisitSettings, visit

C1 = CameraId("C1")
AT = datetime(2026, 11, 28, tzinfo=UTC)


def learned(key_s: float, *, visits: int, every_s: float, seed: int = 1) -> tuple[int, int]:
    """Visit a camera of so long a GOP; return how many key pictures of the last half were missed.

    Arrivals are late by up to 0.1 s, as on a busy machine.
    """
    chance, times = random.Random(seed), KeyTimes()
    begin_s = chance.random() * key_s
    now_s, missed = 0.0, 0
    for no in range(visits):
        steps = int((now_s - begin_s) / key_s) + 1
        key_at_s = begin_s + steps * key_s
        told_s = times.next_s(C1, now_s)
        missed += no >= visits // 2 and (told_s is None or abs(told_s - key_at_s) > 0.3)
        times.note(C1, key_at_s + chance.random() * 0.1, key_at_s - now_s)
        now_s = key_at_s + every_s * (0.7 + 0.6 * chance.random())
    return missed, visits - visits // 2


@pytest.mark.parametrize("key_s", [1.0, 1.2, 2.0, 4.0, 5.0, 10.0])
@pytest.mark.parametrize("every_s", [4.0, 37.0, 120.0])
def test_that_key_pictures_are_foretold_whatever_the_cameras_gop(
    key_s: float, every_s: float
) -> None:
    found = [learned(key_s, visits=30, every_s=every_s, seed=seed) for seed in range(6)]
    assert sum(missed for missed, _ in found) < 0.25 * sum(count for _, count in found), found


def test_that_a_camera_of_the_usual_setting_is_met_at_the_second_visit() -> None:
    times = KeyTimes()
    assert times.next_s(C1, 5.0) is None
    times.note(C1, 10.0, 0.5)
    assert times.next_s(C1, 10.0) == 12.0
    assert times.next_s(C1, 17.3) == 18.0
    times.note(C1, 25.0, 3.1)
    assert times.period_s(C1) != USUAL_KEY_S, "it has waited for longer than that"


def test_that_a_camera_set_anew_is_learned_anew() -> None:
    times = KeyTimes()
    for step in range(6):
        times.note(C1, 7.0 * 2 * step, 1.0)
    assert times.period_s(C1) in (2.0, 14 / 3, 14.0, 7.0)
    for step in range(6):
        times.note(C1, 100.0 + 5.0 * step, 4.0)
    assert times.next_s(C1, 131.0) == pytest.approx(135.0, abs=0.3)


def test_that_what_is_known_of_points_that_are_gone_is_forgotten() -> None:
    habits = Habits()
    habits.note(Visit(camera=C1, at=AT, opening_s=0.2, first_frame_s=0.9, key_s=9.0, waited_s=0.7))
    assert habits.first_s(C1) == pytest.approx(2.2), "who comes at the wrong moment waits for a GOP"
    assert habits.begin_s(C1, 9.5) == pytest.approx(11.0 - 0.2, abs=0.2)
    habits.keep_only(set())
    assert habits.first_s(C1) is None
    assert habits.begin_s(C1, 9.5) is None


def point(number: int) -> Camera:
    return Camera(id=CameraId(f"C{number}"), name="x", main_url=f"rtsp://10.0.0.1/{number}")


def test_that_a_point_whose_turn_has_come_is_visited_at_its_moment() -> None:
    moments = {CameraId("C0"): 3.0, CameraId("C1"): 1.0}
    asked: list[float] = []

    def begin_s(which: CameraId, now_s: float) -> float | None:
        asked.append(now_s)
        at_s = moments.get(which)
        return None if at_s is None else at_s if at_s > now_s else at_s + 10.0

    rounds = Rounds(begin_s=begin_s, ahead=2)
    rounds.set_points([point(n) for n in range(3)])
    order = []
    for tenth in range(40):
        turn = rounds.next(tenth / 10)
        if turn is not None:
            order.append((turn.id, tenth / 10))
    assert order == [("C2", 0.0), ("C1", 1.0), ("C0", 3.0)], "C2 tells nothing: it is taken at once"
    rounds.done(CameraId("C1"), Trouble.LOST, 4.0)
    before = len(asked)
    assert rounds.next(5.0) is not None, "a point in doubt waits for no moment"
    assert len(asked) == before


def test_that_a_moment_missed_again_and_again_is_not_waited_for_for_ever() -> None:
    rounds = Rounds(begin_s=lambda which, now_s: now_s + 1.0, ahead=8)
    rounds.set_points([point(1)])
    now_s, looks = 0.0, 0
    while rounds.next(now_s) is None:
        now_s, looks = now_s + 2.0, looks + 1
        assert looks < 10
    assert rounds.wait_s(now_s) > 100, "it is being visited"
    rounds.done(CameraId("C1"), None, now_s)
    assert rounds.next(now_s) is None
    rounds.hasten(CameraId("C1"), now_s)
    assert rounds.next(now_s + LOOK_AGAIN_S - 0.1) is None
    assert rounds.next(now_s + LOOK_AGAIN_S) is not None, "a doubt waits for no moment"
    rounds.drop(CameraId("C1"))
    assert rounds.next(now_s + 5.0) is None


def swept(tmp_path: Path, clip: Clip, manner: str, rounds: int) -> list[Visit]:
    """Sweep four points of one clip so many whole rounds."""
    points = {f"C{n}": Point(clip, manner) for n in range(4)}
    found: list[Visit] = []
    with serving(**points) as server:
        settings = SweepSettings(
            points_path=tmp_path / "points.json", looks_path=tmp_path / "looks.db",
            revisit_s=0.0, niceness=0, max_per_s=100.0,
        )  # fmt: skip
        write_points(settings.points_path, [server.camera(name) for name in points])
        sweep = Sweep(settings)
        asyncio.run(sweep.rounds(rounds, found.append))
        sweep.close()
    assert Counter(seen.camera for seen in found) == dict.fromkeys(points, rounds)
    return found


def test_that_a_sweep_sees_every_point_as_often_and_learns_when_key_pictures_come(
    tmp_path: Path,
) -> None:
    found = swept(tmp_path, make_clip(Codec.H264), "wait", 3)
    assert all(seen.trouble is None for seen in found)
    assert all(seen.key_s is not None for seen in found)
    assert all(0.5 <= seen.waited_s <= GOP / FPS for seen in found), (
        "the server's clip begins there"
    )


def test_that_a_sweep_stays_only_where_the_picture_was_just_like_the_last(tmp_path: Path) -> None:
    points = {"S": Point(make_still()), "M": Point(make_clip(Codec.H264))}
    found: list[Visit] = []
    with serving(**points) as server:
        settings = SweepSettings(
            points_path=tmp_path / "points.json", looks_path=tmp_path / "looks.db",
            revisit_s=0.0, niceness=0, max_per_s=100.0,
        )  # fmt: skip
        write_points(settings.points_path, [server.camera(name) for name in points])
        sweep = Sweep(settings)
        asyncio.run(sweep.rounds(3, found.append))
        sweep.close()
    still, moving = ([seen for seen in found if seen.camera == name] for name in points)
    first, *later = still
    assert (first.alike, first.findings) == (False, ())
    met = [seen for seen in later if seen.trouble is None]  # a busy machine may miss an appointment
    assert met
    assert all((seen.alike, seen.findings) == (True, (Finding.FROZEN,)) for seen in met)
    # The second look left with the picture in hand, and came once more to see whether it moves.
    assert points["S"].opened >= 4
    assert not any(seen.findings for seen in moving), "its key picture is always the same one"


def test_that_a_camera_that_has_room_for_a_look_only_is_no_failure() -> None:
    point = Point(make_still())
    with serving(S=point) as server:
        camera = server.camera("S")
        first = asyncio.run(visit(camera, VisitSettings(stays=False)))

        def opened(took_s: float) -> None:
            point.manner = "garbage"  # from the second connection on

        again = asyncio.run(visit(camera, VisitSettings(stays=False), first.pixels, None, opened))
    assert (again.trouble, again.alike, again.findings) == (None, True, ())
    assert again.jpeg is not None


def test_that_a_fault_of_ours_at_one_point_ends_neither_its_turn_nor_the_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def breaks(camera: Camera, *rest: Any) -> Visit:
        if camera.id == "C2":
            raise IndexError("a picture nobody has thought of")
        return await visit(camera, *rest)

    monkeypatch.setattr("console.video.sweep.visit", breaks)
    found = swept(tmp_path, make_clip(Codec.H264), "good", 2)
    troubles = {seen.camera: seen.trouble for seen in found}
    assert troubles.pop(CameraId("C2")) is Trouble.UNSUPPORTED
    assert set(troubles.values()) == {None}
    assert caplog.text.count("A visit to C2 met a fault of ours") == 2
