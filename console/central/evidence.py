"""Evidence as bytes: kept once under their hash, never changed, never thrown away."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from console.domain.errors import ZhihuiError

MAX_BYTES = 50 << 20
#: The last of the disk is left to commands, which are small and cannot wait.
LEFT_FREE_BYTES = 256 << 20
_SMALL = "0123456789abcdef"


class EvidenceTooLargeError(ZhihuiError):
    """More bytes than are kept in one piece."""


class EvidenceHashError(ZhihuiError):
    """Bytes that are not those their hash says."""


def is_hash(value: str) -> bool:
    """Whether a word is a SHA-256 in small hexadecimal digits."""
    return len(value) == 64 and not set(value) - set(_SMALL)


class EvidenceStore:
    """A folder of evidence, content-addressed: ``ab/cd/<sha256>``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        for left in self._incoming.iterdir():
            left.unlink()  # cut short by the end of an earlier run, and never answered for

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
        if shutil.disk_usage(self._incoming).free < LEFT_FREE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        new = self._incoming / f"{sha256}-{secrets.token_hex(4)}"
        try:
            size = await self._write(new, sha256, chunks)
            await asyncio.to_thread(_publish, new, self.path_of(sha256))
        finally:
            new.unlink(missing_ok=True)
        return size

    async def _write(self, new: Path, sha256: str, chunks: AsyncIterator[bytes]) -> int:
        digest, size = hashlib.sha256(), 0
        with new.open("wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > MAX_BYTES:
                    raise EvidenceTooLargeError(
                        f"Evidence of more than {MAX_BYTES >> 20} MB is not taken in one piece; "
                        "nothing was kept. Send a shorter recording or a smaller picture."
                    )
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        if digest.hexdigest() != sha256:
            raise EvidenceHashError(
                "The bytes that came are not those of this hash; they were damaged on the way or "
                "the hash is another's. Nothing was kept: send them again."
            )
        return size


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
