"""Tables draw what changed: every shown cell of it, whichever columns are hidden."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk_city import change, filled_mirror
from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QFocusEvent, QPainter
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from console.domain.units import UnitStatus
from console.ui.duty import DutyColumn, DutyModel
from console.ui.queue import IncidentQueueModel, QueueColumn
from widgets.common.appearance import Appearance
from widgets.common.rows import RowDelegate, RowTable
from widgets.desk.queue_view import QueueDelegate, QueueTable


class Noting(RowDelegate):
    """Notes which cells were drawn."""

    def __init__(self, appearance: Appearance, table: RowTable) -> None:
        super().__init__(appearance, table)
        self.drawn: set[tuple[int, int]] = set()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        self.drawn.add((index.row(), index.column()))
        super().paint(painter, option, index)


@pytest.mark.parametrize("hidden", [DutyColumn.OFF, DutyColumn.ON_DUTY])
def test_that_a_change_is_drawn_though_its_last_or_first_column_is_hidden(
    appearance: Appearance, qtbot: QtBot, hidden: DutyColumn
) -> None:
    mirror = filled_mirror()
    table = RowTable("duty")
    model = DutyModel(mirror, table)
    table.setModel(model)
    noting = Noting(appearance, table)
    table.setItemDelegate(noting)
    table.setColumnHidden(hidden, True)
    qtbot.addWidget(table)
    table.resize(600, 300)
    table.show()
    qtbot.waitExposed(table)
    qtbot.waitUntil(lambda: (0, DutyColumn.FREE) in noting.drawn)
    noting.drawn.clear()
    free = next(one for one in mirror.units() if one.status is UnitStatus.AVAILABLE)
    change(mirror, replace(free, status=UnitStatus.ON_SCENE, version=free.version + 1))
    wanted = {(0, DutyColumn.FREE), (0, DutyColumn.EN_ROUTE), (0, DutyColumn.ON_SCENE)}
    qtbot.waitUntil(lambda: wanted <= noting.drawn)


class _Drawing(QueueTable):
    """A queue that keeps no pictures."""

    def row_key(self, row: int) -> None:
        return None


def test_that_a_cell_is_drawn_again_when_it_changed_and_looks_as_if_never_kept(
    appearance: Appearance, qtbot: QtBot
) -> None:
    mirror = filled_mirror()
    model = IncidentQueueModel(mirror)
    model._clock.stop()
    tables = QueueTable("kept"), _Drawing("drawn")
    for table in tables:
        table.setModel(model)
        table.setItemDelegate(QueueDelegate(appearance, table))
        qtbot.addWidget(table)
        table.resize(700, 300)
        table.selectRow(1)
        table.show()
        qtbot.waitExposed(table)
    kept, drawn = tables
    before = kept.grab().toImage()
    assert before == drawn.grab().toImage()
    first = mirror.incident(model.incident_at(0) or "")
    assert first is not None
    change(mirror, replace(first, place="Elsewhere 7", version=first.version + 1))
    appearance.use_theme("light")
    kept.selectRow(2)
    drawn.selectRow(2)
    after = kept.grab().toImage()
    assert after == drawn.grab().toImage() != before
    noting = Noting(appearance, kept)
    kept.setItemDelegate(noting)
    kept.forget_pictures()
    kept.grab()
    noting.drawn.clear()
    change(mirror, replace(first, place="Elsewhere 8", version=first.version + 2))
    kept.grab()
    shown = {column for column in QueueColumn if kept.columnViewportPosition(column) < 690}
    assert noting.drawn == {(0, column) for column in shown}


def test_that_the_row_which_keys_act_on_is_marked_when_the_focus_comes(
    appearance: Appearance, qtbot: QtBot
) -> None:
    table = QueueTable()
    table.setModel(IncidentQueueModel(filled_mirror(), table))
    qtbot.addWidget(table)
    assert table.current_row() is None
    QApplication.sendEvent(table, QFocusEvent(QEvent.Type.FocusIn))
    assert table.current_row() == 0
    assert table.selectionModel().isRowSelected(0, QModelIndex())
