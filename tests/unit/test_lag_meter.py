"""The heartbeat that tells how late the GUI event loop is."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from pytestqt.qtbot import QtBot

from console.app.desktop_lag import LagMeter
from tests.real_data import ROOT


def figures(path: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    return found


def spin(until: float) -> None:
    while time.perf_counter() < until:
        pass


def test_that_a_hold_counts_with_every_wait_it_caused(qtbot: QtBot, tmp_path: Path) -> None:
    meter = LagMeter(tmp_path / "lag.json")
    qtbot.wait(100)
    meter.forget()
    spin(time.perf_counter() + 0.3)
    qtbot.waitUntil(lambda: meter.beats >= 25)
    meter.stop()
    found = figures(tmp_path / "lag.json")
    assert found["beats"] >= 25
    assert found["lag_max_ms"] >= 280
    assert found["lag_p95_ms"] > 150  # one beat of 300 ms alone would be lost among the others


def test_that_the_place_of_a_hold_is_named(qtbot: QtBot, tmp_path: Path) -> None:
    meter = LagMeter(tmp_path / "lag.json")
    qtbot.wait(50)
    spin(time.perf_counter() + 0.3)
    qtbot.waitUntil(lambda: meter.beats >= 25)
    meter.stop()
    held_by = json.loads((tmp_path / "lag.json").read_text(encoding="utf-8"))["held_by"]
    assert any(place.startswith("spin") for place in held_by)


def test_that_no_thread_is_left(qtbot: QtBot, tmp_path: Path) -> None:
    before = set(threading.enumerate())  # some of which may end meanwhile
    meter = LagMeter(tmp_path / "lag.json")
    (own,) = (one for one in set(threading.enumerate()) - before if one.name == "hold-watch")
    meter.stop()
    assert not own.is_alive()


def test_that_pyside_reads_no_sources_of_what_is_imported_after_it() -> None:
    script = (
        "import linecache; from console.app.desktop_imports import spare_sources; "
        "assert spare_sources(); import console.ui.words; "
        "print(sum('words' in name for name in linecache.cache))"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True,
        timeout=60,
    ).stdout  # fmt: skip
    assert told.strip() == "0"
