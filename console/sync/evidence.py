"""Bytes of evidence, kept on disk under their hash until central has them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from console.domain.errors import ZhihuiError


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
            part = path.with_suffix(".part")
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
        spare = [file for file in self._folder.iterdir() if file.name not in wanted]
        spare.sort(key=lambda file: file.stat().st_mtime, reverse=True)
        left, dropped = most_bytes, 0
        for file in spare:
            left -= file.stat().st_size
            if left < 0:
                file.unlink()
                dropped += 1
        return dropped


def _sync_folder(folder: Path) -> None:
    """Make sure that the name of a new file is on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
