"""Central killed, the console started again without it: the work goes on, and comes out right."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from central_parts import CentralServer, a_city, some_units
from held_port import HeldPort
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QComboBox, QLabel
from pytestqt.qtbot import QtBot
from test_central_kill import listening
from test_console_window import (
    INCIDENT,
    Console,
    report_incident_and_positions,
    settings_for,
)
from test_evidence_kill import CENTRAL, Process

from console.domain.assignments import AssignmentState
from console.ui.alarms import AlarmKind
from console.ui.feedalarms import BEAT_S, MISSED_BEATS
from widgets.common.labels import SILENT_S, AgeLabel
from widgets.shell.regions import Region

pytestmark = [pytest.mark.e2e, pytest.mark.xvfb]
LONG_MS = 120_000


def opened_console(qapp: QApplication, qtbot: QtBot, server: CentralServer, home: Path) -> Console:
    console = Console(qapp, settings_for(server, home))
    qtbot.addWidget(console.window)
    console.window.show()
    qtbot.waitExposed(console.window)
    console.window.activateWindow()
    qtbot.waitUntil(console.window.isActiveWindow)
    return console


def alarms(console: Console) -> list[str]:
    return [line.id for line in console.window.bottom.alarms.alarms]


def words(console: Console) -> str:
    shown = [one.text() for one in console.desk.card.findChildren(QLabel) if one.isVisible()]
    return "\n".join(shown)


def test_that_an_outage_is_worked_through_and_reconciled_with_nothing_doubled(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    server, port, desk = CentralServer(tmp_path / "home"), HeldPort(), tmp_path / "desk"
    phones = [replace(one, phone=f"1380000000{one.no}") for one in some_units()]
    server.seed(phones, jurisdictions=a_city())
    central = Process(CENTRAL, server.home, port.number)
    running = [central]
    console: Console | None = None
    try:
        server.url = listening(server.home, central.popen)
        report_incident_and_positions(server)
        console = opened_console(qapp, qtbot, server, desk)
        known = console.models
        qtbot.waitUntil(lambda: known.queue.rowCount() == 1, timeout=LONG_MS)
        qtbot.waitUntil(
            lambda: known.mirror.force is not None and len(known.mirror.force.nos()) == 8,
            timeout=LONG_MS,
        )
        link_alarm = str(AlarmKind.LINK)
        qtbot.waitUntil(lambda: link_alarm not in alarms(console), timeout=LONG_MS)
        central.kill()
        qtbot.waitUntil(lambda: link_alarm in alarms(console), timeout=LONG_MS)
        console.close()

        console = opened_console(qapp, qtbot, server, desk)
        work_offline(console, qtbot, tmp_path)
        assert_ages_are_honest(console, qtbot)

        central = Process(CENTRAL, server.home, port.number)
        running.append(central)
        listening(server.home, central.popen)
        models = console.models
        qtbot.waitUntil(lambda: models.status.line.is_live, timeout=LONG_MS)
        qtbot.waitUntil(lambda: models.status.line.unsent == 0, timeout=LONG_MS)
        qtbot.waitUntil(lambda: not models.mirror.is_pending(INCIDENT), timeout=LONG_MS)
        qtbot.waitUntil(lambda: link_alarm not in alarms(console), timeout=LONG_MS)
        assert models.mirror.tray() == ()
        qtbot.waitUntil(lambda: "Told by voice" in words(console), timeout=LONG_MS)
        qtbot.waitUntil(lambda: "NOT SENT" not in words(console), timeout=LONG_MS)
    finally:
        if console is not None:
            console.close()
        for process in running:
            process.kill()
    assert_nothing_is_doubled(server)


def work_offline(console: Console, qtbot: QtBot, folder: Path) -> None:
    """Queue, who is near, dispatch, words by radio, evidence: all of it without central."""
    desk, models = console.desk, console.models
    qtbot.waitUntil(lambda: models.queue.rowCount() == 1, timeout=LONG_MS)
    qtbot.waitUntil(lambda: models.mirror.force is not None, timeout=LONG_MS)
    assert len(models.mirror.force.nos()) == 8
    console.window.regions.show_region(Region.QUEUE)
    desk.queue.table.selectRow(0)
    qtbot.keyClick(desk.queue.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: models.near.rowCount() == 8, timeout=LONG_MS)
    qtbot.keyClick(desk.near.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: models.status.line.unsent == 2, timeout=LONG_MS)
    qtbot.waitUntil(lambda: words(console).count("tell it by phone") == 2, timeout=LONG_MS)
    qtbot.waitUntil(lambda: "NOT SENT" in words(console), timeout=LONG_MS)
    desk.card.setFocus()
    qtbot.keyClick(desk.card, Qt.Key.Key_T)
    which = desk.card.findChild(QComboBox)
    offered = [which.itemText(at) for at in range(which.count())]
    which.setCurrentIndex(offered.index("K1 radio"))
    asked = QApplication.focusWidget()
    qtbot.keyClicks(asked, "goes at once")
    qtbot.keyClick(asked, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "radio: goes at once" in words(console), timeout=LONG_MS)
    qtbot.waitUntil(lambda: words(console).count("tell it by phone") == 1, timeout=LONG_MS)
    assert models.status.line.unsent == 2, "the words are in the place of the order"
    console.window.command_entered.emit("N 暴露垃圾 @东单北大街 9 号; 袋装垃圾")
    qtbot.waitUntil(lambda: models.queue.rowCount() == 2, timeout=LONG_MS)
    picture = QImage(64, 48, QImage.Format.Format_RGB32)
    picture.fill(0x336699)
    assert picture.save(str(folder / "scene.jpg"))
    desk.pick(INCIDENT)
    console.window.command_entered.emit(f"F 1 {folder / 'scene.jpg'}")
    qtbot.waitUntil(lambda: models.status.line.unsent == 4, timeout=LONG_MS)
    assert console.models.mirror.tray() == ()


def assert_ages_are_honest(console: Console, qtbot: QtBot) -> None:
    """No panel is fresher than what it shows, and the alarm stands."""
    line = console.models.status.line
    assert not line.is_live
    qtbot.waitUntil(lambda: str(AlarmKind.LINK) in alarms(console), timeout=LONG_MS)
    assert line.positions_age_s is not None
    oldest = console.models.status.line.positions_age_s
    assert oldest > 4.0
    for age in console.window.findChildren(AgeLabel):
        assert age.age_s is None or age.age_s > 4.0, age.parentWidget()


def test_that_every_panel_tells_its_age_when_central_falls_silent(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    """Stopped, not ended: no connection is closed, there is only no word any more."""
    server, port = CentralServer(tmp_path / "home"), HeldPort()
    server.seed(some_units(), jurisdictions=a_city())
    central = Process(CENTRAL, server.home, port.number)
    console: Console | None = None
    try:
        server.url = listening(server.home, central.popen)
        report_incident_and_positions(server)
        console = opened_console(qapp, qtbot, server, tmp_path / "desk")
        models, window, desk = console.models, console.window, console.desk
        qtbot.waitUntil(lambda: models.queue.rowCount() == 1, timeout=LONG_MS)
        desk.pick(INCIDENT)
        panels = (window.bottom.age, desk.queue.age, desk.duty.age, desk.card.age)
        qtbot.waitUntil(lambda: all(tone(one) == "secondary" for one in panels), timeout=LONG_MS)

        central.popen.send_signal(signal.SIGSTOP)
        qtbot.waitUntil(lambda: all(tone(one) == "warn" for one in panels), timeout=LONG_MS)
        assert SILENT_S <= BEAT_S * (MISSED_BEATS + 0.5)
        # A word that was still on its way makes them younger once more; they say so at once.
        qtbot.waitUntil(lambda: all(is_right(one, console) for one in panels), timeout=LONG_MS)
        qtbot.waitUntil(lambda: str(AlarmKind.LINK) in alarms(console), timeout=LONG_MS)
        assert all(tone(one) == "warn" for one in panels)

        central.popen.send_signal(signal.SIGCONT)
        qtbot.waitUntil(lambda: all(tone(one) == "secondary" for one in panels), timeout=LONG_MS)
        qtbot.waitUntil(lambda: str(AlarmKind.LINK) not in alarms(console), timeout=LONG_MS)
    finally:
        central.popen.send_signal(signal.SIGCONT)
        if console is not None:
            console.close()
        central.kill()


def is_right(label: AgeLabel, console: Console) -> bool:
    """Whether a panel is as old as central has been silent, looked at before and after."""
    mirror = console.models.mirror
    link = mirror.link
    assert link is not None
    assert link.heard_at is not None
    first_s, age_s, last_s = (
        (mirror.own_now() - link.heard_at).total_seconds(),
        label.age_s,
        (mirror.own_now() - link.heard_at).total_seconds(),
    )
    return age_s is not None and first_s - 1.5 <= age_s <= last_s + 1.5


def tone(label: AgeLabel) -> str:
    return str(label.property("tone"))


def assert_nothing_is_doubled(server: CentralServer) -> None:
    with closing(sqlite3.connect(server.database)) as db:
        assignments = db.execute("SELECT unit, state FROM assignment ORDER BY unit").fetchall()
        told = db.execute("SELECT detail FROM log_entry WHERE verb = 'told_by_voice'").fetchall()
        incidents = db.execute("SELECT count(*) FROM incident").fetchone()
        evidence = db.execute("SELECT incident, media_type FROM evidence").fetchall()
    states = AssignmentState
    assert assignments == [("u1", states.ACCEPTED.value), ("u2", states.ORDERED.value)]
    assert told == [("radio: goes at once",)]
    assert incidents == (2,)
    assert [one[1] for one in evidence] == ["image/jpeg"]
