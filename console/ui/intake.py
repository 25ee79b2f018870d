"""What a seat is shown while somebody speaks, worked out as it is typed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

from PySide6.QtCore import QObject, Qt, Signal, Slot

from console.dispatch.classify import Suggestion, suggest
from console.dispatch.intake import (
    PLACE_RADIUS_M,
    History,
    PastCase,
    PastReport,
    PlaceNote,
    likely_same,
    near_cases,
    place_notes,
    plain_number,
    questions_of,
    text_of,
)
from console.dispatch.merge import Likeness
from console.domain.catalogue import CatalogueItem
from console.domain.ids import ReportId
from console.domain.incidents import Report
from console.domain.levels import Channel, Level, Role
from console.domain.permissions import may
from console.ui.mirror import Mirror
from console.ui.words import is_chinese

#: Numbers shorter than this are still being typed.
_LEAST_DIGITS = 7
#: Channels that a seat enters by hand, the commonest first.
CHANNELS: tuple[Channel, ...] = (
    Channel.HOTLINE, Channel.LEADER, Channel.TRANSFER, Channel.MEDIA, Channel.ONLINE,
    Channel.APP, Channel.LETTER, Channel.PATROL, Channel.SENSOR, Channel.OFFICER,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeDraft:
    """What is typed so far.

    Attributes:
        form: Code of the form that was chosen, ``None`` while none is.
        level: ``None`` for the form's usual level.
        lat: WGS-84 degrees, ``None`` where the place is only words.
        lon: WGS-84 degrees.
        into: Id of the open incident it goes into by the seat's word.
        apart: It is a matter of its own by the seat's word.
        urgent: It is passed to the dispatch screen at once.
        answers: What was asked and answered.
    """

    channel: Channel = Channel.HOTLINE
    caller: str = ""
    phone: str = ""
    place: str = ""
    text: str = ""
    form: str | None = None
    level: Level | None = None
    lat: float | None = None
    lon: float | None = None
    into: str | None = None
    apart: bool = False
    urgent: bool = False
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeKnown:
    """What is known of what is typed.

    Attributes:
        suggestion: Form and urgency that the words suggest.
        questions: What has to be asked.
        template: Words that a message of this form begins with, "" for none.
        notes: What is written down about the place.
        near: Open incidents within 200 m.
        same: Open incidents that it may be about, the likeliest first.
        history: What happened before.
        may_see_callers: Whether who is logged on may see who called.
        has_number: Whether a whole telephone number was looked up.
        has_position: Whether the place is one on the map.
    """

    suggestion: Suggestion
    questions: tuple[str, ...] = ()
    template: str = ""
    notes: tuple[PlaceNote, ...] = ()
    near: tuple[PastCase, ...] = ()
    same: tuple[Likeness, ...] = ()
    history: History = field(default_factory=History)
    may_see_callers: bool = True
    has_number: bool = False
    has_position: bool = False


class Histories(Protocol):
    """Asks central: the sync client."""

    def administer(
        self, method: str, path: str, kind: type[Any], body: object = None
    ) -> Future[Any]:
        """Return central's answer to come."""


