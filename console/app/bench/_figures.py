"""Figures that several benches print: percentiles, machine, child processes of a small home."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from console.app import children, served, wiring
from console.app.config import Config
from console.app.ground import ensure_pack
from console.app.logs import start_logging
from console.app.processes import Family, wait_until
from console.app.wiring import RunPlan

READY_S = 60.0


def percentiles(values: Sequence[float], *wanted: int, unit: str = "ms") -> dict[str, float | None]:
    """Return {"p50_ms": …} of some values; ``None`` where there are none."""
    if not values:
        return {f"p{rank}_{unit}": None for rank in wanted}
    found = np.percentile(np.asarray(values, dtype=float), wanted)
    return {
        f"p{rank}_{unit}": round(float(value), 2) for rank, value in zip(wanted, found, strict=True)
    }


def machine() -> dict[str, Any]:
    """Return what a figure means little without."""
    return {"cores": os.cpu_count(), "python": platform.python_version(),
            "load_1min": round(os.getloadavg()[0], 2)}  # fmt: skip


@contextmanager
def scratch_home() -> Iterator[Path]:
    """Give a data directory that is gone afterwards; a city pack made before is reused."""
    home = Path(tempfile.mkdtemp(prefix="zhihui-bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def plan_for(home: Path, config: Config, pack_home: Path) -> tuple[RunPlan, Path]:
    """Return a plan for a scratch home, and the city pack (kept in ``pack_home``)."""
    plan = RunPlan(home=home, config=config, window=False)
    pack = ensure_pack(RunPlan(home=pack_home, config=config, window=False))
    start_logging(home, "bench")
    wiring.seed_home(plan, pack)
    return plan, pack


def start_central(family: Family, plan: RunPlan, pack: Path) -> str:
    """Start a central server and return its address once it answers.

    Raises:
        ProcessError: It did not come up.
    """
    child = family.start(children.central_child(plan, pack))

    def is_up() -> bool:
        server = served.running_central(plan.home)
        return server is not None and served.is_healthy(server.url, served.own_ca(plan.home))

    wait_until(is_up, child, timeout_s=READY_S, log_hint=str(plan.home / "logs"))
    server = served.running_central(plan.home)
    return server.url if server is not None else ""
