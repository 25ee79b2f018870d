"""A thread beside a sweep's loop that decodes and judges the pictures of its visits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
#: How much the newest piece of work counts for how long the next will take.
_NEWEST = 0.1


class Judge:
    """Does one thing after the other, so that handshakes need not wait for pictures.

    A loop that decodes by itself answers cameras late and cannot tell when their pictures came.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="zhihui-judge")
        self._waiting, self._takes_s = 0, 0.0

    async def do(self, work: Callable[[], T]) -> T:
        """Do it in the thread and return what comes of it."""
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._timed, work)
        finally:
            self._waiting -= 1

    def _timed(self, work: Callable[[], T]) -> T:
        began_s = time.monotonic()
        try:
            return work()
        finally:
            self._takes_s += _NEWEST * (time.monotonic() - began_s - self._takes_s)

    @property
    def behind_s(self) -> float:
        """How long what waits will take, to go by what was done of late; seconds."""
        return self._waiting * self._takes_s

    def close(self) -> None:
        """End the thread; what waits is left undone."""
        self._thread.shutdown(wait=True, cancel_futures=True)
