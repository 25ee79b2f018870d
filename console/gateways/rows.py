"""Bad rows: told by line and reason, counted, and never in the way of the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from console.domain.errors import ZhihuiError

#: As many bad rows as are kept with their line; the rest are only counted by reason.
KEPT_BAD_ROWS = 100_000


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
        lines: The bad rows as (line in the file, sentence).
        notes: What a person should know beyond that.
        thing: What the numbers in ``lines`` count: lines, unless said otherwise.
    """

    taken: int = 0
    bad: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    lines: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    thing: str = "line"
    _shown: dict[str, list[int]] = field(default_factory=dict)

    def reject(self, line: int, error: BadRowError) -> None:
        """Count a bad row and keep where it was."""
        self.bad += 1
        self.reasons[error.reason] += 1
        if len(self.lines) < KEPT_BAD_ROWS:
            self._shown.setdefault(error.reason, []).append(len(self.lines))
            self.lines.append((line, str(error)))

    def text(self, *, most: int = 20) -> str:
        """Return the report as a person reads it.

        Args:
            most: About how many bad rows are named, shared out among the reasons.
        """
        out = [f"{self.taken} rows taken, {self.bad} left out."]
        each = max(1, most // max(1, len(self.reasons)))
        for reason, count in self.reasons.most_common():
            out.append(f"  {count:>7} × {reason}")
            out += self._examples(reason, count, each)
        return "\n".join(out + self.notes)

    def _examples(self, reason: str, count: int, most: int) -> list[str]:
        shown = [self.lines[index] for index in self._shown.get(reason, ())[:most]]
        more = f"… and {count - len(shown)} more" if count > len(shown) else ""
        if all(sentence == reason for _, sentence in shown):
            numbers = ", ".join(str(line) for line, _ in shown)
            return [f"            {self.thing} {numbers} {more}".rstrip()]
        out = [f"            {self.thing} {line}: {sentence}" for line, sentence in shown]
        return [*out, f"            {more}"] if more else out
