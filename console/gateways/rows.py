"""Bad rows: told by line and reason, counted, and never in the way of the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from console.domain.errors import ZhihuiError

#: As many bad rows as are kept with their line; the rest are only counted by reason.
KEPT_BAD_ROWS = 1_000


class ImportFileError(ZhihuiError):
    """A whole file that cannot be read; says which, why and what to do."""


class BadRowError(ZhihuiError):
    """One row that cannot be used.

    Attributes:
        reason: Why, for a person; the same words for the same kind of fault.
    """

    def __init__(self, reason: str, value: object = None) -> None:
        shown = "" if value is None else f" ({str(value)[:60]!r})"
        super().__init__(reason + shown)
        self.reason = reason


@dataclass(slots=True)
class ImportReport:
    """What came of an import.

    Attributes:
        taken: Rows taken.
        bad: Rows left out.
        reasons: How many were left out for each reason.
        lines: The first bad rows as (line in the file, sentence).
        notes: What a person should know beyond that.
    """

    taken: int = 0
    bad: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    lines: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def reject(self, line: int, error: BadRowError) -> None:
        """Count a bad row and keep where it was."""
        self.bad += 1
        self.reasons[error.reason] += 1
        if len(self.lines) < KEPT_BAD_ROWS:
            self.lines.append((line, str(error)))

    def text(self, *, most: int = 20) -> str:
        """Return the report as a person reads it."""
        out = [f"{self.taken} rows taken, {self.bad} left out."]
        out += [f"  {count:>7} × {reason}" for reason, count in self.reasons.most_common()]
        out += [f"  line {line}: {sentence}" for line, sentence in self.lines[:most]]
        if self.bad > most:
            out.append(f"  … and {self.bad - most} more")
        return "\n".join(out + self.notes)
