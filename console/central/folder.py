"""Central's folder, held by one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from console.central.settings import CentralError


@contextmanager
def held_folder(folder: Path) -> Generator[None, None, None]:
    """Hold central's folder for this process alone; two writers would break the revisions.

    Raises:
        CentralError: Another process holds it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CentralError(
            f"Central cannot write to its folder {folder} ({error.strerror}). "
            "Give it another --home, or the right to write there."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise CentralError(
            f"Another central is running on {folder}; two at once would spoil its records. "
            "Stop that one, or start this one with another --home."
        ) from error
    try:
        yield
    finally:
        os.close(descriptor)
