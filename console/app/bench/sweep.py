"""How fast every point is seen: our sweep and plain PyAV, one after the other, in whole rounds.

Two niced processes sweep the simulated city's cameras, which are served on the same cores. The
peer does the same work (first picture, scaled, judged, kept as JPEG) with libavformat in threads.
With several rounds neither waits for the slowest point of a round before it begins the next, as a
sweep does all day; ``seconds`` are those of one whole round.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from av.error import FFmpegError

from console.app.bench._cameras import cameras_cpu_s, city_cameras
from console.app.bench._figures import machine
from console.city.cameras.settings import FRAME_RATE, GOP_FRAMES, stream_facts
from console.domain.errors import ZhihuiError
from console.domain.ids import CameraId
from console.domain.places import Camera
from console.video.rtsp import stream_address
from console.video.sweep import Sweep, SweepSettings, read_points, write_points
from console.video.visit import VisitSettings, plain_visit

PARTS, NICE = 2, 5
_THREADS = {"gop": 8, "wait": 64}
_LIMIT_S = 300.0
_AS_FAST_AS_IT_CAN = 1_000.0


@dataclass(frozen=True, slots=True)
class _Swept:
    """What one process did, or both together.

    Attributes:
        first_s: Until every point had been seen once.
    """

    points: int = 0
    errors: int = 0
    cpu_s: float = 0.0
    first_s: float = 0.0

    def and_so(self, other: _Swept) -> _Swept:
        """Return both together."""
        return _Swept(
            self.points + other.points,
            self.errors + other.errors,
            self.cpu_s + other.cpu_s,
            max(self.first_s, other.first_s),
        )


@dataclass(frozen=True, slots=True)
class _Timed:
    """What all processes did in so many seconds, and what serving the cameras cost meanwhile."""

    seconds: float
    swept: _Swept
    server_cpu_s: float


@dataclass(frozen=True, slots=True)
class _Task:
    """What one process is to do: our sweep, or PyAV's with so many threads."""

    path: Path
    looks: Path
    part: int
    rounds: int
    threads: int = 0


