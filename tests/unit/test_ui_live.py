"""Bridge, mirror and models over a real sync client and a real central."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from central_parts import CentralServer
from desk_city import NOW, change, filled_mirror
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sync_parts import Cut, assigned, opened
from test_cache import an_incident

from console.domain.assignments import AssignmentState
from console.domain.incidents import Stage
from console.store.cachereads import CacheReader
from console.sync import SyncClient, SyncSettings
from console.sync.state import ChangeBatch, LinkPhase, LinkState, LinkTrouble, RowChange
from console.ui.actions import DeskActions
from console.ui.alarms import AlarmKind, AlarmList
from console.ui.bridge import Bridge
from console.ui.card import CardModel, track_of
from console.ui.mirror import Mirror
from console.ui.queue import IncidentQueueModel, QueueColumn, QueueRole
from console.ui.status import StatusModel, link_sentence

WITHIN_MS = 120_000


@dataclass
class Desk:
    """A console without its window."""

    client: SyncClient
    reader: CacheReader
    mirror: Mirror
    queue: IncidentQueueModel
    actions: DeskActions
    card: CardModel


@pytest.fixture
def wire(central_server: CentralServer) -> Iterator[Cut]:
    cut = Cut(central_server.url)
    yield cut
    cut.close()


@pytest.fixture
def desk(central_server: CentralServer, wire: Cut, tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    settings = SyncSettings(
        url=wire.url, account="dispatcher", password=central_server.password("dispatcher"),
        home=tmp_path / "desk", retry_first_s=0.1, retry_most_s=0.3,
    )  # fmt: skip
    bridge = Bridge()
    client = SyncClient(settings, bridge)
    reader = client.reader()
    mirror = Mirror(reader)
    mirror.follow(bridge)
    queue = IncidentQueueModel(mirror)
    made = Desk(client, reader, mirror, queue, DeskActions(mirror, client), CardModel(mirror))
    client.start()
    qtbot.waitUntil(lambda: mirror.link is not None and mirror.link.is_live, timeout=WITHIN_MS)
    yield made
    client.stop()
    reader.close()


def test_that_what_is_typed_offline_is_shown_at_once_and_said_to_be_unsent(
    desk: Desk, wire: Cut, qtbot: QtBot
) -> None:
    wire.cut()
    qtbot.waitUntil(lambda: desk.mirror.link.phase is LinkPhase.DOWN, timeout=WITHIN_MS)
    incident = desk.actions.open_incident("0301", "工体北路 4号", "82 dB", lat=39.9, lon=116.4)
    assert incident is not None
    qtbot.waitUntil(lambda: desk.queue.rowCount() == 1, timeout=WITHIN_MS)
    desk.actions.dispatch(incident, ["u7"])
    cell = desk.queue.index(0, QueueColumn.UNITS)
    qtbot.waitUntil(lambda: cell.data() == "K7", timeout=WITHIN_MS)
    assert cell.data(QueueRole.PENDING)
    assert desk.queue.index(0, QueueColumn.NUMBER).data() == "NOT SENT"
    desk.card.pick(incident)
    assert desk.card.card is not None
    assert desk.card.card.pending
    assert [line.entry.verb for line in desk.card.card.log] == ["opened", "filed", "assigned"]
    assert desk.mirror.outbox.unsent == 2
    wire.mend()
    qtbot.waitUntil(lambda: not desk.mirror.outbox.pending, timeout=WITHIN_MS)
    qtbot.waitUntil(lambda: not cell.data(QueueRole.PENDING), timeout=WITHIN_MS)
    assert desk.queue.index(0, QueueColumn.NUMBER).data() != "NOT SENT"
    assert not desk.card.card.pending
    assert len(desk.card.card.log) == 3
    assert desk.queue.rowCount() == 1


def test_that_nothing_flickers_between_the_answer_and_the_change(desk: Desk, qtbot: QtBot) -> None:
    body = opened()
    counts: list[int] = []
    desk.client.submit(body)
    qtbot.waitUntil(lambda: desk.queue.rowCount() == 1, timeout=WITHIN_MS)
    desk.queue.rowsRemoved.connect(lambda: counts.append(desk.queue.rowCount()))
    qtbot.waitUntil(lambda: not desk.mirror.outbox.pending, timeout=WITHIN_MS)
    assert counts == []
    assert desk.mirror.incident(body.incident).number is not None


def test_that_a_conflict_leaves_the_screen_and_lands_in_the_tray(
    central_server: CentralServer, desk: Desk, wire: Cut, qtbot: QtBot
) -> None:
    first, second = opened("one"), opened("two")
    desk.client.submit(first)
    desk.client.submit(second)
    held = desk.mirror.incident
    qtbot.waitUntil(
        lambda: all((row := held(one.incident)) and row.number for one in (first, second)),
        timeout=WITHIN_MS,
    )
    assert desk.queue.rowCount() == 2
    wire.cut()
    qtbot.waitUntil(lambda: desk.mirror.link.phase is LinkPhase.DOWN, timeout=WITHIN_MS)
    desk.actions.dispatch(second.incident, ["u3"])
    qtbot.waitUntil(lambda: desk.mirror.is_pending("u3"), timeout=WITHIN_MS)
    other = central_server.client()
    assert other.post(assigned(first.incident, "u3"))[0].verdict == "accepted"
    other.close()
    wire.mend()
    qtbot.waitUntil(lambda: bool(desk.mirror.tray()), timeout=WITHIN_MS)
    qtbot.waitUntil(lambda: not desk.mirror.is_pending("u3"), timeout=WITHIN_MS)
    assert desk.mirror.assignments_of(second.incident) == []
    assert len(desk.mirror.assignments_of(first.incident)) == 1


def test_that_the_bridge_keeps_order_and_crosses_threads_once(qtbot: QtBot) -> None:
    bridge, got, threads = Bridge(), [], set()

    def take(batch: ChangeBatch) -> None:
        got.extend(row.row.version for row in batch.rows)
        threads.add(QThread.currentThread())

    bridge.changes_arrived.connect(take)

    def work() -> None:
        for version in range(200):
            row = an_incident(f"i{version}", version=version)
            change = RowChange(kind="incident", id=row.id, row=row)
            bridge.on_changes(ChangeBatch(rev=version, rows=(change,)))

    thread = threading.Thread(target=work)
    thread.start()
    qtbot.waitUntil(lambda: len(got) == 200, timeout=WITHIN_MS)
    thread.join()
    assert got == list(range(200))
    assert threads == {bridge.thread()}


def test_that_an_order_nobody_accepts_becomes_an_alarm(qapp: QApplication) -> None:
    mirror = filled_mirror()
    alarms = AlarmList(mirror)
    alarms.refresh()
    assert [(a.kind, a.incident) for a in alarms.alarms] == [
        (AlarmKind.WAITING, "i316"), (AlarmKind.NOT_ACCEPTED, "i317")
    ]  # fmt: skip
    assert alarms.counts.by_level() == {1: 1, 2: 2, 3: 2, 4: 1}
    assert alarms.counts.unacknowledged == 2
    alarms.acknowledge_top()
    assert alarms.alarms[-1].incident == "i316"
    assert alarms.alarms[-1].is_acknowledged
    assert alarms.counts.unacknowledged == 1
    held = mirror.assignment("a1")
    change(mirror, held.moved_to(AssignmentState.ACCEPTED, at=NOW))
    alarms.refresh()
    assert [a.incident for a in alarms.alarms] == ["i316"]


def test_that_the_stage_track_tells_done_from_to_come(qapp: QApplication) -> None:
    mirror = filled_mirror()
    card = CardModel(mirror)
    card.pick("i313")
    assert card.card is not None
    present = [mark.stage for mark in card.card.track if mark.is_present]
    assert present == [Stage.REPORT_BACK]
    assert sum(mark.is_done for mark in card.card.track) == 4
    assert "VerifyIncident" in card.card.can
    assert "CloseIncident" not in card.card.can
    closed = an_incident(stage=Stage.EVALUATE)
    assert all(mark.is_done for mark in track_of(closed, []))


@pytest.mark.parametrize("trouble", [None, *LinkTrouble])
def test_that_every_trouble_is_a_sentence(qapp: QApplication, trouble: LinkTrouble | None) -> None:
    phase = LinkPhase.DOWN if trouble else LinkPhase.LIVE
    link = LinkState(phase=phase, since=NOW, url="http://central:8470", trouble=trouble, detail="5")
    sentence = link_sentence(link)
    assert sentence[0].isupper() or sentence.startswith("http")
    assert "{" not in sentence


def test_that_the_status_line_tells_ages_by_centrals_clock(qapp: QApplication) -> None:
    mirror = filled_mirror()
    status = StatusModel(mirror)
    mirror.take_link(
        LinkState(
            phase=LinkPhase.LIVE, since=NOW, url="u", heard_at=NOW - timedelta(seconds=1.5),
            clock_ahead_s=3.0,
        )
    )  # fmt: skip
    status.refresh()
    assert status.line.heard_age_s == pytest.approx(1.5)
    assert status.line.clock_off_s == 3.0
    assert status.line.is_live
    assert datetime.now(UTC) > NOW
