"""What came of something asked of central, carried from the thread that asked to Qt's own."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from typing import Any


def outcome_of(done: Future[Any]) -> object:
    """Return the answer, or the error in its place; it is told where it is taken."""
    try:
        return done.result()
    except (Exception, CancelledError) as error:  # noqa: BLE001 - told where it is taken
        return error
