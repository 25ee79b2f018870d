"""Messages over the wire: to the handheld until it has them, receipts back, durable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from central_parts import CentralClient, CentralServer, Stream

from console.central import handhelds
from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.telling import MessageKind, ReceiptState
from console.protocol.commands import (
    AnswerRoll,
    EndRollCall,
    MarkMessage,
    ReplyMessage,
    SendMessage,
)
from console.protocol.messages import (
    Changes,
    Command,
    Notice,
    Result,
    Tell,
    Verdict,
    mark_command_id,
)


def fresh() -> str:
    return new_id(datetime.now(UTC))


READ, DELIVERED = ReceiptState.READ, ReceiptState.DELIVERED


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


def send(dispatcher: CentralClient, *units: str, kind: MessageKind = MessageKind.TEXT) -> str:
    message = fresh()
    body = SendMessage(message=message, kind=kind, text="雷雨将至", units=units, addressed="朝阳区")
    (result,) = dispatcher.post(body)
    assert result.verdict is Verdict.ACCEPTED
    return message


def marked(stream: Stream, notice: Notice, state: ReceiptState) -> Result:
    at = datetime.now(UTC)
    body = MarkMessage(message=notice.message, unit=notice.unit, state=state, at=at)
    command_id = mark_command_id(notice.message, notice.unit, state)
    stream.send(Command(command_id, "handheld", 1, at, body))
    return stream.until(Result)


def states(server: CentralServer, message: str) -> list[tuple[object, ...]]:
    return server.query(
        "SELECT unit, delivered_at IS NOT NULL, read_at IS NOT NULL, answered_at IS NOT NULL "
        f"FROM receipt WHERE message = '{message}' ORDER BY unit"
    )


def test_that_a_message_reaches_each_unit_and_its_receipts_come_back(
    central_server: CentralServer, dispatcher: CentralClient, city: CentralClient
) -> None:
    with city.handheld("u1", "u2") as gateway:
        message = send(dispatcher, "u1", "u2")
        told = {one.unit: one for one in (gateway.until(Tell).notice for _ in range(2))}
        assert set(told) == {"u1", "u2"}
        assert (told["u1"].text, told["u1"].sender is not None) == ("雷雨将至", True)
        assert marked(gateway, told["u1"], DELIVERED).verdict is Verdict.ACCEPTED
        assert marked(gateway, told["u1"], READ).verdict is Verdict.ACCEPTED
        assert marked(gateway, told["u1"], READ).verdict is Verdict.DUPLICATE
    assert states(central_server, message) == [("u1", 1, 1, 0), ("u2", 0, 0, 0)]


def test_that_a_message_is_sent_again_until_it_is_delivered_and_told_after_a_restart(
    central_server: CentralServer,
    dispatcher: CentralClient,
    city: CentralClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handhelds, "RESEND_S", (0.1, 0.2))
    with city.handheld("u1") as gateway:
        message = send(dispatcher, "u1", "u3")
        tells = [gateway.until(Tell) for _ in range(3)]
        assert [one.attempt for one in tells] == [1, 2, 3]
        assert marked(gateway, tells[0].notice, DELIVERED).verdict is Verdict.ACCEPTED
    health = dispatcher.http.get(f"{dispatcher.server.url}/v1/health", timeout=60).json()
    assert health["unacknowledged"] == 0, "what nobody can hear is not kept in memory"
    central_server.stop()
    central_server.start()
    with city.handheld("u1", "u3") as gateway:
        told = [gateway.until(Tell).notice for _ in range(2)]
        assert {(one.message, one.unit) for one in told} == {(message, "u1"), (message, "u3")}
        assert {marked(gateway, one, READ).verdict for one in told} == {Verdict.ACCEPTED}
    assert states(central_server, message) == [("u1", 1, 1, 0), ("u3", 1, 1, 0)]


def test_that_a_roll_call_is_answered_from_the_handheld_and_ended_at_the_desk(
    central_server: CentralServer, dispatcher: CentralClient, city: CentralClient
) -> None:
    with city.handheld("u1", "u2") as gateway:
        call = send(dispatcher, "u1", "u2", kind=MessageKind.ROLL_CALL)
        notice = gateway.until(Tell).notice
        assert (notice.kind, notice.is_ended) == (MessageKind.ROLL_CALL, False)
        now = datetime.now(UTC)
        (answered,) = city.post(AnswerRoll(unit="u1", at=now, message=call))
        assert answered.verdict is Verdict.ACCEPTED
        assert dispatcher.post(EndRollCall(message=call))[0].verdict is Verdict.ACCEPTED
    with city.handheld("u2") as gateway:
        assert gateway.until(Tell).notice.is_ended
    assert [one[3] for one in states(central_server, call)] == [1, 0]


def test_that_a_unit_writes_back_and_the_desk_sees_it_come(
    central_server: CentralServer, dispatcher: CentralClient
) -> None:
    officer = central_server.officer("K1")
    try:
        message = send(dispatcher, "u1")
        with dispatcher.stream() as stream:
            reply = ReplyMessage(
                message=fresh(), unit="u1", text="已到位", at=datetime.now(UTC), reply_to=message
            )
            assert officer.post(reply)[0].verdict is Verdict.ACCEPTED
            while not any(
                change.row_kind == "message" and change.patch.get("text") == "已到位"
                for change in stream.until(Changes).changes
            ):
                pass
        elsewhere = ReplyMessage(message=fresh(), unit="u2", text="x", at=datetime.now(UTC))
        assert officer.post(elsewhere)[0].verdict is Verdict.REJECTED
    finally:
        officer.close()
