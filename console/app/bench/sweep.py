"""How fast every point is seen once: our sweep and plain PyAV, one after the other.

Two niced processes sweep the simulated city's cameras, which are served on the same cores. The
peer does the same work (first picture, scaled, judged, kept as JPEG) with libavformat in threads.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from av.error import FFmpegError

from console.app.bench._cameras import city_cameras
from console.app.bench._figures import machine
from console.city.cameras.settings import stream_facts
from console.domain.errors import ZhihuiError
from console.domain.places import Camera
from console.video.rtsp import stream_address
from console.video.sweep import Sweep, SweepSettings, read_points, write_points
from console.video.visit import VisitSettings, plain_visit

PARTS, NICE = 2, 5
_THREADS = {"gop": 8, "wait": 64}
_LIMIT_S = 300.0


@dataclass(frozen=True, slots=True)
class _Swept:
    """What one process did."""

    points: int
    errors: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class _Task:
    """What one process is to do: our sweep, or PyAV's with so many threads."""

    path: Path
    looks: Path
    part: int
    threads: int = 0


def run(
    *, points: int = 1_000, source: str = "gop", peer: bool = True, clips: str | None = None
) -> dict[str, Any]:
    """Measure; see the module's text.

    Args:
        points: How many.
        source: "gop" for cameras that send what they have kept, "wait" for those that make their
            viewers wait for the next key picture, "mixed" for half of each.
        peer: Whether plain PyAV is measured as well.
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
        warm = Path(home) / "warm.json"
        write_points(warm, cameras[: max(20, points // 10)])
        _timed(warm)
        seconds, parts = _timed(path)
        found: dict[str, Any] = {
            "seconds": round(seconds, 2),
            "points": sum(part.points for part in parts),
            "errors": sum(part.errors for part in parts),
            "cpu_ms_per_point": round(sum(p.cpu_s for p in parts) * 1000 / points, 2),
        }
        if peer:
            threads = _THREADS.get(source, 64)
            peer_s, others = _timed(path, threads)
            found |= {
                "ratio_to_peer": round(seconds / peer_s, 3),
                "peer_seconds": round(peer_s, 2),
                "peer_errors": sum(part.errors for part in others),
                "peer_cpu_ms_per_point": round(sum(p.cpu_s for p in others) * 1000 / points, 2),
                "peer_threads": PARTS * threads,
            }
    return {**found, "source": source, **stream_facts(), **machine()}


def _timed(path: Path, threads: int = 0) -> tuple[float, list[_Swept]]:
    """Let both processes start together; return the seconds until the last has ended."""
    context = multiprocessing.get_context("spawn")
    lines: list[Connection] = []
    processes = []
    for part in range(PARTS):
        ours, theirs = context.Pipe()
        task = _Task(path, path.with_name(f"looks{part}-{threads}.db"), part, threads)
        process = context.Process(target=_work, args=(theirs, task), daemon=True)
        process.start()
        theirs.close()
        lines.append(ours)
        processes.append(process)
    try:
        for line in lines:
            _receive(line)
        began_s = time.monotonic()
        for line in lines:
            line.send("go")
        swept = [_receive(line) for line in lines]
        seconds = time.monotonic() - began_s
    finally:
        for process in processes:
            process.join(5)
            process.kill()
            process.join()
            process.close()
        for line in lines:
            line.close()
    return seconds, [one for one in swept if isinstance(one, _Swept)]


def _receive(line: Connection) -> object:
    if not line.poll(_LIMIT_S):
        raise ZhihuiError(f"A process of the bench said nothing for {_LIMIT_S:.0f} s.")
    return line.recv()


def _work(line: Connection, task: _Task) -> None:
    """Sweep once when told to; runs in a process of its own."""
    os.nice(NICE)
    line.send("ready")
    line.recv()
    began_s = time.process_time()
    points, errors = _with_pyav(task) if task.threads else asyncio.run(_with_ours(task))
    line.send(_Swept(points, errors, time.process_time() - began_s))
    line.close()


async def _with_ours(task: _Task) -> tuple[int, int]:
    sweep = Sweep(
        SweepSettings(
            points_path=task.path, looks_path=task.looks, part=task.part, parts=PARTS, niceness=0
        )
    )
    try:
        visits = await sweep.once()
    finally:
        sweep.close()
    return len(visits), sum(one.jpeg is None for one in visits)


def _with_pyav(task: _Task) -> tuple[int, int]:
    """Do the same with plain PyAV: open, decode the first picture, scale, judge, keep."""
    cameras = read_points(task.path)[task.part :: PARTS]

    def one(camera: Camera) -> bool:
        try:
            address = stream_address(camera, main=False)
            return plain_visit(camera, address, VisitSettings()).jpeg is not None
        except (ZhihuiError, FFmpegError, OSError):
            return False

    with ThreadPoolExecutor(task.threads) as threads:
        good = list(threads.map(one, cameras))
    return len(good), good.count(False)
