"""Orders given by voice while central is gone: from the desk to the handheld, told once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from central_parts import CentralServer
from sync_parts import Cut, Recorder, assigned, console, opened

from console.domain.assignments import AssignmentState, Means
from console.domain.levels import Role
from console.protocol.commands import AssignUnit, MoveAssignment, OrderByVoice
from console.protocol.messages import Ack, Deliver, Result
from console.store.outbox import EntryState
from console.sync import SyncClient
from console.sync.state import LinkPhase


@pytest.fixture
def wire(central_server: CentralServer) -> Iterator[Cut]:
    cut = Cut(central_server.url)
    yield cut
    cut.close()


@pytest.fixture
def desk(
    central_server: CentralServer, wire: Cut, tmp_path: Path
) -> Iterator[tuple[SyncClient, Recorder]]:
    password = central_server.password("dispatcher")
    with console(wire.url, password, tmp_path / "desk") as (client, recorder):
        recorder.live()
        yield client, recorder


def said(order: AssignUnit, *, words: str | None = None) -> OrderByVoice:
    return OrderByVoice(
        assignment=order.assignment,
        incident=order.incident,
        unit=order.unit,
        means=Means.PHONE,
        at=datetime.now(UTC),
        words=words,
    )


def go_offline(wire: Cut, recorder: Recorder) -> None:
    wire.cut()
    recorder.wait(lambda me: me.phase is LinkPhase.DOWN)


def test_that_an_order_by_voice_takes_the_place_of_the_one_not_sent_and_is_delivered_as_taken(
    central_server: CentralServer, wire: Cut, desk: tuple[SyncClient, Recorder]
) -> None:
    client, recorder = desk
    body = opened()
    recorder.open(client, body)
    go_offline(wire, recorder)
    order = assigned(body.incident, "u1")
    client.submit(order)
    arrived = MoveAssignment(
        assignment=order.assignment, state=AssignmentState.ON_SCENE, at=datetime.now(UTC)
    )
    client.submit(arrived)
    client.submit_voice_order(said(order, words="从东门进"))
    recorder.wait(
        lambda me: (
            [type(one.command.body) for one in me.outbox.pending] == [OrderByVoice, MoveAssignment]
        )
    )
    gateway = central_server.client(Role.GATEWAY)
    with gateway.handheld("u1") as handheld:
        wire.mend()
        recorder.settled()
        delivery = handheld.until(Deliver)
        assert delivery.task.assignment == order.assignment
        assert delivery.task.state in {AssignmentState.ACCEPTED, AssignmentState.ON_SCENE}
        assert delivery.command_id == f"{order.assignment}-order"
        handheld.send(
            Ack(delivery.command_id, "u1", order.assignment, delivery.task.state, datetime.now(UTC))
        )
        handheld.until(Result)
    health = gateway.http.get(f"{central_server.url}/v1/health", timeout=60).json()
    gateway.close()
    assert health["unacknowledged"] == 0
    assert recorder.outbox.tray == ()
    held = [row for (kind, _), row in recorder.rows.items() if kind == "assignment"]
    assert [(one.id, one.state) for one in held] == [(order.assignment, AssignmentState.ON_SCENE)]


def test_that_words_to_a_unit_whose_handheld_is_off_do_not_ring_there_later(
    central_server: CentralServer, desk: tuple[SyncClient, Recorder]
) -> None:
    client, recorder = desk
    body = opened()
    recorder.open(client, body)
    order = assigned(body.incident, "u2")
    client.submit(order)
    recorder.wait(lambda me: ("assignment", order.assignment) in me.rows)
    client.submit_voice_order(said(order))
    taken = AssignmentState.ACCEPTED
    recorder.wait(lambda me: me.rows["assignment", order.assignment].state is taken)
    officer = central_server.officer("K2")
    with officer.handheld("u2") as handheld:
        assert handheld.until(Deliver).task.state is taken
    officer.close()


def test_that_a_unit_another_desk_sent_elsewhere_meanwhile_waits_in_the_tray_for_a_person(
    central_server: CentralServer, wire: Cut, desk: tuple[SyncClient, Recorder]
) -> None:
    client, recorder = desk
    mine, theirs = opened("one"), opened("two")
    recorder.open(client, mine)
    recorder.open(client, theirs)
    go_offline(wire, recorder)
    order = assigned(mine.incident, "u3")
    client.submit(order)
    voice = client.submit_voice_order(said(order))
    other = central_server.client(Role.SHIFT_LEAD)
    assert other.post(assigned(theirs.incident, "u3"))[0].verdict == "accepted"
    other.close()
    wire.mend()
    recorder.wait(lambda me: me.outbox.tray)
    assert [(one.command_id, one.state) for one in recorder.outbox.tray] == [
        (voice, EntryState.CONFLICT)
    ]
    assert client.retry(voice) not in (None, voice)
    recorder.wait(lambda me: ("assignment", order.assignment) in me.rows)
    recorder.settled()
    assert recorder.outbox.tray == ()
    assert recorder.rows["assignment", order.assignment].state is AssignmentState.ACCEPTED


def test_that_an_order_past_its_time_in_the_tray_is_gone_once_it_was_given_by_voice(
    central_server: CentralServer, wire: Cut, tmp_path: Path
) -> None:
    password, late_by = central_server.password("dispatcher"), [timedelta(0)]
    with console(
        wire.url, password, tmp_path / "desk", now=lambda: datetime.now(UTC) + late_by[0]
    ) as (client, recorder):
        recorder.live()
        body = opened()
        recorder.open(client, body)
        go_offline(wire, recorder)
        order = assigned(body.incident, "u4")
        client.submit(order)
        late_by[0] = timedelta(minutes=6)
        recorder.wait(lambda me: [one.state for one in me.outbox.tray] == ["needs_asking"])
        client.submit_voice_order(said(order))
        recorder.wait(lambda me: not me.outbox.tray)
        wire.mend()
        recorder.wait(lambda me: ("assignment", order.assignment) in me.rows)
