"""The administration's window over a real central: what is typed there is entered there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from central_parts import CentralServer
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot
from real_data import ROOT

from console.app.desktop_admin import AdminDock
from console.domain.levels import Role
from console.sync.exchange import Exchange
from console.sync.settings import SyncSettings
from console.sync.state import Who
from console.ui.admin import SPECS, Administration, spec_called
from console.ui.admintable import AdminTableModel
from widgets.admin.window import AdminWindow
from widgets.common.appearance import Appearance
from widgets.shell.command_edit import NoCommands
from widgets.shell.window import MainWindow

pytestmark = pytest.mark.xvfb


class Source:
    """Asks central as the sync client does, with a session of its own."""

    def __init__(self, server: CentralServer, home: Path) -> None:
        self._client = server.client(Role.ADMINISTRATOR)
        settings = SyncSettings(
            url=server.url, account="admin", password=server.password("admin"), home=home
        )
        self._http = Exchange(settings)
        self._pool = ThreadPoolExecutor(1)

    def administer(
        self, method: str, path: str, kind: type[Any], body: object = None
    ) -> Future[Any]:
        token = self._client.token
        return self._pool.submit(self._http.exchange, token, method, path, kind, body)

    def close(self) -> None:
        self._pool.shutdown()
        self._client.close()


@pytest.fixture
def administration(central_server: CentralServer, tmp_path: Path) -> Iterator[Administration]:
    source = Source(central_server, tmp_path / "console")
    made = Administration(source)
    yield made
    made.stop()
    source.close()


@pytest.fixture
def window(qtbot: QtBot, appearance: Appearance, administration: Administration) -> AdminWindow:
    made = AdminWindow(appearance, administration)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.model.rowCount() > 0)
    return made


@pytest.fixture
def appearance(qapp: Any) -> Appearance:
    return Appearance(qapp, ROOT / "resources", language="en")


def opened(qtbot: QtBot, window: AdminWindow, table: str) -> None:
    names = [spec.name for spec in SPECS]
    window.tables.setCurrentRow(names.index(table))
    qtbot.waitUntil(lambda: window.told.text() == "")


def typed(window: AdminWindow, **values: str) -> None:
    row: dict[str, Any] = {**window.form.values(), **values}
    if "night" in row:
        row["night"] = row["night"] == "yes"
    shown = dict(window.form._shown)  # what stood there stays what it was
    window.form.fill(row)
    window.form._shown = shown


#: What no site has before somebody enters it.
BARE = {"grids", "cameras", "limits", "calendar", "sensors", "place-notes", "detectors"}


def test_that_every_table_opens_with_its_rows_and_fields(qtbot: QtBot, window: AdminWindow) -> None:
    empty: set[str] = set()
    for spec in SPECS:
        opened(qtbot, window, spec.name)
        assert set(window.form.values()) == {field.name for field in spec.fields}
        assert window.model.columnCount() == len(spec.columns)
        if window.model.rowCount() == 0:
            empty.add(spec.name)
    assert empty == BARE


def test_that_a_form_is_entered_changed_retired_and_has_its_history(
    qtbot: QtBot, window: AdminWindow, central_server: CentralServer
) -> None:
    opened(qtbot, window, "forms")
    before = window.model.rowCount()
    window.begin_new()
    typed(window, code="0505", name_zh="共享单车", parent="05", level="3", limit_h="4")
    window.save()
    qtbot.waitUntil(lambda: window.told.text() == "Saved.")
    assert window.model.rowCount() == before + 1
    number = window.model.number_of("form:0505")
    assert number is not None
    window.table.selectRow(number)
    typed(window, limit_h="8")
    window.save()
    qtbot.waitUntil(lambda: window.history.count() == 2)
    assert window.history.item(0).text().endswith("PutCatalogue  limit_h: 4.0 → 8.0")
    window.retire()
    qtbot.waitUntil(lambda: window.told.text() == "Retired; nothing was deleted.")
    assert window.model.number_of("form:0505") is None
    window.with_retired.setChecked(True)
    assert window.model.number_of("form:0505") is not None
    (row,) = central_server.query("SELECT details, retired FROM catalogue WHERE id = 'form:0505'")
    assert (json.loads(row[0])["limit_h"], bool(row[1])) == (8.0, True)


def test_that_what_central_refuses_is_said_and_stays_in_the_form(
    qtbot: QtBot, window: AdminWindow
) -> None:
    opened(qtbot, window, "forms")
    window.begin_new()
    typed(window, code="0301", name_zh="x", parent="03", level="3", limit_h="4")
    window.save()
    qtbot.waitUntil(lambda: "There is form:0301 already" in window.told.text())
    assert window.form.values()["name_zh"] == "x"
    typed(window, code="0999", level="often")
    window.save()
    qtbot.waitUntil(lambda: "a whole number" in window.told.text())


def test_that_somebody_is_entered_and_shut_out(
    qtbot: QtBot, window: AdminWindow, central_server: CentralServer
) -> None:
    window.begin_new()
    typed(window, login="li", name="李", role="dispatcher", password="a-long-password")
    window.save()
    qtbot.waitUntil(lambda: window.told.text() == "Saved.")
    rows = [window.model.row_at(number) for number in range(window.model.rowCount())]
    number = next(no for no, row in enumerate(rows) if row is not None and row["login"] == "li")
    window.table.selectRow(number)
    window.retire()
    qtbot.waitUntil(lambda: "Retired" in window.told.text())
    assert central_server.query("SELECT active FROM person WHERE login = 'li'") == [(False,)]


def test_that_files_go_in_and_out_with_bad_rows_told(
    qtbot: QtBot, window: AdminWindow, administration: Administration, tmp_path: Path
) -> None:
    opened(qtbot, window, "authorities")
    path = tmp_path / "a.csv"
    path.write_text("code,name_zh,phone\nwater,水务,1\n,坏,2\n", encoding="utf-8")
    administration.import_file("authorities", path)
    qtbot.waitUntil(lambda: "1 rows taken, 1 left out" in window.told.text())
    assert "line 3" in window.told.text()
    administration.export_file("authorities", tmp_path / "out.xlsx")
    qtbot.waitUntil(lambda: "4 rows are in" in window.told.text())
    administration.export_file("authorities", tmp_path / "out.doc")
    qtbot.waitUntil(lambda: "written to .csv" in window.told.text())


def test_that_the_audit_is_read_and_verified_and_cannot_be_edited(
    qtbot: QtBot, window: AdminWindow
) -> None:
    opened(qtbot, window, "audit")
    assert not any(window.buttons[name].isVisible() for name in ("new", "save", "retire"))
    window.buttons["verify"].click()
    qtbot.waitUntil(lambda: "The audit is whole" in window.told.text())
    row = window.model.row_at(0)
    assert row is not None
    assert row["action"] == "read:audit"


def test_that_words_filter_the_rows(qtbot: QtBot, window: AdminWindow) -> None:
    opened(qtbot, window, "forms")
    window.finder.setText("construction night")
    assert [window.model.row_at(no)["code"] for no in range(window.model.rowCount())] == ["0301"]  # type: ignore[index]


def test_that_the_keys_do_what_the_buttons_do(qtbot: QtBot, window: AdminWindow) -> None:
    window.activateWindow()
    window.table.setFocus()
    row = window.tables.currentRow()
    qtbot.keyClick(window, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert {button.shortcut().toString() for button in window.buttons.values()} == {
        "Ctrl+N", "Ctrl+S", "Ctrl+R", "Ctrl+U", "Ctrl+G", "Ctrl+J", "Ctrl+I", "Ctrl+E", "Ctrl+D"
    }  # fmt: skip
    assert window.tables.currentRow() in {row, row + 1}


def test_that_a_new_pin_is_asked_about_once(
    qtbot: QtBot, window: AdminWindow, administration: Administration
) -> None:
    opened(qtbot, window, "officers")
    assert window.model.rowCount() > 1
    with qtbot.assertNotEmitted(administration.done, wait=300):
        window.buttons["pin"].click()
        window.table.selectRow(1)
        window.buttons["pin"].click()
    assert "Ctrl+G again gives it" in window.told.text()
    with qtbot.waitSignal(administration.done):
        window.buttons["pin"].click()


def test_that_the_table_model_is_a_good_one(qtmodeltester: ModelTester) -> None:
    model = AdminTableModel(str)
    qtmodeltester.check(model, force_py=True)
    spec = replace(spec_called("forms"), columns=("code", "level"))
    model.show_rows(
        spec.columns, [{"id": "a", "code": "x", "level": 2}, {"id": "b", "retired": True}]
    )
    qtmodeltester.check(model, force_py=True)
    assert (model.rowCount(), model.total) == (1, 2)


def test_that_only_administrators_see_it_and_nobody_while_the_console_is_locked(
    qtbot: QtBot, appearance: Appearance, central_server: CentralServer, tmp_path: Path
) -> None:
    shell = MainWindow(appearance, NoCommands(), tmp_path / "layout.ini")
    qtbot.addWidget(shell)
    shell.show()
    source = Source(central_server, tmp_path / "console")
    mirror = SimpleNamespace(who=Who(id="d", name="D", role=Role.DISPATCHER))
    dock = AdminDock(shell, SimpleNamespace(mirror=mirror, client=source), appearance)  # type: ignore[arg-type]
    dock.open()
    assert dock.shown is None
    mirror.who = Who(id="a", name="A", role=Role.ADMINISTRATOR)
    dock.open()
    assert dock.shown is not None
    assert dock.shown.isVisible()
    dock.set_locked(True)
    assert not dock.shown.isVisible()
    dock.open()
    assert not dock.shown.isVisible()
    dock.set_locked(False)
    dock.open()
    assert dock.shown.isVisible()
    qtbot.waitUntil(lambda: dock.shown is not None and dock.shown.model.rowCount() > 0)
    dock.stop()
    source.close()
