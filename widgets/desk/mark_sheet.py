"""Marks and blurring on a copy of a picture, over the window; by keyboard or mouse."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from console.domain.hints import Box
from console.domain.marks import Mark, MarkError, Marking, MarkKind
from console.domain.places import Evidence
from console.ui.marking import with_marks
from console.ui.reasons import reason_text
from widgets.common.appearance import Appearance
from widgets.common.theme import Token

_FOOT_PX = 76
_STEP, _FINE = 0.02, 0.002
_TOOLS = {
    Qt.Key.Key_B: MarkKind.BOX,
    Qt.Key.Key_A: MarkKind.ARROW,
    Qt.Key.Key_T: MarkKind.TEXT,
    Qt.Key.Key_R: MarkKind.BLUR,
}
_MOVES = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


class MarkSheet(QFrame):
    """A picture, a cross-hair, and tools.

    B box, A arrow, T words, R region made unrecognisable; arrows move the cross-hair (Shift:
    finely),
    Space or Enter sets one corner and then the other; the mouse draws as well. D covers what the
    site's own model has found. Ctrl+Z and Ctrl+Y take back and do again, Ctrl+S keeps the copy, Esc
    lets a begun mark go, then leaves.

    Signals:
        kept: The `Evidence` that it is a copy of, and the `Marking`.
        said: A sentence about what was done or cannot be.
        suggestions_wanted: The `Evidence` in which the model should look for what to cover.
    """

    kept = Signal(object, object)
    said = Signal(str)
    suggestions_wanted = Signal(object)

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._evidence: Evidence | None = None
        self._picture, self._shown = QImage(), QImage()
        self._marking = Marking()
        self._tool = MarkKind.BOX
        self._at, self._from = QPointF(0.5, 0.5), QPointF()
        self._begun = self._warned = False
        self._before: QWidget | None = None
        self.words = QLineEdit(self)
        self.words.hide()
        self.words.installEventFilter(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hide()

    @property
    def marking(self) -> Marking:
        """The marks made so far."""
        return self._marking

    def open(self, evidence: Evidence, picture: QImage) -> None:
        """Begin a copy of a picture."""
        self._evidence, self._picture = evidence, picture
        self._marking, self._begun, self._warned = Marking(), False, False
        self._at = QPointF(0.5, 0.5)
        self._shown = with_marks(picture, ())
        self._before = self.window().focusWidget()
        self.setGeometry(self.window().rect().adjusted(40, 40, -40, -40))
        self.words.setPlaceholderText(self.tr("Words on the picture, Enter sets them"))
        self.words.setGeometry(14, self.height() - 42, self.width() - 28, 30)
        self.show()
        self.raise_()
        self.setFocus()

    def put_away(self) -> None:
        """Hide, and go back to where the focus was."""
        self.words.hide()
        self.hide()
        if self._before is not None:
            self._before.setFocus()

    def cover(self, boxes: tuple[Box, ...]) -> None:
        """Cover what the model has found; each is one mark that can be taken back."""
        if not boxes:
            self.said.emit(self.tr("Nothing was found to cover; choose it by hand."))
            return
        for box in boxes:
            grown = box.grown(0.1)
            right, bottom = min(1.0, grown.left + grown.width), min(1.0, grown.top + grown.height)
            self._add(Mark(kind=MarkKind.BLUR, x=grown.left, y=grown.top, to_x=right, to_y=bottom))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Do what a key says."""
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        key = Qt.Key(event.key())
        if control:
            self._control(key)
        elif key in _MOVES:
            fine = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._move(*_MOVES[key], _FINE if fine else _STEP)
        elif key in _TOOLS:
            self._tool, self._begun = _TOOLS[key], False
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._set_corner()
        elif key == Qt.Key.Key_D and self._evidence is not None:
            self.suggestions_wanted.emit(self._evidence)
        elif key == Qt.Key.Key_Escape:
            self._leave()
        self.update()

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        """Enter sets the words, Esc lets them go; neither goes on to the picture's keys."""
        if watched is self.words and event.type() is QEvent.Type.KeyPress:
            key = event.key() if isinstance(event, QKeyEvent) else None
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._set_words()
                return True
            if key == Qt.Key.Key_Escape:
                self._end_words()
                return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]  # Qt's own object

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin a mark under the mouse."""
        self._at = self._share(event.position())
        self._begun = False
        self._set_corner()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Draw it as far as the mouse is."""
        self._at = self._share(event.position())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """End it where the mouse is let go, if it was moved at all."""
        self._at = self._share(event.position())
        moved = (self._at - self._from).manhattanLength() > 2 * _FINE
        if self._begun and moved:
            self._set_corner()
        self.update()

    def _control(self, key: Qt.Key) -> None:
        match key:
            case Qt.Key.Key_Z:
                self._take(self._marking.taken_back())
            case Qt.Key.Key_Y:
                self._take(self._marking.again())
            case Qt.Key.Key_S:
                self._keep()

    def _keep(self) -> None:
        if self._evidence is None or not self._marking.marks:
            self.said.emit(self.tr("Nothing is marked yet, so there is no copy to keep."))
            return
        evidence, marking = self._evidence, self._marking
        self.put_away()
        self.kept.emit(evidence, marking)

    def _leave(self) -> None:
        if self._begun:
            self._begun = False
        elif self._marking.marks and not self._warned:
            self._warned = True
            self.said.emit(self.tr("The marks are not kept: Ctrl+S keeps them, Esc leaves them."))
        else:
            self.put_away()

    def _move(self, x: int, y: int, step: float) -> None:
        self._at = QPointF(
            min(1.0, max(0.0, self._at.x() + x * step)), min(1.0, max(0.0, self._at.y() + y * step))
        )

    def _set_corner(self) -> None:
        if self._tool is MarkKind.TEXT:
            self._from = self._at
            self.words.clear()
            self.words.show()
            self.words.setFocus()
        elif not self._begun:
            self._begun, self._from = True, self._at
        else:
            self._begun = False
            self._add(self._mark())

    def _mark(self, text: str = "") -> Mark:
        return Mark(
            kind=self._tool, x=self._from.x(), y=self._from.y(), to_x=self._at.x(),
            to_y=self._at.y(), text=text,
        )  # fmt: skip

    def _set_words(self) -> None:
        self._add(replace(self._mark(self.words.text().strip()), kind=MarkKind.TEXT))
        self._end_words()

    def _end_words(self) -> None:
        self.words.hide()
        self.setFocus()

    def _add(self, mark: Mark) -> None:
        try:
            self._take(self._marking.with_mark(mark))
        except MarkError as error:
            self.said.emit(reason_text(str(error)))

    def _take(self, marking: Marking) -> None:
        self._marking, self._warned = marking, False
        self._shown = with_marks(self._picture, marking.marks)
        self.update()

    def _place(self) -> QRectF:
        """Return where the picture is painted."""
        space = QRectF(self.rect().adjusted(12, 12, -12, -_FOOT_PX))
        size = self._picture.size().scaled(
            space.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio
        )
        left = space.left() + (space.width() - size.width()) / 2
        top = space.top() + (space.height() - size.height()) / 2
        return QRectF(left, top, size.width(), size.height())

    def _share(self, point: QPointF) -> QPointF:
        place = self._place()
        x = (point.x() - place.left()) / max(1.0, place.width())
        y = (point.y() - place.top()) / max(1.0, place.height())
        return QPointF(min(1.0, max(0.0, x)), min(1.0, max(0.0, y)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the copy, the cross-hair, what is being drawn, and the keys."""
        painter = QPainter(self)
        theme, place = self._appearance.theme, self._place()
        painter.fillRect(self.rect(), theme.colour(Token.INPUT))
        painter.setPen(theme.colour(Token.EDGE))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self._shown)
        at = self._on(self._at, place)
        painter.setPen(QPen(theme.colour(Token.FOCUS), 1))
        painter.drawLine(QPointF(place.left(), at.y()), QPointF(place.right(), at.y()))
        painter.drawLine(QPointF(at.x(), place.top()), QPointF(at.x(), place.bottom()))
        if self._begun:
            painter.setPen(QPen(theme.colour(Token.CAUTION), 2, Qt.PenStyle.DashLine))
            start = self._on(self._from, place)
            if self._tool is MarkKind.ARROW:
                painter.drawLine(start, at)
            else:
                painter.drawRect(QRectF(start, at).normalized())
        self._paint_foot(painter)
        painter.end()

    def _on(self, share: QPointF, place: QRectF) -> QPointF:
        return QPointF(
            place.left() + share.x() * place.width(), place.top() + share.y() * place.height()
        )

    def _paint_foot(self, painter: QPainter) -> None:
        theme = self._appearance.theme
        tools = {
            MarkKind.BOX: self.tr("B box"), MarkKind.ARROW: self.tr("A arrow"),
            MarkKind.TEXT: self.tr("T words"), MarkKind.BLUR: self.tr("R cover"),
        }  # fmt: skip
        left, top = 14, self.height() - _FOOT_PX + 12
        for kind, word in tools.items():
            width = painter.fontMetrics().horizontalAdvance(word) + 16
            if kind is self._tool:
                painter.fillRect(left, top, width, 24, theme.colour(Token.SELECTION))
            painter.setPen(theme.colour(Token.TEXT))
            painter.drawText(left + 8, top + 17, word)
            left += width + 4
        count = self.tr("{0} marks").format(len(self._marking.marks))
        painter.setPen(theme.colour(Token.SECONDARY))
        painter.drawText(left + 12, top + 17, count)
        if not self.words.isVisible():
            keys = self.tr(
                "Arrows move (Shift finely) · Space sets a corner · D covers what the model finds "
                "· Ctrl+Z Ctrl+Y · Ctrl+S keeps · Esc"
            )
            painter.drawText(22, top + 50, keys)
