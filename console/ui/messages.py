"""What was written to units and by them, how far each message has come, who answered the roll."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal, Slot

from console.domain.telling import MessageKind, Receipt, ReceiptState, TextMessage
from console.domain.units import Unit
from console.ui.lines import Line, LinesModel
from console.ui.mirror import Mirror
from console.ui.queuetexts import short_number
from console.ui.words import person_word, place_word, reach_text, time_text

#: Receipts come by the hundred; they are counted this long after the first.
SOON_MS = 150


def _noop(context: str, source: str) -> str:
    return source


KIND_WORDS = {
    MessageKind.TEXT: _noop("Messages", "message"),
    MessageKind.BROADCAST: _noop("Messages", "broadcast"),
    MessageKind.ROLL_CALL: _noop("Messages", "roll call"),
    MessageKind.REPLY: _noop("Messages", "reply"),
}
STATE_WORDS = {
    ReceiptState.SENT: _noop("Messages", "sent"),
    ReceiptState.DELIVERED: _noop("Messages", "delivered"),
    ReceiptState.READ: _noop("Messages", "read"),
    ReceiptState.ANSWERED: _noop("Messages", "answered"),
}


def kind_word(kind: MessageKind) -> str:
    """Return what a message is, in words."""
    source = KIND_WORDS[kind]
    return QCoreApplication.translate("Messages", source)


def receipt_word(state: ReceiptState) -> str:
    """Return how far a message has come, in words."""
    source = STATE_WORDS[state]
    return QCoreApplication.translate("Messages", source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far a message has come with all its units; each count holds those further on.

    Attributes:
        late: Units that answered after the roll call was ended.
    """

    sent: int = 0
    delivered: int = 0
    read: int = 0
    answered: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """One message as it is listed.

    Attributes:
        sender: The unit that wrote it, for a reply.
    """

    message: TextMessage
    tally: Tally
    sender: Unit | None = None
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """One unit that a message went to."""

    receipt: Receipt
    unit: Unit | None
    place: str
    is_late: bool


def tally_of(message: TextMessage, given: Iterable[Receipt]) -> Tally:
    """Return how far a message has come."""
    receipts = list(given)
    counts = Counter(one.state for one in receipts)
    answered = counts[ReceiptState.ANSWERED]
    read = sum(one.read_at is not None for one in receipts)
    delivered = sum(one.delivered_at is not None for one in receipts)
    ended = message.ended_at
    late = [one for one in receipts if ended and one.answered_at and one.answered_at > ended]
    return Tally(
        sent=len(receipts), delivered=delivered, read=read, answered=answered, late=len(late)
    )


