"""What the sync thread says of itself: the link, the rows that changed, what is not yet sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from console.domain.ids import PersonId, UnitId
from console.domain.levels import Role
from console.protocol.codec import Row
from console.store.outbox import EntryState, OutboxEntry
from console.tracking import ForceColumns


class LinkPhase(StrEnum):
    """How the console stands with central."""

    CONNECTING = "connecting"
    LOADING = "loading"
    LIVE = "live"
    DOWN = "down"
    REFUSED = "refused"
    STOPPED = "stopped"


class LinkTrouble(StrEnum):
    """Why the link is down; each is a sentence in the language shown (`ui.linkwords`)."""

    UNREACHABLE = "unreachable"
    NOT_CENTRAL = "not_central"
    WRONG_PASSWORD = "wrong_password"
    NOT_ALLOWED = "not_allowed"
    SILENT = "silent"
    CLOSED = "closed"
    GAP = "gap"
    BAD_SNAPSHOT = "bad_snapshot"
    CACHE_DAMAGED = "cache_damaged"
    NO_CACHE = "no_cache"
    PROTOCOL = "protocol"
    FAULT = "fault"
    NOT_TRUSTED = "not_trusted"


#: Central cannot be asked, and whoever is at the desk has to be answered without it.
OUT_OF_REACH = frozenset({LinkTrouble.UNREACHABLE, LinkTrouble.SILENT, LinkTrouble.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """The link to central, as it is now.

    Attributes:
        since: When the phase began, aware UTC.
        heard_at: When central was last heard, by our clock; ``None`` if never.
        trouble: Why it is not live, if it is not.
        detail: What the trouble is about: an address, a reason central gave.
        retry_at: When the next attempt is made.
        behind: Revisions central has that are not yet here.
        clock_ahead_s: How far our clock is ahead of central's, ``None`` if not known.
        lost_frames: Position frames that did not arrive.
        full_ms: Since when central's disk is full, Unix milliseconds; 0 while it is not.
    """

    phase: LinkPhase
    since: datetime
    url: str
    heard_at: datetime | None = None
    trouble: LinkTrouble | None = None
    detail: str = ""
    retry_at: datetime | None = None
    behind: int = 0
    clock_ahead_s: float | None = None
    lost_frames: int = 0
    full_ms: int = 0

    @property
    def is_live(self) -> bool:
        """Whether changes come in as they are made."""
        return self.phase is LinkPhase.LIVE

    def age_s(self, now: datetime) -> float | None:
        """Return how long central has not been heard, seconds; ``None`` if it never was."""
        return None if self.heard_at is None else max((now - self.heard_at).total_seconds(), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who is logged on here.

    Attributes:
        unit: The unit it speaks for, if it is one.
        districts: The districts that person works for, sorted; ``None`` for the whole city.
    """

    id: PersonId
    name: str
    role: Role
    unit: UnitId | None = None
    districts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """One row as it is now; ``row`` is ``None`` when it may no longer be seen."""

    kind: str
    id: str
    row: Row | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBatch:
    """Rows that changed together; each row once, as it is at the end.

    Attributes:
        rev: The revision reached.
    """

    rev: int
    rows: tuple[RowChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The rows the screen works on, as the cache holds them.

    Attributes:
        rev: The revision they are of.
        damaged: Where a damaged cache was put, if there was one at start.
    """

    rev: int
    rows: tuple[Row, ...]
    damaged: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxState:
    """What was typed here and is not settled.

    Attributes:
        pending: Waiting, sent, or accepted with changes that have not arrived; in order.
        tray: What waits for a person: conflicts, rejections, commands past their time.
        rev: The revision the cache held when this was said.
    """

    pending: tuple[OutboxEntry, ...] = ()
    tray: tuple[OutboxEntry, ...] = ()
    rev: int = 0

    @property
    def unsent(self) -> int:
        """How many commands central has not answered."""
        settled = EntryState.ACCEPTED
        return sum(entry.state is not settled for entry in self.pending)


class SyncListener(Protocol):
    """What the sync thread calls, in its own thread; every call must return at once."""

    def on_link(self, state: LinkState) -> None:
        """Take the state of the link, at each change and each heartbeat."""

    def on_who(self, who: Who) -> None:
        """Take who is logged on."""

    def on_changes(self, batch: ChangeBatch) -> None:
        """Take rows that changed."""

    def on_positions(self, columns: ForceColumns) -> None:
        """Take where the units are, a copy."""

    def on_outbox(self, state: OutboxState) -> None:
        """Take what is not settled."""

    def on_cache_replaced(self, contents: Contents) -> None:
        """Take all rows anew: at start, and after a snapshot."""

    def on_city_pack(self, path: Path) -> None:
        """Take where the city pack lies that central uses."""

    def on_city_zone(self, zone: str) -> None:
        """Take the IANA name of the zone of the city's clocks, as central says."""
