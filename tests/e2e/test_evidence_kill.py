"""A long film on its way while central and the console are killed: it arrives, whole, once."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from central_parts import CentralServer, some_units
from held_port import HeldPort
from sync_parts import Cut
from test_central_kill import listening, opened

MEGABYTES = 200
CENTRAL = """
import sys
from pathlib import Path
from console.central.server import run_central
from console.central.settings import CentralSettings
home, port = Path(sys.argv[1]), int(sys.argv[2])
sys.exit(run_central(CentralSettings(home=home, resources_dir=home, port=port)))
"""
CONSOLE = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from console.domain.ids import new_id
from console.domain.places import Evidence, EvidenceKind
from console.sync import SyncClient, SyncSettings
url, password, home, incident, film = sys.argv[1:]
done = threading.Event()
class Listener:
    def __getattr__(self, name):
        return lambda *_: None
    def on_outbox(self, state):
        print("unsent", state.unsent, "tray", len(state.tray), flush=True)
        if kept.is_set() and not state.pending and not state.tray:
            done.set()
kept = threading.Event()
client = SyncClient(SyncSettings(url=url, account="dispatcher", password=password,
    home=Path(home), retry_first_s=0.1, retry_most_s=0.5), Listener())
if film != "-":
    at = datetime.now(UTC)
    client.submit_evidence_file(Path(film), Evidence(id=new_id(at), incident=incident,
        kind=EvidenceKind.VIDEO, media_type="video/mp4", sha256="", size=0,
        captured_at=at)).result()
kept.set()
print("kept", flush=True)
client.start()
done.wait()
client.stop()
"""


class Process:
    """A process that is killed, and how much memory it took at most."""

    def __init__(self, code: str, *arguments: object) -> None:
        words = [str(one) for one in arguments]
        self.popen = subprocess.Popen([sys.executable, "-c", code, *words])

    def peak_mb(self) -> float:
        status = Path(f"/proc/{self.popen.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None, status
        return int(found[1]) / 1024

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()


def until(so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 120
    while not so():
        assert time.monotonic() < end, what
        threading.Event().wait(0.005)


@pytest.mark.e2e
def test_that_a_long_film_arrives_though_both_ends_are_killed_and_neither_holds_it_in_memory(
    tmp_path: Path,
) -> None:
    home, desk, film = tmp_path / "home", tmp_path / "desk", tmp_path / "clip.mp4"
    block = hashlib.shake_256(b"film").digest(1 << 20)
    with film.open("wb") as file:
        for number in range(MEGABYTES):
            file.write(number.to_bytes(4, "big") + block[4:])
    with film.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    server, port = CentralServer(home), HeldPort()
    server.seed(some_units())
    begun, kept = home / "central" / "evidence" / "begun", server.home / "central" / "evidence"

    def here_mb() -> float:
        return sum(one.stat().st_size for one in begun.glob("*")) / (1 << 20)

    running: list[Process] = []
    wire: Cut | None = None
    try:
        central = Process(CENTRAL, home, port.number)
        running.append(central)
        server.url = listening(home, central.popen)
        client = server.client()
        incident = opened()
        client.post(incident)
        client.close()
        password = server.password("dispatcher")
        base_mb = central.peak_mb()
        # However fast the film goes, it stands still on the wire while somebody is killed.
        wire = Cut(server.url)
        wire.silent_after_sent = 60 << 20
        given = (wire.url, password, desk, incident.incident)
        console = Process(CONSOLE, *given, film)
        running.append(console)
        until(lambda: here_mb() >= 40, "the film is on its way")
        assert central.peak_mb() - base_mb < MEGABYTES / 2
        central.kill()
        before = here_mb()
        assert not (kept / sha256[:2] / sha256[2:4] / sha256).exists()
        film.unlink()  # the console has its own copy
        wire.cut()
        central = Process(CENTRAL, home, port.number)
        running.append(central)
        listening(home, central.popen)
        assert here_mb() >= before
        so_far = wire.bytes_to_central
        wire.mend()
        wire.silent_after_sent = so_far + (60 << 20)
        until(lambda: here_mb() >= before + 40, "it goes on after central was killed")
        console_mb = console.peak_mb()
        console.kill()
        wire.mend()
        console = Process(CONSOLE, *given, "-")
        running.append(console)
        assert console.popen.wait(120) == 0
        assert console_mb < 100 + MEGABYTES / 2
        assert central.peak_mb() - base_mb < MEGABYTES / 2
    finally:
        for process in running:
            process.kill()
        if wire is not None:
            wire.close()
    whole = kept / sha256[:2] / sha256[2:4] / sha256
    with whole.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == sha256
    with closing(sqlite3.connect(server.database)) as db:
        held = db.execute("SELECT sha256, size FROM evidence").fetchall()
    assert held == [(sha256, MEGABYTES << 20)]
    assert list(begun.iterdir()) == []
