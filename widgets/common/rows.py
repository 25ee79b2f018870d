"""Table rows as the house draws them: mark, words, stripes over what is not sent."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial

from PySide6.QtCore import (
    QAbstractItemModel,
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
from PySide6.QtGui import (
    QBrush,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QResizeEvent,
)
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
from widgets.common.cells import CellPictures, Look
from widgets.common.shapes import Mark, paint_shape
from widgets.common.theme import ROW_PX, Theme, Token

Index = QModelIndex | QPersistentModelIndex
_PAD_PX, _MARK_PX, _EDGE_PX = 6, 14, 3
#: Widths follow what columns hold within this time.
FIT_MS = 300
#: A change of more rows than this is one of a whole column.
_MANY_ROWS = 64


class RowDelegate(QStyledItemDelegate):
    """Draws a cell; what a table means by its rows is said by a subclass."""

    def __init__(self, appearance: Appearance, view: QAbstractItemView) -> None:
        super().__init__(view)
        self.appearance, self._view = appearance, view
        self._striped: dict[int, bool] = {}
        self._sides: dict[int, int] = {}
        self._colours = {token: appearance.theme.colour(token) for token in Token}
        font = view.font()
        self._plain = (font, QFontMetrics(font))
        bold = QFont(font)
        bold.setBold(True)
        self._bold = (bold, QFontMetrics(bold))
        appearance.theme_changed.connect(self._put_on)

    def _put_on(self, theme: Theme) -> None:
        self._colours = {token: theme.colour(token) for token in Token}
        if isinstance(self._view, RowTable):
            self._view.forget_pictures()
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

    def begin_pass(self) -> None:
        """Forget what was asked of rows in the pass before."""
        self._striped.clear()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw ground, stripes, focus, mark and words; called for every cell of a pass."""
        box = option.rect
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        has_focus = is_selected and self._view.hasFocus()
        row = index.row()
        if row not in self._striped:
            self._striped[row] = self.is_striped(index)
        if is_selected:
            ground = Token.SELECTION if has_focus else Token.RAISED
            painter.fillRect(box, self._colours[ground])
        if self._striped[row]:
            stripes = QBrush(self._colours[Token.STRIPE], Qt.BrushStyle.BDiagPattern)
            painter.fillRect(box, stripes)
        if is_selected and self._is_first_column(index):
            edge = QRect(box.left(), box.top(), _EDGE_PX, box.height())
            painter.fillRect(edge, self._colours[Token.FOCUS if has_focus else Token.EDGE])
        self._paint_words(painter, box, index, has_focus=has_focus)

    def _paint_words(self, painter: QPainter, box: QRect, index: Index, *, has_focus: bool) -> None:
        left = box.left() + _PAD_PX
        mark = self.mark_of(index)
        if mark is not None:
            top = box.center().y() - _MARK_PX / 2 + 1
            mark_box = QRectF(left, top, _MARK_PX, _MARK_PX)
            paint_shape(painter, mark_box, mark.shape, self._colours[mark.token])
            left += _MARK_PX + 5
        text = index.data()
        if not text:
            return
        words = QRect(left, box.top(), box.right() - left - _PAD_PX + 3, box.height())
        token = self.token_of(index)
        if has_focus and token is Token.TEXT:
            token = Token.SELECTION_TEXT
        font, metrics = self._bold if self.is_bold(index) else self._plain
        painter.setFont(font)
        painter.setPen(self._colours[token])
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, self._side_of(index), shown)

    def _side_of(self, index: Index) -> int:
        column = index.column()
        if column not in self._sides:
            side = index.data(Qt.ItemDataRole.TextAlignmentRole)
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            self._sides[column] = int(side if side else left)
        return self._sides[column]

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
        metrics = (self._bold if self.is_bold(index) else self._plain)[1]
        width = metrics.horizontalAdvance(str(index.data() or ""))
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
        self._pictures = CellPictures()
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
        columns.setResizeContentsPrecision(0)
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

    def reserve(self, column: int, words: str) -> None:
        """Keep a column at least so wide that these words fit, in bold, before any row has them."""
        font = QFont(self.font())
        font.setBold(True)
        width = QFontMetrics(font).horizontalAdvance(words) + 2 * _PAD_PX
        self._widest[column] = max(width, self._widest.get(column, 0))
        self._fit_now()

    def fitted_width(self, column: int) -> int:
        """Return how wide a column that is kept fitting wants to be, shown or not, in pixels."""
        return self._widest.get(column, 0)

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

    def row_key(self, row: int) -> Hashable | None:
        """Return what names a row wherever it moves, so that its cells' pictures are kept.

        None, as here, has every cell drawn in every pass.  A model behind a table that says more
        must tell every change of what its cells show.
        """
        return None

    def forget_pictures(self) -> None:
        """Draw every cell anew."""
        self._pictures.forget()

    def setModel(self, model: QAbstractItemModel | None) -> None:  # noqa: N802
        """Show a model's rows."""
        super().setModel(model)
        self._pictures.forget()
        if model is not None:
            model.modelReset.connect(self.forget_pictures)
            model.layoutChanged.connect(self.forget_pictures)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Other words are of other widths."""
        self._pictures.forget()
        if event.type() == QEvent.Type.LanguageChange:
            self._widest.clear()
            self._fit_soon()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Let the widths be shared out anew."""
        super().resizeEvent(event)
        self.fitted.emit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the rows."""
        delegate = self.itemDelegate()
        if isinstance(delegate, RowDelegate):
            delegate.begin_pass()
            if self._keeps_pictures():
                self._paint_pictures(event.rect(), delegate)
                return
        super().paintEvent(event)

    def _keeps_pictures(self) -> bool:
        """Whether cells lie on whole pixels of the screen, and rows have names."""
        is_whole = self.devicePixelRatioF() == round(self.devicePixelRatioF())
        model = self.model()
        rows = 0 if model is None else model.rowCount()
        return is_whole and rows > 0 and self.row_key(0) is not None

    def _paint_pictures(self, dirty: QRect, delegate: RowDelegate) -> None:
        model, chosen = self.model(), self.selectionModel()
        first, last = self.rowAt(dirty.top()), self.rowAt(dirty.bottom())
        if first < 0:
            return
        last = model.rowCount() - 1 if last < 0 else last
        columns = [
            (column, self.columnViewportPosition(column), self.columnWidth(column))
            for column in range(model.columnCount())
            if not self.isColumnHidden(column)
        ]
        columns = [one for one in columns
                   if one[1] <= dirty.right() and one[1] + one[2] > dirty.left()]  # fmt: skip
        has_focus = self.hasFocus()
        painter = QPainter(self.viewport())
        for row in range(first, last + 1):
            key = self.row_key(row)
            top, height = self.rowViewportPosition(row), self.rowHeight(row)
            is_chosen = chosen.isRowSelected(row, QModelIndex())
            for column, left, width in columns:
                look = (width, height, is_chosen, is_chosen and has_focus)
                index = partial(model.index, row, column)
                draw = partial(self._picture, delegate, index, look)
                painter.drawPixmap(left, top, self._pictures.of(key, column, look, draw))
        painter.end()

    def _picture(
        self, delegate: RowDelegate, index_of: Callable[[], QModelIndex], look: Look
    ) -> QPixmap:
        """Return a cell as its delegate draws it."""
        width, height, is_chosen, _ = look
        ratio = round(self.devicePixelRatioF())
        picture = QPixmap(max(1, width) * ratio, max(1, height) * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.viewport().palette().color(self.viewport().backgroundRole()))
        option = QStyleOptionViewItem()
        option.rect = QRect(0, 0, width, height)
        if is_chosen:
            option.state |= QStyle.StateFlag.State_Selected
        painter = QPainter(picture)
        delegate.paint(painter, option, index_of())
        painter.end()
        return picture

    def dataChanged(  # noqa: N802
        self, top_left: Index, bottom_right: Index, roles: Sequence[int] = ()
    ) -> None:
        """Draw only the cells that changed; Qt's own draws the whole table for a column."""
        self._forget_changed(top_left, bottom_right)
        every = range(top_left.column(), bottom_right.column() + 1)
        columns = [column for column in every if not self.isColumnHidden(column)]
        if not columns:
            return
        # A hidden cell has no box: those at the ends that are shown say how far the change goes.
        first = self.model().index(top_left.row(), columns[0])
        last = self.model().index(bottom_right.row(), columns[-1])
        box = self.visualRect(first).united(self.visualRect(last))
        self.viewport().update(box.intersected(self.viewport().rect()))

    def _forget_changed(self, top_left: Index, bottom_right: Index) -> None:
        columns = top_left.column(), bottom_right.column()
        rows = range(top_left.row(), bottom_right.row() + 1)
        if len(rows) > _MANY_ROWS:
            self._pictures.forget_columns(*columns)
            return
        for row in rows:
            self._pictures.forget_row(self.row_key(row), *columns)

    def current_row(self) -> int | None:
        """Return the chosen row, ``None`` when none is."""
        index = self.currentIndex()
        if not index.isValid():
            return None
        return index.row() if self.selectionModel().isRowSelected(index.row()) else None

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show which row keys act on: Qt makes the first one current without marking it."""
        super().focusInEvent(event)
        if self.current_row() is None and self.currentIndex().isValid():
            self.selectRow(self.currentIndex().row())

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
