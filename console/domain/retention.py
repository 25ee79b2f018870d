"""How long things are kept (保存期限): a table of days, checked when it is made."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from console.domain.errors import ZhihuiError

#: Consoles offer accepted commands again for 72 h after a restore; a result outlives that.
FEWEST_RESULT_DAYS = 7
#: What came from a console is entered by its outbox when it is back from an outage.
FEWEST_UNCLAIMED_DAYS = 7


class RetentionError(ZhihuiError):
    """A time that cannot be kept to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRules:
    """Days that things are kept; 0 keeps them for ever.

    Attributes:
        positions_days: Last positions of units that are heard of no more.
        evidence_days: Bytes of evidence after the closing of every incident they belong to;
            what they were, their hash and their size are kept.
        changes_days: The change log; the newest 20,000 revisions stay, consoles catch up by them.
        results_days: Results of commands, by which one sent again is known.
        area_events_days: What happened at areas; the audit keeps it as well.
        unclaimed_days: Bytes of evidence that were sent and never entered in an incident.
        readings_days: What sensors read; whole days go, by the file.
    """

    positions_days: int = 30
    evidence_days: int = 0
    changes_days: int = 90
    results_days: int = 400
    area_events_days: int = 365
    unclaimed_days: int = 30
    readings_days: int = 92

    def __post_init__(self) -> None:
        """Check the days.

        Raises:
            RetentionError: One is negative, or results would be forgotten too early.
        """
        for name, days in asdict(self).items():
            if days < 0:
                raise RetentionError(f"“{name}” is {days}; a number of days, or 0 for ever.")
        if 0 < self.unclaimed_days < FEWEST_UNCLAIMED_DAYS:
            raise RetentionError(
                f"Evidence that no incident has yet is kept {FEWEST_UNCLAIMED_DAYS} days at least: "
                "a console or handheld may have been away for so long."
            )
        if 0 < self.results_days < FEWEST_RESULT_DAYS:
            raise RetentionError(
                f"Results of commands are kept {FEWEST_RESULT_DAYS} days at least: consoles may "
                f"send a command again for so long. {self.results_days} would do it twice."
            )
