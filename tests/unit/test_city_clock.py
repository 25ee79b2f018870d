"""Local times are the city's, wherever the machine stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_SAY = """
import os, sys, zoneinfo
from datetime import UTC, datetime
from console.app.cityclock import keep_city_time
if len(sys.argv) > 2:
    tzpath, zoneinfo.TZPATH = zoneinfo.TZPATH, ()
keep_city_time(os.environ, sys.argv[1])
month = int(os.environ.get("MONTH", "11"))
print(datetime(2026, month, 23, 16, 30, tzinfo=UTC).astimezone().strftime("%d %H:%M %z"))
"""


def told(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _SAY, *arguments],
        cwd=ROOT, env={"TZ": "UTC", "PATH": "/usr/bin:/bin", **environment}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("zone", "time"),
    [
        ("Asia/Shanghai", "24 00:30 +0800"),
        ("Europe/Helsinki", "23 18:30 +0200"),
        ("Nowhere/At_all", "23 16:30 +0000"),
    ],
)
def test_that_times_are_told_by_the_citys_clock(zone: str, time: str) -> None:
    assert told(zone) == time


def test_that_it_is_so_where_the_machine_has_no_zones_of_its_own() -> None:
    assert told("Asia/Shanghai", "none on disk") == "24 00:30 +0800"
    assert told("America/St_Johns", "none on disk").endswith(("-0330", "-0230"))


def test_that_summer_time_is_kept_where_only_python_has_the_zones(tmp_path: Path) -> None:
    """Zones in a package of Python's alone: the C library is given their rule."""
    folder = tmp_path / "tzdata" / "zoneinfo" / "Europe"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent, folder.parent.parent):
        (package / "__init__.py").touch()
    (folder / "Helsinki").write_bytes(b"TZif2 and what follows\nEET-2EEST,M3.5.0/3,M10.5.0/4\n")
    for month, time in (("7", "23 19:30 +0300"), ("11", "23 18:30 +0200")):
        said = told("Europe/Helsinki", "none on disk", PYTHONPATH=str(tmp_path), MONTH=month)
        assert said == time
