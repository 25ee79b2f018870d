"""Parts of the incident card: a report, a unit sent, evidence, a line of the log."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from console.domain.assignments import AssignmentState
from console.domain.ids import UnitId
from console.domain.incidents import Report
from console.domain.levels import Channel
from console.domain.places import Evidence
from console.ui.card import AssignmentLine, LogLine
from console.ui.commandtexts import task_lines
from console.ui.logtexts import detail_text
from console.ui.words import (
    channel_word,
    copy_text,
    evidence_word,
    moment_text,
    person_word,
    reach_text,
    step_word,
    time_text,
    unit_kind_word,
    verb_word,
)
from widgets.common.appearance import Appearance
from widgets.common.labels import MarkLabel, set_tone
from widgets.common.shapes import STEP_MARKS
from widgets.common.theme import Token

THUMB = QSize(132, 74)


class StripedFrame(QFrame):
    """A frame that is striped while what it shows is not sent."""

    def __init__(self, appearance: Appearance, *, is_striped: bool = False) -> None:
        super().__init__()
        self._appearance, self._is_striped = appearance, is_striped

    def set_striped(self, is_striped: bool) -> None:
        """Stripe the frame, or take the stripes off."""
        if is_striped != self._is_striped:
            self._is_striped = is_striped
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the stripes under everything else."""
        super().paintEvent(event)
        if self._is_striped:
            painter = QPainter(self)
            colour = self._appearance.theme.colour(Token.STRIPE)
            painter.fillRect(self.rect(), QBrush(colour, Qt.BrushStyle.BDiagPattern))
            painter.end()


def wrapped(text: str, tone: str = "") -> QLabel:
    """Return a label that wraps and can be copied from."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if tone:
        set_tone(label, tone)
    return label


def heading(text: str) -> QLabel:
    """Return a section's heading."""
    label = QLabel(text)
    set_tone(label, "small")
    return label


def report_part(report: Report) -> QWidget:
    """Return one message: channel, time, caller, and what was said."""
    part = QFrame()
    part.setProperty("role", "bar")
    column = QVBoxLayout(part)
    column.setContentsMargins(8, 5, 8, 6)
    column.setSpacing(2)
    head = f"{channel_word(Channel(report.channel))}  {time_text(report.received_at)}"
    caller = " · ".join(each for each in (report.caller, report.phone) if each)
    top = QLabel(f"{head}  {caller}" if caller else head)
    top.setToolTip(moment_text(report.received_at))
    set_tone(top, "small")
    column.addWidget(top)
    column.addWidget(wrapped(report.text))
    return part


def assignment_part(line: AssignmentLine, appearance: Appearance) -> QWidget:
    """Return one unit sent: who, how far, and when it reached each state."""
    part = StripedFrame(appearance, is_striped=line.pending)
    assignment, unit = line.assignment, line.unit
    column = QVBoxLayout(part)
    column.setContentsMargins(0, 2, 0, 2)
    column.setSpacing(1)
    top = QHBoxLayout()
    top.setSpacing(6)
    top.addWidget(MarkLabel(appearance, STEP_MARKS[assignment.state]))
    sign = QLabel(line.call_sign)
    set_tone(sign, "figure")
    top.addWidget(sign)
    who = [] if unit is None else [unit.name or "", unit_kind_word(unit.kind)]
    words = [each for each in who if each]
    top.addWidget(QLabel(" ".join(words)))
    top.addStretch(1)
    waits = assignment.standby and assignment.is_running
    stands_by = QCoreApplication.translate("CardView", "stands by")
    state = QLabel(stands_by if waits else step_word(assignment.state))
    if assignment.state is AssignmentState.REFUSED:
        set_tone(state, "warn")
    top.addWidget(state)
    if line.pending:
        unsent = QLabel(QCoreApplication.translate("CardView", "NOT SENT"))
        set_tone(unsent, "warn")
        top.addWidget(unsent)
    column.addLayout(top)
    if line.told is not None and line.told.at is not None:
        told = QCoreApplication.translate("CardView", "Told by voice at {0} — {1}")
        spoken = wrapped(told.format(time_text(line.told.at), detail_text(line.told)), "small")
        spoken.setContentsMargins(20, 0, 0, 0)
        column.addWidget(spoken)
    elif line.pending and assignment.is_running:
        told = QCoreApplication.translate("CardView", "Does not know it yet — tell it by {0}")
        call = wrapped(told.format(reach_text(unit)), "warn")
        call.setContentsMargins(20, 0, 0, 0)
        column.addWidget(call)
    for text, tone in task_lines(line):
        said = wrapped(text, tone)
        said.setContentsMargins(20, 0, 0, 0)
        column.addWidget(said)
    steps = [
        f"{step_word(each)} {time_text(line.time_of(each))}"
        for each in AssignmentState
        if line.time_of(each) is not None
    ]
    times = wrapped(" → ".join(steps), "small")
    times.setContentsMargins(20, 0, 0, 0)
    column.addWidget(times)
    if assignment.note:
        note = wrapped(assignment.note)
        note.setContentsMargins(20, 0, 0, 0)
        column.addWidget(note)
    return part


