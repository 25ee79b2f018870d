"""What the log says was changed since a time, for the packet that a shift hands over."""

from __future__ import annotations

from dataclasses import dataclass

from console.domain.incidents import Incident
from console.domain.places import LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Incidents that changed, or whose log grew, and up to which revision that is known.

    Attributes:
        incidents: Each as it is now, closed ones as well.
        changed: Ids of those of which the incident itself changed.
        lines: Log lines that were written, in the order of commit.
    """

    rev: int = 0
    incidents: tuple[Incident, ...] = ()
    changed: frozenset[str] = frozenset()
    lines: tuple[LogEntry, ...] = ()
