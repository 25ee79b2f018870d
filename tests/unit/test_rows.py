"""Tables draw what changed: every shown cell of it, whichever columns are hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from desk_city import change, filled_mirror
from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from console.domain.units import UnitStatus
from console.ui.duty import DutyColumn, DutyModel
from widgets.common.appearance import Appearance
from widgets.common.rows import RowDelegate, RowTable

RESOURCES = Path(__file__).parents[2] / "resources"


@pytest.fixture
def appearance(qapp: QApplication) -> Iterator[Appearance]:
    shown = Appearance(qapp, RESOURCES, theme="dark", language="en")
    yield shown
    shown.use_language("en")


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
