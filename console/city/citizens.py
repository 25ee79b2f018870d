"""Citizens who report what happens, as it happens; what truly happened is written down aside."""

from __future__ import annotations

import heapq
import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from console.city.citizens_events import LONGEST_DELAY, Happening, Happenings
from console.city.citizens_rates import SLOT_S
from console.city.command_post import CommandPost
from console.city.known_ids import known_id
from console.domain.incidents import Report
from console.protocol.commands import AddReport

_LOG = logging.getLogger("zhihui.city")
#: A city that was off for longer leaves out what was reported before.
LONGEST_CATCH_UP = timedelta(minutes=15)


class ReportSource(Protocol):
    """Where reports come from: the simulated citizens, or a file that is replayed."""

    def due(self, now: datetime) -> Sequence[Report]:
        """Return the reports that have come since the last call, in order of time."""
        ...


class TruthBook:
    """The record of what truly happened, one JSON object a line, appended as it happens.

    Args:
        path: The file; its folder is made when missing.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def write(self, happenings: Sequence[Happening]) -> None:
        """Append happenings."""
        if not happenings:
            return
        with self._path.open("a", encoding="utf-8") as file:
            for one in happenings:
                line = {
                    "event": one.id,
                    "form": one.form,
                    "severity": one.severity,
                    "starts_at": one.starts_at.isoformat(),
                    "lat": one.lat,
                    "lon": one.lon,
                    "place": one.place,
                    "reports": [report.id for report in one.reports],
                }
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


class Citizens:
    """The simulated citizens.

    Args:
        happenings: What happens.
        truth: Where it is written down.
        since: What was reported until then is known already, aware UTC.
    """

    def __init__(self, happenings: Happenings, truth: TruthBook, *, since: datetime) -> None:
        self._happenings, self._truth = happenings, truth
        self._until = since
        self._next_slot = int((since - LONGEST_DELAY).timestamp()) // SLOT_S
        self._coming: list[tuple[datetime, str, Report]] = []
        self._begun: dict[str, Happening] = {}

    def due(self, now: datetime) -> list[Report]:
        """Return the reports that have come since the last call, in order of time."""
        while self._next_slot * SLOT_S <= now.timestamp():
            for happening in self._happenings.of_hour(self._next_slot):
                self._expect(happening)
            self._next_slot += 1
        reports: list[Report] = []
        while self._coming and self._coming[0][0] <= now:
            reports.append(heapq.heappop(self._coming)[2])
        begun = (self._begun.pop(report.id, None) for report in reports)
        self._truth.write([one for one in begun if one is not None])
        self._until = max(self._until, now)
        return reports

    def _expect(self, happening: Happening) -> None:
        for number, report in enumerate(happening.reports):
            if report.received_at <= self._until:
                continue
            if number == 0:
                self._begun[report.id] = happening
            heapq.heappush(self._coming, (report.received_at, report.id, report))


def catch_up_from(saved: datetime | None, now: datetime) -> datetime:
    """Return since when reports are to be sent, given when the city last ran.

    Args:
        saved: Until when everything was sent, ``None`` at the first start.
        now: Aware UTC.
    """
    earliest = now - LONGEST_CATCH_UP
    if saved is None:
        return earliest
    if saved < earliest:
        _LOG.info("the city was off since %s; reports before %s are left out", saved, earliest)
    return min(max(saved, earliest), now)


def post_reports(reports: Sequence[Report], post: CommandPost) -> None:
    """Put reports into the post to central, under ids that follow from theirs."""
    for report in reports:
        at = report.received_at
        body = AddReport(report=report, incident=known_id(at, "incident", report.id))
        post.put(body, command_id=known_id(at, "add", report.id), at=at)
