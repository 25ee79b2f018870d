"""The change of shift: the packet, read back item by item and signed; standing instructions."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from console.domain.shifts import Handover, HandoverKind
from console.ui.handovers import HandoverModel, ItemLine
from console.ui.instructions import InstructionLine, InstructionsModel
from console.ui.words import moment_text, person_word
from widgets.common.appearance import Appearance
from widgets.common.labels import set_tone
from widgets.common.shapes import LEVEL_MARKS, Mark
from widgets.common.theme import Token
from widgets.shift.parts import KeyTable, button

#: A shift is taken to have begun so long ago where nobody says otherwise.
USUAL_SHIFT = timedelta(hours=8)


class HandoverPane(QWidget):
    """The newest packet with what is done to it, and the standing instructions below.

    Signals:
        prepare_wanted: When the shift began as typed, the words to hand over.
        read_wanted: Numbers of items read back.
        sign_wanted: The packet is to be signed by whoever sits here.
        print_wanted: Path of the PDF.
        instruct_wanted: Words of a standing instruction.
        take_back_wanted: An `Instruction` that ends.
    """

    prepare_wanted = Signal(str, str)
    read_wanted = Signal(object)
    sign_wanted = Signal()
    print_wanted = Signal(object)
    instruct_wanted = Signal(str)
    take_back_wanted = Signal(object)

    def __init__(
        self, appearance: Appearance, model: HandoverModel, instructions: InstructionsModel
    ) -> None:
        super().__init__()
        self._model, self._instructions = model, instructions
        self.since, self.words, self.instruction = QLineEdit(), QLineEdit(), QLineEdit()
        begun = datetime.now().astimezone() - USUAL_SHIFT
        self.since.setText(f"{begun:%Y-%m-%d %H:%M}")
        self._since_label, self._state = QLabel(), QLabel()
        self._state.setWordWrap(True)
        set_tone(self._state, "secondary")
        self.table = KeyTable(model, stretched=HandoverModel.WHAT)
        self.table.dress(appearance, _mark, _token)
        self.rules = KeyTable(instructions, stretched=InstructionsModel.TEXT)
        self.rules.dress(appearance, lambda _line, _column: None, lambda _line, _column: Token.TEXT)
        self.buttons = {
            "prepare": button(self._prepare), "read": button(self._read),
            "ended": button(self._read_ended), "sign": button(self.sign_wanted.emit),
            "print": button(self._print), "instruct": button(self._instruct),
            "back": button(self._take_back),
        }  # fmt: skip
        self._lay_out()
        self._join()
        self._retranslate()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._since_label)
        top.addWidget(self.since, 1)
        top.addWidget(self.words, 4)
        top.addWidget(self.buttons["prepare"])
        does = QHBoxLayout()
        for name in ("read", "ended", "sign", "print"):
            does.addWidget(self.buttons[name])
        does.addStretch(1)
        packet, below = QWidget(), QWidget()
        first, second = QVBoxLayout(packet), QVBoxLayout(below)
        for box in (first, second):
            box.setContentsMargins(0, 0, 0, 0)
        first.addWidget(self._state)
        first.addWidget(self.table, 1)
        first.addLayout(does)
        line = QHBoxLayout()
        for part in (self.instruction, self.buttons["instruct"], self.buttons["back"]):
            line.addWidget(part)
        second.addWidget(self.rules, 1)
        second.addLayout(line)
        middle = QSplitter(Qt.Orientation.Vertical)
        middle.addWidget(packet)
        middle.addWidget(below)
        middle.setSizes([560, 180])
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(middle, 1)

    def _join(self) -> None:
        self._model.changed.connect(self._show_state)
        self.words.returnPressed.connect(self._prepare)
        self.instruction.returnPressed.connect(self._instruct)
        self.table.do_on(
            {
                Qt.Key.Key_Space: self._read,
                Qt.Key.Key_E: self._read_ended,
                Qt.Key.Key_G: self.sign_wanted.emit,
                Qt.Key.Key_P: self._print,
            }
        )
        self.rules.do_on({Qt.Key.Key_Delete: self._take_back})

    # what a person does

    def _prepare(self) -> None:
        self.prepare_wanted.emit(self.since.text().strip(), self.words.text().strip())

    def _read(self) -> None:
        """Read the chosen item back and go on to the next one."""
        line, row = self.table.value, self.table.current_row()
        if isinstance(line, ItemLine) and row is not None:
            self.read_wanted.emit((line.no,))
            if row + 1 < self._model.rowCount():
                self.table.selectRow(row + 1)

    def _read_ended(self) -> None:
        lines = [one for one in self._model.values if one.item.kind is HandoverKind.ENDED]
        if lines:
            self.read_wanted.emit(tuple(one.no for one in lines))

    def _print(self) -> None:
        if self._model.packet is None:
            return
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Packet as PDF"), "", "PDF (*.pdf)")
        if name:
            self.print_wanted.emit(Path(name))

    def _instruct(self) -> None:
        if self.instruction.text().strip():
            self.instruct_wanted.emit(self.instruction.text().strip())
            self.instruction.clear()

    def _take_back(self) -> None:
        if isinstance(line := self.rules.value, InstructionLine):
            self.take_back_wanted.emit(line.instruction)

    def _show_state(self, packet: Handover | None) -> None:
        if packet is None:
            text = self.tr("No packet yet: say when your shift began and prepare one.")
        else:
            text = self.tr(
                "Shift since {since} · prepared by {giver} {at} · {read} of {items} read back · "
                "handed over {given} · taken over by {taker} {taken}"
            ).format(
                since=moment_text(packet.since),
                giver=person_word(packet.given_by or "—"),
                at=moment_text(packet.prepared_at),
                read=len(packet.read_back),
                items=len(packet.items),
                given=moment_text(packet.given_at),
                taker=person_word(packet.taken_by or "—"),
                taken=moment_text(packet.taken_at),
            )
        self._state.setText(text)
        for name in ("read", "ended", "sign", "print"):
            self.buttons[name].setEnabled(packet is not None)

    def _retranslate(self) -> None:
        self._since_label.setText(self.tr("Shift since"))
        self._since_label.setBuddy(self.since)
        self.since.setAccessibleName(self.tr("Shift since"))
        self.words.setPlaceholderText(self.tr("Words to hand over; a ; parts them"))
        self.words.setAccessibleName(self.tr("Words to hand over"))
        self.instruction.setPlaceholderText(self.tr("A standing instruction for every shift"))
        self.instruction.setAccessibleName(self.instruction.placeholderText())
        for name, word in {
            "prepare": self.tr("Prepare the packet"), "read": self.tr("Space Read back"),
            "ended": self.tr("E All that ended"), "sign": self.tr("G Sign"),
            "print": self.tr("P As PDF…"), "instruct": self.tr("Enter Instruct"),
            "back": self.tr("Del Take back"),
        }.items():  # fmt: skip
            self.buttons[name].setText(word)
        self.table.setAccessibleName(self.tr("Items of the packet"))
        self.table.say_empty(
            self.tr("What is open, what changed in the shift and what always holds stands here.")
        )
        self.rules.setAccessibleName(self.tr("Standing instructions"))
        self.rules.say_empty(self.tr("Standing instructions go into every packet. There are none."))
        self._show_state(self._model.packet)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self._model.retranslate()
            self._instructions.retranslate()
        super().changeEvent(event)


def _mark(line: ItemLine, column: int) -> Mark | None:
    level = line.item.level
    return LEVEL_MARKS[level] if column == HandoverModel.WHAT and level is not None else None


def _token(line: ItemLine, column: int) -> Token:
    if column == HandoverModel.WHAT and not line.is_read:
        return Token.TEXT
    return Token.SECONDARY
