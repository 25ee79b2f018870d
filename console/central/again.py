"""Doing something again and again, whatever one time of it met."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

Work = Callable[[], Awaitable[None] | None]

_log = logging.getLogger("zhihui.central")


async def again(work: Work, every_s: float) -> None:
    """Do something again and again, at even times however long it takes."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due = max(due + every_s, loop.time())
        await asyncio.sleep(due - loop.time())
        await tried(work)


async def tried(work: Work) -> None:
    """Do something once; that it failed is logged, and whoever comes next goes on."""
    try:
        going = work()
        if going is not None:
            await going
    except Exception:  # noqa: BLE001 - what comes next goes on, whatever this met
        _log.exception("%s failed", getattr(work, "__qualname__", work))
