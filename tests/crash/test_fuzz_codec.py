"""Frames that are spoilt: a million in this process, a thousand over real sockets."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from central_parts import CentralClient, CentralServer
from fuzz_parts import spoilt
from rule_rows import START, filed_rows
from test_cache import an_incident, put
from test_central_rights import samples
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from console.dispatch.rules import decide
from console.domain.assignments import AssignmentState
from console.domain.errors import ZhihuiError
from console.domain.ids import PersonId
from console.domain.levels import Level, Role
from console.protocol.codec import (
    MessageError,
    decode,
    decode_text,
    encode,
    encode_text,
    row_from_builtins,
)
from console.protocol.messages import (
    PROTOCOL,
    Ack,
    Beat,
    Change,
    Changes,
    Command,
    Deliver,
    Hello,
    Message,
    Refused,
    Result,
    Skip,
    Task,
    Verdict,
    Welcome,
)
from console.protocol.positions import (
    INGEST,
    decode_frame,
    decode_ingest,
    is_position_frame,
)
from console.tracking import LiveForce, pack_frame

FRAMES = 1_000_000
ON_THE_WIRE = 1_000
AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def messages() -> list[Message]:
    """Return one of every message there is, with every command in it."""
    task = Task(
        assignment="a", incident="i", unit="u1", number="20261122-00317", form="0301",
        form_zh="夜间施工", form_en="Night construction", level=int(Level.HIGH),
        state=AssignmentState.ORDERED, place="工体北路 4号", summary="82 dB", ordered_at=AT,
        lat=39.9, lon=116.4,
    )  # fmt: skip
    commands = [
        Command(f"c{n}", "console", n, AT, body, base_version=3, not_after=AT)
        for n, body in enumerate(samples())
    ]
    return [
        Hello(PROTOCOL, "token", "console", epoch="e", revs={"main": 7}, units=("u1",), tiles=(1,)),
        Welcome("e", {"main": 9}, need_snapshot=False, server_ms=1_700_000_000_000),
        Refused("no"),
        put(2, an_incident()),
        Changes((put(2, an_incident("i2")), put(3, an_incident("i3")))),
        Skip("main", 2, 9),
        Result("c", Verdict.CONFLICT, rev=3, version=4, reason="r", current={"a": [1, None, 2.5]}),
        Deliver("d", 1, task),
        Ack("d", "u1", "a", AssignmentState.ON_SCENE, AT, "there"),
        Beat(1, {"main": 3}),
        *commands,
    ]


def positions() -> tuple[bytes, bytes]:
    """Return a frame central sends, and what a gateway sends."""
    fixes = np.zeros(20, INGEST)
    fixes["unit"], fixes["t_ms"] = np.arange(20), 1_700_000_000_000
    fixes["lat"], fixes["lon"] = 399_000_000, 1_164_000_000
    force = LiveForce()
    force.load(fixes)
    columns = force.live()
    frame = pack_frame(columns, columns.nos(), now_ms=1_700_000_001_000, seq=1, keyframe=True)
    return frame.to_bytes(), fixes.tobytes()


def taken(message: Message) -> None:
    """Do with a message what its reader would: give it to the rules, read its rows, say it again.

    Raises:
        ZhihuiError: It is refused in words.
    """
    encode(message)
    if isinstance(message, Command):
        rows = filed_rows()
        decide(
            message.body, rows, actor=PersonId("p"), role=Role.DISPATCHER, at=START,
            base_version=message.base_version, command_id=message.command_id,
        )  # fmt: skip
    changes = message.changes if isinstance(message, Changes) else (message,)
    for change in changes:
        if isinstance(change, Change):
            row_from_builtins(change.row_kind, change.patch)


def fuzz_messages(count: int, seed: int, *, is_text: bool) -> Counter[str]:
    chance = random.Random(seed)
    seeds = [encode_text(one).encode() if is_text else encode(one) for one in messages()]
    outcome: Counter[str] = Counter()
    read = decode_text if is_text else decode
    for number in range(count):
        frame = spoilt(seeds[number % len(seeds)], chance)
        try:
            message = read(frame)
        except MessageError:
            outcome["refused"] += 1
            continue
        outcome["read"] += 1
        try:
            taken(message)
        except ZhihuiError:
            outcome["refused by the rules"] += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}, frame {number}: {frame!r}") from error
    return outcome


def fuzz_positions(count: int, seed: int) -> Counter[str]:
    chance = random.Random(seed)
    frame, ingest = positions()
    outcome: Counter[str] = Counter()
    force = LiveForce()
    for number in range(count):
        data = spoilt(ingest if number % 2 else frame, chance)
        try:
            if number % 2:
                force.apply_ingest(decode_ingest(data), now_ms=1_700_000_002_000)
            elif is_position_frame(data):
                force.apply_frame(decode_frame(data))
            outcome["read"] += 1
        except MessageError:
            outcome["refused"] += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}, frame {number}: {data!r}") from error
    return outcome


@pytest.mark.parametrize(("kind", "share"), [("msgpack", 0.6), ("text", 0.3), ("positions", 0.1)])
def test_that_a_million_spoilt_frames_are_refused_in_words_or_read(kind: str, share: float) -> None:
    count = round(FRAMES * share)
    if kind == "positions":
        outcome = fuzz_positions(count, seed=3)
    else:
        outcome = fuzz_messages(count, seed=7, is_text=kind == "text")
    assert outcome["refused"] > count / 20
    assert outcome["read"] > count / 200
    assert outcome["refused"] + outcome["read"] == count


def hello(client: CentralClient) -> Hello:
    return Hello(PROTOCOL, client.token, client.console_id, units=("u1",))


@pytest.mark.parametrize("stream", ["/v1/stream", "/v1/handheld/stream"])
def test_that_spoilt_frames_over_a_socket_end_it_with_a_reason_and_central_goes_on(
    central_server: CentralServer, stream: str
) -> None:
    is_text = "handheld" in stream
    role = Role.GATEWAY if is_text else Role.DISPATCHER
    client = central_server.client(role)
    chance = random.Random(11)
    seeds = [one for one in messages() if not isinstance(one, Hello)] + [hello(client)] * 5
    url = f"{central_server.ws_url}{stream}"
    for number in range(ON_THE_WIRE // 2):
        seed = seeds[number % len(seeds)]
        whole = encode_text(seed) if is_text else encode(seed)
        raw = whole.encode() if isinstance(whole, str) else whole
        frame = spoilt(raw, chance)
        with connect(url, max_size=None, compression=None, open_timeout=60) as socket:
            if not isinstance(seed, Hello):
                first = hello(client)
                socket.send(encode_text(first) if is_text else encode(first))
            sent = frame.decode(errors="replace") if is_text else frame
            socket.send(sent)
            with suppress(ConnectionClosed):
                answer = socket.recv(timeout=60)
                assert answer, "an empty answer says nothing"
    health = client.http.get(f"{central_server.url}/v1/health", timeout=60)
    assert health.json()["status"] == "ok"
    (result,) = client.post(samples()[0])
    assert result.verdict in {Verdict.REJECTED, Verdict.ACCEPTED}
    client.close()


def test_that_texts_no_parser_likes_are_refused_in_words() -> None:
    for text in ("[" * 100_000, "9" * 5000, '["hello",1e999]', "\ud800", '"' + "\\" * 999, "\x00"):
        with pytest.raises((MessageError, UnicodeEncodeError)):
            decode_text(text)
    for frame in (b"\x91" * 100_000, b"\xdd\xff\xff\xff\xff", b"\xc7\xff\x05", b"", b"\xd9\xff"):
        with pytest.raises(MessageError):
            decode(frame)
    assert msgspec.msgpack.decode(encode(Beat(1, {}))) == ["beat", 1, {}, 0]
