"""The consoles' stream: caught up, in order, alive, closed with a word to who speaks nonsense."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime

import numpy as np
import pytest
from central_parts import CentralClient, CentralServer, Stream
from websockets.exceptions import ConnectionClosed

from console.central.lane import Lane
from console.domain.ids import new_id
from console.domain.levels import Role
from console.protocol.codec import decode
from console.protocol.commands import NoteIncident, OpenIncident
from console.protocol.messages import Beat, Changes, Hello, Refused, Result, Verdict, Welcome
from console.protocol.positions import INGEST, decode_frame, is_position_frame
from console.tracking import LiveForce

pytestmark = pytest.mark.both_databases


def fresh() -> str:
    return new_id(datetime.now(UTC))


def opened() -> OpenIncident:
    return OpenIncident(
        incident=fresh(), form="0301", place="工体北路", summary="夜间施工", channel="12345"
    )


def closing(stream: Stream) -> tuple[int, str]:
    """Return code and reason with which central hangs up."""

    def read_on() -> None:
        while True:
            stream.receive()

    with pytest.raises(ConnectionClosed) as caught:
        read_on()
    received = caught.value.rcvd
    assert received is not None
    return received.code, received.reason


def test_that_a_console_catches_up_where_it_left_off(central_server: CentralServer) -> None:
    client = central_server.client()
    with client.stream() as stream:
        epoch, left_at = stream.welcomed.epoch, stream.welcomed.heads["main"]
    for _ in range(30):
        (last,) = client.post(opened())
    with client.stream(epoch=epoch, rev=left_at) as stream:
        assert not stream.welcomed.need_snapshot
        assert stream.welcomed.heads["main"] == last.rev
        seen: list[int] = []
        while not seen or seen[-1] < (last.rev or 0):
            seen += [change.rev for change in stream.until(Changes).changes]
        assert seen == list(range(left_at + 1, (last.rev or 0) + 1))
        (after,) = client.post(opened())
        assert stream.until(Changes).changes[0].rev == (last.rev or 0) + 1
        assert after.rev == (last.rev or 0) + 3
    client.close()


def test_that_a_cache_that_cannot_be_caught_up_needs_a_snapshot(
    central_server: CentralServer,
) -> None:
    client = central_server.client()
    with client.stream() as stream:
        epoch, head = stream.welcomed.epoch, stream.welcomed.heads["main"]
    cases = {
        (epoch, head): False,
        ("another", head): True,
        (epoch, head + 1): True,
        (epoch, -1): True,
    }
    for (of, rev), needed in cases.items():
        with client.stream(epoch=of, rev=rev) as stream:
            assert stream.welcomed.need_snapshot is needed, (of, rev)
    client.close()


def test_that_a_command_on_the_stream_is_answered_there(central_server: CentralServer) -> None:
    client = central_server.client()
    with client.stream() as stream:
        commands = [client.command(opened()) for _ in range(50)]
        for command in commands:
            stream.send(command)
        results = [stream.until(Result) for _ in commands]
        assert [one.command_id for one in results] == [one.command_id for one in commands]
        assert {one.verdict for one in results} == {Verdict.ACCEPTED}
    client.close()


@pytest.mark.parametrize(
    "frame", [b"", b"\x00", b"P\x00", b"\xc1\xc1", b"\x92\xa5hello\x01", b"\xdd\xff\xff\xff\xff"]
)
def test_that_garbage_closes_one_stream_with_a_reason(
    central_server: CentralServer, frame: bytes
) -> None:
    client = central_server.client()
    with client.stream() as good:
        with Stream(f"{central_server.ws_url}/v1/stream", None, is_binary=True) as bad:
            bad.socket.send(frame)
            assert isinstance(bad.receive(), Refused)
            assert closing(bad)[0] == 1008
        with client.stream() as bad:
            bad.socket.send(frame)
            code, reason = closing(bad)
            assert code == 1007
            assert reason.startswith("A message could not be understood")
        with client.stream() as wrong_kind:
            wrong_kind.socket.send("text")
            assert closing(wrong_kind)[0] == 1007
        good.send(client.command(opened()))
        assert good.until(Result).verdict is Verdict.ACCEPTED
    client.close()


def test_that_who_is_not_logged_on_or_speaks_another_version_is_refused(
    central_server: CentralServer,
) -> None:
    client = central_server.client()
    url = f"{central_server.ws_url}/v1/stream"
    for hello, word in (
        (Hello(1, "made up", "c"), "log on"),
        (Hello(99, client.token, "c"), "version"),
        (Beat(), "hello"),
    ):
        with Stream(url, hello, is_binary=True) as stream:  # type: ignore[arg-type]
            assert isinstance(stream.welcome, Refused)
            assert word in stream.welcome.reason
    client.close()


def test_that_logging_off_ends_streams_and_the_token(central_server: CentralServer) -> None:
    client = central_server.client()
    with client.stream() as stream:
        answer = client.http.delete(f"{central_server.url}/v1/session", timeout=60)
        assert answer.status_code == 204
        assert closing(stream) == (1013, "Your session has ended; log on again.")
    again = client.http.get(f"{central_server.url}/v1/snapshot", timeout=60)
    assert again.status_code == 401
    client.close()


def test_that_the_heart_beats(central_server: CentralServer) -> None:
    client = central_server.client()
    opened_ms = int(time.time() * 1000)
    with client.stream() as stream:
        message = None
        while not isinstance(message, Beat):
            frame = stream.frame()
            assert isinstance(frame, bytes)
            message = decode(frame)
        assert opened_ms <= message.server_ms <= time.time() * 1000
        assert message.heads == stream.welcomed.heads
    client.close()


def fixes(*rows: tuple[int, int, float, float]) -> bytes:
    """Return packed fixes of (unit no, Unix milliseconds, lat, lon)."""
    packed = np.zeros(len(rows), INGEST)
    for index, (no, t_ms, lat, lon) in enumerate(rows):
        packed[index] = (no, t_ms, round(lat * 1e7), round(lon * 1e7), 9000, 500, 50, 0)
    return packed.tobytes()


def post_fixes(client: CentralClient, body: bytes) -> tuple[int, dict[str, object]]:
    url = f"{client.server.url}/v1/positions"
    answer = client.http.post(url, data=body, timeout=60)
    return answer.status_code, answer.json()


def test_that_positions_reach_consoles_within_a_second_or_two_and_outlive_central(
    central_server: CentralServer,
) -> None:
    city, client = central_server.client(Role.GATEWAY), central_server.client()
    now_ms = time.time_ns() // 1_000_000
    with client.stream() as stream:
        status, counts = post_fixes(
            city,
            fixes(
                (1, now_ms, 39.9, 116.4), (1, now_ms - 5000, 39.8, 116.4),
                (2, now_ms, 39.7, 116.3), (2, now_ms, 39.7, 116.3), (99, now_ms, 39.9, 116.4),
            ),
        )  # fmt: skip
        assert status == 200
        assert counts == {"accepted": 2, "late": 1, "duplicate": 1, "ahead": 0, "unknown": 1}
        live = LiveForce()
        while len(live.columns().nos()) < 2:
            frame = stream.frame()
            if isinstance(frame, bytes) and is_position_frame(frame):
                live.apply_frame(decode_frame(frame))
        assert live.columns().lat[1] == pytest.approx(39.9, abs=1e-6)
        assert live.columns().t_ms[2] == now_ms
    central_server.stop()
    central_server.start()
    with client.stream() as stream:  # a keyframe comes with the welcome
        while not is_position_frame(frame := stream.frame()):  # type: ignore[arg-type]
            pass
        kept = decode_frame(frame)  # type: ignore[arg-type]
        assert kept.is_keyframe
        assert sorted(kept.fixes["unit"]) == [1, 2]
    for one in (city, client):
        one.close()


def test_that_a_handheld_sends_its_own_position_only(central_server: CentralServer) -> None:
    officer = central_server.officer("K1")
    now_ms = time.time_ns() // 1_000_000
    assert post_fixes(officer, fixes((1, now_ms, 39.9, 116.4)))[0] == 200
    assert post_fixes(officer, fixes((2, now_ms, 39.9, 116.4)))[0] == 403
    assert post_fixes(officer, b"\x00" * 27)[0] == 422
    dispatcher = central_server.client()
    assert post_fixes(dispatcher, fixes((1, now_ms, 39.9, 116.4)))[0] == 403
    for one in (officer, dispatcher):
        one.close()


def test_that_a_slow_reader_is_closed_and_holds_nobody_up() -> None:
    lane = Lane(max_frames=10)
    for _ in range(11):
        lane.offer(b"frame")
    assert lane.closed.is_set()
    assert "slowly" in str(lane.closed_for)


def test_that_positions_are_left_out_for_a_reader_who_is_behind() -> None:
    lane = Lane()
    for _ in range(8):
        lane.offer(b"change")
    lane.offer_positions(b"P", is_keyframe=False)
    assert lane.lost_positions
    assert lane.closed_for is None


def test_that_the_welcome_comes_after_a_restart_too(central_server: CentralServer) -> None:
    client = central_server.client()
    with client.stream() as stream:
        epoch, head = stream.welcomed.epoch, stream.welcomed.heads["main"]
        central_server.stop()
        assert closing(stream)[0] in {1012, 1013}
    central_server.start()
    with client.stream(epoch=epoch, rev=head) as stream:  # sessions outlive central
        assert isinstance(stream.welcome, Welcome)
        assert not stream.welcomed.need_snapshot
    client.close()


@pytest.mark.soak
def test_that_a_console_that_does_not_read_is_hung_up_on_while_others_go_on(
    central_server: CentralServer,
) -> None:
    stuck, client = central_server.client(Role.SHIFT_LEAD), central_server.client()
    long = "声" * 3900
    with stuck.stream() as stream:
        stream.socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"{central_server.url}/v1/health"
        for _ in range(40):
            body = opened()
            notes = [NoteIncident(incident=body.incident, text=long) for _ in range(200)]
            assert client.post(body, *notes)[-1].verdict is Verdict.ACCEPTED
            if client.http.get(url, timeout=60).json()["consoles"] == 0:
                break
        assert client.http.get(url, timeout=60).json()["consoles"] == 0
    for one in (stuck, client):
        one.close()
