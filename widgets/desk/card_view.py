"""The card of the picked incident: all that is known of it, and what can be done next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from console.domain.forms import CLASSES, form_of
from console.domain.incidents import Incident
from console.ui.card import CardModel, IncidentCard, still_of
from console.ui.words import (
    age_text,
    form_word,
    is_chinese,
    level_word,
    moment_text,
    place_word,
)
from widgets.common.appearance import Appearance
from widgets.common.labels import AgeLabel, MarkLabel, set_tone
from widgets.common.shapes import LEVEL_MARKS, OFF_MARK
from widgets.desk.card_clock import limits_text
from widgets.desk.card_command import command_parts
from widgets.desk.card_keys import KEYS, LINES, key_names, line_question, ways
from widgets.desk.card_live import CardLiveView
from widgets.desk.card_parts import (
    THUMB,
    EvidenceThumb,
    StripedFrame,
    assignment_part,
    log_part,
    report_part,
)
from widgets.desk.kept_parts import KeptParts, Part, itself, section, words_part
from widgets.desk.key_row import KeyRow
from widgets.desk.reason_bar import ReasonBar
from widgets.desk.stage_track import StageTrack


class CardView(QWidget):
    """Shows the picked incident; bare keys work while it has the focus.

    Args:
        now: Gives the time by which limits run, aware UTC.

    Signals:
        verify_wanted: Id of the incident, whether the outcome passed, a note ("" for none).
        close_wanted: Id of the incident.
        cancel_wanted: Id of the incident, the reason.
        withdraw_wanted: Id of the assignment, the reason.
        voice_order_wanted: Ids of incident and unit, how it was told, what was said ("" for
            nothing).
        evidence_wanted: SHA-256 of bytes to show; answer with `set_picture`.
        evidence_opened: Id of evidence to look at in full.
        line_wanted: A line of the command line to be carried out.
    """

    verify_wanted = Signal(str, bool, str)
    close_wanted = Signal(str)
    cancel_wanted = Signal(str, str)
    withdraw_wanted = Signal(str, str)
    voice_order_wanted = Signal(str, str, str, str)
    evidence_wanted = Signal(str)
    evidence_opened = Signal(str)
    line_wanted = Signal(str)

    def __init__(
        self,
        appearance: Appearance,
        model: CardModel,
        now: Callable[[], datetime],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._appearance, self._model, self._now = appearance, model, now
        self._thumbs: list[EvidenceThumb] = []
        self._mark = MarkLabel(appearance, OFF_MARK, size_px=18)
        self._title, self._number = QLabel(), QLabel()
        self._clock, self._track = QLabel(), StageTrack(appearance)
        self.age = AgeLabel()
        self._head = StripedFrame(appearance)
        self._held, body = QVBoxLayout(), QVBoxLayout()
        body.setContentsMargins(10, 4, 10, 8)
        body.setSpacing(5)
        self._held.setContentsMargins(0, 0, 0, 0)
        held = QWidget()
        held.setLayout(self._held)
        self._held.addLayout(body, 1)
        self._parts = KeptParts(body)
        self._live: CardLiveView | None = None
        self._scroll = QScrollArea()
        self._reason = ReasonBar()
        self._buttons: dict[str, QPushButton] = {}
        self._keys = KeyRow()
        self._scroll.setWidget(held)
        self._lay_out()
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self._show_clock)
        self._timer.start()
        self._reason.given.connect(self._take_reason)
        self._reason.left.connect(self.setFocus)
        model.changed.connect(self.show_card)
        self._name_buttons()
        self.show_card(model.card)

    def _lay_out(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self._title.setWordWrap(True)
        self._clock.setWordWrap(True)
        set_tone(self._title, "title")
        set_tone(self._number, "secondary")
        top = QHBoxLayout()
        top.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self._title, 1)
        top.addWidget(self._number, 0, Qt.AlignmentFlag.AlignTop)
        head = QVBoxLayout(self._head)
        head.setContentsMargins(10, 8, 10, 4)
        head.setSpacing(4)
        head.addLayout(top)
        below = QHBoxLayout()
        below.addWidget(self._clock, 1)
        below.addWidget(self.age, 0, Qt.AlignmentFlag.AlignBottom)
        head.addLayout(below)
        head.addWidget(self._track)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for _key, _command, name in KEYS:
            button = QPushButton()
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setMinimumWidth(30)
            button.clicked.connect(lambda _checked=False, name=name: self._do(name))
            self._buttons[name] = button
            self._keys.add(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self._scroll, 1)
        column.addWidget(self._reason)
        column.addWidget(self._keys)

    # what is shown

    def set_live(self, live: CardLiveView) -> None:
        """Show a live picture above everything that scrolls, while an incident is picked."""
        self._live = live
        self._held.insertWidget(0, live)
        live.setVisible(self._model.card is not None)

    def show_card(self, card: IncidentCard | None) -> None:
        """Show an incident, or say how one gets here."""
        if self._scroll.isAncestorOf(self.focusWidget() or self):
            self.setFocus()
        for part in (self._track, self._mark, self._clock, self.age, self._live):
            if part is not None:
                part.setVisible(card is not None)
        self._head.set_striped(card is not None and card.pending)
        can = card.can if card is not None else frozenset()
        for _key, command, name in KEYS:
            self._buttons[name].setVisible(command in can)
        self._keys.arrange()
        if card is None:
            self._title.setText(self.tr("No incident is picked"))
            self._number.clear()
            how = self.tr("Choose one in the queue or on the map; Enter picks it.")
            self._thumbs = []
            self._parts.show([words_part(how)])
            return
        self._show_head(card)
        self._thumbs = self._thumbs if card.evidence else []
        self._parts.show(self._body_of(card))

    def _show_head(self, card: IncidentCard) -> None:
        incident = card.incident
        form = form_of(incident.form)
        major = next((each for each in CLASSES if each.code == form.code[:2]), None)
        class_name = "" if major is None else (major.name_zh if is_chinese() else major.name_en)
        names = [each for each in (class_name, form_word(incident.form)) if each]
        self._title.setText(f"{level_word(incident.level)} · {' / '.join(names)}")
        self._mark.set_mark(LEVEL_MARKS[incident.level])
        self._number.setText(
            self.tr("NOT SENT") if card.pending else (incident.number or self.tr("no number yet"))
        )
        set_tone(self._number, "warn" if card.pending else "secondary")
        self._track.set_stage(incident.stage)
        self._track.setVisible(incident.is_open or incident.closed_at is not None)
        self._show_clock()

    def _show_clock(self) -> None:
        card = self._model.card
        if card is None:
            return
        incident, now = card.incident, self._now()
        text, is_late = limits_text(incident, now)
        self._clock.setText(text)
        set_tone(self._clock, "alarm" if is_late else "secondary")
        age = age_text((now - incident.opened_at).total_seconds())
        self._clock.setToolTip(f"{moment_text(incident.opened_at)} ({age})")

    def _body_of(self, card: IncidentCard) -> list[Part]:
        """Return the parts under the head, each with what it shows."""
        incident = card.incident
        wheres = [place_word(each) for each in (card.district, card.street) if each is not None]
        body = [words_part(incident.place)]
        if wheres:
            body.append(words_part(" · ".join(wheres), "secondary"))
        if not any(report.text == incident.summary for report in card.reports):
            body.append(words_part(incident.summary, "secondary"))
        reports = [(("report", one), partial(report_part, one)) for one in card.reports]
        units = [
            (("unit", line), partial(assignment_part, line, self._appearance))
            for line in card.assignments
        ]
        sections: list[tuple[str, Sequence[Part]]] = [
            (self.tr("REPORTS {0}").format(len(reports)), reports),
            (self.tr("UNITS {0}").format(len(units)), units),
        ]
        # Whoever is on it now comes before what was said: on a small screen one of them is below.
        for title, parts in reversed(sections) if card.running else sections:
            body += section(title, parts)
        for title, made in command_parts(card):
            body += section(title, [(widget, partial(itself, widget)) for widget in made])
        body += section(
            self.tr("OUTCOME"), [words_part(incident.outcome)] if incident.outcome else []
        )
        if card.evidence:
            evidence: Part = (
                ("evidence", card.evidence, self._columns()),
                partial(self._evidence_part, card),
            )
            body += section(self.tr("EVIDENCE"), [evidence])
        signs = {line.assignment.unit: line.call_sign for line in card.assignments}
        log = [
            (
                ("log", line, line.entry.unit and signs.get(line.entry.unit)),
                partial(log_part, line, signs),
            )
            for line in reversed(card.log)
        ]
        return body + section(self.tr("LOG"), log)

    def _columns(self) -> int:
        return max(1, (self.width() - 20) // (THUMB.width() + 6))

    def _evidence_part(self, card: IncidentCard) -> QWidget:
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        columns = self._columns()
        self._thumbs = []
        for place, evidence in enumerate(card.evidence):
            thumb = EvidenceThumb(self._appearance, evidence, still_of(evidence, card.evidence))
            thumb.opened.connect(self.evidence_opened)
            grid.addWidget(thumb, place // columns, place % columns)
            self._thumbs.append(thumb)
            if thumb.picture_sha256 is not None:
                self.evidence_wanted.emit(thumb.picture_sha256)
        grid.setColumnStretch(columns, 1)
        return holder

    def set_picture(self, sha256: str, picture: QImage) -> None:
        """Show the picture of evidence that was asked for."""
        for thumb in self._thumbs:
            if thumb.picture_sha256 == sha256:
                thumb.set_picture(picture)

    def set_picture_trouble(self, sha256: str, sentence: str) -> None:
        """Say why the picture of evidence cannot be shown."""
        for thumb in self._thumbs:
            if thumb.picture_sha256 == sha256:
                thumb.set_trouble(sentence)

    # what is done

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """`KEYS` act, E goes to the evidence; ↑ ↓ and pages scroll; ← → F: the live picture."""
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        key = event.key()
        bar = self._scroll.verticalScrollBar()
        scrolls = {
            Qt.Key.Key_Down: bar.singleStep() * 2,
            Qt.Key.Key_Up: -bar.singleStep() * 2,
            Qt.Key.Key_PageDown: bar.pageStep(),
            Qt.Key.Key_PageUp: -bar.pageStep(),
        }
        names = {Qt.Key(each): name for each, _command, name in KEYS}
        if key in names:
            self._do(names[Qt.Key(key)])
        elif key in scrolls:
            bar.setValue(bar.value() + scrolls[Qt.Key(key)])
        elif key == Qt.Key.Key_E and self._thumbs:
            self._thumbs[0].setFocus()
        elif self._live is None or not self._live.act(key):
            super().keyPressEvent(event)

    def _do(self, name: str) -> None:
        card = self._model.card
        if card is None or self._buttons[name].isHidden():
            return
        incident: Incident = card.incident
        if name == "verify":
            self.verify_wanted.emit(incident.id, True, "")
        elif name == "close":
            self.close_wanted.emit(incident.id)
        elif name == "withdraw":
            running = [(line.assignment.id, line.call_sign) for line in card.running]
            question = self.tr("Call back") if len(running) > 1 else self.tr("Call back {0}")
            self._reason.ask(name, question.format(running[0][1]), running)
        elif name == "voice":
            self._reason.ask(name, self.tr("Told by voice"), ways(card), needs_words=False)
        elif name == "send_back":
            self._reason.ask(name, self.tr("Send back to be handled again"))
        elif name == "board":
            self.line_wanted.emit(f"/board {incident.number}")
        elif name in LINES:
            self._ask_line(name, card)
        else:
            self._reason.ask(name, self.tr("Cancel this incident"))

    def _ask_line(self, name: str, card: IncidentCard) -> None:
        """Ask what a line about a unit lacks; the line is given when that is said."""
        lines = {
            "transfer": [one for one in card.running if not one.assignment.standby],
            "call_up": list(card.standing_by),
            "why": list(card.unexplained),
        }[name]
        signs = [(line.call_sign, line.call_sign) for line in lines]
        if name == "call_up" and len(signs) == 1:
            self.line_wanted.emit(LINES[name].format(signs[0][0], "").strip())
            return
        question = line_question(name).format(signs[0][0] if len(signs) == 1 else "")
        self._reason.ask(name, question.strip(), signs, needs_words=name != "call_up")

    def _take_reason(self, about: str, which: str, reason: str) -> None:
        self.setFocus()
        card = self._model.card
        if card is None:
            return
        if about == "withdraw":
            self.withdraw_wanted.emit(which, reason)
        elif about == "voice":
            unit, _, means = which.rpartition(" ")
            self.voice_order_wanted.emit(card.incident.id, unit, means, reason)
        elif about in LINES:
            self.line_wanted.emit(LINES[about].format(which, reason).strip())
        elif about == "send_back":
            self.verify_wanted.emit(card.incident.id, False, reason)
        else:
            self.cancel_wanted.emit(card.incident.id, reason)

    def _name_buttons(self) -> None:
        for name, (text, hint) in key_names().items():
            self._buttons[name].setText(text)
            self._buttons[name].setToolTip(hint)
        self._keys.arrange()
        self.setAccessibleName(self.tr("Picked incident"))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._name_buttons()
            self._parts.forget()
            self.show_card(self._model.card)
        super().changeEvent(event)
