"""What is said to units: written, broadcast, called by roll; who had it, read it, answered."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from console.domain.telling import MessageKind, ReceiptState
from console.ui.messages import MessageLine, MessagesModel, ReceiptLine, ReceiptsModel, kind_word
from widgets.common.appearance import Appearance
from widgets.common.labels import set_tone
from widgets.common.shapes import Mark, Shape
from widgets.common.theme import Token
from widgets.shift.parts import KeyTable, button

_STATES = {
    ReceiptState.SENT: Mark(shape=Shape.DASHED_RING, token=Token.HIGH),
    ReceiptState.DELIVERED: Mark(shape=Shape.RING, token=Token.SECONDARY),
    ReceiptState.READ: Mark(shape=Shape.DOT, token=Token.AVAILABLE),
    ReceiptState.ANSWERED: Mark(shape=Shape.DOT, token=Token.EN_ROUTE),
}
_NEW = Mark(shape=Shape.TRIANGLE, token=Token.CAUTION)


class TalkPane(QWidget):
    """Messages at the left, the receipts of the chosen one at the right, a line to write above.

    Args:
        appearance: Colours.
        model: The messages listed.
        receipts: The receipts of the chosen one.
        is_roll: Whether it is about roll calls only.

    Signals:
        send_wanted: Kind, to whom and the words as typed.
        end_wanted: Id of a roll call to be ended.
        heard: Ids of a roll call and of a unit that answered it by radio.
        call_wanted: Id of a unit to be called.
        seen: A reply that was read, a `TextMessage`.
    """

    send_wanted = Signal(str, str, str)
    end_wanted = Signal(str)
    heard = Signal(str, str)
    call_wanted = Signal(str)
    seen = Signal(object)

    def __init__(
        self,
        appearance: Appearance,
        model: MessagesModel,
        receipts: ReceiptsModel,
        *,
        is_roll: bool,
    ) -> None:
        super().__init__()
        self._model, self._receipts, self._is_roll = model, receipts, is_roll
        self.kind, self.to, self.words = QComboBox(), QLineEdit(), QLineEdit()
        self._send = button(self._ask)
        self._summary = QLabel()
        set_tone(self._summary, "title")
        self.table = KeyTable(model, stretched=MessagesModel.TEXT)
        self.table.dress(appearance, _message_mark, _message_token)
        self.units = KeyTable(receipts, stretched=ReceiptsModel.REACH)
        self.units.dress(appearance, _receipt_mark, _receipt_token)
        self._buttons = {
            "end": button(self._end), "heard": button(self._heard), "call": button(self._call),
            "seen": button(self._see),
        }  # fmt: skip
        self._lay_out()
        self._join()
        self._retranslate()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        for part, share in ((self.kind, 0), (self.to, 1), (self.words, 3), (self._send, 0)):
            top.addWidget(part, share)
        self.kind.setVisible(not self._is_roll)
        right = QWidget()
        side = QVBoxLayout(right)
        side.setContentsMargins(0, 0, 0, 0)
        side.addWidget(self._summary)
        side.addWidget(self.units, 1)
        middle = QSplitter()
        middle.addWidget(self.table)
        middle.addWidget(right)
        middle.setSizes([640, 560])
        below = QHBoxLayout()
        wanted = ("end", "heard", "call") if self._is_roll else ("seen", "call")
        for name in wanted:
            below.addWidget(self._buttons[name])
        for name in set(self._buttons) - set(wanted):
            self._buttons[name].hide()
        below.addStretch(1)
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(middle, 1)
        column.addLayout(below)
        self.table.setColumnHidden(MessagesModel.KIND, self._is_roll)
        self.units.setColumnHidden(ReceiptsModel.ANSWERED, not self._is_roll)

    def _join(self) -> None:
        self.words.returnPressed.connect(self._ask)
        self.to.returnPressed.connect(self.words.setFocus)
        self.table.chosen.connect(self._show)
        self._model.counted.connect(self._show_summary)
        self.table.do_on({Qt.Key.Key_E: self._end, Qt.Key.Key_Space: self._see})
        self.units.do_on({Qt.Key.Key_R: self._heard, Qt.Key.Key_P: self._call})

    def offer(self, names: list[str]) -> None:
        """Offer districts, streets and areas while whom it goes to is typed."""
        offered = QCompleter(names, self)
        offered.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        offered.setFilterMode(Qt.MatchFlag.MatchContains)
        self.to.setCompleter(offered)

    def write_to(self, whom: str, kind: MessageKind = MessageKind.TEXT) -> None:
        """Begin a message to somebody."""
        self.kind.setCurrentIndex(max(0, self.kind.findData(kind.value)))
        self.to.setText(whom)
        (self.words if whom else self.to).setFocus()

    def clear(self) -> None:
        """Begin anew, after what was typed is sent; the newest message is looked at."""
        self.words.clear()
        self._model.look()
        self.table.selectRow(0)

    def _ask(self) -> None:
        kind = MessageKind.ROLL_CALL.value if self._is_roll else str(self.kind.currentData())
        self.send_wanted.emit(kind, self.to.text().strip(), self.words.text().strip())

    def _show(self) -> None:
        line = self.table.value
        wanted = line.message.id if isinstance(line, MessageLine) else ""
        held = self._receipts.message
        if wanted != ("" if held is None else held.id):
            self._receipts.pick(wanted)
        self._show_summary()

    def _show_summary(self) -> None:
        line = self.table.value
        is_one = isinstance(line, MessageLine)
        self._summary.setText(self._model.state_text(line) if is_one else "")
        is_open = is_one and line.message.is_open_call
        self._buttons["end"].setEnabled(is_open)
        self._buttons["heard"].setEnabled(is_one)
        is_new = is_one and line.message.kind is MessageKind.REPLY and line.message.seen_at is None
        self._buttons["seen"].setEnabled(is_new)

    def _end(self) -> None:
        line = self.table.value
        if isinstance(line, MessageLine) and line.message.is_open_call:
            self.end_wanted.emit(line.message.id)

    def _heard(self) -> None:
        line, message = self.units.value, self._receipts.message
        if isinstance(line, ReceiptLine) and message is not None and self._is_roll:
            self.heard.emit(message.id, line.receipt.unit)

    def _call(self) -> None:
        line, message = self.units.value, self.table.value
        if isinstance(line, ReceiptLine):
            self.call_wanted.emit(line.receipt.unit)
        elif isinstance(message, MessageLine) and message.sender is not None:
            self.call_wanted.emit(message.sender.id)

    def _see(self) -> None:
        if isinstance(line := self.table.value, MessageLine):
            self.seen.emit(line.message)

    def _retranslate(self) -> None:
        held = self.kind.currentData()
        self.kind.clear()
        for kind in (MessageKind.TEXT, MessageKind.BROADCAST):
            self.kind.addItem(kind_word(kind), kind.value)
        self.kind.setCurrentIndex(max(0, self.kind.findData(held)))
        self.kind.setAccessibleName(self.tr("Kind of message"))
        if self._is_roll:
            self.to.setPlaceholderText(self.tr("Whom: district, street, area or city"))
            self.words.setPlaceholderText(self.tr("Words of the roll call; may be empty"))
            self._send.setText(self.tr("Call the roll"))
            empty = self.tr("Roll calls and who answered them. None was held in three days.")
        else:
            self.to.setPlaceholderText(
                self.tr("Whom: K7,K9 · #3 for row 3 · a district, street, area or city")
            )
            self.words.setPlaceholderText(self.tr("Words"))
            self._send.setText(self.tr("Send"))
            empty = self.tr("Messages to units and what they wrote. None in three days.")
        self.to.setAccessibleName(self.to.placeholderText())
        self.words.setAccessibleName(self.words.placeholderText())
        self.table.say_empty(empty)
        self.table.setAccessibleName(self.tr("Messages"))
        self.units.setAccessibleName(self.tr("Receipts"))
        self.units.say_empty(self.tr("The units of the chosen message, and how far it has come."))
        for name, word in {
            "end": self.tr("E End the roll call"), "heard": self.tr("R Answered by radio"),
            "call": self.tr("P Call"), "seen": self.tr("Space Reply is read"),
        }.items():  # fmt: skip
            self._buttons[name].setText(word)
        self._show_summary()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self._model.retranslate()
            self._receipts.retranslate()
        super().changeEvent(event)


def _message_mark(line: MessageLine, column: int) -> Mark | None:
    message = line.message
    is_new = message.kind is MessageKind.REPLY and message.seen_at is None
    waits = is_new or message.is_open_call
    return _NEW if column == MessagesModel.TIME and waits else None


def _message_token(line: MessageLine, column: int) -> Token:
    is_said = column in (MessagesModel.WHO, MessagesModel.TEXT)
    return Token.TEXT if is_said else Token.SECONDARY


def _receipt_mark(line: ReceiptLine, column: int) -> Mark | None:
    return _STATES[line.receipt.state] if column == ReceiptsModel.UNIT else None


def _receipt_token(line: ReceiptLine, column: int) -> Token:
    is_first = column == ReceiptsModel.UNIT
    if column == ReceiptsModel.STATE and line.receipt.state is ReceiptState.SENT:
        return Token.HIGH
    return Token.TEXT if is_first else Token.SECONDARY
