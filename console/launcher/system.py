"""What Debian has to provide: which packages are missing, and how to get them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

#: Needed by a plain Debian Python to make a virtual environment at all.
PYTHON_PACKAGES = ("python3-venv",)
#: Libraries that Qt, its xcb platform and WebEngine load; the fonts the screens are drawn with.
DESKTOP_PACKAGES = (
    "fonts-noto-cjk",
    "libasound2",
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libnspr4",
    "libnss3",
    "libopengl0",
    "libpulse0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xinerama0",
    "libxcb-xkb1",
    "libxcomposite1",
    "libxdamage1",
    "libxkbcommon-x11-0",
    "libxkbcommon0",
    "libxkbfile1",
    "libxrandr2",
    "libxtst6",
)
#: What the tests need on top: a screen, a browser, keys to press, a database server.
TEST_PACKAGES = (
    "chromium",
    "git",
    "libatomic1",
    "libxcb-util1",
    "postgresql",
    "xdotool",
    "xvfb",
)


class SystemPackagesError(Exception):
    """System packages are missing and cannot be installed from here.

    Attributes:
        packages: What is missing.
    """

    def __init__(self, packages: Sequence[str], reason: str) -> None:
        line = "apt-get update && apt-get install -y --no-install-recommends " + " ".join(packages)
        super().__init__(f"{reason}\nType this line as root, then start again:\n\n  {line}\n")
        self.packages = tuple(packages)


def missing_packages(packages: Sequence[str]) -> list[str]:
    """Return those Debian packages that are not installed; empty where there is no dpkg."""
    if shutil.which("dpkg-query") is None:
        return []
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    installed = {
        line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")
    }
    return [package for package in packages if package not in installed]


def install_packages(packages: Sequence[str]) -> None:
    """Install Debian packages, showing what apt says.

    Raises:
        SystemPackagesError: We are not root, or apt failed.
    """
    if os.geteuid() != 0:
        raise SystemPackagesError(packages, "Some system packages are missing.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=environment, check=False)
        if done.returncode:
            raise SystemPackagesError(packages, f"“{' '.join(command[:2])}” failed; see above.")