class MessagesModel(LinesModel[MessageLine]):
    """Messages, the newest first.

    Signals:
        unseen_changed: How many replies nobody at any desk has read.
        replied: A reply that has just come, a `TextMessage`.
        counted: Receipts have come; the counts are new.
    """

    unseen_changed = Signal(int)
    replied = Signal(object)
    counted = Signal()
    TIME, KIND, WHO, TEXT, STATE, CASE = range(6)

    def __init__(
        self,
        mirror: Mirror,
        kinds: frozenset[MessageKind] = frozenset(MessageKind),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._mirror, self._kinds = mirror, kinds
        self._known: set[str] = set()
        self._receipts: dict[str, dict[str, Receipt]] = {}
        self._tallies: dict[str, Tally] = {}
        self._is_first = True
        self.unseen = 0
        self._soon = QTimer(self, interval=SOON_MS, singleShot=True)
        self._soon.timeout.connect(self.look)
        mirror.tables_changed.connect(self._take)
        mirror.replaced.connect(self._soon.start)
        self._note([one.id for one in mirror.every(Receipt)])
        self.look()

    def titles(self) -> tuple[str, ...]:
        """Return the columns' names."""
        return (
            self.tr("Time"), self.tr("Kind"), self.tr("With"), self.tr("Words"),
            self.tr("Receipts"), self.tr("Case"),
        )  # fmt: skip

    def cell(self, value: MessageLine, column: int) -> str:
        """Return what a cell shows."""
        message = value.message
        if column == self.TIME:
            return time_text(message.sent_at)
        if column == self.KIND:
            return kind_word(message.kind)
        if column == self.WHO:
            if message.kind is MessageKind.REPLY:
                return message.from_unit or "" if value.sender is None else value.sender.call_sign
            return message.addressed
        if column == self.TEXT:
            return message.text
        return self.state_text(value) if column == self.STATE else value.number

    def state_text(self, value: MessageLine) -> str:
        """Return how far a message has come, in words."""
        message, tally = value.message, value.tally
        if message.kind is MessageKind.REPLY:
            if message.seen_at is None:
                return self.tr("new")
            return self.tr("read by {0}").format(person_word(message.seen_by or "—"))
        if message.kind is MessageKind.ROLL_CALL:
            text = (
                self.tr("{0} of {1} answered")
                if message.is_open_call
                else self.tr("ended: {0} of {1} answered")
            )
            return text.format(tally.answered, tally.sent)
        text = self.tr("{0} sent · {1} delivered · {2} read")
        return text.format(tally.sent, tally.delivered, tally.read)

    @Slot()
    def look(self) -> None:
        """Look at everything again."""
        found = [one for one in self._mirror.every(TextMessage) if one.kind in self._kinds]
        found.sort(key=lambda one: (one.sent_at, one.id), reverse=True)
        self.show([Line(one.id, self._line(one)) for one in found])
        unseen = sum(one.kind is MessageKind.REPLY and one.seen_at is None for one in found)
        if unseen != self.unseen:
            self.unseen = unseen
            self.unseen_changed.emit(unseen)
        self._tell_new(found)
        self.counted.emit()

    def _tell_new(self, found: list[TextMessage]) -> None:
        new = [one for one in reversed(found) if one.id not in self._known]
        self._known = {one.id for one in found}
        if not self._is_first:
            for one in new:
                if one.kind is MessageKind.REPLY and one.seen_at is None:
                    self.replied.emit(one)
        self._is_first = self._is_first and not self._mirror.is_loaded

    @Slot(str, list)
    def _take(self, kind: str, ids: list[str]) -> None:
        if kind == "receipt":
            self._note(ids)
        elif kind == "message":
            for one in ids:
                self._tallies.pop(one, None)
        else:
            return
        self._soon.start()

    def _note(self, ids: Iterable[str]) -> None:
        """Take receipts that differ; only their messages are counted anew."""
        for row_id in ids:
            message = row_id.partition(":")[0]
            held = self._receipts.setdefault(message, {})
            row = self._mirror.row_of(Receipt, row_id)
            if row is None:
                held.pop(row_id, None)
            else:
                held[row_id] = row
            self._tallies.pop(message, None)

    def _tally(self, message: TextMessage) -> Tally:
        if message.id not in self._tallies:
            receipts = self._receipts.get(message.id, {})
            self._tallies[message.id] = tally_of(message, receipts.values())
        return self._tallies[message.id]

    def _line(self, message: TextMessage) -> MessageLine:
        incident = self._mirror.incident(message.incident or "")
        return MessageLine(
            message=message,
            tally=self._tally(message),
            sender=self._mirror.unit(message.from_unit or ""),
            number="" if incident is None else short_number(incident),
        )


class ReceiptsModel(LinesModel[ReceiptLine]):
    """The units of one message; who has not answered or read stands on top."""

    UNIT, STATE, DELIVERED, READ, ANSWERED, PLACE, REACH = range(7)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self.message: TextMessage | None = None
        self._soon = QTimer(self, interval=SOON_MS, singleShot=True)
        self._soon.timeout.connect(self.look)
        mirror.tables_changed.connect(self._take)

    def titles(self) -> tuple[str, ...]:
        """Return the columns' names."""
        return (
            self.tr("Unit"), self.tr("State"), self.tr("Delivered"), self.tr("Read"),
            self.tr("Answered"), self.tr("Place"), self.tr("Reached by"),
        )  # fmt: skip

    def cell(self, value: ReceiptLine, column: int) -> str:
        """Return what a cell shows."""
        receipt, unit = value.receipt, value.unit
        if column == self.UNIT:
            name = "" if unit is None or not unit.name else f" {unit.name}"
            return f"{receipt.unit if unit is None else unit.call_sign}{name}"
        if column == self.STATE:
            word = receipt_word(receipt.state)
            if receipt.answered_by is not None:
                word = self.tr("{0} by radio").format(word)
            return self.tr("{0}, late").format(word) if value.is_late else word
        times = {
            self.DELIVERED: receipt.delivered_at,
            self.READ: receipt.read_at,
            self.ANSWERED: receipt.answered_at,
        }
        if column in times:
            return time_text(times[column])
        return value.place if column == self.PLACE else reach_text(unit)

    def pick(self, message: str) -> None:
        """Show the units of another message; "" for none."""
        self.message = self._mirror.row_of(TextMessage, message) if message else None
        self.look()

    @Slot()
    def look(self) -> None:
        """Look at the receipts again."""
        if self.message is None:
            self.show([])
            return
        held = self._mirror.row_of(TextMessage, self.message.id)
        self.message = message = held or self.message
        mine = [one for one in self._mirror.every(Receipt) if one.message == message.id]
        lines = [self._line(one, message) for one in mine]
        order = list(ReceiptState)
        lines.sort(
            key=lambda one: (
                order.index(one.receipt.state),
                "" if one.unit is None else f"{len(one.unit.call_sign):3}{one.unit.call_sign}",
            )
        )
        self.show([Line(one.receipt.id, one) for one in lines])

    @Slot(str, list)
    def _take(self, kind: str, _ids: list[str]) -> None:
        if kind in ("message", "receipt") and self.message is not None:
            self._soon.start()

    def _line(self, receipt: Receipt, message: TextMessage) -> ReceiptLine:
        unit = self._mirror.unit(receipt.unit)
        wanted = () if unit is None else (unit.district, unit.street)
        places = [self._mirror.jurisdiction(one) for one in wanted if one]
        ended, answered = message.ended_at, receipt.answered_at
        return ReceiptLine(
            receipt=receipt,
            unit=unit,
            place=" · ".join(place_word(one) for one in places if one is not None),
            is_late=bool(ended and answered and answered > ended),
        )
