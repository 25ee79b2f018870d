"""The form for a new incident: what, where, in a few words; lies over the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.domain.forms import CLASSES, FORMS, Form
from console.domain.levels import Level
from console.ui.places import says
from console.ui.words import form_word, is_chinese, level_word
from widgets.common.labels import set_tone
from widgets.desk.completers import complete_form, complete_place

#: Wait this long after the last key before the place is looked up.
SEARCH_AFTER_MS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFound:
    """A place the search offers.

    Attributes:
        lat: WGS-84 degrees.
        lon: WGS-84 degrees.
        names: All it is called by.
    """

    text: str
    lat: float
    lon: float
    names: tuple[str, ...] = ()

    def is_said(self, typed: str) -> bool:
        """Whether words typed can be taken for it without asking."""
        return any(says(typed, name) for name in (self.text, *self.names))


def keep_words(typed: str, place: PlaceFound, text: QPlainTextEdit) -> None:
    """Write words typed for a place that are not in its name where what is said stands."""
    said = text.toPlainText()
    if not says(typed, place.text) and typed not in said:
        text.setPlainText("\n".join(filter(None, (said, typed))))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncident:
    """What was filled in.

    Attributes:
        level: ``None`` for the form's usual level.
        lat: WGS-84 degrees, ``None`` where the place is only words.
        lon: WGS-84 degrees, ``None`` where the place is only words.
        sends: Whether somebody is to be sent there next.
    """

    form: str
    place: str
    summary: str
    level: Level | None
    lat: float | None
    lon: float | None
    sends: bool = False


class NewIncidentForm(QFrame):
    """Takes a new incident by keyboard: Tab between fields, Ctrl+Enter opens it, Esc leaves.

    Signals:
        wanted: The `NewIncident`.
        place_typed: Words of a place to look up; answer with `offer_places`.
    """

    wanted = Signal(object)
    place_typed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setProperty("role", "popup")
        self.setMinimumWidth(520)
        self._offered: tuple[Form, ...] = FORMS
        self._found: dict[str, PlaceFound] = {}
        self._sought = ""
        self._sends = False
        self._before: QWidget | None = None
        self._title, self._trouble = QLabel(), QLabel()
        set_tone(self._title, "title")
        set_tone(self._trouble, "warn")
        self._trouble.setWordWrap(True)
        self.form, self.level = QComboBox(), QComboBox()
        self.form.setEditable(True)
        self.form.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._forms = QCompleter(self.form.model(), self)
        self.place, self.summary = QLineEdit(), QPlainTextEdit()
        self.summary.setTabChangesFocus(True)
        self.summary.setFixedHeight(72)
        self._place_rows = QStringListModel(self)
        self._labels = [QLabel() for _ in range(4)]
        self._open, self._leave = QPushButton(), QPushButton()
        self._open.clicked.connect(self._give)
        self._leave.clicked.connect(self.leave)
        self._search = QTimer(self, interval=SEARCH_AFTER_MS, singleShot=True)
        self._search.timeout.connect(lambda: self.place_typed.emit(self.place.text().strip()))
        typed = self.form.lineEdit()
        if typed is not None:
            typed.editingFinished.connect(self._settle_form)
        self.place.textEdited.connect(lambda _text: self._search.start())
        self.place.editingFinished.connect(self._settle_place)
        complete_form(self.form, self._forms)
        complete_place(self.place, self._place_rows)
        self._lay_out()
        self._retranslate()
        self.hide()

    def _lay_out(self) -> None:
        fields = QFormLayout()
        fields.setHorizontalSpacing(14)
        fields.setVerticalSpacing(8)
        for label, field in zip(
            self._labels, (self.form, self.place, self.summary, self.level), strict=True
        ):
            label.setBuddy(field)
            fields.addRow(label, field)
        buttons = QHBoxLayout()
        buttons.addWidget(self._trouble, 1)
        buttons.addWidget(self._leave)
        buttons.addWidget(self._open)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(self._title)
        column.addLayout(fields)
        column.addLayout(buttons)

    def open(self, *, place: PlaceFound | None = None, sends: bool = False) -> None:
        """Show the form, empty but for a place that was picked on the map.

        Args:
            place: What was picked.
            sends: Whether somebody is to be sent there next.
        """
        self._sends = sends
        self._say_next()
        if not self.isVisible():
            self._before = self.window().focusWidget()
        self._found = {}
        self.place.clear()
        if place is not None:
            self._found[place.text] = place
            self.place.setText(place.text)
        self.summary.clear()
        self._trouble.clear()
        self.level.setCurrentIndex(0)
        self.form.setCurrentIndex(-1)
        self.form.clearEditText()
        self.adjustSize()
        area = self.window().rect()
        self.move(max(0, (area.width() - self.width()) // 2), max(44, area.height() // 6))
        self.show()
        self.raise_()
        self.form.setFocus()

    def leave(self) -> None:
        """Put the form away and go back to where the focus was."""
        self.hide()
        if self._before is not None:
            self._before.setFocus()

    def offer_places(self, text: str, places: Sequence[PlaceFound]) -> None:
        """Offer what the search found for ``text``; an answer that came too late is left out."""
        if text != self.place.text().strip():
            return
        self._found, self._sought = {place.text: place for place in places}, text
        self._place_rows.setStringList(list(self._found))
        lost = self.tr("Not found on the map: it will have no position.")
        self._trouble.setText(lost if text and not places else "")
        if not self.place.hasFocus():
            self._settle_place()  # the answer came after the field was left
        elif places:
            self.place.completer().complete()

    def _settle_place(self) -> None:
        """Take the only place found if the words typed say it; any other a hand chooses."""
        typed = self.place.text().strip()
        if len(self._found) != 1 or typed != self._sought:
            return
        (place,) = self._found.values()
        if place.is_said(typed):
            self.place.setText(place.text)
            keep_words(typed, place, self.summary)

    def _code(self) -> str | None:
        at = self.form.findText(self.form.currentText().strip())
        if at < 0 and self._forms.completionCount() == 1:
            at = self.form.findText(self._forms.currentCompletion())
        return None if at < 0 else str(self.form.itemData(at))

    def _settle_form(self) -> None:
        """Write out the form that the words typed can only mean."""
        code = self._code()
        if code is not None:
            self.form.setCurrentIndex(self.form.findData(code))

    def _give(self) -> None:
        code, place = self._code(), self.place.text().strip()
        if code is None:
            self._trouble.setText(self.tr("Choose a form from the list."))
            self.form.setFocus()
            return
        if not place:
            self._trouble.setText(self.tr("Say where it is."))
            self.place.setFocus()
            return
        found = self._found.get(place)
        level = self.level.currentData()
        self.leave()
        self.wanted.emit(
            NewIncident(
                form=code,
                place=place,
                summary=self.summary.toPlainText().strip() or self.form.currentText(),
                level=None if level is None else Level(level),
                lat=None if found is None else found.lat,
                lon=None if found is None else found.lon,
                sends=self._sends,
            )
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Ctrl+Enter opens the incident, Enter goes on, Esc leaves."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        elif is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._give()
        elif is_enter:
            self.focusNextChild()
        else:
            super().keyPressEvent(event)

    def set_forms(self, forms: Sequence[Form]) -> None:
        """Offer these forms: those of the site's catalogue."""
        self._offered = tuple(forms)
        self._retranslate()

    def _say_next(self) -> None:
        title = self.tr("New incident, then send someone") if self._sends else ""
        self._title.setText(title or self.tr("New incident"))
        opens = self.tr("Open, then who is near (Ctrl+Enter)") if self._sends else ""
        self._open.setText(opens or self.tr("Open (Ctrl+Enter)"))

    def _retranslate(self) -> None:
        self._say_next()
        words = (
            self.tr("Form"),
            self.tr("Place"),
            self.tr("What is known"),
            self.tr("Level"),
        )
        for label, word in zip(self._labels, words, strict=True):
            label.setText(word)
        self.place.setPlaceholderText(self.tr("Street, number, name of a place"))
        self._leave.setText(self.tr("Leave (Esc)"))
        names = {each.code: each.name_zh if is_chinese() else each.name_en for each in CLASSES}
        kept = self.form.currentData()
        self.form.clear()
        for form in self._offered:
            major = names.get(form.code[:2], form.code[:2])
            self.form.addItem(f"{form_word(form.code)} · {major}", form.code)
        self.form.setCurrentIndex(self.form.findData(kept) if kept is not None else -1)
        chosen = self.level.currentIndex()
        self.level.clear()
        self.level.addItem(self.tr("usual for the form"), None)
        for level in Level:
            self.level.addItem(f"{level.value}  {level_word(level)}", int(level))
        self.level.setCurrentIndex(max(0, chosen))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
