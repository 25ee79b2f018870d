"""How soon the sweep knows that a camera has stopped: running cameras, some of which stop."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from console.app.bench._cameras import city_cameras
from console.app.bench._sweeping import sweeping
from console.video.trouble import Trouble

#: Every camera stops once in an hour of its own; so long the bench watches.
_RATE, _WARM_S, _WATCH_S, _LATE_S = 0.29, 30.0, 90.0, 30.0
_BLOCKED = tuple(one.value for one in Trouble)


def offline_figures(cameras: int, per_s: float) -> dict[str, Any]:
    """Return how many cameras stopped and after how many seconds each was known to have.

    A stopped camera refuses, does not answer, or answers and sends nothing. It is known when two
    looks have found it so; those that stopped before the watch began are not counted.

    Args:
        cameras: How many run.
        per_s: Most points the sweep visits a second.
    """
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as folder:
        truth = Path(folder) / "truth.jsonl"
        with (
            city_cameras(
                cameras, fault_rate=_RATE, fault_kinds=("offline",), truth_path=truth
            ) as points,
            sweeping(points, per_s=per_s) as sweep,
        ):
            time.sleep(_WARM_S)
            began_s = time.time()
            time.sleep(_WATCH_S)
            ended_s = time.time()
            sweep.begin()
            time.sleep(_LATE_S)
            pace = sweep.per_s()
            stopped = _stopped(truth, began_s, ended_s)
            known = _known(sweep.looks)
    waits = [
        min((at for at in known.get(camera, ()) if at >= from_s), default=None)
        for camera, from_s in stopped
    ]
    found = [at - from_s for at, (_, from_s) in zip(waits, stopped, strict=True) if at is not None]
    quick = {f"offline_found_p{rank}_s": round(float(np.percentile(found, rank)), 1)
             for rank in (50, 95) if found}  # fmt: skip
    return {
        "offline_found_s": round(max(found), 1) if found else None,
        **quick,
        "offline_stopped": len(stopped),
        "offline_found": len(found),
        "sweep_points_per_s": None if pace is None else round(pace, 1),
        "running": cameras,
    }


def _stopped(truth: Path, from_s: float, to_s: float) -> list[tuple[str, float]]:
    rows = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    began = [
        (str(row["camera"]), datetime.fromisoformat(row["from"]).timestamp())
        for row in rows
        if row["kind"] == "offline"
    ]
    return [(camera, at_s) for camera, at_s in began if from_s <= at_s < to_s]


def _known(looks: Path) -> dict[str, list[float]]:
    """Return when each point was sure to give no picture, Unix seconds."""
    found: dict[str, list[float]] = {}
    with closing(sqlite3.connect(f"{looks.resolve().as_uri()}?mode=ro", uri=True)) as db:
        for point, fault, sure_ms in db.execute("SELECT point, fault, sure_ms FROM fault"):
            if fault in _BLOCKED:
                found.setdefault(point, []).append(sure_ms / 1000)
    return found
