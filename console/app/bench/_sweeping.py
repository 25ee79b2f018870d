"""A sweep that runs beside a bench, as niced as beside a console."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from console.app.lineage import die_with
from console.app.wiring import SWEEP_NICE
from console.domain.places import Camera
from console.video.looks import LooksReader, SweepState
from console.video.sweep import SweepSettings, run_sweep, write_points

#: More than any machine here reaches: the sweep finds its own pace.
_MOST_PER_S = 250.0


class Sweeping:
    """A sweep that runs.

    Args:
        looks: Where it leaves what it sees.
    """

    def __init__(self, looks: Path) -> None:
        self.looks = looks
        self._reader = LooksReader(looks)
        self._first = self._state()

    def begin(self) -> None:
        """Count from now on."""
        self._first = self._state()

    def per_s(self) -> float | None:
        """Return visits a second since it began to be counted, ``None`` while that is not known."""
        first, now = self._first, self._state()
        if first is None or now is None or now.at <= first.at:
            return None
        return (now.visits - first.visits) / (now.at - first.at).total_seconds()

    def _state(self) -> SweepState | None:
        return next(iter(self._reader.sweeps()), None)


@contextmanager
def sweeping(cameras: Sequence[Camera], *, per_s: float = _MOST_PER_S) -> Iterator[Sweeping]:
    """Sweep these points in a niced process until the block is left."""
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as home:
        points, looks = Path(home) / "points.json", Path(home) / "looks.db"
        write_points(points, cameras)
        settings = SweepSettings(
            points_path=points, looks_path=looks, max_per_s=per_s, niceness=SWEEP_NICE
        )
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=_sweep, args=(settings, os.getpid()), name="bench-sweep")
        process.start()
        try:
            while not LooksReader(looks).sweeps() and process.is_alive():
                time.sleep(0.05)
            yield Sweeping(looks)
        finally:
            process.terminate()
            process.join(10)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()


def _sweep(settings: SweepSettings, parent: int) -> None:
    die_with(parent)
    run_sweep(settings)
