"""What the city remembers between two runs: where everybody was, and what had been sent."""

from __future__ import annotations

import json
import logging
import os
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_LOG = logging.getLogger("zhihui.city")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The state of the city at one moment.

    Attributes:
        force: What the arrays belong to; another force makes them useless.
        lat: Where each unit was, degrees, shape (n,).
        lon: Degrees.
        is_on: Whom central had taken on duty, shape (n,).
        sent_until: Until when all reports of citizens had been sent, aware UTC.
        replayed: How many complaints of each replayed file had been sent, by its name.
    """

    force: str
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    is_on: NDArray[np.bool_]
    sent_until: datetime
    replayed: dict[str, int]

    def save(self, path: Path) -> None:
        """Write it down; a crash leaves the earlier one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        about = {
            "force": self.force,
            "sent_until": self.sent_until.timestamp(),
            "replayed": self.replayed,
        }
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(
                file,
                about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
                lat=self.lat,
                lon=self.lon,
                is_on=self.is_on,
            )
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def recall(path: Path, *, force: str) -> Memory | None:
    """Return what was remembered of this force, ``None`` if nothing or nothing usable."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            about = json.loads(held["about"].tobytes())
            memory = Memory(
                force=about["force"],
                lat=held["lat"],
                lon=held["lon"],
                is_on=held["is_on"],
                sent_until=datetime.fromtimestamp(about["sent_until"], UTC),
                replayed={name: int(count) for name, count in about["replayed"].items()},
            )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        _LOG.warning("what the city remembered in %s is unusable (%s); it starts anew", path, error)
        return None
    return memory if memory.force == force else None
