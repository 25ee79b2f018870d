"""The right half of the intake: what is known of caller and place, and what may be the same."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from console.ui.intake import IntakeKnown
from console.ui.intaketexts import (
    caller_heading,
    note_text,
    past_case_text,
    past_report_text,
    place_heading,
    same_text,
)
from widgets.common.labels import set_tone
from widgets.desk.card_parts import heading, wrapped


class IntakeKnownView(QScrollArea):
    """Shows an `IntakeKnown`; what may be the same comes first: it decides where a call goes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: IntakeKnown | None = None
        self._into: str | None = None
        self._held = QWidget()
        self._column = QVBoxLayout(self._held)
        self._column.setContentsMargins(10, 6, 10, 6)
        self._column.setSpacing(4)
        self.setWidget(self._held)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_known(self, known: IntakeKnown, into: str | None) -> None:
        """Show what is known; ``into`` is the incident that the call is to go into."""
        if (known, into) == (self._known, self._into):
            return
        self._known, self._into = known, into
        at = self.verticalScrollBar().value()
        self._fill(known)
        self.verticalScrollBar().setValue(at)

    def texts(self) -> list[str]:
        """Return what is shown, from the top, for whoever cannot see it."""
        found = []
        for place in range(self._column.count()):
            item = self._column.itemAt(place)
            widget = None if item is None else item.widget()
            if widget is not None:
                found.append(str(widget.property("text")))
        return found

    def _fill(self, known: IntakeKnown) -> None:
        while self._column.count():
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._fill_same(known)
        if known.has_position:
            self._head(self.tr("OPEN WITHIN 200 m: {0}").format(len(known.near)))
            for case in known.near[:5]:
                self._column.addWidget(wrapped(past_case_text(case)))
        if not known.may_see_callers:
            self._head(self.tr("CALLER: your role does not see who called"))
        elif known.has_number:
            self._head(caller_heading(known.history))
            for report in known.history.caller[:8]:
                self._column.addWidget(wrapped(past_report_text(report)))
        if known.has_position:
            self._fill_place(known)
        if not self._column.count():
            told = self.tr("What is known of caller, place and like cases stands here as you type.")
            self._column.addWidget(wrapped(told, "secondary"))
        self._column.addStretch(1)

    def _fill_same(self, known: IntakeKnown) -> None:
        if known.same:
            self._head(self.tr("MAY BE THE SAME: Ctrl+J files it there, again for the next"))
            for one in known.same:
                label = wrapped(same_text(one))
                if one.incident.id == self._into:
                    label.setText(f"➜ {label.text()}")
                    set_tone(label, "figure")
                self._column.addWidget(label)
        if known.notes:
            self._head(self.tr("KNOW ABOUT THE PLACE"))
            for note in known.notes:
                tone = "alarm" if note.kind == "hazard" else ""
                self._column.addWidget(wrapped(note_text(note), tone))

    def _fill_place(self, known: IntakeKnown) -> None:
        self._head(place_heading(known.history))
        shown = {case.incident for case in known.near[:5]}
        before = [case for case in known.history.place if case.incident not in shown]
        for case in before[:8]:
            self._column.addWidget(wrapped(past_case_text(case), "secondary"))

    def _head(self, text: str) -> None:
        if self._column.count():
            self._column.addSpacing(4)
        self._column.addWidget(heading(text))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange and self._known is not None:
            self._fill(self._known)
        super().changeEvent(event)
