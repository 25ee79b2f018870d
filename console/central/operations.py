"""What keeps central in good order: its disk, its figures, and what is not kept for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from console.central.acts import Actor
from console.central.auditdesk import AuditDesk
from console.central.disk import DiskGuard
from console.central.figures import Figures
from console.central.metrics import LogCounter, Metrics
from console.central.retention import Retention
from console.central.settings import CentralError
from console.domain.audit import Act, Outcome
from console.domain.levels import Role

LOOK_S = 1.0
#: When what is outdated is taken out, by the city's clock: few work then.
RETENTION_AT = time(3, 40)
#: Central itself.
ITSELF = Actor(person=None, role=Role.ADMINISTRATOR, device="central")
_log = logging.getLogger("zhihui.central")


class Operations:
    """Looks after the disk, counts, and takes out what is outdated once a day."""

    def __init__(
        self,
        guard: DiskGuard,
        figures: Figures,
        retention: Retention,
        audit: AuditDesk,
        *,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        """Args are set once; nothing runs before `start`."""
        self.guard, self.retention, self._of = guard, retention, figures
        self.metrics = Metrics(lambda: {**figures.now(), **self.figures()})
        self._audit = audit
        self._zone = zone
        self._clock = clock
        self._counter = LogCounter(self.metrics)
        self._tasks: list[asyncio.Task[None]] = []
        self._was_full = guard.is_full

    def start(self) -> None:
        """Begin."""
        logging.getLogger("zhihui").addHandler(self._counter)
        self._tasks = [
            asyncio.create_task(self._look_again_and_again()),
            asyncio.create_task(self._retain_every_day()),
        ]

    async def stop(self) -> None:
        """End."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        logging.getLogger("zhihui").removeHandler(self._counter)

    def observed(self, method: str, route: str, status: int, took_s: float) -> None:
        """Take note of a request that was answered."""
        self.metrics.requested((method, route, str(status)), took_s)

    def health(self, trouble: str | None) -> dict[str, str | int]:
        """Return what the health page says of disk and audit.

        Args:
            trouble: What keeps the writer from writing, if anything does.
        """
        status = "full" if self.guard.is_full else "failing" if trouble else "ok"
        told: dict[str, str | int] = {
            "status": status,
            "disk_free_mb": self.guard.free_bytes >> 20,
            "audit_waiting": self._audit.waiting,
        }
        if self.guard.is_full:
            told["trouble"] = str(self.guard.refusal())
        elif trouble is not None:
            told["trouble"] = trouble
        if self._of.trails.is_paused:
            told["trails"] = "not written"
        return told

    def figures(self) -> Mapping[str, float]:
        """Return the figures of disk and audit."""
        return {
            "disk_free_bytes": self.guard.free_bytes,
            "disk_reserve_held": int(self.guard.holds_reserve),
            "disk_full": self.guard.times_full,
            "audit_waiting": self._audit.waiting,
            "audit_lost": self._audit.lost,
        }

    def look(self) -> None:
        """Look at the disk, and have the audit say when it became full and when that ended."""
        self.guard.look()
        is_full = self.guard.is_full
        self.metrics.full.set(int(is_full))
        self._of.consoles.tell_full(self._clock() if is_full else None)
        if is_full is not self._was_full:
            self._was_full = is_full
            self._audit.note(
                Act(
                    at=self._clock(),
                    action="disk_full" if is_full else "disk_has_room",
                    outcome=Outcome.FAILED if is_full else Outcome.DONE,
                    details={"free_bytes": self.guard.free_bytes},
                )
            )

    async def _look_again_and_again(self) -> None:
        while True:
            try:
                self.look()
            except OSError as error:
                _log.error("central's disk cannot be looked at: %s", error)
            await asyncio.sleep(LOOK_S)

    async def _retain_every_day(self) -> None:
        while True:
            await asyncio.sleep(seconds_until(RETENTION_AT, self._clock().astimezone(self._zone)))
            try:
                await self.retention.run(ITSELF)
            except (CentralError, OSError) as error:
                _log.error("what is outdated could not be taken out today: %s", error)


def seconds_until(at: time, now: datetime) -> float:
    """Return the seconds from ``now`` to the next ``at`` on its own clock, never 0."""
    due = datetime.combine(now.date(), at, tzinfo=now.tzinfo)
    if due <= now:
        due = datetime.combine(now.date() + timedelta(days=1), at, tzinfo=now.tzinfo)
    return due.timestamp() - now.timestamp()
