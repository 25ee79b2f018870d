"""Evidence as bytes: kept once under their hash, never changed, never thrown away.

Small pieces come in one request. Large ones come in parts, each on disk before it is answered for;
what was cut goes on from there. Nothing is called kept before its hash was found on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import logging
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

from starlette.requests import ClientDisconnect

from console.domain.errors import ZhihuiError
from console.domain.killpoints import UNARMED, KillPoint, Killpoints
from console.domain.levels import Role

#: The most that comes in one request that is not a part.
MAX_BYTES = 50 << 20
#: The most of one piece of evidence in all, by who sends it; others send none.
LIMIT_BYTES: Mapping[Role, int] = {
    Role.OFFICER: 512 << 20,
    Role.GATEWAY: 512 << 20,
    Role.DISPATCHER: 1 << 30,
    Role.SHIFT_LEAD: 1 << 30,
    Role.VIDEO_OPERATOR: 2 << 30,
}
#: Pieces that one sender may have begun and not ended.
MAX_BEGUN = 16
#: What was begun and not gone on with for so long is thrown away, seconds.
KEPT_BEGUN_S = 72 * 3600.0
#: A part of which nothing comes for so long is let go, seconds.
STALLED_S = 60.0
#: The last of the disk is left to commands, which are small and cannot wait.
LEFT_FREE_BYTES = 256 << 20
_OTHER_BYTES = (
    "The bytes that came are not those of this hash; they were damaged on the way or the hash is "
    "another's. Nothing was kept: send them again."
)
_BLOCK = 1 << 20
_log = logging.getLogger("zhihui.central")
_SMALL = "0123456789abcdef"


class EvidenceTooLargeError(ZhihuiError):
    """More bytes than are kept in one piece."""


class EvidenceHashError(ZhihuiError):
    """Bytes that are not those their hash says."""


class EvidenceOffsetError(ZhihuiError):
    """A part that does not begin where what is here ends.

    Attributes:
        offset: How many bytes are here.
    """

    def __init__(self, offset: int, said: int) -> None:
        super().__init__(
            f"The part begins at byte {said}, but {offset} bytes are here; go on from there."
        )
        self.offset = offset


class TooManyBegunError(ZhihuiError):
    """Somebody has begun more pieces than may lie unfinished."""


def is_hash(value: str) -> bool:
    """Whether a word is a SHA-256 in small hexadecimal digits."""
    return len(value) == 64 and not set(value) - set(_SMALL)


def check_size(role: Role, size: int) -> None:
    """Check that a piece of evidence may be as large as it is said to be.

    Raises:
        EvidenceTooLargeError: It is larger than its sender's role may send.
    """
    most = LIMIT_BYTES.get(role, 0)
    if size > most:
        raise EvidenceTooLargeError(
            f"Evidence of {size / (1 << 20):.0f} MB is more than a {role} may send ({most >> 20} "
            "MB); nothing was kept. Cut the recording into shorter pieces and send each."
        )


class EvidenceStore:
    """A folder of evidence, content-addressed: ``ab/cd/<sha256>``."""

    def __init__(self, folder: Path, *, killpoints: Killpoints = UNARMED) -> None:
        self._killpoints = killpoints
        self._folder = folder
        self._incoming = folder / "incoming"
        self._begun = folder / "begun"
        self._parts: dict[Path, _Part] = {}
        self._locks: dict[Path, asyncio.Lock] = {}
        for inside in (self._incoming, self._begun):
            inside.mkdir(parents=True, exist_ok=True)
        for left in self._incoming.iterdir():
            left.unlink()  # cut short by the end of an earlier run, and never answered for
        self.sweep()

    def path_of(self, sha256: str) -> Path:
        """Return where the bytes of a hash lie, or would."""
        return self._folder / sha256[:2] / sha256[2:4] / sha256

    def size_of(self, sha256: str) -> int | None:
        """Return how many bytes are kept under a hash, ``None`` if none are."""
        if not is_hash(sha256):
            return None
        try:
            return self.path_of(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def wanted_again(self, sha256: str) -> int | None:
        """Return as `size_of`; what is kept counts as come now, so that retention leaves it."""
        if not is_hash(sha256):
            return None
        path = self.path_of(sha256)
        try:
            os.utime(path)
            return path.stat().st_size
        except FileNotFoundError:
            return None

    def older_than(self, before_s: float) -> Iterator[str]:
        """Yield the hashes of what came last before a time, in Unix seconds."""
        for path in self._folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            with contextlib.suppress(FileNotFoundError):
                if is_hash(path.name) and path.stat().st_mtime < before_s:
                    yield path.name

    async def take(self, sha256: str, chunks: AsyncIterator[bytes]) -> int:
        """Keep bytes under their hash; on disk for good when this returns.

        Args:
            sha256: The hash they must have, checked to be one.
            chunks: The bytes as they come.

        Returns:
            How many there are.

        Raises:
            EvidenceTooLargeError: There are too many.
            EvidenceHashError: They have another hash; none are kept.
            OSError: The disk does not take them, or has too little left for commands.
        """
        self._check_room(0)
        new = self._incoming / f"{sha256}-{secrets.token_hex(4)}"
        try:
            size = await self._kept(new, sha256, chunks)
            self._killpoints.reach(KillPoint.UPLOADED)
        finally:
            new.unlink(missing_ok=True)
        return size

    def begun_bytes(self, sha256: str, sender: str) -> int:
        """Return how many bytes of a piece that comes in parts are here, on disk."""
        try:
            return self._part_of(sha256, sender).stat().st_size
        except FileNotFoundError:
            return 0

    async def take_part(
        self, sha256: str, sender: str, chunks: AsyncIterator[bytes], *, offset: int, total: int
    ) -> int:
        """Keep one part of a piece; with the last one the whole is checked and kept for good.

        Args:
            sha256: The hash the whole must have, checked to be one.
            sender: Who sends it; what two send of one piece is kept apart until it is whole.
            chunks: The part's bytes as they come.
            offset: Where in the whole it begins.
            total: Bytes of the whole.

        Returns:
            How many bytes are here now, on disk; ``total`` means that the whole is kept.

        Raises:
            EvidenceOffsetError: It does not begin where what is here ends.
            EvidenceTooLargeError: More bytes came than the whole has.
            EvidenceHashError: The whole has another hash; all of it was thrown away.
            TooManyBegunError: The sender has begun too many pieces.
            OSError: The disk does not take them, or has too little left for commands.
        """
        part = _Part(self._part_of(sha256, sender), self._locks)
        self._parts[part.path] = part  # who comes back takes over from a connection that is dead
        try:
            async with part.lock:
                if self._is_whole(sha256, part.path):
                    return total
                self._begin(part.path, offset=offset, total=total)
            async for block in _blocks(chunks, most=total - offset):
                async with part.lock:
                    self._check_own(part, offset)
                    await asyncio.to_thread(_append, part.path, block)
                    self._killpoints.reach(KillPoint.UPLOAD_HALF)
            async with part.lock:
                self._check_own(part, offset)
                return await asyncio.to_thread(self._ended, part.path, sha256, total)
        finally:
            if self._parts.get(part.path) is part:
                del self._parts[part.path], self._locks[part.path]

    def sweep(self, *, now_s: Callable[[], float] = time.time) -> int:
        """Throw away what was begun and not gone on with; return how many pieces that were."""
        old = [
            path
            for path in self._begun.iterdir()
            if path not in self._parts and now_s() - path.stat().st_mtime > KEPT_BEGUN_S
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _is_whole(self, sha256: str, path: Path) -> bool:
        if self.wanted_again(sha256) is None:
            return False
        path.unlink(missing_ok=True)
        return True

    def _check_own(self, part: _Part, offset: int) -> None:
        if self._parts.get(part.path) is not part:
            here = part.path.stat().st_size if part.path.exists() else 0
            raise EvidenceOffsetError(here, offset)

    def _begin(self, path: Path, *, offset: int, total: int) -> None:
        here = path.stat().st_size if path.exists() else None
        if offset != (here or 0):
            raise EvidenceOffsetError(here or 0, offset)
        if here is None:
            self._check_begun(path)
        self._check_room(total - offset)
        path.touch()

    def _ended(self, path: Path, sha256: str, total: int) -> int:
        """Have a part on disk; if it was the last, check the whole and keep it for good."""
        if self._is_whole(sha256, path):
            return total
        _sync_file(path)
        here = path.stat().st_size
        if here < total:
            return here
        if _hash_of(path) != sha256:
            path.unlink()
            raise EvidenceHashError(_OTHER_BYTES)
        _publish(path, self.path_of(sha256))
        return total

    def _part_of(self, sha256: str, sender: str) -> Path:
        who = hashlib.sha256(sender.encode()).hexdigest()[:16]
        return self._begun / f"{who}-{sha256}"

    def _check_begun(self, path: Path) -> None:
        who = path.name.partition("-")[0]
        if sum(one.name.startswith(who) for one in self._begun.iterdir()) >= MAX_BEGUN:
            raise TooManyBegunError(
                f"You have begun {MAX_BEGUN} pieces of evidence and ended none of them; go on with "
                "those first."
            )

    def _check_room(self, more: int) -> None:
        if shutil.disk_usage(self._incoming).free < LEFT_FREE_BYTES + more:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def _kept(self, new: Path, sha256: str, chunks: AsyncIterator[bytes]) -> int:
        """Write what comes a block at a time; give it its name once it is on disk and is true."""
        digest, size, waiting = hashlib.sha256(), 0, bytearray()

        def write() -> None:
            digest.update(waiting)
            file.write(waiting)
            waiting.clear()
            self._killpoints.reach(KillPoint.UPLOAD_HALF)

        def end() -> None:
            write()
            file.flush()
            os.fsync(file.fileno())
            if digest.hexdigest() != sha256:
                raise EvidenceHashError(_OTHER_BYTES)
            _publish(new, self.path_of(sha256))

        with new.open("wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > MAX_BYTES:
                    raise EvidenceTooLargeError(
                        f"Evidence of more than {MAX_BYTES >> 20} MB is not taken in one piece; "
                        "nothing was kept. Send a shorter recording or a smaller picture."
                    )
                waiting += chunk
                if len(waiting) >= _BLOCK:
                    await asyncio.to_thread(write)
            await asyncio.to_thread(end)
        return size


class _Part:
    """One part on its way; the lock is that of all parts of its piece."""

    def __init__(self, path: Path, locks: dict[Path, asyncio.Lock]) -> None:
        self.path = path
        self.lock = locks.setdefault(path, asyncio.Lock())


async def _blocks(chunks: AsyncIterator[bytes], *, most: int) -> AsyncIterator[bytes]:
    """Return bytes as they come in blocks worth writing; what came before a cut as well.

    Raises:
        EvidenceTooLargeError: There are more than ``most``.
        TimeoutError: Nothing came for a minute.
    """
    waiting = bytearray()
    size = 0
    try:
        while True:
            async with asyncio.timeout(STALLED_S):
                chunk = await anext(chunks, None)
            if chunk is None:
                break
            size += len(chunk)
            if size > most:
                raise EvidenceTooLargeError(
                    "More bytes came than the evidence was said to have; the rest was not kept."
                )
            waiting += chunk
            if len(waiting) >= _BLOCK:
                yield bytes(waiting)
                waiting.clear()
    except ClientDisconnect:
        _log.info("a part of evidence was cut short; what came of it is kept")
    if waiting:
        yield bytes(waiting)


def _append(path: Path, block: bytes) -> None:
    with path.open("ab") as file:
        file.write(block)


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _publish(new: Path, path: Path) -> None:
    """Give the bytes their name, and have every name on the way to it on disk as well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new.replace(path)
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        _sync(folder)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
