"""What lies over the wall: the editor's key in a window that has it as well, the repair list."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import desk_city
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QMainWindow
from pytestqt.qtbot import QtBot

from console.domain.ids import CameraId
from console.ui.formnames import SiteForms
from console.ui.planbook import PlanBook
from console.ui.plandraft import PlanDraft
from console.video.pointrecords import PointRecord
from widgets.common.appearance import Appearance
from widgets.wall.plans import PlanSheet
from widgets.wall.repairs import RepairsPanel

pytestmark = pytest.mark.xvfb


def test_that_control_n_begins_a_plan_though_the_window_has_the_key_as_well(
    appearance: Appearance, qtbot: QtBot
) -> None:
    mirror = desk_city.filled_mirror()
    nobody_is_asked: Any = object()
    book = PlanBook(mirror, SiteForms(mirror), nobody_is_asked)
    window = QMainWindow()
    incidents: list[int] = []
    qtbot.addWidget(window)
    sheet = PlanSheet(book, window)
    window.setCentralWidget(sheet)
    key = QShortcut(QKeySequence("Ctrl+N"), window)
    key.activated.connect(lambda: incidents.append(1))
    key.activatedAmbiguously.connect(lambda: incidents.append(2))
    window.show()
    window.activateWindow()
    sheet.open()
    sheet.begin_with("Chaoyang · police", ["P02", "P01"])
    assert sheet.form.draft(PlanDraft()).points == ("P02", "P01")
    qtbot.waitUntil(sheet.form.name.hasFocus)
    qtbot.keyClick(sheet.form.name, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert (sheet.form.name.text(), incidents) == ("", [])
    assert sheet.form.draft(PlanDraft()).points == ()


def test_that_the_repair_list_tells_faults_and_figures_and_gives_them_out(
    appearance: Appearance, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    panel = RepairsPanel()
    qtbot.addWidget(panel)
    with qtbot.waitSignal(panel.wanted):
        panel.open()
    assert panel.figures.text().startswith("The sweep's looks")
    now = datetime.now(UTC)
    shared = {"owner": None, "district": None, "faults": 1, "looks": 10}
    records = [
        PointRecord(point=CameraId("P01"), name="one", faults_now=("blurred",), since=now,
                    online_rate=1.0, good_rate=0.5, repair_h=2.0, **shared),
        PointRecord(point=CameraId("P02"), name="two", faults_now=(), since=None,
                    online_rate=0.8, good_rate=0.8, repair_h=None, **shared),
    ]  # fmt: skip
    panel.take(records)
    assert panel.figures.text() == (
        "30 days: online 90.0 % · good picture 65.0 % · mean time to repair 2.0 h"
    )
    texts = [[panel.table.item(row, n).text() for n in (0, 1, 3, 4, 5)]
             for row in range(panel.table.rowCount())]  # fmt: skip
    assert texts == [["one", "blurred", "100.0 %", "50.0 %", "2.0 h"]]
    with qtbot.waitSignal(panel.point_wanted) as wanted:
        qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert wanted.args == ["P01"]
    qtbot.keyClick(panel.table, Qt.Key.Key_A)
    assert panel.table.rowCount() == 2
    file = str(tmp_path / "repairs.csv")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (file, ""))
    with qtbot.waitSignal(panel.export_wanted) as given:
        qtbot.keyClick(panel.table, Qt.Key.Key_E)
    assert given.args == [file, records]
    with qtbot.waitSignal(panel.closed):
        qtbot.keyClick(panel.table, Qt.Key.Key_Escape)
