"""The bar at the bottom: alarms that wait for an answer, and how the machine itself is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from console.domain.levels import Level
from console.ui.words import age_text
from widgets.common.appearance import Appearance
from widgets.common.elided import ElidedLabel
from widgets.common.labels import AgeLabel, LinkLabel, set_tone
from widgets.common.shapes import LEVEL_MARKS, paint_mark
from widgets.common.theme import Token

BAR_PX = 34
#: The top unacknowledged alarm is the one thing that moves on the screen.
BLINK_MS = 700


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLine:
    """One alarm as the bar shows it.

    Attributes:
        id: What is picked and acknowledged by it.
        text: A sentence: what is wrong and what can be done.
    """

    id: str
    level: Level
    text: str
    is_acknowledged: bool = False


class AlarmStrip(QWidget):
    """The alarms side by side, worst first; Space acknowledges, Enter goes to it.

    Signals:
        acknowledged: Id of the alarm acknowledged.
        picked: Id of the alarm to be shown.
        alarms_set: The alarms shown now, a tuple of `AlarmLine`.
    """

    acknowledged = Signal(str)
    picked = Signal(str)
    alarms_set = Signal(object)

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._alarms: tuple[AlarmLine, ...] = ()
        self._boxes: list[tuple[QRect, str]] = []
        self._at = 0
        self._is_lit = True
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._timer = QTimer(self)
        self._timer.setInterval(BLINK_MS)
        self._timer.timeout.connect(self._blink)
        appearance.theme_changed.connect(self.update)
        self._retranslate()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as it may be."""
        return QSize(400, BAR_PX)

    @property
    def alarms(self) -> tuple[AlarmLine, ...]:
        """The alarms shown, worst first."""
        return self._alarms

    def set_alarms(self, alarms: Sequence[AlarmLine]) -> None:
        """Show these alarms; the ones not acknowledged come first, then the worst."""
        key = self._alarms[self._at].id if self._at < len(self._alarms) else None
        self._alarms = tuple(sorted(alarms, key=lambda a: (a.is_acknowledged, a.level)))
        ids = [alarm.id for alarm in self._alarms]
        self._at = ids.index(key) if key in ids and self.hasFocus() else 0
        if any(not alarm.is_acknowledged for alarm in self._alarms):
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._timer.stop()
            self._is_lit = True
        self.setAccessibleDescription("; ".join(alarm.text for alarm in self._alarms[:5]))
        self.alarms_set.emit(self._alarms)
        self.update()

    def acknowledge_top(self) -> bool:
        """Acknowledge the first alarm that waits for it; say whether there was one."""
        waiting = [alarm for alarm in self._alarms if not alarm.is_acknowledged]
        if waiting:
            self.acknowledged.emit(waiting[0].id)
        return bool(waiting)

    def _blink(self) -> None:
        self._is_lit = not self._is_lit
        self.update()

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Alarms"))
        self.setToolTip(self.tr("Alarms: Space acknowledges, Enter shows, ← → choose"))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Space acknowledges, Enter shows, left and right choose."""
        key = event.key()
        here = self._alarms[self._at] if self._at < len(self._alarms) else None
        if key == Qt.Key.Key_Space and here is not None:
            self.acknowledged.emit(here.id)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and here is not None:
            self.picked.emit(here.id)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._alarms:
            step = 1 if key == Qt.Key.Key_Right else -1
            self._at = (self._at + step) % len(self._alarms)
            self.update()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click shows the alarm."""
        for box, alarm_id in self._boxes:
            if box.contains(event.position().toPoint()):
                self.picked.emit(alarm_id)
        super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw as many alarms as there is room for, then how many more there are."""
        painter = QPainter(self)
        theme = self._appearance.theme
        self._boxes = []
        if not self._alarms:
            painter.setPen(theme.colour(Token.SECONDARY))
            flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
            painter.drawText(self.rect().adjusted(8, 0, 0, 0), flags, self.tr("No alarms."))
        left, metrics = 2, self.fontMetrics()
        for place, alarm in enumerate(self._alarms):
            more = len(self._alarms) - place - 1
            room = self.width() - left - (70 if more else 4)
            wanted = metrics.horizontalAdvance(alarm.text) + 40
            if place and room < min(wanted, 220):
                painter.setPen(theme.colour(Token.SECONDARY))
                painter.drawText(
                    QRect(left + 6, 0, 80, self.height()),
                    int(Qt.AlignmentFlag.AlignVCenter),
                    self.tr("+{0} more").format(more + 1),
                )
                break
            box = QRect(left, 3, max(40, min(wanted, room)), self.height() - 6)
            self._paint_alarm(painter, box, alarm, is_top=place == 0, is_here=place == self._at)
            self._boxes.append((box, alarm.id))
            left += box.width() + 8
        painter.end()

    def _paint_alarm(
        self, painter: QPainter, box: QRect, alarm: AlarmLine, *, is_top: bool, is_here: bool
    ) -> None:
        theme = self._appearance.theme
        is_lit = is_top and not alarm.is_acknowledged and self._is_lit
        painter.fillRect(box, theme.colour(Token.SELECTION if is_lit else Token.PANEL))
        if is_here and self.hasFocus():
            painter.setPen(QPen(theme.colour(Token.FOCUS), 2))
            painter.drawRect(box.adjusted(1, 1, -1, -1))
        mark_box = QRectF(box.left() + 6, box.center().y() - 7, 15, 15)
        paint_mark(painter, mark_box, LEVEL_MARKS[alarm.level], theme)
        painter.setPen(theme.colour(Token.SECONDARY if alarm.is_acknowledged else Token.TEXT))
        words = box.adjusted(28, 0, -4, 0)
        text = self.fontMetrics().elidedText(alarm.text, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), text)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)


class BottomBar(QFrame):
    """Alarms on the left, state of link and data on the right."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self.setFixedHeight(BAR_PX)
        self._unsent, self._in_tray = 0, 0
        self._positions_s: float | None = None
        self._slowed = ""
        self.alarms = AlarmStrip(appearance)
        self.link = LinkLabel(appearance)
        self.age = AgeLabel()
        self._positions_label = QLabel()
        self._unsent_label = QLabel()
        self._tray_label = QLabel()
        self._unseen_label = QLabel()
        self._unseen = 0
        self._rate_label = QLabel()
        self._rate = 0
        set_tone(self._rate_label, "secondary")
        self._slowed_label = ElidedLabel(least_chars=8)
        set_tone(self._slowed_label, "secondary")
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 10, 0)
        row.setSpacing(14)
        row.addWidget(self.alarms, 1)
        for label in (self._slowed_label, self._positions_label, self.age, self.link):
            row.addWidget(label)
        row.addWidget(self._rate_label)
        row.addWidget(self._unseen_label)
        row.addWidget(self._unsent_label)
        row.addWidget(self._tray_label)
        self._retranslate()

    def set_waiting(self, *, unsent: int, in_tray: int) -> None:
        """Show how many commands wait to be sent, and how many need a person's decision."""
        self._unsent, self._in_tray = unsent, in_tray
        self._retranslate()

    def set_rate(self, count: int, words: str, *, is_steady: bool) -> None:
        """Show how many alarms came to this desk in ten minutes, with the bounds as a hint."""
        self._rate = count
        self._rate_label.setToolTip(words)
        set_tone(self._rate_label, "secondary" if is_steady else "warn")
        self._retranslate()

    def set_unseen(self, count: int) -> None:
        """Show how many messages of units nobody has read."""
        self._unseen = count
        self._retranslate()

    def set_positions_age(self, age_s: float | None) -> None:
        """Show how old the newest positions are."""
        self._positions_s = age_s
        self._retranslate()

    def set_slowed(self, sentence: str) -> None:
        """Say what runs slower than it could so that the window stays smooth; "" for nothing."""
        self._slowed = sentence
        self._slowed_label.setText(sentence)
        self._slowed_label.setVisible(bool(sentence))

    def _retranslate(self) -> None:
        self._unsent_label.setText(self.tr("unsent {0}").format(self._unsent))
        set_tone(self._unsent_label, "warn" if self._unsent else "secondary")
        self._tray_label.setText(self.tr("to decide {0}").format(self._in_tray))
        self._tray_label.setVisible(self._in_tray > 0)
        self._rate_label.setText(self.tr("alarms {0}/10 min").format(self._rate))
        self._unseen_label.setText(self.tr("units wrote {0} (F11)").format(self._unseen))
        self._unseen_label.setVisible(self._unseen > 0)
        set_tone(self._unseen_label, "warn")
        set_tone(self._tray_label, "warn")
        age_s = self._positions_s
        self._positions_label.setText(self.tr("positions {0}").format(age_text(age_s)))
        is_late = age_s is not None and age_s > 10
        set_tone(self._positions_label, "warn" if is_late else "secondary")
        self._slowed_label.setVisible(bool(self._slowed))
        self.age.setToolTip(self.tr("When central was last heard of: changes or a heartbeat."))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Speak the new language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
