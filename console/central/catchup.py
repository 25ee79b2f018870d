"""What consoles missed, read and packed once for all who missed the same."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial

from console.central.discretion import Placed, View, masked, shown
from console.central.ledger import read_changes
from console.central.loop import WriterLink
from console.protocol.codec import encode
from console.protocol.messages import Changes, Message

#: Revisions in one frame; frames begin at its multiples, so that different gaps share them.
CHUNK = 500
#: Past revisions never change: what was packed stays true for as long as central runs.
_MOST_KEPT = 100


class CatchUp:
    """Frames of past revisions; belongs to the event loop."""

    def __init__(self, link: WriterLink) -> None:
        self._link = link
        self._packed: OrderedDict[tuple[View, int, int], asyncio.Task[list[bytes]]] = OrderedDict()

    async def frames(self, view: View, *, after: int, up_to: int) -> list[bytes]:
        """Return the frames for the next revisions after ``after``, as one view sees them.

        Args:
            view: Who is told.
            after: The last revision known.
            up_to: The last revision wanted; frames end here or earlier, see `end_of`.

        Raises:
            CentralError: The database cannot be read.
            ComesIntoSightError: A snapshot is needed.
        """
        key = view, after, end_of(after, up_to)
        making = self._packed.get(key)
        if making is None:
            making = asyncio.ensure_future(self._pack(*key))
            self._packed[key] = making
            if len(self._packed) > _MOST_KEPT:
                self._packed.popitem(last=False)
        try:
            return await asyncio.shield(making)  # one who leaves does not end it for the others
        except Exception:
            self._packed.pop(key, None)
            raise

    async def _pack(self, view: View, after: int, up_to: int) -> list[bytes]:
        placed = await self._link.reading(partial(read_changes, after=after, up_to=up_to))
        return [encode(message) for message in _told(placed, view)]


def end_of(after: int, up_to: int) -> int:
    """Return the last revision of the chunk that begins after a revision."""
    return min((after // CHUNK + 1) * CHUNK, up_to)


def _told(placed: Sequence[Placed], view: View) -> list[Message]:
    if view.is_whole:  # moves between districts are nothing to it
        changes = [one.change for one in placed]
        return [Changes(masked(changes, passwords=view.passwords, callers=view.callers))]
    return shown(placed, view)
