"""What is on its way to one socket: bounded, so that a slow reader holds nobody else up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

MAX_FRAMES = 4096
MAX_BYTES = 32 << 20
#: With this many frames waiting, positions are left out until the reader has caught up.
_BACKLOG = 8


class Lane:
    """Frames waiting for one socket, sent in order by one task.

    Attributes:
        closed: Set once it is closed, even while a frame is stuck half way.
        closed_for: Why it was closed, ``None`` while it is open.
        drained: Set while everything offered was given to the socket, or it is closed.
        left: Set once nobody is at its end any more.
        lost_positions: Whether a position frame was left out since the last keyframe.
    """

    def __init__(self, *, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self._waiting: deque[bytes | str] = deque()
        self._bytes = 0
        self._max_frames, self._max_bytes = max_frames, max_bytes
        self._something = asyncio.Event()
        self.closed, self.left = asyncio.Event(), asyncio.Event()
        self.closed_for: str | None = None
        self.lost_positions = False
        self.drained = asyncio.Event()
        self.drained.set()

    def offer(self, frame: bytes | str) -> None:
        """Add a frame that must arrive; a reader too slow for it is closed and comes back."""
        if self.closed_for is not None:
            return
        self._waiting.append(frame)
        self.drained.clear()
        self._bytes += len(frame)
        if len(self._waiting) > self._max_frames or self._bytes > self._max_bytes:
            self.close("You read too slowly; come back and catch up.")
        self._something.set()

    def offer_positions(self, frame: bytes, *, is_keyframe: bool) -> None:
        """Add a position frame, or leave it out when the reader is behind: a newer one follows."""
        if len(self._waiting) >= _BACKLOG:
            self.lost_positions = True
            return
        if is_keyframe:
            self.lost_positions = False
        self.offer(frame)

    def close(self, reason: str) -> None:
        """Send nothing more."""
        if self.closed_for is None:
            self.closed_for = reason
            self._waiting.clear()
            self._bytes = 0
            self.closed.set()
            self.drained.set()
        self._something.set()

    async def run(self, send: Callable[[bytes | str], Awaitable[None]]) -> None:
        """Send what is offered, in order, until the lane is closed."""
        while self.closed_for is None:
            if not self._waiting:
                self._something.clear()
                await self._something.wait()
                continue
            frame = self._waiting.popleft()
            self._bytes -= len(frame)
            await send(frame)
            if not self._waiting:
                self.drained.set()
