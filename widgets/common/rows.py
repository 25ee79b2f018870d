"""Table rows as the house draws them: mark, words, stripes over what is not sent."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QBrush, QFontMetrics, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from widgets.common.appearance import Appearance
from widgets.common.shapes import Mark, paint_mark
from widgets.common.theme import ROW_PX, Theme, Token

Index = QModelIndex | QPersistentModelIndex
_PAD_PX, _MARK_PX, _EDGE_PX = 6, 14, 3
#: Widths follow what columns hold within this time.
FIT_MS = 100


class RowDelegate(QStyledItemDelegate):
    """Draws a cell; what a table means by its rows is said by a subclass."""

    def __init__(self, appearance: Appearance, view: QAbstractItemView) -> None:
        super().__init__(view)
        self.appearance, self._view = appearance, view
        appearance.theme_changed.connect(self._repaint)

    def _repaint(self, _theme: object) -> None:
        self._view.viewport().update()

    def mark_of(self, index: Index) -> Mark | None:
        """Return the mark at the left of a cell, if it has one."""
        return None

    def token_of(self, index: Index) -> Token:
        """Return the colour of a cell's words."""
        return Token.TEXT

    def is_bold(self, index: Index) -> bool:
        """Whether a cell's words stand out."""
        return False

    def is_striped(self, index: Index) -> bool:
        """Whether a row is not sent yet."""
        return False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw ground, stripes, focus, mark and words."""
        theme = self.appearance.theme
        state, box = option.state, option.rect
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        has_focus = self._view.hasFocus()
        painter.save()
        self._paint_ground(painter, box, theme, is_selected=is_selected, has_focus=has_focus)
        if self.is_striped(index):
            painter.fillRect(box, QBrush(theme.colour(Token.STRIPE), Qt.BrushStyle.BDiagPattern))
        if is_selected and self._is_first_column(index):
            edge = QRect(box.left(), box.top(), _EDGE_PX, box.height())
            painter.fillRect(edge, theme.colour(Token.FOCUS if has_focus else Token.EDGE))
        self._paint_words(painter, box, index, theme, is_selected=is_selected)
        painter.restore()

    @staticmethod
    def _paint_ground(
        painter: QPainter, box: QRect, theme: Theme, *, is_selected: bool, has_focus: bool
    ) -> None:
        token = Token.PANEL
        if is_selected:
            token = Token.SELECTION if has_focus else Token.RAISED
        painter.fillRect(box, theme.colour(token))

    def _paint_words(
        self, painter: QPainter, box: QRect, index: Index, theme: Theme, *, is_selected: bool
    ) -> None:
        left = box.left() + _PAD_PX
        mark = self.mark_of(index)
        if mark is not None:
            top = box.center().y() - _MARK_PX / 2 + 1
            paint_mark(painter, QRectF(left, top, _MARK_PX, _MARK_PX), mark, theme)
            left += _MARK_PX + 5
        words = QRect(left, box.top(), box.right() - left - _PAD_PX + 3, box.height())
        token = self.token_of(index)
        if is_selected and self._view.hasFocus() and token is Token.TEXT:
            token = Token.SELECTION_TEXT
        font = painter.font()
        font.setBold(self.is_bold(index))
        painter.setFont(font)
        painter.setPen(theme.colour(token))
        text = str(index.data() or "")
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, words.width())
        side = index.data(Qt.ItemDataRole.TextAlignmentRole)
        at = int(side) if side else int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(words, at, shown)

    def _is_first_column(self, index: Index) -> bool:
        view = self._view
        if not isinstance(view, QTableView):
            return index.column() == 0
        return not any(not view.isColumnHidden(column) for column in range(index.column()))

    def sizeHint(  # noqa: N802
        self, option: QStyleOptionViewItem, index: Index
    ) -> QSize:
        """As wide as the words with their mark, one row high."""
        mark = _MARK_PX + 5 if self.mark_of(index) is not None else 0
        font = self._view.font()
        font.setBold(self.is_bold(index))
        width = QFontMetrics(font).horizontalAdvance(str(index.data() or ""))
        return QSize(width + mark + 2 * _PAD_PX, ROW_PX)


class RowTable(QTableView):
    """A table of rows: one row chosen at a time, no grid, bare keys never go to an input method.

    Args:
        what: What the table lists, for people who hear the screen.

    Signals:
        fitted: Columns are as wide as what they hold, or the table has another width.
    """

    fitted = Signal()

    def __init__(self, what: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(what)
        self._fitted: tuple[int, ...] = ()
        self._widest: dict[int, int] = {}
        self._fitting = QTimer(self, interval=FIT_MS, singleShot=True)
        self._fitting.timeout.connect(self._fit_now)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(ROW_PX)
        rows.setDefaultSectionSize(ROW_PX)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(20)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        rows.setHighlightSections(False)
        rows.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def fit(self, *columns: int) -> None:
        """Keep columns as wide as the widest they held; running clocks do not make them twitch."""
        model = self.model()
        self._fitted = columns
        for signal in (model.rowsInserted, model.dataChanged, model.headerDataChanged):
            signal.connect(self._fit_soon)
        self._fit_now()

    def _fit_soon(self, *_: object) -> None:
        self._fitting.start()

    def _fit_now(self) -> None:
        header = self.horizontalHeader()
        for column in self._fitted:
            wanted = max(self.sizeHintForColumn(column), header.sectionSizeHint(column))
            width = max(wanted, self._widest.get(column, 0))
            self._widest[column] = width
            if width != header.sectionSize(column):
                header.resizeSection(column, width)
        self.fitted.emit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Other words are of other widths."""
        if event.type() == QEvent.Type.LanguageChange:
            self._widest.clear()
            self._fit_soon()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Let the widths be shared out anew."""
        super().resizeEvent(event)
        self.fitted.emit()

    def current_row(self) -> int | None:
        """Return the chosen row, ``None`` when none is."""
        index = self.currentIndex()
        return index.row() if index.isValid() else None

    def choose_first(self) -> None:
        """Choose the first row when none is chosen."""
        model = self.model()
        if self.current_row() is None and model is not None and model.rowCount():
            self.selectRow(0)


def paint_empty(view: QAbstractItemView, text: str) -> None:
    """Write in an empty view what will appear there and why it is empty."""
    model = view.model()
    if model is not None and model.rowCount():
        return
    painter = QPainter(view.viewport())
    painter.setPen(view.palette().color(QPalette.ColorRole.PlaceholderText))
    box = view.viewport().rect().adjusted(12, 12, -12, -12)
    flags = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
    painter.drawText(box, int(flags), text)
    painter.end()
