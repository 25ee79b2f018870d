"""Time as a visit counts it: a silent camera is missed, cameras that are all silent are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import TypeVar

import pytest
from rtsp_points import Point, make_clip, make_still, serving

from console.media.nal import Codec
from console.video.address import Patience, StreamAddress
from console.video.diagnosis import Finding
from console.video.judge import Judge
from console.video.pulse import CROWD, Pulse
from console.video.rtsp import RtspStream
from console.video.trouble import Trouble, VideoError
from console.video.visit import VisitSettings, visit

ADDRESS = StreamAddress(url="rtsp://10.0.0.1/1", host="10.0.0.1", port=554)
T = TypeVar("T")
PATIENCE = Patience(connect_s=1.0, answer_s=1.0, silence_s=1.0)


class Clock:
    """Goes forward when it is told to."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def test_that_one_camera_that_is_silent_while_others_send_is_missed_in_time() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    with ExitStack() as stack:
        for _ in range(CROWD + 3):
            stack.enter_context(pulse.waiting())
        wait = pulse.wait(1.0)
        for _ in range(7):
            clock.s += 0.125
            pulse.heard()
        assert wait.left_s == pytest.approx(0.125)
        clock.s += 0.125
        assert (wait.left_s, wait.is_over) == (0.0, True)
        assert wait.took_s == pytest.approx(1.0)


def test_that_while_all_are_silent_no_time_goes_by_for_any_but_not_for_ever() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    with ExitStack() as stack:
        for _ in range(CROWD):
            stack.enter_context(pulse.waiting())
        waits = [pulse.wait(1.0) for _ in range(CROWD)]
        clock.s += 3.0
        assert not any(wait.is_over for wait in waits)
        assert all(wait.left_s > 0.5 for wait in waits)
        pulse.heard()
        clock.s += 0.2
        assert all(0.3 < wait.took_s < 0.6 for wait in waits), "now that somebody is heard it does"
        clock.s += 1.0
        assert all(wait.is_over for wait in waits), "nobody is waited for without end"


def test_that_few_that_wait_say_nothing_about_the_network() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    with ExitStack() as stack:
        for _ in range(CROWD - 1):
            stack.enter_context(pulse.waiting())
        wait = pulse.wait(1.0)
        clock.s += 0.875
        assert wait.left_s == pytest.approx(0.125)
        clock.s += 0.2
        assert wait.is_over


class Ending:
    """Stands for a connection's writing end: what is asked goes nowhere."""

    def write(self, data: bytes) -> None:
        pass


def stream_of(data: bytes, clock: Callable[[], float]) -> RtspStream:
    """Return a stream whose camera has sent so much already."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    return RtspStream(ADDRESS, PATIENCE, (reader, Ending()), Pulse(clock))  # type: ignore[arg-type]


def answers() -> bytes:
    sdp = "v=0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    heads = (
        f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}",
        "Session: 7\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
        "Session: 7\r\n\r\n",
    )
    lines = [f"RTSP/1.0 200 OK\r\nCSeq: {no}\r\n{head}" for no, head in enumerate(heads, 1)]
    return "".join(lines).encode()


def late() -> Callable[[], float]:
    """Return a clock of a machine so busy that patience ends before anything is looked at."""
    clock = Clock()

    def now_s() -> float:
        clock.s += 10.0
        return clock.s

    return now_s


def test_that_what_has_come_is_taken_however_late_it_is_looked_at() -> None:
    async def play() -> Codec:
        stream = stream_of(answers(), late())
        await stream.play()
        return stream.codec

    assert asyncio.run(play()) is Codec.H264


@pytest.mark.parametrize("sent", [b"", b"$\x05\x00\x01x" * 3])
def test_that_a_camera_that_does_not_answer_is_given_up_whatever_else_it_sends(sent: bytes) -> None:
    async def play() -> None:
        await stream_of(sent, late()).play()

    with pytest.raises(VideoError) as caught:
        asyncio.run(play())
    assert caught.value.trouble is Trouble.TIMED_OUT
    assert (caught.value.ran_out, caught.value.answered) == (True, False)


@pytest.mark.parametrize(
    ("manner", "ran_out", "answered"),
    [("silent", True, False), ("no_packets", True, True), ("garbage", False, False)],
)
def test_that_a_visit_says_whether_waiting_longer_may_help(
    manner: str, ran_out: bool, answered: bool
) -> None:
    short = Patience(
        connect_s=60.0,
        answer_s=0.5 if manner == "silent" else 60.0,
        silence_s=0.5 if manner == "no_packets" else 60.0,
    )
    with serving(C1=Point(make_clip(Codec.H264), manner)) as server:
        seen = asyncio.run(visit(server.camera("C1"), VisitSettings(patience=short, whole_s=90)))
    assert seen.trouble is not None
    assert (seen.ran_out, seen.answered) == (ran_out, answered)


class LateLoop(asyncio.SelectorEventLoop):
    """A loop whose clock can be put forward."""

    ahead_s = 0.0

    def time(self) -> float:
        return super().time() + self.ahead_s


class LateJudge(Judge):
    """Takes longer for each picture than a camera may for a whole visit."""

    def __init__(self, loop: LateLoop) -> None:
        super().__init__()
        self._loop, self.done = loop, 0

    async def do(self, work: Callable[[], T]) -> T:
        self.done += 1
        self._loop.ahead_s += 500.0
        for _ in range(3):
            await asyncio.sleep(0)  # what is due by now happens
        return work()


@pytest.mark.parametrize("stays", [False, True])
def test_that_however_long_a_picture_waits_for_its_judge_no_visit_fails(stays: bool) -> None:
    with serving(S=Point(make_still())) as server, closing(LateLoop()) as loop:
        camera, judge = server.camera("S"), LateJudge(loop)
        settings = VisitSettings(
            stays=stays, judge=judge, whole_s=200.0,
            patience=Patience(connect_s=60.0, answer_s=60.0, silence_s=60.0),
        )  # fmt: skip
        first = loop.run_until_complete(visit(camera, settings))
        again = loop.run_until_complete(visit(camera, settings, first.pixels))
        judge.close()
    assert (first.trouble, again.trouble) == (None, None)
    assert again.findings == (Finding.FROZEN,)
    assert judge.done == (3 if stays else 4), "what stays is judged by what came after it as well"


def test_that_a_judge_says_how_far_behind_it_is() -> None:
    async def ask(judge: Judge) -> tuple[float, float]:
        entered, go = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def work() -> None:
            loop.call_soon_threadsafe(entered.set)
            asyncio.run_coroutine_threadsafe(go.wait(), loop).result(60)

        await judge.do(lambda: None)
        first = asyncio.ensure_future(judge.do(work))
        await entered.wait()
        others = [asyncio.ensure_future(judge.do(lambda: None)) for _ in range(9)]
        await asyncio.sleep(0)
        behind_s = judge.behind_s
        go.set()
        await asyncio.gather(first, *others)
        return behind_s, judge.behind_s

    judge = Judge()
    waiting_s, idle_s = asyncio.run(ask(judge))
    judge.close()
    assert waiting_s > 0.0
    assert idle_s == 0.0
