"""A thread beside a sweep's loop that decodes and judges the pictures of its visits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Judge:
    """Does one thing after the other, so that handshakes need not wait for pictures.

    A loop that decodes by itself answers cameras late and cannot tell when their pictures came.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="zhihui-judge")
        self._waiting = 0

    async def do(self, work: Callable[[], T]) -> T:
        """Do it in the thread and return what comes of it."""
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1

    @property
    def waiting(self) -> int:
        """How much is being done or waits."""
        return self._waiting

    def close(self) -> None:
        """End the thread; what waits is left undone."""
        self._thread.shutdown(wait=True, cancel_futures=True)
