"""Doing something again and again, whatever one time of it met."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

_log = logging.getLogger("zhihui.central")


async def again(work: Callable[[], None], every_s: float) -> None:
    """Do something again and again, at even times however long it takes."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due = max(due + every_s, loop.time())
        await asyncio.sleep(due - loop.time())
        try:
            work()
        except Exception:  # noqa: BLE001 - heartbeats go on, whatever one of them met
            _log.exception("%s failed", getattr(work, "__qualname__", work))
