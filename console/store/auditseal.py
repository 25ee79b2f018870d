"""Signed heads of the audit's chain: the key, the checkpoints, and the files that hold them.

Whoever cuts the chain's tail would also have to change these files, which lie apart from the
database; a copy of them may lie on another machine.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from sqlalchemy import Connection, select

from console.store.audit import AUDIT_CHECKPOINT, ChainHead
from console.store.engine import StoreError

PRIVATE_NAME, PUBLIC_NAME = "signing.key", "signing.pub"
CHECKPOINTS_NAME, HEAD_NAME = "checkpoints.jsonl", "head"
#: The head is written into two places in turn: one cut short leaves the other.
_SLOT_BYTES = 512
_SLOTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A head of the chain, signed with Ed25519 (RFC 8032).

    Attributes:
        at_us: When it was signed, microseconds since 1970-01-01 UTC.
        signature: 64 bytes, hexadecimal.
    """

    seq: int
    hash: str
    at_us: int
    signature: str

    @property
    def head(self) -> ChainHead:
        """The head that is signed."""
        return ChainHead(seq=self.seq, hash=self.hash)


class SigningKey:
    """Central's Ed25519 key for checkpoints; made at the first start, readable by its owner."""

    def __init__(self, folder: Path) -> None:
        """Read the key in ``folder``, or make one.

        Raises:
            StoreError: It is there and cannot be read.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / PRIVATE_NAME
        if not path.exists():
            _make_key(path)
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise StoreError(
                f"The audit's key {path} cannot be read ({error}). Put its copy back; moved away, "
                "a new one is made, and older checkpoints need the old public key."
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise StoreError(f"{path} is no Ed25519 key; put the audit's own key back.")
        self._key = key
        public = folder / PUBLIC_NAME
        if not public.exists():
            public.write_text(self.public_pem, encoding="ascii")

    @property
    def public_pem(self) -> str:
        """The public key, to be kept where central's machine cannot write."""
        return (
            self._key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode("ascii")
        )

    def signed(self, head: ChainHead, *, at_us: int) -> Checkpoint:
        """Return a checkpoint of a head."""
        signature = self._key.sign(_signed_bytes(head.seq, head.hash, at_us)).hex()
        return Checkpoint(seq=head.seq, hash=head.hash, at_us=at_us, signature=signature)


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Return a public key from its PEM file.

    Raises:
        StoreError: It cannot be read, or is of another kind.
    """
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StoreError(f"The public key {path} cannot be read ({error}).") from error
    if not isinstance(key, Ed25519PublicKey):
        raise StoreError(f"{path} is no Ed25519 public key.")
    return key


def fingerprint_of(public_pem: str) -> str:
    """Return the first 16 hexadecimals of the SHA-256 of a public key's PEM."""
    return hashlib.sha256(public_pem.encode("ascii")).hexdigest()[:16]


def is_signed(checkpoint: Checkpoint, key: Ed25519PublicKey) -> bool:
    """Whether a checkpoint bears the signature of this key."""
    message = _signed_bytes(checkpoint.seq, checkpoint.hash, checkpoint.at_us)
    try:
        key.verify(bytes.fromhex(checkpoint.signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def write_checkpoint(connection: Connection, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint beside the chain, in the open transaction."""
    connection.execute(AUDIT_CHECKPOINT.insert().values(**asdict(checkpoint)))


def read_checkpoints(connection: Connection, *, after: int = 0) -> list[Checkpoint]:
    """Return the checkpoints in the database behind a place, oldest first."""
    query = select(AUDIT_CHECKPOINT).where(AUDIT_CHECKPOINT.c.seq > after)
    found = connection.execute(query.order_by(AUDIT_CHECKPOINT.c.seq))
    return [Checkpoint(**row) for row in found.mappings()]


class SealFiles:
    """The files beside the database: checkpoints, line by line, and the newest head."""

    def __init__(self, folder: Path) -> None:
        self.checkpoints_path = folder / CHECKPOINTS_NAME
        self.head_path = folder / HEAD_NAME
        self._head_file: int | None = None
        self._turn = 0

    def append(self, checkpoints: Iterable[Checkpoint]) -> None:
        """Add checkpoints to their file, on disk when this returns.

        Raises:
            OSError: The disk does not take them.
        """
        append_lines(self.checkpoints_path, checkpoints)

    def put_head(self, head: Checkpoint) -> None:
        """Keep the newest head; it survives the end of this process at once, a power cut soon.

        Raises:
            OSError: The disk does not take it.
        """
        if self._head_file is None:
            self._head_file = os.open(self.head_path, os.O_RDWR | os.O_CREAT, 0o600)
        slot = json.dumps(asdict(head), separators=(",", ":")).encode().ljust(_SLOT_BYTES - 1)
        os.pwrite(self._head_file, slot + b"\n", self._turn * _SLOT_BYTES)
        self._turn = (self._turn + 1) % _SLOTS

    def close(self) -> None:
        """Have the head on disk for good, and let go of it."""
        if self._head_file is not None:
            os.fsync(self._head_file)
            os.close(self._head_file)
            self._head_file = None


def append_lines(path: Path, checkpoints: Iterable[Checkpoint]) -> None:
    """Append checkpoints to a file of lines, on disk when this returns.

    Raises:
        OSError: The disk does not take them.
    """
    lines = "".join(f"{json.dumps(asdict(one), separators=(',', ':'))}\n" for one in checkpoints)
    if not lines:
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        end = os.fstat(descriptor).st_size
        if end and os.pread(descriptor, 1, end - 1) != b"\n":
            lines = f"\n{lines}"  # a line cut short by the end of an earlier run
        os.write(descriptor, lines.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_checkpoint_file(path: Path) -> tuple[list[Checkpoint], list[int]]:
    """Return the checkpoints in a file, and the numbers of the lines that are none."""
    found: list[Checkpoint] = []
    bad: list[int] = []
    if not path.exists():
        return found, bad
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        one = _checkpoint_in(line)
        if one is not None:
            found.append(one)
        elif line.strip():
            bad.append(number)
    return found, bad


def read_head_file(path: Path) -> tuple[list[Checkpoint], bool]:
    """Return the heads in the file of the newest head, newest first, and whether it is there."""
    if not path.exists():
        return [], False
    data = path.read_bytes()
    slots = [data[at : at + _SLOT_BYTES] for at in range(0, len(data), _SLOT_BYTES)]
    heads = [one for slot in slots if (one := _checkpoint_in(slot)) is not None]
    return sorted(heads, key=lambda one: one.seq, reverse=True), True


def _checkpoint_in(line: bytes) -> Checkpoint | None:
    try:
        said: dict[str, Any] = json.loads(line)
        return Checkpoint(
            seq=int(said["seq"]),
            hash=str(said["hash"]),
            at_us=int(said["at_us"]),
            signature=str(said["signature"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _signed_bytes(seq: int, chain_hash: str, at_us: int) -> bytes:
    return f"zhihui audit checkpoint 1\n{seq}\n{chain_hash}\n{at_us}\n".encode()


def _make_key(path: Path) -> None:
    """Write a new key so that it is never readable by others, nor ever half there."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