class IntakeModel(QObject):
    """Looks up what is known of a draft; what central knows besides comes when it comes.

    Signals:
        changed: The `IntakeKnown`.
    """

    changed = Signal(object)
    _came = Signal(object, object)

    def __init__(self, mirror: Mirror, source: Histories, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror, self._source = mirror, source
        self._draft = IntakeDraft()
        self._asked: tuple[str, float | None, float | None] = ("", None, None)
        self._told = History()
        self.known = IntakeKnown(suggestion=suggest(""))
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def look(self, draft: IntakeDraft) -> None:
        """Take what is typed now; `changed` tells what is known of it."""
        self._draft = draft
        number = plain_number(draft.phone)
        number = number if len(number) >= _LEAST_DIGITS else ""
        asked = number, draft.lat, draft.lon
        if asked != self._asked:
            self._asked, self._told = asked, self._kept(draft, number)
            self._ask(asked)
        self._tell()

    @Slot()
    def forget(self) -> None:
        """Begin with an empty draft."""
        self._asked, self._told = ("", None, None), History()
        self.look(IntakeDraft())

    def _tell(self) -> None:
        draft, mirror = self._draft, self._mirror
        suggestion = suggest(f"{draft.text} {draft.place}")
        form = draft.form or suggestion.form
        items = mirror.every(CatalogueItem)
        in_chinese = is_chinese()
        self.known = IntakeKnown(
            suggestion=suggestion,
            questions=tuple(questions_of(items, form, in_chinese=in_chinese)),
            template=text_of(items, form, in_chinese=in_chinese),
            notes=tuple(place_notes(items, draft.lat, draft.lon)),
            near=tuple(near_cases(mirror.open_incidents(), draft.lat, draft.lon)),
            same=tuple(self._same(form)),
            history=self._told,
            may_see_callers=self._may_see_callers,
            has_number=bool(self._asked[0]),
            has_position=draft.lat is not None,
        )
        self.changed.emit(self.known)

    @property
    def _may_see_callers(self) -> bool:
        who = self._mirror.who
        return who is not None and may(Role(who.role), "read:callers")

    def _same(self, form: str | None) -> list[Likeness]:
        draft = self._draft
        if not draft.text and not draft.place:
            return []
        report = Report(
            id=ReportId("draft"),
            channel=draft.channel,
            received_at=self._mirror.now(),
            text=draft.text,
            place=draft.place,
            form=form,
            lat=draft.lat,
            lon=draft.lon,
        )
        every = self._mirror.open_incidents()
        return likely_same(report, every, self._mirror.reports_of)[:3]

    def _kept(self, draft: IntakeDraft, number: str) -> History:
        """Return what this console keeps: shown at once, and all there is offline."""
        mirror = self._mirror
        reports = mirror.reports_by_phone(number) if number and self._may_see_callers else []
        return History(
            caller=tuple(self._past(one) for one in reports[:20]),
            place=tuple(near_cases(mirror.incidents(), draft.lat, draft.lon)[:20]),
        )

    def _past(self, report: Report) -> PastReport:
        case = self._mirror.incident(report.incident) if report.incident else None
        return PastReport(
            received_at=report.received_at,
            channel=report.channel,
            form=report.form if case is None else case.form,
            place=report.place,
            text=report.text,
            incident=report.incident,
            number=None if case is None else case.number,
            stage=None if case is None else case.stage.value,
            rating=None if case is None else case.rating,
        )

    def _ask(self, asked: tuple[str, float | None, float | None]) -> None:
        number, lat, lon = asked
        if not (number or lat is not None) or not self._may_see_callers:
            return
        query: dict[str, Any] = {"phone": number} if number else {}
        query |= {"lat": lat, "lon": lon} if lat is not None else {}
        answer = self._source.administer("GET", f"/v1/intake/history?{urlencode(query)}", History)
        answer.add_done_callback(lambda done: self._give(asked, done))

    def _give(self, asked: object, done: Future[Any]) -> None:
        """Carry central's answer over; called in the thread that fetched it."""
        if not done.cancelled() and done.exception() is None:
            self._came.emit(asked, done.result())

    @Slot(object, object)
    def _take(self, asked: object, history: History) -> None:
        if asked == self._asked:  # else something else was typed meanwhile
            self._told = history
            self._tell()


def answers_text(answers: Sequence[tuple[str, str]]) -> str:
    """Return what was asked and answered as the log keeps it."""
    return "\n".join(f"{asked} {told}" for asked, told in answers if told.strip())


__all__ = [
    "CHANNELS",
    "PLACE_RADIUS_M",
    "IntakeDraft",
    "IntakeKnown",
    "IntakeModel",
    "answers_text",
]
