"""Bytes of evidence, kept on disk under their hash until central has them.

What lies there is sealed with the console's key, as its cache is; the hash is that of the bytes.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from console.domain.errors import ZhihuiError
from console.store.sealed import open_sealed, sealing_key, size_of, write_sealed

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
    """One file a piece of evidence, named by its hash.

    Args:
        folder: Where they lie.
        key: The console's, 64 hexadecimal digits; ``None`` leaves them plain.
    """

    def __init__(self, folder: Path, key: str | None = None) -> None:
        self._folder = folder
        self._key = None if key is None else sealing_key(key, "evidence")

    def path(self, sha256: str) -> Path:
        """Return where the bytes lie, or would."""
        return self._folder / sha256

    def has(self, sha256: str) -> bool:
        """Whether the bytes are here."""
        return self.path(sha256).is_file()

    def size(self, sha256: str) -> int:
        """Return how many bytes are here, 0 for none."""
        try:
            return size_of(self.path(sha256))
        except OSError:
            return 0

    def open(self, sha256: str) -> BinaryIO:
        """Open the bytes for reading, from anywhere.

        Raises:
            OSError: They are not here.
            SealError: They do not open with the key, now or when they are read.
        """
        return open_sealed(self.path(sha256), self._key)

    def hash_of(self, sha256: str) -> str:
        """Return the SHA-256 that the bytes have now; raises as `open` does."""
        digest = hashlib.sha256()
        with self.open(sha256) as file:
            for block in _blocks(file):
                digest.update(block)
        return digest.hexdigest()

    def keep_file(self, source: Path) -> tuple[str, int]:
        """Copy a file block by block; the copy is on disk when this returns.

        Returns:
            The SHA-256 of the bytes that were kept, and how many there are.

        Raises:
            EvidenceError: The file cannot be read, is empty, or the disk does not take it.
        """
        try:
            with source.open("rb") as file:
                return self._kept(_blocks(file), name=source.name)
        except OSError as error:
            raise EvidenceError("", f"{error.strerror} ({error.filename or source})") from error

    def keep(self, *pieces: tuple[bytes, str]) -> None:
        """Write pieces of evidence; all of them are on disk when this returns.

        They are handed to the disk together, which has less to wait for than one after another.

        Args:
            pieces: The bytes and the SHA-256 of each.

        Raises:
            EvidenceError: One's hash is another, or the disk does not take them; none is kept.
        """
        for data, sha256 in pieces:
            found = hashlib.sha256(data).hexdigest()
            if found != sha256:
                raise EvidenceError(sha256, f"its bytes have the hash {found[:12]}…, not this one")
            if not data:
                raise EvidenceError(sha256, "it is empty")
        new = {sha256: data for data, sha256 in pieces if not self.has(sha256)}
        if not new:
            return
        parts = {sha256: self._folder / f"{secrets.token_hex(8)}.part" for sha256 in new}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with ExitStack() as closing:
                files = [closing.enter_context(parts[one].open("wb")) for one in new]
                for file, data in zip(files, new.values(), strict=True):
                    write_sealed(file, [data], self._key)
                    file.flush()
                for file in files:
                    os.fsync(file.fileno())
            for sha256, part in parts.items():
                part.replace(self.path(sha256))
            _sync_folder(self._folder)
        except OSError as error:
            raise EvidenceError(next(iter(new)), f"{error.strerror} ({self._folder})") from error
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)

    def keep_blocks(self, blocks: Iterable[bytes], sha256: str) -> None:
        """Write bytes as they come; they are on disk when this returns.

        Raises:
            EvidenceError: Their hash is another, or the disk does not take them.
        """
        try:
            self._kept(blocks, sha256=sha256)
        except OSError as error:
            path = self.path(sha256)
            raise EvidenceError(sha256, f"{error.strerror} ({path})") from error

    def _kept(
        self, blocks: Iterable[bytes], *, sha256: str = "", name: str = ""
    ) -> tuple[str, int]:
        digest, sizes = hashlib.sha256(), [0]

        def counted() -> Iterator[bytes]:
            for block in blocks:
                digest.update(block)
                sizes[0] += len(block)
                yield block

        part = self._folder / f"{secrets.token_hex(8)}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                write_sealed(file, counted(), self._key)
                file.flush()
                os.fsync(file.fileno())
            found = digest.hexdigest()
            if sha256 and found != sha256:
                raise EvidenceError(sha256, f"its bytes have the hash {found[:12]}…, not this one")
            if sizes[0] == 0:
                raise EvidenceError(sha256, f"{name} is empty")
            part.replace(self.path(found))
            _sync_folder(self._folder)
        finally:
            part.unlink(missing_ok=True)
        return found, sizes[0]

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


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block


def _sync_folder(folder: Path) -> None:
    """Make sure that the name of a new file is on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
