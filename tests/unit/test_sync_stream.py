"""One connection to a central that misbehaves: each fault has its name."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError
from sync_parts import Recorder
from test_cache import an_incident, patch, put
from websockets.asyncio.server import ServerConnection, serve

from console.domain.ids import PersonId
from console.domain.levels import Role
from console.protocol.codec import decode, encode
from console.protocol.commands import CloseIncident
from console.protocol.messages import (
    Beat,
    Changes,
    Command,
    Hello,
    Refused,
    Result,
    Skip,
    Verdict,
    Welcome,
)
from console.store.outbox import Draft, EntryState, Outbox, open_outbox
from console.sync.http import LinkError
from console.sync.keeper import Keeper
from console.sync.login import Login
from console.sync.settings import SyncSettings
from console.sync.state import LinkTrouble, Who
from console.sync.stream import SnapshotNeededError, Stream

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LOGIN = Login(
    token="t", refresh="r", stale_at_s=float("inf"), epoch="e",
    who=Who(id=PersonId("p"), name="李", role=Role.DISPATCHER),
)  # fmt: skip
WELCOME = Welcome("e", {"main": 1}, need_snapshot=False, server_ms=0)
Script = Callable[[ServerConnection], Awaitable[None]]


class Watcher:
    """Remembers what the stream tells."""

    def __init__(self) -> None:
        self.is_live = False
        self.behind = 0
        self.full_ms: list[int] = []
        self.wanted = 0

    def bytes_wanted(self) -> None:
        self.wanted += 1

    def went_live(self) -> None:
        self.is_live = True

    def heard(self, *, clock_ahead_s: float | None, behind: int, full_ms: int) -> None:
        self.behind = behind
        self.full_ms.append(full_ms)


class Bench:
    """A console with one revision in its cache, and a central that follows a script."""

    def __init__(self, home: Path) -> None:
        self.settings = SyncSettings(url="http://127.0.0.1:1", account="a", password="b", home=home)
        self.outbox: Outbox = open_outbox(self.settings.folder / "outbox.db").outbox
        self.recorder = Recorder()
        self.keeper = Keeper(self.settings.cache_path, self.outbox, self.recorder, now=lambda: AT)
        self.keeper.take_changes([put(1, an_incident())], epoch="e")
        self.watcher = Watcher()
        self.hellos: list[Hello] = []
        self.heard: list[object] = []

    async def run(self, script: Script, beat_s: float = 30.0) -> None:
        async def central(socket: ServerConnection) -> None:
            hello = decode(await socket.recv())
            assert isinstance(hello, Hello)
            self.hellos.append(hello)
            await script(socket)

        async with serve(central, "127.0.0.1", 0, compression=None) as server:
            port = server.sockets[0].getsockname()[1]
            settings = SyncSettings(
                url=f"http://127.0.0.1:{port}", account="a", password="b",
                home=self.settings.home, beat_s=beat_s, timeout_s=60,
            )  # fmt: skip
            stream = Stream(settings, self.keeper, self.watcher, console_id="c")
            await asyncio.wait_for(stream.run(LOGIN), 60)

    def close(self) -> None:
        self.keeper.close()
        self.outbox.close()


@pytest.fixture
def bench(tmp_path: Path):
    made = Bench(tmp_path)
    yield made
    made.close()


def saying(*frames: bytes | str, then_wait: bool = True) -> Script:
    async def script(socket: ServerConnection) -> None:
        for frame in frames:
            await socket.send(frame)
        if then_wait:
            await socket.wait_closed()

    return script


def changes(*revs: int) -> bytes:
    return encode(Changes(tuple(put(rev, an_incident(f"i{rev}")) for rev in revs)))


FAULTS = [
    ("gap", saying(encode(WELCOME), changes(2, 3), changes(5)), LinkTrouble.GAP, 3),
    (
        "skip gap",
        saying(encode(WELCOME), encode(Skip("main", 2, 4)), encode(Skip("main", 6, 7))),
        LinkTrouble.GAP,
        4,
    ),
    ("garbage", saying(encode(WELCOME), b"\xc1garbage"), LinkTrouble.PROTOCOL, 1),
    ("half a frame", saying(encode(WELCOME), changes(2)[:-9]), LinkTrouble.PROTOCOL, 1),
    ("text", saying(encode(WELCOME), "hello"), LinkTrouble.PROTOCOL, 1),
    ("bad positions", saying(encode(WELCOME), b"P123"), LinkTrouble.PROTOCOL, 1),
    ("refused", saying(encode(Refused("no"))), LinkTrouble.NOT_ALLOWED, 1),
    ("thrown out", saying(encode(WELCOME), encode(Refused("no"))), LinkTrouble.NOT_ALLOWED, 1),
    ("no welcome", saying(encode(Beat())), LinkTrouble.PROTOCOL, 1),
    ("hung up", saying(encode(WELCOME), changes(2), then_wait=False), LinkTrouble.CLOSED, 2),
    ("silence", saying(encode(WELCOME)), LinkTrouble.SILENT, 1),
]


async def _run(bench: Bench, script: Script, beat_s: float = 30.0) -> LinkError:
    with pytest.raises(LinkError) as caught:
        await bench.run(script, beat_s)
    return caught.value


@pytest.mark.parametrize(
    ("script", "trouble", "rev"), [fault[1:] for fault in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_that_each_fault_has_its_name_and_keeps_what_was_whole(
    bench: Bench, script: Script, trouble: LinkTrouble, rev: int
) -> None:
    # Only who is silent is given up soon: on a busy machine others seem so as well.
    error = asyncio.run(_run(bench, script, 0.2 if trouble is LinkTrouble.SILENT else 30.0))
    assert error.trouble is trouble
    assert bench.keeper.rev == rev
    assert bench.hellos[0].revs == {"main": 1}


def test_that_central_ahead_without_changes_is_a_gap(bench: Bench) -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.send(encode(WELCOME))
        for _ in range(5):
            await socket.send(encode(Beat(1, {"main": 9})))
        await socket.wait_closed()

    assert asyncio.run(_run(bench, script)).trouble is LinkTrouble.GAP
    assert bench.watcher.behind == 8


def test_that_a_console_that_catches_up_is_not_taken_for_one_that_stands(bench: Bench) -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.send(encode(WELCOME))
        for rev in range(2, 9):
            await socket.send(changes(rev))
            await socket.send(encode(Beat(1, {"main": 99})))

    assert asyncio.run(_run(bench, script)).trouble is LinkTrouble.CLOSED
    assert bench.keeper.rev == 8


def test_that_centrals_heartbeat_says_since_when_its_disk_is_full(bench: Bench) -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.send(encode(WELCOME))
        for full_ms in (0, 1_795_858_800_000):
            await socket.send(encode(Beat(1, {"main": 1}, full_ms)))

    assert asyncio.run(_run(bench, script)).trouble is LinkTrouble.CLOSED
    assert bench.watcher.full_ms == [0, 0, 1_795_858_800_000]


def test_that_another_epoch_needs_a_snapshot(bench: Bench) -> None:
    welcome = Welcome("other", {"main": 5}, need_snapshot=False, server_ms=0)
    with pytest.raises(SnapshotNeededError):
        asyncio.run(bench.run(saying(encode(welcome))))


def test_that_a_fault_of_the_disk_ends_the_stream_by_its_name(bench: Bench) -> None:
    with closing(sqlite3.connect(bench.settings.cache_path)) as db:
        db.execute("DROP TABLE incident")
    with pytest.raises(DatabaseError):
        asyncio.run(bench.run(saying(encode(WELCOME), changes(2))))


def test_that_answers_that_come_together_are_told_together(bench: Bench) -> None:
    names = [f"c{number:03d}" for number in range(60)]
    for name in names:
        bench.outbox.add(Draft(command_id=name, made_at=AT, body=CloseIncident(incident="i1")))
    results = [encode(Result(name, Verdict.ACCEPTED, rev=1)) for name in names]

    async def script(socket: ServerConnection) -> None:
        await socket.send(encode(WELCOME))
        for result in results:
            await socket.send(result)

    told = bench.recorder.outbox_told
    asyncio.run(_run(bench, script))
    assert bench.recorder.outbox.pending == ()
    assert bench.recorder.outbox_told - told < len(names) // 2


def test_that_a_patch_on_a_row_not_held_needs_a_snapshot(bench: Bench) -> None:
    lost = encode(Changes((patch(2, an_incident("x"), an_incident("x", version=2)),)))
    with pytest.raises(SnapshotNeededError):
        asyncio.run(bench.run(saying(encode(WELCOME), lost)))


def test_that_a_command_is_sent_again_after_each_cut_until_it_is_answered(bench: Bench) -> None:
    for name in ("one", "two", "three"):
        bench.outbox.add(Draft(command_id=name, made_at=AT, body=CloseIncident(incident="i1")))
    seen: list[list[str]] = []

    async def hear(socket: ServerConnection, answer: str | None) -> None:
        await socket.send(encode(WELCOME))
        seen.append([])
        async for frame in socket:
            message = decode(frame)
            if isinstance(message, Command):
                seen[-1].append(message.command_id)
                if len(seen[-1]) == (3 if answer else 2):
                    break
        if answer is not None:
            await socket.send(encode(Result(answer, Verdict.ACCEPTED, rev=1)))

    assert asyncio.run(_run(bench, lambda s: hear(s, "one"))).trouble is LinkTrouble.CLOSED
    assert asyncio.run(_run(bench, lambda s: hear(s, None))).trouble is LinkTrouble.CLOSED
    assert seen == [["one", "two", "three"], ["two", "three"]]
    assert [e.command_id for e in bench.outbox.in_state(EntryState.SENT)] == ["two", "three"]
    assert [e.command_id for e in bench.outbox.in_state(EntryState.ACCEPTED)] == ["one"]
