"""How long central keeps what it need not keep for ever (保存期限); the audit is always kept."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, func, select

from console.central.acts import Actor, act_by
from console.central.consoles import MAX_CATCH_UP
from console.central.evidence import EvidenceStore
from console.central.loop import WriterLink
from console.central.rows import LiveRows
from console.domain.audit import Act
from console.domain.retention import RetentionRules
from console.store.audit import append_acts
from console.store.tables import CHANGE_LOG, EVIDENCE, INCIDENT, LAST_FIX, RESULT
from console.store.tables_areas import AREA_EVENT

_AT_ONCE = 5000
#: Hashes in one entry of the audit; more would make it megabytes at a first run.
_HASHES_AN_ENTRY = 300
#: Files thrown away in one go; more would keep commands waiting.
_FILES_AT_ONCE = 200
_log = logging.getLogger("zhihui.central")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outdated:
    """What is older than the rules keep it.

    Attributes:
        up_to_rev: Newest revision of the change log that goes, 0 for none.
        evidence: Hashes of the bytes that go, their incidents long closed.
        unclaimed: Hashes of bytes that came long ago and were never entered in an incident.
    """

    positions: int
    changes: int
    up_to_rev: int
    results: int
    area_events: int
    evidence: tuple[str, ...]
    evidence_bytes: int
    unclaimed: tuple[str, ...] = ()
    unclaimed_bytes: int = 0

    def told(self) -> dict[str, Any]:
        """Return it as plain values."""
        counts = {"evidence": len(self.evidence), "unclaimed": len(self.unclaimed)}
        return {**asdict(self), **counts}

    def text(self, *, is_done: bool) -> str:
        """Return it as a sentence."""
        word = "Taken out" if is_done else "Would be taken out"
        return (
            f"{word}: {self.positions} last positions, {self.changes} changes (up to revision "
            f"{self.up_to_rev}), {self.results} results of commands, {self.area_events} events "
            f"at areas, {len(self.evidence)} pieces of evidence ({self.evidence_bytes >> 20} MB), "
            f"{len(self.unclaimed)} that no incident has ({self.unclaimed_bytes >> 20} MB). "
            "The audit is kept whole."
        )


def find_outdated(
    connection: Connection,
    rules: RetentionRules,
    *,
    at: datetime,
    store: EvidenceStore,
) -> Outdated:
    """Return what is older than the rules keep it; nothing is changed."""
    count = select(func.count())
    positions = results = changes = events = 0
    if rules.positions_days:
        positions = _count(connection, count.where(LAST_FIX.c.t_ms < _ms(at, rules.positions_days)))
    if rules.results_days:
        before = at - timedelta(days=rules.results_days)
        results = _count(connection, count.where(RESULT.c.at < before))
    if rules.area_events_days:
        before = at - timedelta(days=rules.area_events_days)
        events = _count(connection, count.where(AREA_EVENT.c.at < before))
    up_to = _last_rev(connection, rules, at) if rules.changes_days else 0
    if up_to:
        changes = _count(connection, count.where(CHANGE_LOG.c.rev <= up_to))
    hashes = _old_evidence(connection, rules, at) if rules.evidence_days else ()
    held = {one: size for one in hashes if (size := store.size_of(one)) is not None}
    unclaimed = _unclaimed(connection, rules, at, store)
    return Outdated(
        positions=positions,
        changes=changes,
        up_to_rev=up_to,
        results=results,
        area_events=events,
        evidence=tuple(held),
        evidence_bytes=sum(held.values()),
        unclaimed=tuple(unclaimed),
        unclaimed_bytes=sum(unclaimed.values()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Takes out what is outdated, a little at a time, and has the audit say so."""

    rules: RetentionRules
    link: WriterLink
    evidence: EvidenceStore
    clock: Callable[[], datetime]

    async def find(self) -> Outdated:
        """Return what would be taken out."""
        at = self.clock()
        return await self.link.reading(
            lambda connection: find_outdated(connection, self.rules, at=at, store=self.evidence)
        )

    async def run(self, actor: Actor) -> Outdated:
        """Take out what is outdated; the audit has it first.

        Raises:
            CentralError: Central is closing, or cannot write.
        """
        at, found = self.clock(), await self.find()
        acts = retention_acts(found, self.rules, actor, at=at)
        await self.link.in_writer(lambda connection, _: append_acts(connection, acts))
        for take in (
            self._take_positions,
            self._take_changes,
            self._take_results,
            self._take_area_events,
        ):
            while await self.link.in_writer(partial(_taking, take, found, at)):
                _log.debug("retention goes on")
        for first in range(0, len(found.evidence), _FILES_AT_ONCE):
            some = found.evidence[first : first + _FILES_AT_ONCE]
            await self.link.in_writer(partial(self._drop_evidence, some, at))
        for first in range(0, len(found.unclaimed), _FILES_AT_ONCE):
            some = found.unclaimed[first : first + _FILES_AT_ONCE]
            await self.link.in_writer(partial(self._drop_unclaimed, some, at))
        _log.info("retention: %s", found.text(is_done=True))
        return found

    def _drop_evidence(
        self, some: Sequence[str], at: datetime, connection: Connection, _rows: LiveRows
    ) -> None:
        """Throw bytes away, but for those that an incident needs again; none can come between."""
        for sha256 in _old_evidence(connection, self.rules, at, among=some):
            self.evidence.path_of(sha256).unlink(missing_ok=True)

    def _drop_unclaimed(
        self, some: Sequence[str], at: datetime, connection: Connection, _rows: LiveRows
    ) -> None:
        """Throw bytes away, but for those that came again or were entered meanwhile."""
        before = (at - timedelta(days=self.rules.unclaimed_days)).timestamp()
        for path in map(self.evidence.path_of, _unentered(connection, some)):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _take_positions(self, connection: Connection, found: Outdated, at: datetime) -> bool:
        if found.positions:
            before = _ms(at, self.rules.positions_days)
            connection.execute(delete(LAST_FIX).where(LAST_FIX.c.t_ms < before))
        return False

    def _take_changes(self, connection: Connection, found: Outdated, _at: datetime) -> bool:
        first = _count(connection, select(func.min(CHANGE_LOG.c.rev)))
        if not found.up_to_rev or first > found.up_to_rev:
            return False
        until = min(first + _AT_ONCE - 1, found.up_to_rev)
        connection.execute(delete(CHANGE_LOG).where(CHANGE_LOG.c.rev <= until))
        return until < found.up_to_rev

    def _take_results(self, connection: Connection, found: Outdated, at: datetime) -> bool:
        if not found.results:
            return False
        before = at - timedelta(days=self.rules.results_days)
        some = select(RESULT.c.command_id).where(RESULT.c.at < before).limit(_AT_ONCE)
        old = delete(RESULT).where(RESULT.c.command_id.in_(some.scalar_subquery()))
        gone: int = connection.execute(old).rowcount
        return gone == _AT_ONCE

    def _take_area_events(self, connection: Connection, found: Outdated, at: datetime) -> bool:
        if not found.area_events:
            return False
        before = at - timedelta(days=self.rules.area_events_days)
        some = select(AREA_EVENT.c.id).where(AREA_EVENT.c.at < before).limit(_AT_ONCE)
        old = delete(AREA_EVENT).where(AREA_EVENT.c.id.in_(some.scalar_subquery()))
        return int(connection.execute(old).rowcount) == _AT_ONCE


