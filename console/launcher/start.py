"""The launcher: sets up what a command needs, then hands over to it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from console.launcher import environment, system

ROOT = Path(__file__).resolve().parents[2]
#: Commands that show a window; the others run on a machine without Qt's libraries.
WINDOW_COMMANDS = frozenset({"run", "console", "bench", "doctor"})
MINIMUM_PYTHON = (3, 11)


def main(arguments: Sequence[str]) -> int:
    """Set up what is missing and run the command; returns its exit status."""
    if sys.version_info < MINIMUM_PYTHON:
        print("Zhihui needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
        return 2
    if not (ROOT / "pyproject.toml").is_file():
        return _hand_over_in_process(arguments)
    command = next((word for word in arguments if not word.startswith("-")), "")
    extras = "test" if command == "test" else ""
    try:
        _set_up(command, extras)
    except (system.SystemPackagesError, environment.SetUpError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nSet-up interrupted; start again to go on.", file=sys.stderr)
        return 130
    return _hand_over(arguments)


def _set_up(command: str, extras: str) -> None:
    """Install system packages and the virtual environment where they are missing."""
    started = time.monotonic()
    wanted = list(_system_packages(command))
    missing = system.missing_packages(wanted)
    if missing:
        _say(f"[1/2] system packages: {len(missing)} to install ({', '.join(missing[:4])} …)")
        system.install_packages(missing)
    if not environment.is_ready(ROOT, extras=extras):
        _say("[2/2] Python packages into .venv (the first time about 700 MB; one to five minutes)")
        environment.make_ready(ROOT, extras=extras)
        _say(f"Set-up is complete after {time.monotonic() - started:.0f} s.")


def _system_packages(command: str) -> tuple[str, ...]:
    wanted: tuple[str, ...] = ()
    if not _has_venv():
        wanted += system.PYTHON_PACKAGES
    if command in WINDOW_COMMANDS or command == "test":
        wanted += system.DESKTOP_PACKAGES
    if command == "test":
        wanted += system.TEST_PACKAGES
    return wanted


def _has_venv() -> bool:
    """Whether this Python can make a virtual environment (Debian ships it apart)."""
    try:
        import ensurepip  # noqa: F401, PLC0415 - only whether it is there
        import venv  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def _hand_over(arguments: Sequence[str]) -> int:
    """Replace this process by the command line inside `.venv`."""
    python = environment.python_of(ROOT)
    if Path(sys.prefix).resolve() == (ROOT / ".venv").resolve():
        return _hand_over_in_process(arguments)
    sys.stdout.flush()
    return _become(python, arguments)


def _become(python: Path, arguments: Sequence[str]) -> NoReturn:
    os.execv(python, [str(python), "-m", "console", *arguments])


def _hand_over_in_process(arguments: Sequence[str]) -> int:
    from console.app.cli import main as command_line  # noqa: PLC0415 - needs what was set up

    return command_line(list(arguments))


def _say(text: str) -> None:
    print(text, flush=True)
