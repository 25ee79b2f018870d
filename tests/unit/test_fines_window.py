"""The figures of documents and fines on the console, over a real central."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from central_parts import CentralServer
from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot
from real_data import ROOT

from console.app.desktop_fines import FinesDock
from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.streetwork import PaperKind, SubjectKind
from console.protocol.commands import IssuePaper, OpenIncident, PayFine
from console.protocol.messages import Verdict
from console.sync.exchange import Exchange
from console.sync.settings import SyncSettings
from console.sync.state import Who
from console.ui.fines import FinesModel
from widgets.common.appearance import Appearance
from widgets.desk.fines_view import FinesView
from widgets.shell.command_edit import NoCommands
from widgets.shell.window import MainWindow

pytestmark = pytest.mark.xvfb


class Source:
    """Asks central as the sync client does, as the supervisor."""

    def __init__(self, server: CentralServer, home: Path) -> None:
        self.client = server.client(Role.SUPERVISOR)
        self._http = Exchange(
            SyncSettings(
                url=server.url, account="supervisor", password=server.password("supervisor"),
                home=home,
            )
        )  # fmt: skip
        self._pool = ThreadPoolExecutor(1)

    def administer(
        self, method: str, path: str, kind: type[Any], body: object = None
    ) -> Future[Any]:
        return self._pool.submit(self._http.exchange, self.client.token, method, path, kind, body)

    def close(self) -> None:
        self._pool.shutdown()
        self.client.close()


@pytest.fixture
def source(central_server: CentralServer, tmp_path: Path) -> Iterator[Source]:
    made = Source(central_server, tmp_path / "console")
    yield made
    made.close()


@pytest.fixture
def appearance(qapp: Any) -> Appearance:
    return Appearance(qapp, ROOT / "resources", language="en")


def fined(server: CentralServer, source: Source) -> None:
    """Decide two fines, of which one is paid."""
    dispatcher = server.client()
    now = datetime.now(UTC)
    for form, fen, is_paid in (("0105", 60_000, True), ("0301", 1_000_000, False)):
        incident, paper = new_id(now), new_id(now)
        dispatcher.post(
            OpenIncident(incident=incident, form=form, place="p", summary="s", channel="12345")
        )
        issued = IssuePaper(
            paper=paper, kind=PaperKind.DECISION, incident=incident, party_kind=SubjectKind.SHOP,
            party="老王", facts="f", law="dq-81" if form == "0105" else "zs-43", amount_fen=fen,
        )  # fmt: skip
        assert source.client.post(issued)[0].verdict is Verdict.ACCEPTED
        if is_paid:
            paid = PayFine(paper=paper, receipt_no="R-1", amount_fen=fen, at=now)
            assert source.client.post(paid)[0].verdict is Verdict.ACCEPTED
    dispatcher.close()


def cells(model: FinesModel) -> list[list[str]]:
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_that_the_figures_are_shown_summed_and_written(
    qtbot: QtBot, central_server: CentralServer, source: Source, appearance: Appearance,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtmodeltester: ModelTester,
) -> None:  # fmt: skip
    fined(central_server, source)
    model = FinesModel(source)
    qtmodeltester.check(model, force_py=True)
    today = datetime.now().astimezone().date()
    view = FinesView(appearance, model, today)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    assert cells(model) == [
        ["Open-air barbecue", "—", "0", "0", "1", "600.00", "1", "600.00", "0"],
        ["Night construction", "—", "0", "0", "1", "10,000.00", "0", "0.00", "0"],
        ["Sum", "", "0", "0", "2", "10,600.00", "1", "600.00", "0"],
    ]
    file = tmp_path / "fines.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    qtbot.mouseClick(view.buttons["export"], Qt.MouseButton.LeftButton)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.reader(opened))
    assert [lines[0][5], lines[3][5]] == ["Fined, yuan", "10,600.00"]
    view.last.setDate(QDate(2020, 1, 1))
    view.reload()
    assert "before the first" in view.told.text()
    view.first.setDate(QDate(2020, 1, 1))
    view.reload()
    qtbot.waitUntil(lambda: "No document" in view.told.text())
    appearance.use_language("zh_CN")
    qtbot.waitUntil(lambda: view.windowTitle() == "文书与罚款")
    appearance.use_language("en")
    view.close()


def test_that_who_may_not_read_them_is_told_so(
    qtbot: QtBot, source: Source, appearance: Appearance, tmp_path: Path
) -> None:
    main = MainWindow(appearance, NoCommands(), tmp_path / "layout.ini")
    qtbot.addWidget(main)
    who = Who(id="hotline", name="Hotline", role=Role.HOTLINE_SEAT)
    mirror = SimpleNamespace(who=who)
    dock = FinesDock(main, SimpleNamespace(mirror=mirror, client=source), appearance)  # type: ignore[arg-type]
    dock.open()
    assert dock.shown is None
    assert "for dispatchers" in main.notice.text()
    mirror.who = replace(who, role=Role.SUPERVISOR)
    dock.open()
    assert dock.shown is not None
    dock.set_locked(True)
    assert not dock.shown.isVisible()
    dock.stop()
