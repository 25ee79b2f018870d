"""The virtual environment in `.venv`: made once, renewed when what it is made of changes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

STAMP = "zhihui-stamp"


class SetUpError(Exception):
    """The virtual environment could not be made; the text says what failed and what to do."""


def python_of(root: Path) -> Path:
    """Return the interpreter of the checkout's virtual environment."""
    return root / ".venv" / "bin" / "python"


def wanted_stamp(root: Path, *, extras: str) -> str:
    """Return a digest of all that the environment is made of.

    Args:
        root: The checkout.
        extras: Extras to be installed, "" or "test".
    """
    digest = hashlib.sha256(f"{sys.version_info[:3]}|{extras}|{root}".encode())
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def is_ready(root: Path, *, extras: str) -> bool:
    """Whether the environment holds what this checkout asks for."""
    if not python_of(root).exists():
        return False
    names = [extras] if extras else ["", "test"]
    return any(
        _stamp_file(root, name).is_file()
        and _stamp_file(root, name).read_text() == wanted_stamp(root, extras=name)
        for name in names
    )


def make_ready(root: Path, *, extras: str) -> None:
    """Make or renew the environment, showing pip's progress.

    Raises:
        SetUpError: venv or pip failed.
    """
    if not _runs(python_of(root)):
        shutil.rmtree(root / ".venv", ignore_errors=True)
        _call([_base_python(), "-m", "venv", str(root / ".venv")], "making .venv")
    for stamp in (root / ".venv").glob(f"{STAMP}*"):
        stamp.unlink()
    target = f".[{extras}]" if extras else "."
    command = [str(python_of(root)), "-m", "pip", "install", "--disable-pip-version-check"]
    if not sys.stdout.isatty():
        command += ["--progress-bar", "off", "--no-color"]
    _call([*command, "-c", "constraints.txt", "-e", target], "installing packages", cwd=root)
    _stamp_file(root, extras).write_text(wanted_stamp(root, extras=extras))


def _stamp_file(root: Path, extras: str) -> Path:
    return root / ".venv" / (f"{STAMP}-{extras}" if extras else STAMP)


def _base_python() -> str:
    """Return the interpreter outside any virtual environment, so that `.venv` stands alone."""
    return getattr(sys, "_base_executable", None) or sys.executable


def _runs(python: Path) -> bool:
    if not python.exists():
        return False
    answer = subprocess.run([str(python), "-c", "import pip"], capture_output=True, check=False)
    return answer.returncode == 0


def _call(command: list[str], what: str, cwd: Path | None = None) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONHOME"}
    done = subprocess.run(command, cwd=cwd, env=environment, check=False)
    if done.returncode:
        raise SetUpError(
            f"Set-up stopped while {what} (exit {done.returncode}); the reason stands above. "
            "Nothing of yours was touched: put it right and start again."
        )
