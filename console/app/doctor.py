"""`zhihui doctor`: what this machine lacks, in words a person can act on."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from console.app.config import Config
from console.app.doctor_calendar import calendar_notes
from console.app.doctor_security import safety_notes
from console.app.served import is_healthy, own_ca, running_central
from console.launcher import system

#: City pack, scenes, database and logs of the embedded defaults need about this much.
DISK_NEEDED_GB = 4.0
MEMORY_NEEDED_GB = 6.0
PINNED = {"PySide6": "6.11.2", "PySide6-QtAds": "5.1.1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at.

    Attributes:
        good: Whether it is as it should be.
        what: What was looked at, and what was seen.
        do: What to do about it; empty when good.
        is_serious: Whether Zhihui cannot work as long as it stands.
    """

    good: bool
    what: str
    do: str = ""
    is_serious: bool = False


def examine(home: Path, config: Config) -> list[Finding]:
    """Look at everything; changes nothing."""
    return [
        _python(),
        *_packages(),
        _system_packages(),
        _screen(),
        _disk(home),
        _memory(),
        _cores(),
        *_ports(home, config),
        *(
            Finding(good=one.good, what=one.what, do=one.do)
            for one in (*safety_notes(home, config), *calendar_notes(home, config))
        ),
        _keyframe_tools(),
    ]


def report(findings: list[Finding]) -> str:
    """Return the findings as lines, the bad ones with what to do."""
    lines = []
    for finding in findings:
        mark = "ok  " if finding.good else ("BAD " if finding.is_serious else "note")
        lines.append(f"{mark} {finding.what}")
        if finding.do:
            lines.append(f"     → {finding.do}")
    return "\n".join(lines)


def _python() -> Finding:
    good = sys.version_info >= (3, 11)
    return Finding(
        good=good,
        what=f"Python {sys.version.split()[0]}",
        is_serious=not good,
        do="" if good else "Install Python 3.11 or newer.",
    )


def _packages() -> list[Finding]:
    found = []
    for name, wanted in PINNED.items():
        try:
            have = version(name)
        except PackageNotFoundError:
            have = "missing"
        good = have == wanted
        do = "" if good else "Run `python3 -m console run` once: it installs what is pinned."
        found.append(Finding(good=good, what=f"{name} {have}", do=do, is_serious=not good))
    return found


def _system_packages() -> Finding:
    missing = system.missing_packages(system.DESKTOP_PACKAGES)
    if not missing:
        return Finding(good=True, what="system libraries and fonts for the window")
    line = "apt-get install -y --no-install-recommends " + " ".join(missing)
    return Finding(
        good=False,
        what=f"{len(missing)} system packages are missing",
        do=f"As root: {line}",
        is_serious=True,
    )


def _screen() -> Finding:
    seen = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if seen:
        return Finding(good=True, what=f"a screen ({seen})")
    return Finding(
        good=False,
        what="no screen ($DISPLAY is not set)",
        do="Start from a desktop session, or with `xvfb-run -a`, or use --no-window.",
    )


def _disk(home: Path) -> Finding:
    place = next(path for path in (home, *home.parents) if path.exists())
    free_gb = shutil.disk_usage(place).free / 1e9
    good = free_gb >= DISK_NEEDED_GB
    return Finding(
        good=good,
        what=f"{free_gb:.0f} GB free for {home}",
        is_serious=not good,
        do="" if good else f"Free some space: {DISK_NEEDED_GB:.0f} GB are needed.",
    )


def _memory() -> Finding:
    total_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    good = total_gb >= MEMORY_NEEDED_GB
    return Finding(
        good=good,
        what=f"{total_gb:.0f} GB of memory",
        do="" if good else "Use a smaller city: --officers 1000 --cameras 200.",
    )


def _cores() -> Finding:
    cores = os.cpu_count() or 1
    good = cores >= 2
    return Finding(
        good=good,
        what=f"{cores} processor cores",
        do="" if good else "With one core use --no-window for the servers.",
    )


def _ports(home: Path, config: Config) -> list[Finding]:
    served = running_central(home)
    if served is not None and is_healthy(served.url, own_ca(home)):
        return [Finding(good=True, what=f"central runs on this home at {served.url}")]
    found = []
    for name, port in (("port", config.port), ("camera-port", config.camera_port)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((config.host, port))
            except OSError:
                found.append(
                    Finding(
                        good=False,
                        what=f"port {port} is taken by another program",
                        do=f"Stop it, or use another one: --{name} NUMBER.",
                    )
                )
            else:
                found.append(Finding(good=True, what=f"port {port} is free"))
    return found


def _keyframe_tools() -> Finding:
    good = importlib.util.find_spec("av") is not None
    return Finding(
        good=good,
        what="PyAV for video",
        is_serious=not good,
        do="" if good else "Run `python3 -m console run` once.",
    )
