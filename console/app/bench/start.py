"""How long a warm start takes: the window seen, the queue workable, the memory held.

The cache holds the register of the city and many open incidents, as after a working day; the
first start fills it from a snapshot and is not counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import numpy as np
import requests

from console.app import served
from console.app.bench._figures import machine, plan_for, scratch_home, start_central
from console.app.bench._screen import screen
from console.app.config import Config, home_directory
from console.app.processes import Family, ProcessError
from console.domain.forms import FORMS
from console.domain.ids import new_id
from console.domain.levels import Channel
from console.protocol.commands import OpenIncident
from console.protocol.messages import Command
from console.store.citypack import CityPack

INCIDENTS_A_POST = 500
START_LIMIT_S = 60.0


def run(
    *, units: int = 7_400, cameras: int = 1_000, incidents: int = 10_000, starts: int = 3,
    seed: int = 1,
) -> dict[str, Any]:  # fmt: skip
    """Measure; see the module's text.

    Args:
        units: Units in the register; 400 of them are vehicles.
        cameras: Camera points in the directory.
        incidents: Open incidents.
        starts: Warm starts; the medians are given.
        seed: Seed of the city.
    """
    vehicles = min(400, units)
    config = Config(
        port=0, seed=seed, officers=units - vehicles, vehicles=vehicles, cameras=cameras
    )
    with scratch_home() as home, screen() as environment:
        plan, pack = plan_for(home, config, home_directory(None))
        family = Family()
        try:
            url = start_central(family, plan, pack)
            _open_incidents(home, url, pack, incidents, seed)
            cold = _start(home, url, pack, environment)
            warm = [_start(home, url, pack, environment) for _ in range(starts)]
        finally:
            family.stop()
    return {
        "window_s": median(times["window_s"] for times in warm),
        "usable_s": median(times["usable_s"] for times in warm),
        "rss_mb": max(times["rss_mb"] for times in warm),
        "window_cpu_s": median(times["window_cpu_s"] for times in warm),
        "usable_cpu_s": median(times["usable_cpu_s"] for times in warm),
        "cold_window_s": cold["window_s"],
        "cold_usable_s": cold["usable_s"],
        "units": units,
        "cameras": cameras,
        "incidents": incidents,
        **machine(),
    }


def _open_incidents(home: Path, url: str, pack_path: Path, count: int, seed: int) -> None:
    """Open incidents at places of the city, spread over the forms."""
    token = served.log_on(url, "dispatcher", served.password_of(home, "dispatcher"))
    with CityPack.open(pack_path) as pack:
        graph = pack.road_graph()
    chance = np.random.default_rng(seed)
    nodes = chance.integers(0, len(graph.node_lat), count)
    now = datetime.now(UTC)
    commands = [
        Command(new_id(now), "bench", number, now, OpenIncident(
            incident=new_id(now), form=FORMS[number % len(FORMS)].code,
            place=f"{number} 号附近", summary="测试", channel=Channel.HOTLINE.value,
            lat=float(graph.node_lat[node]), lon=float(graph.node_lon[node]),
        ))
        for number, node in enumerate(nodes)
    ]  # fmt: skip
    for first in range(0, count, INCIDENTS_A_POST):
        answer = requests.post(
            f"{url}/v1/commands",
            data=msgspec.json.encode(commands[first : first + INCIDENTS_A_POST]),
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        answer.raise_for_status()


def _start(home: Path, url: str, pack: Path, environment: dict[str, str]) -> dict[str, float]:
    """Start a console, wait until it says that it can be used, and end it."""
    marks = home / "started.json"
    marks.unlink(missing_ok=True)
    command = [sys.executable, "-m", "console.app", "console", "--home", str(home), "--server", url,
               "--pack", str(pack), "--started-file", str(marks)]  # fmt: skip
    end = time.monotonic() + START_LIMIT_S
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as console:
        try:
            while True:
                times: dict[str, float] = json.loads(marks.read_text()) if marks.is_file() else {}
                if "usable_s" in times:
                    return times
                if console.poll() is not None or time.monotonic() > end:
                    raise ProcessError(f"The console did not come up; see {home / 'logs'}.")
                time.sleep(0.02)
        finally:
            console.terminate()
            console.wait(30)
