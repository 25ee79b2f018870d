"""Verifying the audit: any change, removal, insertion, reordering or cut is found and placed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from console.domain.audit import GENESIS, AuditEntry, chained
from console.store.audit import ChainHead, each_entry
from console.store.auditseal import (
    CHECKPOINTS_NAME,
    HEAD_NAME,
    Checkpoint,
    is_signed,
    read_checkpoint_file,
    read_checkpoints,
    read_head_file,
)

#: The action of the entry that central writes when it starts on a chain that was cut.
CUT_FOUND = "audit:cut_found"
#: More of them say nothing new.
_MOST_FINDINGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong with the chain.

    Attributes:
        first: First entry it may concern.
        last: Last entry it may concern.
    """

    first: int
    last: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What verifying came to.

    Attributes:
        entries: How many entries the chain holds.
        head: Its newest entry.
        checkpoints: How many signed checkpoints agree with it.
        findings: What is wrong, in order of place.
    """

    entries: int
    head: ChainHead
    checkpoints: int
    findings: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def text(self) -> str:
        """Return the report a person reads."""
        if self.is_whole:
            return (
                f"The audit is whole: {self.entries} entries, {self.checkpoints} signed "
                f"checkpoints agree. Head {self.head.seq}, {self.head.hash}."
            )
        told = "\n".join(f"  {one.sentence}" for one in self.findings[:_MOST_FINDINGS])
        more = len(self.findings) - _MOST_FINDINGS
        rest = f"\n  … and {more} more." if more > 0 else ""
        return (
            f"The audit is NOT whole: {len(self.findings)} findings in {self.entries} entries.\n"
            f"{told}{rest}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What lies beside the database; read before the chain is, so that it is never newer.

    Attributes:
        lines: Checkpoints of the file.
        bad_lines: Numbers of its lines that are none.
        heads: Newest heads, the newest first.
        has_file: Whether there is a file of checkpoints.
        has_head: Whether there is a file of the newest head.
    """

    lines: tuple[Checkpoint, ...] = ()
    bad_lines: tuple[int, ...] = ()
    heads: tuple[Checkpoint, ...] = ()
    has_file: bool = False
    has_head: bool = False


def read_sealed(folder: Path, *, checkpoints: Path | None = None) -> Sealed:
    """Return what lies beside the database.

    Args:
        folder: Where central keeps it.
        checkpoints: A copy of the checkpoints kept elsewhere, to be used instead.
    """
    path = checkpoints or folder / CHECKPOINTS_NAME
    lines, bad = read_checkpoint_file(path)
    heads, has_head = read_head_file(folder / HEAD_NAME)
    return Sealed(
        lines=tuple(lines),
        bad_lines=tuple(bad),
        heads=tuple(heads),
        has_file=path.exists(),
        has_head=has_head,
    )


def verify_chain(connection: Connection, sealed: Sealed, key: Ed25519PublicKey) -> Verified:
    """Go through the whole chain and everything that was signed of it.

    Args:
        connection: In one transaction, so that the chain stands still.
        sealed: What lies beside the database, read before that transaction began.
        key: Central's public key, best from where central cannot write.
    """
    held = read_checkpoints(connection)
    wanted = {one.seq for one in (*held, *sealed.lines, *sealed.heads)}
    walk = _Walk(wanted)
    findings = list(walk.findings(each_entry(connection)))
    findings += _unsigned(held, "in the database", key)
    findings += _unsigned(sealed.lines, "in the file of checkpoints", key)
    heads = [one for one in sealed.heads if is_signed(one, key)]
    findings += _file_findings(sealed, heads, walk)
    findings += _kept_apart(held, sealed)
    agreed = 0
    for one in {one.seq: one for one in (*held, *sealed.lines, *heads[:1])}.values():
        found = _against(one, walk)
        findings += found
        agreed += not found
    for one in (*held, *sealed.lines):
        findings += [it for it in _against(one, walk) if it not in findings]
    ordered = sorted(findings, key=lambda one: (one.first, one.last))
    return Verified(entries=walk.count, head=walk.head, checkpoints=agreed, findings=tuple(ordered))


