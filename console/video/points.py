"""The list of points a sweep visits: a file of this machine, locked with the console's own key."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from console.domain.errors import ZhihuiError
from console.domain.places import Camera
from console.store.cameraseal import CameraKey, SealError

_LOCKED = b"zhihui points 1\n"
_OF = "points"


class PointsError(ZhihuiError):
    """The list of points to sweep cannot be read.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The list of camera points in {path} cannot be read ({reason}); "
            "the console writes it anew when it next hears of its cameras."
        )
        self.path = path


def write_points(path: Path, cameras: Iterable[Camera], key: CameraKey | None = None) -> None:
    """Write the points to sweep, readable by the owner only: passwords are in it.

    Args:
        path: The file.
        cameras: With credentials as they are sent to the cameras.
        key: Locks the file; without one it lies there as it is, for benches.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    content = msgspec.json.encode([one for one in cameras if not one.retired])
    if key is not None:
        content = _LOCKED + key.lock(content, _OF)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
    fresh.replace(path)


def read_points(path: Path, key: CameraKey | None = None) -> list[Camera]:
    """Return the points to sweep; none where there is no file yet.

    Raises:
        PointsError: The file is damaged, or locked with another key.
    """
    try:
        content = path.read_bytes()
        if content.startswith(_LOCKED):
            if key is None:
                raise SealError("it is locked, and no key was given")
            content = key.unlock(content.removeprefix(_LOCKED), _OF)
        return msgspec.json.decode(content, type=list[Camera])
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError, SealError) as error:
        raise PointsError(path, str(error)) from error


def write_zone(path: Path, zone: str) -> None:
    """Write the IANA name of the zone of the city's clocks, for the sweep that runs beside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(zone, encoding="utf-8")
    fresh.replace(path)


def read_zone(path: Path | None) -> ZoneInfo | None:
    """Return the zone that `write_zone` left; ``None`` where there is none that is known."""
    if path is None:
        return None
    try:
        return ZoneInfo(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return None  # nobody has told it yet


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Return what changes with a file, ``None`` where there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_ino
