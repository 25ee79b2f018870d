"""Whether the window stays smooth: the GUI event loop's lag while everything runs.

Server, city, 1,000 RTSP points, sweep and console run as `zhihui run` starts them; the wall turns
its pages, units move, complaints come in. Figures count from ten seconds after the window; what
else runs on the machine counts too, so the machine's load stands beside them.
"""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import psutil

from console.app import children
from console.app.bench._figures import machine, plan_for, scratch_home, start_central
from console.app.bench._screen import screen
from console.app.config import Config, home_directory
from console.app.processes import Child, Family, ProcessError

SETTLE_S = 20.0
LOOK_EVERY_S = 1.0


def run(
    *, seconds: float = 600.0, seed: int = 1, cameras: int = 1_000, wall_tiles: int = 4,
    workspace: str = "dispatcher",
) -> dict[str, Any]:  # fmt: skip
    """Measure; see the module's text.

    Args:
        seconds: How long everything runs.
        seed: Seed of the city.
        cameras: RTSP points.
        wall_tiles: 1, 4, 9 or 16 tiles on the wall.
        workspace: "dispatcher" (queue, card, map, small wall) or "wall" (the wall fills most).
    """
    with scratch_home() as home, screen() as environment:
        config = Config(port=0, camera_port=_free_port(), seed=seed, cameras=cameras)
        kept = home_directory(None)
        plan, pack = plan_for(home, config, kept)
        (kept / "scenes").mkdir(parents=True, exist_ok=True)
        (home / "scenes").symlink_to(kept / "scenes")
        family = Family()
        try:
            url = start_central(family, plan, pack)
            lag, started = home / "lag.json", home / "started.json"
            console = children.console_child(plan, pack, url)
            console.arguments = [*console.arguments, "--lag-file", str(lag), "--workspace",
                                 workspace, "--wall-tiles", str(wall_tiles),
                                 "--started-file", str(started)]  # fmt: skip
            console.environment = {"DISPLAY": environment.get("DISPLAY", "")}
            family.start(console)
            for child in (children.cameras_child(plan, pack), children.city_child(plan, pack, url),
                          children.sweep_child(plan)):  # fmt: skip
                family.start(child)
            _stay(console, family, SETTLE_S)
            _need_work(home, started)
            before, began = _cpu_seconds(family), time.monotonic()
            _stay(console, family, seconds)
            took_s = time.monotonic() - began
            after = _cpu_seconds(family)
            found: dict[str, Any] = json.loads(lag.read_text(encoding="utf-8"))
        finally:
            family.stop()
    cores = {name: round((spent - before.get(name, 0.0)) / took_s, 3)
             for name, spent in after.items()}  # fmt: skip
    return {**found, "wall_tiles": wall_tiles, "cores_used": cores, **machine()}


def _stay(console: Child, family: Family, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not console.is_running:
            raise ProcessError("The console ended during the bench; see its log.")
        family.look_after(time.monotonic())
        time.sleep(LOOK_EVERY_S)


def _need_work(home: Path, started: Path) -> None:
    """See that the window has something to do: an empty one is smooth, and proves nothing.

    Raises:
        ProcessError: The console has no rows after all this time.
    """
    marks = json.loads(started.read_text(encoding="utf-8")) if started.is_file() else {}
    if "usable_s" not in marks:
        raise ProcessError(
            f"The console cannot be used after {SETTLE_S:.0f} s, so its smoothness would mean "
            f"nothing; see {home / 'logs' / 'console.log'}."
        )


def _cpu_seconds(family: Family) -> dict[str, float]:
    """Return the processor time of each process, and of its children under "NAME: child"."""
    spent: dict[str, float] = {}
    for child in family.children:
        if child.process is None or not child.is_running:
            continue
        top = psutil.Process(child.process.pid)
        spent[child.name] = sum(top.cpu_times()[:2])
        for one in top.children(recursive=True):
            try:
                name, seconds = f"{child.name}: {one.name()}", sum(one.cpu_times()[:2])
            except psutil.NoSuchProcess:
                continue  # it ended while we looked
            spent[name] = spent.get(name, 0.0) + seconds
    return spent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
