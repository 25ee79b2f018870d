"""What the audit says of those who asked for what they may not do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from console.central.accounts import Session
from console.central.acts import act_by, actor_of
from console.central.auditdesk import AuditDesk
from console.domain.audit import Outcome

#: The same person's same attempt is one entry in so long, with how often it was made.
ONE_ENTRY_IN = timedelta(minutes=1)
#: People and rights kept in mind; beyond that the oldest are forgotten, and noted again.
_MOST = 4096


class Refusals:
    """Notes who was refused what; somebody who tries again and again fills no audit."""

    def __init__(self, audit: AuditDesk, clock: Callable[[], datetime]) -> None:
        self._audit, self._clock = audit, clock
        self._noted: dict[tuple[str, str], tuple[datetime, int]] = {}

    def note(self, session: Session, right: str, host: str) -> None:
        """Take note of a refusal for want of a right.

        Args:
            session: Who asked.
            right: What they lack, or the command they may not give.
            host: Address it came from.
        """
        now, key = self._clock(), (str(session.person.id), right)
        at, since = self._noted.pop(key, (None, 0))
        if at is not None and now - at < ONE_ENTRY_IN:
            self._noted[key] = at, since + 1
            return
        if len(self._noted) >= _MOST:
            self._noted.pop(next(iter(self._noted)))
        self._noted[key] = now, 0
        details = {"right": right} | ({"more_before": since} if since else {})
        actor = actor_of(session, host)
        self._audit.note(
            act_by(actor, "not_allowed", at=now, outcome=Outcome.REFUSED, details=details)
        )