def run(
    *, points: int = 1_000, source: str = "gop", peer: bool = True, rounds: int = 1,
    clips: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Measure; see the module's text.

    Args:
        points: How many.
        source: "gop" for cameras that send what they have kept, "wait" for those that make their
            viewers wait for the next key picture, "mixed" for half of each.
        peer: Whether plain PyAV is measured as well.
        rounds: How many whole rounds each makes.
        clips: Folder of videos to take the pictures from instead of drawn scenes.
    """
    joining = None if source == "mixed" else source
    folder = None if clips is None else Path(clips)
    with (
        city_cameras(points, joining=joining, clips=folder) as cameras,
        tempfile.TemporaryDirectory(prefix="zhihui-bench-") as home,
    ):
        path = Path(home) / "points.json"
        write_points(path, cameras)
        # The city makes each camera's name pictures when it is first asked for them; a camera's are
        # there, so they are asked for once before anybody is timed.
        _timed(path, 1)
        ours = _timed(path, rounds)
        found = _told(ours, rounds)
        if peer:
            threads = _THREADS.get(source, 64)
            others = _timed(path, rounds, threads)
            found |= {
                "ratio_to_peer": round(ours.seconds / others.seconds, 3),
                "first_round_ratio": round(ours.swept.first_s / others.swept.first_s, 3),
                **{f"peer_{key}": value for key, value in _told(others, rounds).items()},
                "peer_threads": PARTS * threads,
            }
    return {**found, **_bounds(ours, rounds, source), "rounds": rounds, "source": source,
            **stream_facts(), **machine()}  # fmt: skip


def _told(timed: _Timed, rounds: int) -> dict[str, Any]:
    """Return the figures of one side: of a round, and of a visit."""
    visits = max(1, timed.swept.points)
    return {
        "seconds": round(timed.seconds / rounds, 2),
        "first_round_s": round(timed.swept.first_s, 2),
        "points": timed.swept.points // rounds,
        "errors": timed.swept.errors,
        "cpu_ms_per_point": round(timed.swept.cpu_s * 1000 / visits, 2),
        "server_cpu_ms_per_point": round(timed.server_cpu_s * 1000 / visits, 2),
    }


def _bounds(ours: _Timed, rounds: int, source: str) -> dict[str, Any]:
    """Return what no sweep can go below here: the wait for a key picture, and the processors.

    Who comes at any moment waits half a GOP for the next key picture on the average, a whole one at
    worst; the last visit of a first round can end no sooner than that. The processors' share is
    what was spent on both sides of the wire, spread evenly over all cores.
    """
    key_s = 0.0 if source == "gop" else GOP_FRAMES / FRAME_RATE
    spent_s = (ours.swept.cpu_s + ours.server_cpu_s) / rounds
    return {
        "key_wait_mean_s": key_s / 2,
        "key_wait_worst_s": key_s,
        "cpu_bound_s": round(spent_s / (os.cpu_count() or 1), 2),
    }


def _timed(path: Path, rounds: int, threads: int = 0) -> _Timed:
    """Let both processes start together; return what they did until the last has ended."""
    context = multiprocessing.get_context("spawn")
    lines: list[Connection] = []
    processes = []
    for part in range(PARTS):
        ours, theirs = context.Pipe()
        looks = path.with_name(f"{path.stem}-{part}-{rounds}-{threads}.db")
        task = _Task(path, looks, part, rounds, threads)
        process = context.Process(target=_work, args=(theirs, task), daemon=True)
        process.start()
        theirs.close()
        lines.append(ours)
        processes.append(process)
    try:
        for line in lines:
            _receive(line)
        began_s, served_s = time.monotonic(), cameras_cpu_s()
        for line in lines:
            line.send("go")
        parts = [_receive(line) for line in lines]
        seconds, served_s = time.monotonic() - began_s, cameras_cpu_s() - served_s
    finally:
        for process in processes:
            process.join(5)
            process.kill()
            process.join()
            process.close()
        for line in lines:
            line.close()
    swept = _Swept()
    for one in parts:
        swept = swept.and_so(one) if isinstance(one, _Swept) else swept
    return _Timed(seconds, swept, served_s)


def _receive(line: Connection) -> object:
    if not line.poll(_LIMIT_S):
        raise ZhihuiError(f"A process of the bench said nothing for {_LIMIT_S:.0f} s.")
    return line.recv()


def _work(line: Connection, task: _Task) -> None:
    """Sweep when told to; runs in a process of its own."""
    os.nice(NICE)
    line.send("ready")
    line.recv()
    began_s = time.process_time()
    swept = _with_pyav(task) if task.threads else asyncio.run(_with_ours(task))
    line.send(replace(swept, cpu_s=time.process_time() - began_s))
    line.close()


class _Count:
    """Counts visits, and when the first round is over."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._seen: set[CameraId] = set()
        self.swept = _Swept()

    def note(self, point: CameraId, *, good: bool) -> None:
        """Take one visit."""
        first_s = self.swept.first_s
        if point not in self._seen:
            self._seen.add(point)
            first_s = time.monotonic() - self._began_s
        self.swept = self.swept.and_so(_Swept(points=1, errors=not good, first_s=first_s))


async def _with_ours(task: _Task) -> _Swept:
    sweep = Sweep(
        SweepSettings(
            points_path=task.path, looks_path=task.looks, part=task.part, parts=PARTS,
            niceness=0, revisit_s=0.0, max_per_s=_AS_FAST_AS_IT_CAN,
        )
    )  # fmt: skip
    count = _Count()
    try:
        await sweep.rounds(
            task.rounds, lambda seen: count.note(seen.camera, good=seen.jpeg is not None)
        )
    finally:
        sweep.close()
    return count.swept


def _with_pyav(task: _Task) -> _Swept:
    """Do the same with plain PyAV: open, decode the first picture, scale, judge, keep."""
    cameras = read_points(task.path)[task.part :: PARTS]
    count, lock = _Count(), threading.Lock()

    def one(camera: Camera) -> None:
        try:
            address = stream_address(camera, main=False)
            good = plain_visit(camera, address, VisitSettings()).jpeg is not None
        except (ZhihuiError, FFmpegError, OSError):
            good = False
        with lock:
            count.note(camera.id, good=good)

    with ThreadPoolExecutor(task.threads) as threads:
        list(threads.map(one, cameras * task.rounds))
    return count.swept
