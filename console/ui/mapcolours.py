"""The three colours of districts and streets, with the reason for each."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from console.analysis.situation import WINDOW, Situation, Tone, alike_days, judged
from console.domain.errors import ZhihuiError
from console.domain.incidents import Incident, Stage
from console.protocol.situation import UsualLoad
from console.ui.mirror import Mirror
from console.ui.outcomes import outcome_of
from console.ui.words import form_word

_LOG = logging.getLogger("zhihui.map")
#: The present is counted anew so often; what is usual is asked for so often.
COUNT_MS, ASK_MS = 10_000, 600_000
#: After central could not say what is usual, it is asked again.
ASK_AGAIN_MS = 30_000


class UsualSource(Protocol):
    """Says what is usual."""

    def usual_load(self) -> Future[UsualLoad]:
        """Return it to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaTone:
    """The colour of an area and what led to it.

    Attributes:
        late: How many of its incidents are past their limit.
        most: Code of the form most of them have, and how many have it; ``None`` without incidents.
    """

    situation: Situation
    late: int
    most: tuple[str, int] | None


class MapColours(QObject):
    """Counts incidents by area, and judges them by what central says is usual.

    Signals:
        changed: A colour or a count is another one.
    """

    changed = Signal()
    _came = Signal(object)

    def __init__(self, mirror: Mirror, source: UsualSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror, self._source = mirror, source
        self._usual: UsualLoad | None = None
        self._tones: dict[str, AreaTone] = {}
        self._areas: Mapping[str, str] = {}
        self._windows: Mapping[str, Sequence[int]] = {}
        self._alike: tuple[UsualLoad, list[int]] | None = None
        self._judged: dict[tuple[str, int], Situation | None] = {}
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._count = QTimer(self, interval=COUNT_MS)
        self._count.timeout.connect(self.count)
        self._ask = QTimer(self, interval=ASK_MS)
        self._ask.timeout.connect(self.ask)

    @property
    def tones(self) -> Mapping[str, AreaTone]:
        """Each area's colour; areas without one are not known well enough."""
        return self._tones

    def watch(self, areas: Mapping[str, str]) -> None:
        """Judge districts and streets from now on; asks central what is usual there.

        Args:
            areas: The district of each; of a district itself.
        """
        self._areas = areas
        self._count.start()
        self._ask.start(0)

    def stop(self) -> None:
        """Look no further."""
        self._count.stop()
        self._ask.stop()

    def ask(self) -> None:
        """Ask central what is usual."""
        self._ask.setInterval(ASK_MS)
        self._source.usual_load().add_done_callback(lambda done: self._came.emit(outcome_of(done)))

    @Slot(object)
    def _take(self, outcome: object) -> None:
        if isinstance(outcome, UsualLoad):
            self._usual = outcome
            self.count()
        elif isinstance(outcome, ZhihuiError | CancelledError):
            _LOG.info("what is usual is not known: %s", outcome)
            if self._ask.isActive():
                self._ask.start(ASK_AGAIN_MS)
        elif isinstance(outcome, BaseException):
            raise outcome

    def count(self) -> None:
        """Count the present, and judge it."""
        if self._usual is None:
            return
        now = self._mirror.now()
        self._look_back(
            self._usual, alike_days(now.astimezone(self._mirror.zone), self._usual.days)
        )
        counted = _by_area(self._mirror.incidents(), now)
        tones = {}
        for area in self._seen():
            here = counted.get(area, [])
            situation = self._judge(area, len(here))
            if situation is not None:
                tones[area] = _told(situation, here, now)
        if tones != self._tones:
            self._tones = tones
            self.changed.emit()

    def _look_back(self, usual: UsualLoad, alike: list[int]) -> None:
        """Take what is usual on days like today; judgements by another usual are forgotten."""
        if self._alike is not None and self._alike[0] is usual and self._alike[1] == alike:
            return
        self._alike = (usual, alike)
        self._windows = _windows(usual, alike)
        self._judged.clear()

    def _judge(self, area: str, count: int) -> Situation | None:
        if (area, count) not in self._judged:
            days = len(self._alike[1]) if self._alike is not None else 0
            self._judged[area, count] = judged(count, self._windows.get(area, [0] * days))
        return self._judged[area, count]

    def _seen(self) -> list[str]:
        """Return the areas whose incidents whoever is logged on may see."""
        who = self._mirror.who
        limited = who.districts if who is not None else None
        if limited is None:
            return list(self._areas)
        return [area for area, district in self._areas.items() if district in limited]

    def reason(self, area: str) -> str:
        """Return an area's colour and why, in one sentence; that it has none, and why."""
        tone = self._tones.get(area)
        if tone is None:
            return self.tr("No colour yet: too few earlier days are known.")
        held = tone.situation
        words = {
            Tone.RED: self.tr("↑↑ Red: {0} incidents in {1} h, usually {2} ({3} days)"),
            Tone.YELLOW: self.tr("↑ Yellow: {0} incidents in {1} h, usually {2} ({3} days)"),
            Tone.GREEN: self.tr("Green: {0} incidents in {1} h, usually {2} ({3} days)"),
        }[held.tone]
        hours = round(WINDOW / timedelta(hours=1))
        parts = [words.format(held.count, hours, f"{held.usual:.1f}", held.windows)]
        if tone.most is not None:
            form, count = tone.most
            parts.append(self.tr("most: {0} {1}").format(form_word(form), count))
        if tone.late:
            parts.append(self.tr("past their limit: {0}").format(tone.late))
        return " · ".join(parts)


def _windows(usual: UsualLoad, alike: Sequence[int]) -> dict[str, list[int]]:
    """Return each area's counts on earlier days of today's kind."""
    place = {ago: number for number, ago in enumerate(alike)}
    found: dict[str, list[int]] = {}
    for area, ago, count in usual.counts:
        if ago in place:
            found.setdefault(area, [0] * len(alike))[place[ago]] = count
    return found


def _by_area(incidents: Iterable[Incident], now: datetime) -> dict[str, list[Incident]]:
    found: defaultdict[str, list[Incident]] = defaultdict(list)
    for one in incidents:
        if one.stage is Stage.CANCELLED or not now - WINDOW < one.opened_at <= now:
            continue
        for area in (one.district, one.street):
            if area is not None:
                found[area].append(one)
    return found


def _told(situation: Situation, here: Sequence[Incident], now: datetime) -> AreaTone:
    forms = Counter(one.form for one in here).most_common(1)
    late = sum(one.is_open and one.due_at is not None and one.due_at < now for one in here)
    return AreaTone(situation=situation, late=late, most=forms[0] if forms else None)
