"""The left half of the intake: what is typed, and what has to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import QEvent, QStringListModel, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from console.domain.forms import CLASSES, FORMS, Form
from console.domain.levels import Channel, Level
from console.ui.intake import CHANNELS, IntakeDraft
from console.ui.words import channel_word, form_word, is_chinese, level_word
from widgets.common.labels import set_tone
from widgets.desk.completers import complete_form, complete_place
from widgets.desk.new_incident import PlaceFound, keep_words

#: Wait this long after the last key before the place is looked up and what is known is told.
LOOK_AFTER_MS = 180
_FIELDS = 7


class IntakeFields(QWidget):
    """The fields of a call; form and level follow the suggestion until a hand has chosen.

    Signals:
        typed: Something differs, a moment ago.
        place_typed: Words of a place to look up; answer with `offer_places`.
    """

    typed = Signal()
    place_typed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offered: tuple[Form, ...] = FORMS
        self._found: dict[str, PlaceFound] = {}
        self._sought = ""
        self._by_hand = {"form": False, "level": False}
        self._answers: dict[str, QLineEdit] = {}
        self.channel, self.form, self.level = QComboBox(), QComboBox(), QComboBox()
        self.phone, self.caller, self.place = QLineEdit(), QLineEdit(), QLineEdit()
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(54)
        self.text.setMaximumHeight(120)
        self.form.setEditable(True)
        self.form.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._forms = QCompleter(self.form.model(), self)
        self._place_rows = QStringListModel(self)
        self.lost = QLabel()
        set_tone(self.lost, "warn")
        self._labels = [QLabel() for _ in range(_FIELDS)]
        self._questions = QGridLayout()
        self._soon = QTimer(self, interval=LOOK_AFTER_MS, singleShot=True)
        self._soon.timeout.connect(self.typed)
        self._search = QTimer(self, interval=LOOK_AFTER_MS, singleShot=True)
        self._search.timeout.connect(lambda: self.place_typed.emit(self.place.text().strip()))
        complete_form(self.form, self._forms)
        complete_place(self.place, self._place_rows)
        self._lay_out()
        self._join()
        self.retranslate()

    def _lay_out(self) -> None:
        fields = QFormLayout()
        fields.setHorizontalSpacing(12)
        fields.setVerticalSpacing(6)
        rows = (
            self.phone, self.caller, self.channel, self.place, self.text, self.form, self.level,
        )  # fmt: skip
        for label, field in zip(self._labels, rows, strict=True):
            label.setBuddy(field)
            fields.addRow(label, field)
        self._questions.setHorizontalSpacing(8)
        self._questions.setVerticalSpacing(4)
        self._questions.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(fields)
        column.addWidget(self.lost)
        column.addLayout(self._questions)
        column.addStretch(1)

    def _join(self) -> None:
        for line in (self.phone, self.caller, self.place):
            line.textEdited.connect(lambda _text: self._soon.start())
        self.place.textEdited.connect(lambda _text: self._search.start())
        self.place.editingFinished.connect(self._settle_place)
        self.place.completer().activated.connect(self._place_chosen)
        self.text.textChanged.connect(self._soon.start)
        self.channel.activated.connect(lambda _at: self._soon.start())
        self.form.activated.connect(lambda _at: self._chosen("form"))
        self.level.activated.connect(lambda _at: self._chosen("level"))
        typed = self.form.lineEdit()
        if typed is not None:
            typed.textEdited.connect(lambda _text: self._chosen("form"))
            typed.editingFinished.connect(self._settle_form)

    def _place_chosen(self, _text: str) -> None:
        self._search.stop()
        self.lost.clear()
        self._soon.start()

    def _settle_place(self) -> None:
        """Take the only place found if the words typed say it; any other a hand chooses."""
        typed = self.place.text().strip()
        if len(self._found) != 1 or typed != self._sought:
            return
        (place,) = self._found.values()
        if place.is_said(typed):
            self.place.setText(place.text)
            keep_words(typed, place, self.text)
            self._place_chosen("")

    def _chosen(self, name: str) -> None:
        self._by_hand[name] = True
        self._soon.start()

    def clear(self, *, place: PlaceFound | None = None) -> None:
        """Begin anew, with a place that was picked on the map if there is one."""
        for line in (self.phone, self.caller, self.place):
            line.clear()
        self._found = {}
        if place is not None:
            self._found[place.text] = place
            self.place.setText(place.text)
        self.text.clear()
        self.lost.clear()
        self.channel.setCurrentIndex(0)
        self.level.setCurrentIndex(0)
        self.form.setCurrentIndex(-1)
        self.form.clearEditText()
        self._by_hand = dict.fromkeys(self._by_hand, False)
        for answer in self._answers.values():
            answer.clear()
        self._soon.stop()

    def draft(self) -> IntakeDraft:
        """Return what is typed now."""
        place = self.place.text().strip()
        found = self._found.get(place)
        level = self.level.currentData()
        return IntakeDraft(
            channel=Channel(self.channel.currentData() or Channel.HOTLINE),
            caller=self.caller.text().strip(),
            phone=self.phone.text().strip(),
            place=place,
            text=self.text.toPlainText().strip(),
            form=self.code() or None,
            level=None if level is None else Level(level),
            lat=None if found is None else found.lat,
            lon=None if found is None else found.lon,
            answers=tuple(
                (asked, line.text().strip())
                for asked, line in self._answers.items()
                if line.text().strip()
            ),
        )

    def suggest(self, form: str | None, level: Level | None) -> None:
        """Take form and level over that the words suggest, where no hand has chosen."""
        if not self._by_hand["form"]:
            self.form.setCurrentIndex(-1 if form is None else self.form.findData(form))
            if form is None:
                self.form.clearEditText()
        if not self._by_hand["level"]:
            at = 0 if level is None else self.level.findData(int(level))
            self.level.setCurrentIndex(max(0, at))

    def ask(self, questions: Sequence[str]) -> None:
        """Show what has to be asked; answers to questions that stay are kept."""
        if list(self._answers) == list(questions):
            return
        before: Mapping[str, str] = {q: line.text() for q, line in self._answers.items()}
        while self._questions.count():
            item = self._questions.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._answers = {}
        for row, asked in enumerate(questions):
            label, line = QLabel(asked), QLineEdit(before.get(asked, ""))
            set_tone(label, "small")
            line.setAccessibleName(asked)
            line.textEdited.connect(lambda _text: self._soon.start())
            label.setBuddy(line)
            self._questions.addWidget(label, row, 0)
            self._questions.addWidget(line, row, 1)
            self._answers[asked] = line
        self._order_tabs()

    def _order_tabs(self) -> None:
        order: list[QWidget] = [
            self.phone, self.caller, self.channel, self.place, self.text, self.form, self.level,
            *self._answers.values(),
        ]  # fmt: skip
        for one, after in pairwise(order):
            QWidget.setTabOrder(one, after)

    def offer_places(self, text: str, places: Sequence[PlaceFound]) -> None:
        """Offer what the search found for ``text``; an answer that came too late is left out."""
        if text != self.place.text().strip():
            return
        self._found, self._sought = {place.text: place for place in places}, text
        self._place_rows.setStringList(list(self._found))
        lost = self.tr("Not found on the map: it will have no position.")
        takes = len(self._found) == 1 and places[0].is_said(text)
        choose = self.tr("↓ and Enter choose it on the map; else it has no position.")
        choose = self.tr("Enter takes it.") if takes else choose
        self.lost.setText("" if not text or text in self._found else choose if places else lost)
        if not self.place.hasFocus():
            self._settle_place()  # the answer came after the field was left
        elif places and text not in self._found:
            self.place.completer().complete()
        elif not places and (popup := self.place.completer().popup()) is not None:
            popup.hide()
        self._soon.start()

    def code(self) -> str | None:
        """Return the code of the form that is chosen."""
        typed = self.form.currentText().strip()
        if not typed:
            return None
        at = self.form.findText(typed)
        if at < 0 and self._forms.completionCount() == 1:
            at = self.form.findText(self._forms.currentCompletion())
        return None if at < 0 else str(self.form.itemData(at))

    def _settle_form(self) -> None:
        """Write out the form that the words typed can only mean; other words are no choice."""
        code = self.code()
        if code is not None:
            self.form.setCurrentIndex(self.form.findData(code))
        elif self._by_hand["form"]:
            self._by_hand["form"] = False
            self.form.clearEditText()
            self._soon.start()

    def set_forms(self, forms: Sequence[Form]) -> None:
        """Offer these forms: those of the site's catalogue."""
        self._offered = tuple(forms)
        self.retranslate()

    def retranslate(self) -> None:
        """Speak the language shown."""
        names = (
            self.tr("Phone"), self.tr("Caller"), self.tr("Channel"), self.tr("Place"),
            self.tr("What is said"), self.tr("Form"), self.tr("Level"),
        )  # fmt: skip
        for label, name in zip(self._labels, names, strict=True):
            label.setText(name)
        self.place.setPlaceholderText(self.tr("Street, number, name of a place"))
        kept = self.channel.currentIndex(), self.form.currentData(), self.level.currentIndex()
        self.channel.clear()
        for channel in CHANNELS:
            self.channel.addItem(channel_word(channel), channel.value)
        self.channel.setCurrentIndex(max(0, kept[0]))
        classes = {each.code: each.name_zh if is_chinese() else each.name_en for each in CLASSES}
        self.form.clear()
        for form in self._offered:
            major = classes.get(form.code[:2], form.code[:2])
            self.form.addItem(f"{form_word(form.code)} · {major}", form.code)
        self.form.setCurrentIndex(self.form.findData(kept[1]) if kept[1] is not None else -1)
        self.level.clear()
        self.level.addItem(self.tr("usual for the form"), None)
        for level in Level:
            self.level.addItem(f"{level.value}  {level_word(level)}", int(level))
        self.level.setCurrentIndex(max(0, kept[2]))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
