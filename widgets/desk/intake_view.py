"""The intake: a call is taken by keyboard while what is known of it stands beside it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from console.ui.intake import IntakeDraft, IntakeKnown
from console.ui.intaketexts import suggestion_text
from widgets.common.labels import set_tone
from widgets.desk.intake_fields import IntakeFields
from widgets.desk.intake_known import IntakeKnownView
from widgets.desk.new_incident import PlaceFound
from widgets.desk.reason_bar import ReasonBar

_WIDE_PX, _HIGH_PX = 1180, 720
_CONTROL = Qt.KeyboardModifier.ControlModifier


class IntakeView(QFrame):
    """Takes calls: Tab between fields, Ctrl+Enter files, F12 passes it on as urgent, Esc leaves.

    What is typed stays when the form is left, until it was filed or cleared.

    Signals:
        typed: The `IntakeDraft` as it is now, to be looked up; answer with `show_known`.
        place_typed: Words of a place to look up; answer with `fields.offer_places`.
        filed: The `IntakeDraft` to be filed.
        place_noted: The `IntakeDraft`, what kind of note, and its words.
    """

    typed = Signal(object)
    place_typed = Signal(str)
    filed = Signal(object)
    place_noted = Signal(object, str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setProperty("role", "popup")
        self.stays_open = False
        self._before: QWidget | None = None
        self._known: IntakeKnown | None = None
        self._into: str | None = None
        self._apart = False
        self._title, self._hint, self._goes = QLabel(), QLabel(), QLabel()
        self._keys = QLabel()
        set_tone(self._keys, "small")
        self._keys.setWordWrap(True)
        set_tone(self._title, "title")
        self._hint.setWordWrap(True)
        self._goes.setWordWrap(True)
        set_tone(self._goes, "figure")
        self.fields, self.known = IntakeFields(), IntakeKnownView()
        self._note = ReasonBar()
        self._buttons = [QPushButton() for _ in range(3)]
        self._lay_out()
        self.fields.typed.connect(lambda: self.typed.emit(self.draft()))
        self.fields.place_typed.connect(self.place_typed)
        self._note.given.connect(self._give_note)
        self._note.left.connect(self.fields.place.setFocus)
        for button, does in zip(
            self._buttons, (self.leave, self._file, self._pass_on), strict=True
        ):
            button.clicked.connect(does)
        self._retranslate()
        self.hide()

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(self.fields, 1)
        left.addWidget(self._hint)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addLayout(left, 11)
        right = QVBoxLayout()
        right.addWidget(self.known, 1)
        right.addWidget(self._keys)
        middle.addLayout(right, 10)
        foot = QHBoxLayout()
        foot.addWidget(self._goes, 1)
        for button in self._buttons:
            button.setAutoDefault(False)
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 12, 18, 12)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addLayout(middle, 1)
        column.addWidget(self._note)
        column.addLayout(foot)

    # coming and going

    def open(self, *, place: PlaceFound | None = None) -> None:
        """Show the form as it was left, or with a place that was picked on the map."""
        if not self.isVisible():
            self._before = self.window().focusWidget()
        if place is not None:
            self.fields.clear(place=place)
        self.fit()
        self.show()
        self.raise_()
        (self.fields.text if place is not None else self.fields.phone).setFocus()
        self.typed.emit(self.draft())

    def fit(self) -> None:
        """Fill the middle of the window."""
        area = self.window().rect()
        width, height = min(_WIDE_PX, area.width() - 40), min(_HIGH_PX, area.height() - 70)
        left, top = (area.width() - width) // 2, max(40, (area.height() - height) // 3)
        self.setGeometry(left, top, width, height)

    def leave(self) -> None:
        """Put the form away; what is typed is there when it comes back."""
        self.hide()
        if self._before is not None:
            self._before.setFocus()

    def clear(self) -> None:
        """Begin with the next call."""
        self._into, self._apart = None, False
        self.fields.clear()
        self.typed.emit(self.draft())
        if self.isVisible():
            self.fields.phone.setFocus()

    # what is shown

    def draft(self) -> IntakeDraft:
        """Return the call as far as it is taken."""
        return replace(self.fields.draft(), into=self._into, apart=self._apart)

    def show_known(self, known: IntakeKnown) -> None:
        """Show what is known of the draft."""
        self._known = known
        found = known.suggestion
        urgent = found.level if found.urgent_because else None
        self.fields.suggest(found.form, urgent)
        self.fields.ask(known.questions)
        if self._into not in {one.incident.id for one in known.same}:
            self._into = None
        self.known.show_known(known, self._into)
        hints = [suggestion_text(found)]
        if known.template and not self.fields.text.toPlainText().strip():
            hints.append(self.tr("F8 writes: {0}").format(known.template.replace("\n", " ")))
        self._hint.setText("\n".join(each for each in hints if each))
        self._say_where()

    def _say_where(self) -> None:
        same = () if self._known is None else self._known.same
        chosen = next((one for one in same if one.incident.id == self._into), None)
        if chosen is not None:
            number = chosen.incident.short_number or self.tr("not numbered yet")
            self._goes.setText(self.tr("Goes into {0}").format(number))
        elif self._apart:
            self._goes.setText(self.tr("Becomes a case of its own"))
        elif same:
            self._goes.setText(self.tr("Central decides whether it is the same; Ctrl+J chooses"))
        else:
            self._goes.setText(self.tr("Becomes a new case"))

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Ctrl+Enter files, F12 passes on, Ctrl+J joins, F8 writes the template, Esc leaves."""
        key, control = event.key(), bool(event.modifiers() & _CONTROL)
        is_enter = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if key == Qt.Key.Key_Escape:
            self.leave()
        elif is_enter and control:
            self._file()
        elif is_enter:
            self.focusNextChild()
        elif key == Qt.Key.Key_F12:
            self._pass_on()
        elif key == Qt.Key.Key_F8:
            self._write_template()
        elif control and key == Qt.Key.Key_J:
            self._join_next()
        elif control and key == Qt.Key.Key_H:
            self._ask_note()
        elif key == Qt.Key.Key_F5:
            self.clear()
        else:
            super().keyPressEvent(event)

    def _join_next(self) -> None:
        """Choose the next of: central decides, each that may be the same, a case of its own."""
        ids = [one.incident.id for one in (self._known.same if self._known is not None else ())]
        steps: list[tuple[str | None, bool]] = [(None, False), *((one, False) for one in ids)]
        steps.append((None, True))
        at = steps.index((self._into, self._apart)) if (self._into, self._apart) in steps else 0
        self._into, self._apart = steps[(at + 1) % len(steps)]
        if self._known is not None:
            self.known.show_known(self._known, self._into)
        self._say_where()

    def _write_template(self) -> None:
        if self._known is not None and self._known.template:
            self.fields.text.appendPlainText(self._known.template)

    def _ask_note(self) -> None:
        kinds = (
            ("hazard", self.tr("Hazard")), ("access", self.tr("Way in")),
            ("contact", self.tr("Contact")), ("note", self.tr("Note")),
        )  # fmt: skip
        self._note.ask("note", self.tr("To be known of this place"), kinds)

    def _give_note(self, _about: str, kind: str, words: str) -> None:
        self.place_noted.emit(self.draft(), kind, words)
        self.fields.text.setFocus()

    def _file(self) -> None:
        self._give(is_urgent=False)

    def _pass_on(self) -> None:
        self._give(is_urgent=True)

    def _give(self, *, is_urgent: bool) -> None:
        draft = self.draft()
        if not draft.text and not draft.place:
            self.fields.lost.setText(self.tr("Write down what was said or where it is."))
            self.fields.text.setFocus()
            return
        self.filed.emit(replace(draft, urgent=is_urgent))

    def _retranslate(self) -> None:
        self._title.setText(self.tr("Intake"))
        leave, file, pass_on = self._buttons
        leave.setText(self.tr("Leave (Esc)"))
        file.setText(self.tr("File (Ctrl+Enter)"))
        pass_on.setText(self.tr("Urgent: to dispatch (F12)"))
        self._keys.setText(
            self.tr("F8 usual words · Ctrl+J where it goes · Ctrl+H note on the place · F5 anew")
        )
        self._say_where()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep within the window."""
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