def log_part(line: LogLine, signs: Mapping[UnitId, str]) -> QWidget:
    """Return one step of the log: when, what, of which unit, by whom, and what was said.

    Args:
        line: The step.
        signs: Call signs by the ids of the units that were sent.
    """
    entry = line.entry
    part = QWidget()
    row = QHBoxLayout(part)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    at = QLabel(time_text(entry.at))
    at.setToolTip(moment_text(entry.at))
    set_tone(at, "small")
    row.addWidget(at, 0, Qt.AlignmentFlag.AlignTop)
    sign = None if entry.unit is None else signs.get(entry.unit)
    what = f"{verb_word(entry.verb)} {sign}" if sign and sign != line.actor else None
    actor = None if line.actor is None else person_word(line.actor)
    words = (what or verb_word(entry.verb), actor, detail_text(entry))
    row.addWidget(wrapped(" · ".join(each for each in words if each)), 1)
    return part


class EvidenceThumb(QWidget):
    """A small picture of one piece of evidence; says what it is until the picture is there.

    Args:
        evidence: What it is of.
        still: The still of the same moment, shown for a camera's own bytes.

    Signals:
        opened: Id of the evidence.
    """

    opened = Signal(str)

    def __init__(
        self, appearance: Appearance, evidence: Evidence, still: Evidence | None = None
    ) -> None:
        super().__init__()
        self._appearance, self._evidence, self._still = appearance, evidence, still
        self._picture: QImage | None = None
        self._trouble = ""
        self.setFixedSize(THUMB)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        size_kb = self.tr("{0} kB").format(f"{evidence.size / 1000:.0f}")
        at = moment_text(evidence.captured_at)
        words = [self._kind_word(), at, evidence.media_type, size_kb, evidence.sha256[:12]]
        if evidence.is_copy:
            words.append(copy_text(evidence))
        self.setToolTip(" · ".join(words))
        self.setAccessibleName(self.toolTip())

    @property
    def evidence(self) -> Evidence:
        """What it shows."""
        return self._evidence

    @property
    def picture_sha256(self) -> str | None:
        """Hash of the picture to be shown, ``None`` where there is none."""
        shown = self._evidence if self._still is None else self._still
        return shown.sha256 if shown.media_type.startswith("image/") else None

    def _kind_word(self) -> str:
        """Say what the bytes are: a camera's own are its stream as received, not a film."""
        if self._still is not None:
            return self.tr("original")
        if self._evidence.is_copy:
            return self.tr("marked copy")
        return evidence_word(self._evidence.kind)

    def set_picture(self, picture: QImage) -> None:
        """Show the picture, scaled to fill."""
        scale = self.devicePixelRatioF()
        self._picture = picture.scaled(
            THUMB * scale,
            Qt.AspectRatioMode.KeepAspectRatioByExpanding,
            Qt.TransformationMode.SmoothTransformation,
        )
        self._picture.setDevicePixelRatio(scale)
        self.update()

    def set_trouble(self, sentence: str) -> None:
        """Say why there is no picture."""
        self._trouble = sentence
        self.setToolTip(sentence)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter opens it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self._evidence.id)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click opens it."""
        self.opened.emit(self._evidence.id)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the picture with its time, or words in its place."""
        painter = QPainter(self)
        theme = self._appearance.theme
        painter.fillRect(self.rect(), theme.colour(Token.INPUT))
        if self._picture is not None:
            size = self._picture.deviceIndependentSize()
            left = (self.width() - size.width()) / 2
            top = (self.height() - size.height()) / 2
            painter.drawImage(int(left), int(top), self._picture)
        else:
            painter.setPen(theme.colour(Token.SECONDARY))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            words = self.tr("no picture") if self._trouble else self._kind_word()
            painter.drawText(self.rect().adjusted(4, 4, -4, -16), int(flags), words)
        foot = self.rect().adjusted(0, self.height() - 17, 0, 0)
        painter.fillRect(foot, theme.colour(Token.RAISED))
        painter.setPen(theme.colour(Token.TEXT))
        is_plain = self._still is None and not self._evidence.is_copy
        written = [time_text(self._evidence.captured_at, seconds=is_plain)]
        if not is_plain:
            written.append(self._kind_word())
        painter.drawText(
            foot.adjusted(5, 0, -5, 0), int(Qt.AlignmentFlag.AlignVCenter), " · ".join(written)
        )
        token = Token.FOCUS if self.hasFocus() else Token.LINE
        painter.setPen(QPen(theme.colour(token), 2 if self.hasFocus() else 1))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()
