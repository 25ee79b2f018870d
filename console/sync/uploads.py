"""Bytes of evidence on their way to central: in parts, gone on with where a cut left them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

from console.store.sealed import SealError
from console.sync.evidence import EvidenceError, EvidenceFiles
from console.sync.http import CentralHttp, LinkError
from console.sync.settings import SyncSettings
from console.sync.state import LinkTrouble

#: What is no larger goes in one request; what is larger goes in parts of this size, one in memory.
PART_BYTES = 4 << 20
#: A request that met a passing trouble is tried so often; then the whole piece waits for the link.
_TRIES = 3
_DAMAGED, _ELSEWHERE = 422, 409
T = TypeVar("T")
_log = logging.getLogger("zhihui.sync")


class Uploads:
    """Takes evidence to central; belongs to the sync thread."""

    def __init__(self, settings: SyncSettings, files: EvidenceFiles, http: CentralHttp) -> None:
        self._settings, self._files, self._http = settings, files, http

    async def send(self, token: str, sha256: str, *, media_type: str) -> None:
        """Have central hold the bytes, checked there against their hash, when this returns.

        Raises:
            LinkError: Central has not got them.
            EvidenceError: The bytes here are no longer those that were taken.
            OSError: They cannot be read.
        """
        try:
            await self._send(token, sha256, media_type)
        except SealError as error:
            raise EvidenceError(sha256, "its bytes here have changed since") from error

    async def _send(self, token: str, sha256: str, media_type: str) -> None:
        if self._files.size(sha256) <= PART_BYTES:
            await self._patiently(lambda _: self._send_whole(token, sha256, media_type))
            return
        try:
            await self._send_parts(token, sha256)
        except LinkError as error:
            if error.status != _DAMAGED:
                raise
            _log.warning("evidence %s… came damaged at central; it is sent anew", sha256[:12])
            if await asyncio.to_thread(self._files.hash_of, sha256) != sha256:
                raise EvidenceError(sha256, "its bytes here have changed since") from error
            await self._send_parts(token, sha256)

    def _send_whole(self, token: str, sha256: str, media_type: str) -> None:
        with self._files.open(sha256) as file:
            data = file.read()
        self._http.put_evidence(token, data, sha256=sha256, media_type=media_type)

    async def _send_parts(self, token: str, sha256: str) -> None:
        piece = _Piece(http=self._http, token=token, files=self._files, sha256=sha256)
        await self._patiently(piece.look)
        while not piece.is_kept:
            try:
                await self._patiently(piece.send_next)
            except LinkError as error:
                if error.status != _ELSEWHERE or error.offset is None:
                    raise
                piece.offset = error.offset

    async def _patiently(self, ask: Callable[[int], T]) -> T:
        """Ask central in a thread, again after growing waits while the trouble may pass.

        Args:
            ask: What is asked; is given the number of the try, from 1.
        """
        settings = self._settings
        tries = stamina.retry_context(
            on=_may_pass,
            attempts=_TRIES,
            timeout=None,
            wait_initial=settings.retry_first_s,
            wait_max=settings.retry_most_s,
            wait_jitter=settings.retry_first_s,
        )
        async for attempt in tries:
            with attempt:
                return await asyncio.to_thread(ask, attempt.num)
        raise LinkError(LinkTrouble.UNREACHABLE, settings.url)


@dataclass(slots=True, kw_only=True)
class _Piece:
    """One piece of evidence that goes in parts.

    Attributes:
        offset: How much of it central has.
        is_kept: Whether central has all of it, checked.
    """

    http: CentralHttp
    token: str
    files: EvidenceFiles
    sha256: str
    offset: int = 0
    is_kept: bool = False

    def look(self, _try: int) -> None:
        """Ask central how much it has."""
        state = self.http.evidence_begun(self.token, self.sha256)
        self.offset, self.is_kept = state.offset, state.complete

    def send_next(self, number: int) -> None:
        """Send the next part; after a cut ask first what has arrived of it."""
        if number > 1:
            self.look(number)
        if self.is_kept:
            return
        with self.files.open(self.sha256) as file:
            file.seek(self.offset)
            part = file.read(PART_BYTES)
        total = self.files.size(self.sha256)
        state = self.http.send_part(self.token, self.sha256, part, offset=self.offset, total=total)
        self.offset, self.is_kept = state.offset, state.complete


def _may_pass(error: Exception) -> bool:
    return isinstance(error, LinkError) and error.trouble is LinkTrouble.UNREACHABLE
