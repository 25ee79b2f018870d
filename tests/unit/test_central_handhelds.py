"""The handhelds' stream: tasks delivered until acknowledged, steps counted once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from central_parts import CentralClient, CentralServer, Stream
from websockets.exceptions import ConnectionClosed

from console.central import handhelds
from console.domain.assignments import AssignmentState
from console.domain.ids import new_id
from console.domain.levels import Role
from console.protocol.commands import (
    AmendIncident,
    AssignUnit,
    OpenIncident,
    ReportOutcome,
    WithdrawAssignment,
)
from console.protocol.messages import Ack, Deliver, Refused, Result, Verdict, ack_command_id

pytestmark = pytest.mark.both_databases


def fresh() -> str:
    return new_id(datetime.now(UTC))


@pytest.fixture
def dispatcher(central_server: CentralServer) -> Iterator[CentralClient]:
    client = central_server.client()
    yield client
    client.close()


@pytest.fixture
def city(central_server: CentralServer) -> Iterator[CentralClient]:
    client = central_server.client(Role.GATEWAY)
    yield client
    client.close()


def order(dispatcher: CentralClient, unit: str = "u1") -> tuple[str, str]:
    """Send a unit to a new incident; return ids of incident and assignment."""
    incident, assignment = fresh(), fresh()
    results = dispatcher.post(
        OpenIncident(
            incident=incident, form="0301", place="工体北路", summary="夜间施工", channel="12345"
        ),
        AssignUnit(assignment=assignment, incident=incident, unit=unit),
    )
    assert {one.verdict for one in results} == {Verdict.ACCEPTED}
    return incident, assignment


def say(
    stream: Stream, delivery: Deliver, state: AssignmentState, *, note: str | None = None
) -> None:
    task = delivery.task
    at = datetime.now(UTC)
    stream.send(Ack(delivery.command_id, task.unit, task.assignment, state, at, note))


def test_that_a_task_comes_with_what_an_officer_has_to_know(
    dispatcher: CentralClient, city: CentralClient
) -> None:
    with city.handheld("u1", "u2") as gateway:
        incident, assignment = order(dispatcher, "u2")
        task = gateway.until(Deliver).task
        assert (task.assignment, task.incident, task.unit) == (assignment, incident, "u2")
        assert task.number
        assert (task.form_zh, task.form_en, task.level) == ("夜间施工", "Night construction", 2)
        assert task.due_at is not None
        assert task.state is AssignmentState.ORDERED


def test_that_a_task_is_sent_again_until_it_is_acknowledged(
    dispatcher: CentralClient, city: CentralClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handhelds, "RESEND_S", (0.1, 0.2))
    with city.handheld("u1") as gateway:
        order(dispatcher)
        deliveries = [gateway.until(Deliver) for _ in range(3)]
        assert [one.attempt for one in deliveries] == [1, 2, 3]
        assert len({one.command_id for one in deliveries}) == 1
        say(gateway, deliveries[0], AssignmentState.DELIVERED)
        assert gateway.until(Result).verdict is Verdict.ACCEPTED
    health = dispatcher.http.get(f"{dispatcher.server.url}/v1/health", timeout=60).json()
    assert health["unacknowledged"] == 0


def test_that_running_tasks_come_again_after_a_reconnect_and_a_restart(
    central_server: CentralServer, dispatcher: CentralClient, city: CentralClient
) -> None:
    with city.handheld("u1") as gateway:
        _, assignment = order(dispatcher)
        say(gateway, gateway.until(Deliver), AssignmentState.ACCEPTED)
        gateway.until(Result)
    with city.handheld("u1") as gateway:
        task = gateway.until(Deliver).task
        assert (task.assignment, task.state) == (assignment, AssignmentState.ACCEPTED)
    central_server.stop()
    central_server.start()
    with city.handheld("u1") as gateway:
        delivery = gateway.until(Deliver)
        assert delivery.task.assignment == assignment
        say(gateway, delivery, AssignmentState.ACCEPTED)
        assert gateway.until(Result).verdict is Verdict.DUPLICATE


def test_that_a_recall_and_a_change_are_delivered(
    dispatcher: CentralClient, city: CentralClient
) -> None:
    with city.handheld("u1") as gateway:
        incident, assignment = order(dispatcher)
        say(gateway, gateway.until(Deliver), AssignmentState.EN_ROUTE)
        dispatcher.post(AmendIncident(incident=incident, place="工体北路 9号"))
        changed = gateway.until(Deliver)
        assert changed.task.place == "工体北路 9号"
        say(gateway, changed, AssignmentState.EN_ROUTE)
        dispatcher.post(WithdrawAssignment(assignment=assignment, reason="nearer unit"))
        recall = gateway.until(Deliver)
        assert (recall.task.state, recall.task.note) == (AssignmentState.WITHDRAWN, "nearer unit")
    with city.handheld("u1") as gateway:  # nobody knows whether the recall was seen
        again = gateway.until(Deliver)
        assert again.command_id == recall.command_id
        say(gateway, again, AssignmentState.WITHDRAWN)


def test_that_steps_are_answered_and_counted_once(
    dispatcher: CentralClient, city: CentralClient
) -> None:
    with city.handheld("u1") as gateway:
        _, assignment = order(dispatcher)
        delivery = gateway.until(Deliver)
        for _ in range(2):
            say(gateway, delivery, AssignmentState.ON_SCENE)
        results = [gateway.until(Result) for _ in range(2)]
        wanted = ack_command_id(assignment, AssignmentState.ON_SCENE)
        assert {one.command_id for one in results} == {wanted}
        assert [one.verdict for one in results] == [Verdict.ACCEPTED, Verdict.DUPLICATE]
        say(gateway, delivery, AssignmentState.DELIVERED)
        assert gateway.until(Result).verdict is Verdict.ACCEPTED, "it was overtaken, not lost"
        outcome = ReportOutcome(assignment=assignment, outcome="已停工", at=datetime.now(UTC))
        gateway.send(city.command(outcome))
        assert gateway.until(Result).verdict is Verdict.ACCEPTED
        say(gateway, delivery, AssignmentState.REFUSED)
        refused = gateway.until(Result)
        assert refused.verdict is Verdict.REJECTED
        assert "cleared" in str(refused.reason)


def test_that_a_units_own_handheld_goes_before_the_gateway(
    central_server: CentralServer, dispatcher: CentralClient, city: CentralClient
) -> None:
    officer = central_server.officer("K1")
    with city.handheld("u1", "u2") as gateway:
        with officer.handheld("u1") as page:
            _, own = order(dispatcher)
            assert page.until(Deliver).task.assignment == own
            _, other = order(dispatcher, "u2")
            assert gateway.until(Deliver).task.assignment == other
            tasks = officer.http.get(f"{central_server.url}/v1/handheld/tasks", timeout=60).json()
            assert [task["assignment"] for task in tasks["tasks"]] == [own]
        with officer.handheld("u1") as page:
            assert page.until(Deliver).attempt == 2
    officer.close()


def test_that_nobody_speaks_for_units_that_are_not_theirs(
    central_server: CentralServer, dispatcher: CentralClient
) -> None:
    officer = central_server.officer("K1")
    with officer.handheld("u2") as page:
        assert isinstance(page.welcome, Refused)
    _, assignment = order(dispatcher, "u2")
    with officer.handheld("u1") as page:
        page.send(Ack("x", "u2", assignment, AssignmentState.ACCEPTED, datetime.now(UTC)))
        assert page.until(Result).verdict is Verdict.REJECTED
        page.send(
            officer.command(
                ReportOutcome(assignment=assignment, outcome="done", at=datetime.now(UTC))
            )
        )
        assert "K2 itself" in str(page.until(Result).reason)
    officer.close()


def test_that_nobody_silences_a_task_of_another_unit(
    central_server: CentralServer, dispatcher: CentralClient
) -> None:
    health = f"{central_server.url}/v1/health"
    before = dispatcher.http.get(health, timeout=60).json()["unacknowledged"]
    _, assignment = order(dispatcher, "u2")
    officer = central_server.officer("K1")
    with officer.handheld("u1") as page:
        state, at = AssignmentState.DELIVERED, datetime.now(UTC)
        page.send(Ack(f"{assignment}-order", "u1", assignment, state, at))
        assert page.until(Result).verdict is Verdict.REJECTED
    assert dispatcher.http.get(health, timeout=60).json()["unacknowledged"] == before + 1
    officer.close()


@pytest.mark.parametrize("frame", ["", "[", '["deliver"]', b"\x00", '["hello",1]'])
def test_that_garbage_ends_one_handheld_only(
    dispatcher: CentralClient, city: CentralClient, frame: str | bytes
) -> None:
    with city.handheld("u1") as bad, city.handheld("u2") as good:
        bad.socket.send(frame)
        with pytest.raises(ConnectionClosed):
            bad.until(Deliver)
        order(dispatcher, "u2")
        good.until(Deliver)
