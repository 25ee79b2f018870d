"""Files sealed block by block: read from anywhere, changed or cut short nowhere unnoticed.

AES-256-GCM over blocks of 64 KiB; a block's nonce holds a random prefix, its number and whether it
is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015), so
that blocks cannot change places and a file cannot end early. A file without the mark is read as it
is: what was kept before there was a key stays readable.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from console.domain.errors import ZhihuiError

if TYPE_CHECKING:
    from typing_extensions import Buffer

_MARK = b"ZHSEAL1\n"
_PREFIX, _TAG, BLOCK = 7, 16, 1 << 16
_HEAD = len(_MARK) + _PREFIX


class SealError(ZhihuiError):
    """A sealed file that the key does not open: another key, or other bytes than were written."""


def sealing_key(key: str, purpose: str) -> bytes:
    """Return a key of 32 bytes for one purpose, from the console's of 64 hexadecimal digits."""
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=f"zhihui {purpose}".encode())
    return derived.derive(bytes.fromhex(key))


def write_sealed(file: BinaryIO, data: Iterable[bytes], key: bytes | None) -> None:
    """Write bytes, in pieces of any size, to a file; sealed if there is a key."""
    if key is None:
        for piece in data:
            file.write(piece)
        return
    cipher, prefix = AESGCM(key), os.urandom(_PREFIX)
    file.write(_MARK + prefix)
    waiting, number = bytearray(), 0
    for piece in data:
        waiting += piece
        while len(waiting) > BLOCK:  # the last block is known only at the end
            file.write(cipher.encrypt(_nonce(prefix, number), bytes(waiting[:BLOCK]), None))
            del waiting[:BLOCK]
            number += 1
    file.write(cipher.encrypt(_nonce(prefix, number, is_last=True), bytes(waiting), None))


def open_sealed(path: Path, key: bytes | None) -> BinaryIO:
    """Open a file for reading, sealed or not; it can be read from anywhere.

    Raises:
        SealError: It is sealed and there is no key.
        OSError: It cannot be read.
    """
    file = path.open("rb")
    try:
        is_sealed = file.read(len(_MARK)) == _MARK
        file.seek(0)
        if not is_sealed:
            return file
        if key is None:
            raise SealError(f"{path} is sealed, and no key was given.")
        return io.BufferedReader(_Sealed(file, path, key), BLOCK)
    except BaseException:
        file.close()
        raise


def size_of(path: Path) -> int:
    """Return how many bytes a file holds, without what sealing adds.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        length = os.fstat(file.fileno()).st_size
        return _plain_size(length) if file.read(len(_MARK)) == _MARK else length


def _plain_size(length: int) -> int:
    body = length - _HEAD
    blocks = max(1, -(-body // (BLOCK + _TAG)))
    return max(0, body - blocks * _TAG)


def _nonce(prefix: bytes, number: int, *, is_last: bool = False) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes((is_last,))


class _Sealed(io.RawIOBase):
    """The bytes in a sealed file."""

    def __init__(self, file: BinaryIO, path: Path, key: bytes) -> None:
        super().__init__()
        self._file, self._path, self._cipher = file, path, AESGCM(key)
        self._prefix = file.read(_HEAD)[len(_MARK) :]
        body = os.fstat(file.fileno()).st_size - _HEAD
        self._blocks = max(1, -(-body // (BLOCK + _TAG)))
        self._size = max(0, body - self._blocks * _TAG)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill a buffer from one block.

        Raises:
            SealError: The block is not what was written there.
        """
        number, skip = divmod(self._at, BLOCK)
        if self._at >= self._size and not self._size == self._at == 0:
            return 0
        self._file.seek(_HEAD + number * (BLOCK + _TAG))
        nonce = _nonce(self._prefix, number, is_last=number == self._blocks - 1)
        try:
            plain = self._cipher.decrypt(nonce, self._file.read(BLOCK + _TAG), None)
        except InvalidTag as error:
            raise SealError(
                f"{self._path} does not open with the key at hand, or its bytes have changed."
            ) from error
        into = memoryview(buffer)
        part = plain[skip : skip + len(into)]
        into[: len(part)] = part
        self._at += len(part)
        return len(part)

    def close(self) -> None:
        self._file.close()
        super().close()