class _Walk:
    """One walk along the chain, remembering the hashes that were signed."""

    def __init__(self, wanted: set[int]) -> None:
        self._wanted = wanted
        self.hashes: dict[int, str] = {}
        self.head = ChainHead(seq=0, hash=GENESIS)
        self.count = 0

    def findings(self, entries: Iterator[AuditEntry]) -> Iterator[Finding]:
        """Yield what is wrong with entries and the links between them."""
        for entry in entries:
            self.count += 1
            if entry.seq != self.head.seq + 1:
                yield _missing(self.head.seq + 1, entry.seq - 1)
            elif _recomputed(self.head.hash, entry) != entry.hash:
                yield Finding(
                    first=entry.seq,
                    last=entry.seq,
                    sentence=f"Entry {entry.seq} ({entry.action}, {entry.at:%Y-%m-%d %H:%M:%S} "
                    "UTC) is not what was written there, or the one before it is not.",
                )
            if entry.action == CUT_FOUND:
                yield Finding(
                    first=entry.seq,
                    last=entry.seq,
                    sentence=f"At entry {entry.seq} central found that entries behind it had been "
                    f"cut off before it started: {entry.details}.",
                )
            if entry.seq in self._wanted:
                self.hashes[entry.seq] = entry.hash
            self.head = ChainHead(seq=entry.seq, hash=entry.hash)


def _recomputed(before: str, entry: AuditEntry) -> str | None:
    try:
        return chained(before, asdict(entry))
    except ValueError:  # the hash before is none any more
        return None


def _missing(first: int, last: int) -> Finding:
    if last < first:
        sentence = f"Entry {first} has the place of an earlier one: the order was changed."
        return Finding(first=first, last=first, sentence=sentence)
    which = f"Entry {first} is" if first == last else f"Entries {first} to {last} are"
    return Finding(first=first, last=last, sentence=f"{which} missing.")


def _unsigned(
    checkpoints: Iterable[Checkpoint], where: str, key: Ed25519PublicKey
) -> list[Finding]:
    return [
        Finding(
            first=one.seq,
            last=one.seq,
            sentence=f"The checkpoint of entry {one.seq} {where} does not bear central's "
            "signature: it was changed, or signed with another key.",
        )
        for one in checkpoints
        if not is_signed(one, key)
    ]


def _against(one: Checkpoint, walk: _Walk) -> list[Finding]:
    """Return what a signed head says against the chain."""
    if one.seq > walk.head.seq:
        return [
            Finding(
                first=walk.head.seq + 1,
                last=one.seq,
                sentence=f"The chain ends at entry {walk.head.seq}; entry {one.seq} was signed: "
                "its tail was cut off.",
            )
        ]
    if walk.hashes.get(one.seq) != one.hash and one.seq != 0:
        return [
            Finding(
                first=one.seq,
                last=one.seq,
                sentence=f"Entry {one.seq} has another hash than the one that was signed: "
                "something at or before it was rewritten.",
            )
        ]
    return []


def _file_findings(sealed: Sealed, heads: list[Checkpoint], walk: _Walk) -> list[Finding]:
    found = [
        Finding(first=0, last=0, sentence=f"Line {line} of the file of checkpoints is damaged.")
        for line in sealed.bad_lines
    ]
    if walk.count and not sealed.has_file:
        found.append(
            Finding(
                first=0,
                last=0,
                sentence="The file of checkpoints is gone; a cut of the chain cannot be "
                "ruled out without it.",
            )
        )
    if walk.count and not sealed.has_head:
        found.append(
            Finding(
                first=0,
                last=0,
                sentence="The file of the newest head is gone; whether the newest entries were "
                "cut off cannot be told.",
            )
        )
    elif sealed.has_head and not heads:
        found.append(
            Finding(
                first=0,
                last=0,
                sentence="The file of the newest head holds no head that central signed.",
            )
        )
    return found


def _kept_apart(held: list[Checkpoint], sealed: Sealed) -> list[Finding]:
    """Return the checkpoints that are in one of both places only and should be in both."""
    in_table, in_file = {one.seq for one in held}, {one.seq for one in sealed.lines}
    newest = max(in_file, default=0)
    lost_here = sorted(in_file - in_table)
    lost_there = sorted(seq for seq in in_table - in_file if seq < newest)
    return [
        Finding(first=seq, last=seq, sentence=f"The checkpoint of entry {seq} is missing {where}.")
        for where, lost in (
            ("in the database", lost_here),
            ("in the file of checkpoints", lost_there),
        )
        for seq in lost
    ]
