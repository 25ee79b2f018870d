"""A listener that remembers, and a wire that can be cut: for tests of the sync client."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from console.domain.ids import new_id
from console.protocol.codec import Row, kind_of
from console.protocol.commands import AssignUnit, OpenIncident
from console.store.outbox import UNSETTLED
from console.sync import SyncClient, SyncSettings
from console.sync.client import utc_now
from console.sync.state import ChangeBatch, Contents, LinkPhase, LinkState, OutboxState, Who
from console.tracking import ForceColumns

WITHIN_S = 120.0


class Recorder:
    """Remembers what the sync thread says, and lets a test wait for it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.links: list[LinkState] = []
        self.rows: dict[tuple[str, str], Row] = {}
        self.revs: list[int] = []
        self.contents: list[Contents] = []
        self.outbox = OutboxState()
        self.outbox_told = 0
        self.client: SyncClient | None = None
        self.who: Who | None = None
        self.positions: ForceColumns | None = None
        self.packs: list[Path] = []
        self.zones: list[str] = []

    def on_link(self, state: LinkState) -> None:
        self._note(lambda: self.links.append(state))

    def on_who(self, who: Who) -> None:
        self._note(lambda: setattr(self, "who", who))

    def on_positions(self, columns: ForceColumns) -> None:
        self._note(lambda: setattr(self, "positions", columns))

    def on_outbox(self, state: OutboxState) -> None:
        def take() -> None:
            self.outbox = state
            self.outbox_told += 1

        self._note(take)

    def on_city_pack(self, path: Path) -> None:
        self._note(lambda: self.packs.append(path))

    def on_city_zone(self, zone: str) -> None:
        self._note(lambda: self.zones.append(zone))

    def on_changes(self, batch: ChangeBatch) -> None:
        def take() -> None:
            self.revs.append(batch.rev)
            for change in batch.rows:
                if change.row is None:
                    self.rows.pop((change.kind, change.id), None)
                else:
                    self.rows[change.kind, change.id] = change.row

        self._note(take)

    def on_cache_replaced(self, contents: Contents) -> None:
        def take() -> None:
            self.contents.append(contents)
            self.rows = {(kind_of(row), row.id): row for row in contents.rows}

        self._note(take)

    def _note(self, what: Callable[[], object]) -> None:
        with self._changed:
            what()
            self._changed.notify_all()

    def wait(self, until: Callable[[Recorder], object], what: str = "what was awaited") -> None:
        """Wait until something is so; fail with the last words if it never is."""
        end = time.monotonic() + WITHIN_S
        with self._changed:
            while not until(self):
                left = end - time.monotonic()
                if left <= 0:
                    last = self.links[-1] if self.links else None
                    raise AssertionError(f"{what} did not come; {last}; {self.outbox}")
                self._changed.wait(left)

    @property
    def is_live(self) -> bool:
        return bool(self.links) and self.links[-1].phase is LinkPhase.LIVE

    @property
    def phase(self) -> LinkPhase | None:
        return self.links[-1].phase if self.links else None

    def live(self) -> None:
        self.wait(lambda me: me.is_live, "the link")

    def open(self, client: SyncClient, body: OpenIncident) -> None:
        """Have an incident opened, and wait until it is."""
        client.submit(body)
        self.wait(lambda me: ("incident", body.incident) in me.rows, "the incident")
        self.settled()

    def settled(self) -> None:
        """Wait until everything that was typed so far is answered, and its changes are here.

        What was typed a moment ago is on disk before anybody is told of it; so the disk is asked
        first, and then what is told from there on.
        """
        client = self.client
        assert client is not None
        self.wait(lambda _: not client._outbox.in_state(*UNSETTLED), "the answers")
        told = self.outbox_told
        client._worker.outbox_changed()
        self.wait(lambda me: me.outbox_told > told and not me.outbox.pending, "their changes")


def opened(place: str = "工体北路 4号") -> OpenIncident:
    return OpenIncident(
        incident=new_id(datetime.now(UTC)), form="0301", place=place, summary="night works",
        channel="12345", lat=39.93, lon=116.44,
    )  # fmt: skip


def assigned(incident: str, unit: str) -> AssignUnit:
    return AssignUnit(assignment=new_id(datetime.now(UTC)), incident=incident, unit=unit)


@contextlib.contextmanager
def console(
    url: str, password: str, home: Path, *, account: str = "dispatcher", **more: object
) -> Iterator[tuple[SyncClient, Recorder]]:
    """Run a sync client by the clock ``now``; the rest goes into its settings."""
    now = more.pop("now", utc_now)
    settings = SyncSettings(
        url=url, account=account, password=password, home=home, retry_first_s=0.1,
        retry_most_s=0.5, **more,  # type: ignore[arg-type] # what a test gives
    )  # fmt: skip
    recorder = Recorder()
    client = SyncClient(settings, recorder, now=now)  # type: ignore[arg-type] # a test's clock
    recorder.client = client
    client.start()
    try:
        yield client, recorder
    finally:
        client.stop()


class Cut:
    """A wire to central that can be cut, let fall silent, and be mended."""

    def __init__(self, target_url: str) -> None:
        host, _, port = target_url.partition("://")[2].partition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.is_cut = False
        self._flows = threading.Event()
        self._flows.set()
        self.bytes_to_console = 0
        self.cut_after: int | None = None
        self.bytes_to_central = 0
        self.cut_after_sent: int | None = None
        self.silent_after_sent: int | None = None
        self._spawn(self._accept)

    def cut(self) -> None:
        """Cut every connection, and refuse new ones."""
        self.is_cut = True
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let new connections through."""
        self.is_cut = False
        self.cut_after = self.cut_after_sent = self.silent_after_sent = None
        self._flows.set()

    def silence(self) -> None:
        """Keep connections open, and let nothing through."""
        self._flows.clear()

    def close(self) -> None:
        self._flows.set()
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(60)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                continue
            with self._lock:
                was_cut = self.is_cut  # just now
                if not was_cut:
                    self._pairs.append((near, far))
            if was_cut:
                near.close()
                far.close()
                continue
            self._spawn(self._pump, near, far, False)
            self._spawn(self._pump, far, near, True)

    def _pump(self, source: socket.socket, sink: socket.socket, to_console: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                self._flows.wait()
                if to_console:
                    self.bytes_to_console += len(data)
                    if self.cut_after is not None and self.bytes_to_console >= self.cut_after:
                        sink.sendall(data[: len(data) // 2])
                        self.cut()
                        break
                else:
                    self.bytes_to_central += len(data)
                    most = self.silent_after_sent
                    if most is not None and self.bytes_to_central >= most:
                        self.silence()
                        self._flows.wait()
                    if (
                        self.cut_after_sent is not None
                        and self.bytes_to_central >= self.cut_after_sent
                    ):
                        self.cut()
                        break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()

    def _spawn(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()
