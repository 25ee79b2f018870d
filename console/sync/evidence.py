"""Bytes of evidence, kept on disk under their hash until central has them."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from console.domain.errors import ZhihuiError

_BLOCK = 1 << 20


class EvidenceError(ZhihuiError):
    """Evidence that cannot be kept as it is.

    Attributes:
        sha256: The hash it was said to have.
    """

    def __init__(self, sha256: str, reason: str) -> None:
        super().__init__(f"The evidence cannot be kept: {reason}.")
        self.sha256 = sha256


class EvidenceFiles:
    """One file a piece of evidence, named by its hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Return where the bytes lie, or would."""
        return self._folder / sha256

    def has(self, sha256: str) -> bool:
        """Whether the bytes are here."""
        return self.path(sha256).is_file()

    def size(self, sha256: str) -> int:
        """Return how many bytes are here, 0 for none."""
        try:
            return self.path(sha256).stat().st_size
        except OSError:
            return 0

    def keep_file(self, source: Path) -> tuple[str, int]:
        """Copy a file block by block; the copy is on disk when this returns.

        Returns:
            The SHA-256 of the bytes that were kept, and how many there are.

        Raises:
            EvidenceError: The file cannot be read, is empty, or the disk does not take it.
        """
        part = self._folder / f"{secrets.token_hex(8)}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            sha256, size = _copied(source, part)
            if size == 0:
                raise EvidenceError("", f"{source.name} is empty")
            part.replace(self.path(sha256))
            _sync_folder(self._folder)
        except OSError as error:
            raise EvidenceError("", f"{error.strerror} ({error.filename or source})") from error
        finally:
            part.unlink(missing_ok=True)
        return sha256, size

    def keep(self, data: bytes, sha256: str) -> Path:
        """Write bytes; they are on disk when this returns.

        Raises:
            EvidenceError: Their hash is another, or the disk does not take them.
        """
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise EvidenceError(sha256, f"its bytes have the hash {found[:12]}…, not this one")
        path = self.path(sha256)
        if path.is_file():
            return path
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{sha256}-{secrets.token_hex(4)}.part")
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync_folder(self._folder)
        except OSError as error:
            raise EvidenceError(sha256, f"{error.strerror} ({path})") from error
        return path

    def keep_only(self, wanted: set[str], *, most_bytes: int) -> int:
        """Drop what nothing needs, oldest first, until no more than ``most_bytes`` is left of it.

        Returns:
            How many files were dropped.
        """
        if not self._folder.is_dir():
            return 0
        for part in self._folder.glob("*.part"):
            part.unlink()  # cut short by the end of an earlier run
        spare = [file for file in self._folder.iterdir() if file.name not in wanted]
        spare.sort(key=lambda file: file.stat().st_mtime, reverse=True)
        left, dropped = most_bytes, 0
        for file in spare:
            left -= file.stat().st_size
            if left < 0:
                file.unlink()
                dropped += 1
        return dropped


def _copied(source: Path, to: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as read, to.open("wb") as write:
        while block := read.read(_BLOCK):
            digest.update(block)
            write.write(block)
            size += len(block)
        write.flush()
        os.fsync(write.fileno())
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    """Make sure that the name of a new file is on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
