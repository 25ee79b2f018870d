"""Other maps of this workstation as they were left: what each looked at, and where it stood."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import msgspec

_LOG = logging.getLogger("zhihui.map")
MOST_WINDOWS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    """One map in a window of its own.

    Attributes:
        mode: What it looks at, by the number of its mode.
        screen: Name of the screen it stood on.
        x: Left edge of the window, device-independent pixels of the whole desktop, as are y, width
            and height.
        zoom: Of the view with its middle at ``lat`` and ``lon``; 0 where it never had one.
        unit: Id of the unit it follows.
        incident: Id of the incident it follows.
        is_held: Whether it stays with that one, whatever is picked elsewhere.
    """

    mode: int = 0
    screen: str = ""
    x: int = 0
    y: int = 0
    width: int = 900
    height: int = 640
    lat: float = 0.0
    lon: float = 0.0
    zoom: float = 0.0
    unit: str = ""
    incident: str = ""
    is_held: bool = False


def read_windows(path: Path) -> list[WindowState]:
    """Return what was kept; nothing where there is nothing, or nothing that can be read."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [_window(row) for row in rows[:MOST_WINDOWS]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, msgspec.ValidationError) as error:
        _LOG.warning("maps of the last time are not opened: %s cannot be read (%s)", path, error)
        return []


def write_windows(path: Path, windows: Sequence[WindowState]) -> None:
    """Keep them; that it could not be done is logged."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps([asdict(one) for one in windows]), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        _LOG.warning("maps are not kept for the next start: %s", error)


def _window(row: dict[str, Any]) -> WindowState:
    known = {one.name: row[one.name] for one in fields(WindowState) if one.name in row}
    return msgspec.convert(known, WindowState)