def retention_acts(
    found: Outdated, rules: RetentionRules, actor: Actor, *, at: datetime
) -> list[Act]:
    """Return what the audit says of it: one entry, and more where there are many hashes.

    Each has some hundred of the ``hashes``, and says which ``part`` of how many ``parts`` it is.
    """
    hashes = [*found.evidence, *found.unclaimed]
    some = [
        hashes[first : first + _HASHES_AN_ENTRY]
        for first in range(0, max(len(hashes), 1), _HASHES_AN_ENTRY)
    ]
    summary = {**found.told(), "rules": asdict(rules)}
    return [
        act_by(
            actor,
            "retention",
            at=at,
            details={
                **(summary if part == 1 else {}),
                "part": part,
                "parts": len(some),
                "hashes": these,
            },
        )
        for part, these in enumerate(some, 1)
    ]


def _taking(
    take: Callable[[Connection, Outdated, datetime], bool],
    found: Outdated,
    at: datetime,
    connection: Connection,
    _rows: LiveRows,
) -> bool:
    return take(connection, found, at)


def _count(connection: Connection, query: Any) -> int:
    return int(connection.execute(query).scalar() or 0)


def _ms(at: datetime, days: int) -> int:
    return int((at - timedelta(days=days)).timestamp() * 1000)


def _last_rev(connection: Connection, rules: RetentionRules, at: datetime) -> int:
    before = at - timedelta(days=rules.changes_days)
    head = _count(connection, select(func.max(CHANGE_LOG.c.rev)))
    old = select(func.max(CHANGE_LOG.c.rev)).where(
        CHANGE_LOG.c.at < before, CHANGE_LOG.c.rev <= head - MAX_CATCH_UP
    )
    return _count(connection, old)


def _old_evidence(
    connection: Connection,
    rules: RetentionRules,
    at: datetime,
    *,
    among: Sequence[str] | None = None,
) -> tuple[str, ...]:
    """Return the hashes of which no incident is open or was closed a short while ago."""
    before = at - timedelta(days=rules.evidence_days)
    of_old = (INCIDENT.c.closed_at.is_not(None)) & (INCIDENT.c.closed_at < before)
    joined = EVIDENCE.join(INCIDENT, EVIDENCE.c.incident == INCIDENT.c.id)
    needed = select(EVIDENCE.c.sha256).select_from(joined).where(~of_old)
    query = (
        select(EVIDENCE.c.sha256)
        .select_from(joined)
        .where(of_old, EVIDENCE.c.sha256.not_in(needed))
        .distinct()
        .order_by(EVIDENCE.c.sha256)
    )
    if among is not None:
        query = query.where(EVIDENCE.c.sha256.in_(among))
    return tuple(connection.execute(query).scalars())


def _unclaimed(
    connection: Connection, rules: RetentionRules, at: datetime, store: EvidenceStore
) -> dict[str, int]:
    """Return the hashes of old bytes that no incident has, and how many bytes each is."""
    if not rules.unclaimed_days:
        return {}
    old = sorted(store.older_than((at - timedelta(days=rules.unclaimed_days)).timestamp()))
    return {
        one: size
        for first in range(0, len(old), _FILES_AT_ONCE)
        for one in _unentered(connection, old[first : first + _FILES_AT_ONCE])
        if (size := store.size_of(one)) is not None
    }


def _unentered(connection: Connection, some: Sequence[str]) -> list[str]:
    query = select(EVIDENCE.c.sha256).where(EVIDENCE.c.sha256.in_(some))
    entered = set(connection.execute(query).scalars())
    return [one for one in some if one not in entered]
