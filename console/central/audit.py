"""The keeper of the audit: signs the chain's head inside and after the writer's transactions."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from console.central.settings import CentralError, CentralSettings
from console.domain.audit import GENESIS, Act, Outcome
from console.store.audit import ChainHead, append_acts, chain_head
from console.store.auditseal import (
    Checkpoint,
    SealFiles,
    SigningKey,
    append_lines,
    fingerprint_of,
    read_checkpoint_file,
    read_checkpoints,
    read_head_file,
    write_checkpoint,
)
from console.store.auditverify import CUT_FOUND
from console.store.engine import StoreError
from console.store.types import to_microseconds

#: A checkpoint is signed after so many entries, or after so long when there are new ones.
CHECKPOINT_ENTRIES = 1000
CHECKPOINT_S = 60.0
_log = logging.getLogger("zhihui.central")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What a transaction leaves to be put into files once it is committed."""

    head: ChainHead
    checkpoints: tuple[Checkpoint, ...] = ()


class AuditKeeper:
    """Signs the chain's head; called by the writer inside and after its transactions."""

    def __init__(self, folder: Path, *, copy_folder: Path | None = None) -> None:
        """Take the audit's folder.

        Args:
            folder: Where key, checkpoints and newest head lie, apart from the database.
            copy_folder: Where the checkpoints are written a second time, best another machine's.

        Raises:
            StoreError: The key cannot be read.
        """
        self.folder = folder
        self._key = SigningKey(folder)
        self._files = SealFiles(folder)
        name = f"checkpoints-{fingerprint_of(self._key.public_pem)}.jsonl"
        self._copy = None if copy_folder is None else copy_folder / name
        self._head = ChainHead(seq=0, hash=GENESIS)
        self._signed = 0
        self._signed_at = time.monotonic()

    @property
    def public_pem(self) -> str:
        """The public key that checkpoints are verified with."""
        return self._key.public_pem

    @property
    def head(self) -> ChainHead:
        """Newest entry that is on disk."""
        return self._head

    def open(self, connection: Connection, *, at: datetime) -> None:
        """Take up the chain where it ends; what was cut off meanwhile is written into it.

        Raises:
            OSError: The file of checkpoints cannot be written.
        """
        heads, _ = read_head_file(self._files.head_path)
        head = chain_head(connection)
        promised = next(iter(heads), None)
        if promised is not None and promised.seq > head.seq:
            _log.error("the audit was cut: it ends at %s, %s was kept", head.seq, promised.seq)
            told = {"ends_at": head.seq, "was_at": promised.seq, "hash_was": promised.hash}
            append_acts(
                connection,
                [Act(at=at, action=CUT_FOUND, outcome=Outcome.FAILED, details=told)],
            )
        self._head = chain_head(connection)
        held = read_checkpoints(connection)
        self._signed = held[-1].seq if held else 0
        for path in (self._files.checkpoints_path, self._copy):
            if path is not None:
                kept = {one.seq for one in read_checkpoint_file(path)[0]}
                self._copy_to(path, [one for one in held if one.seq not in kept])

    def sealed(
        self,
        connection: Connection,
        *,
        at: datetime,
        head: ChainHead | None = None,
        anyway: bool = False,
    ) -> Sealed:
        """Look at the head in the open transaction, and sign a checkpoint when one is due.

        Args:
            connection: Of the open transaction.
            at: When, aware UTC.
            head: The chain's head as the transaction leaves it; read where it is not known.
            anyway: Sign whatever is new, due or not.
        """
        head = head or chain_head(connection)
        new = head.seq - self._signed
        late = time.monotonic() - self._signed_at >= CHECKPOINT_S
        if not (new >= CHECKPOINT_ENTRIES or (new > 0 and (late or anyway))):
            return Sealed(head=head)
        # One whose commit was cut off may be on disk all the same, and is not signed again.
        unsure = read_checkpoints(connection, after=self._signed)
        if unsure and unsure[-1].seq == head.seq:
            return Sealed(head=head, checkpoints=tuple(unsure))
        checkpoint = self._key.signed(head, at_us=to_microseconds(at))
        write_checkpoint(connection, checkpoint)
        return Sealed(head=head, checkpoints=(*unsure, checkpoint))

    def committed(self, sealed: Sealed, *, at: datetime) -> None:
        """Put into files what is on disk in the database."""
        if sealed.head.seq == self._head.seq and not sealed.checkpoints:
            return
        self._head = sealed.head
        try:
            self._files.put_head(self._key.signed(sealed.head, at_us=to_microseconds(at)))
        except OSError as error:
            _log.error("the audit's newest head could not be kept: %s", error)
        if sealed.checkpoints:
            self._signed, self._signed_at = sealed.checkpoints[-1].seq, time.monotonic()
            for path in (self._files.checkpoints_path, self._copy):
                if path is not None:
                    self._copy_to(path, sealed.checkpoints)

    def close(self) -> None:
        """Let go of the files."""
        try:
            self._files.close()
        except OSError as error:
            _log.error("the audit's newest head could not be kept: %s", error)

    def _copy_to(self, path: Path, checkpoints: Sequence[Checkpoint]) -> None:
        try:
            append_lines(path, checkpoints)
        except OSError as error:  # they are in the database too, and are tried at the next start
            _log.error("checkpoints of the audit could not be written to %s: %s", path, error)


def opened_keeper(settings: CentralSettings) -> AuditKeeper:
    """Return the keeper of a central's audit.

    Raises:
        CentralError: Its key or its folder cannot be used.
    """
    try:
        return AuditKeeper(settings.audit_folder, copy_folder=settings.audit_copy)
    except (StoreError, OSError) as error:
        raise CentralError(f"The audit cannot be kept: {error}") from error
