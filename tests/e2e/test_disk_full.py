"""Central on a disk that is full, for real: it refuses loudly, loses nothing, goes on by itself."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec
import pytest
import requests
from central_parts import CentralClient, CentralServer
from test_central_kill import listening

from console.app.audit import verified_home
from console.domain.ids import new_id
from console.protocol.commands import OpenIncident
from console.protocol.messages import Command, Result, Verdict

DISK_BYTES = 40 << 20
RESERVE_BYTES = 6 << 20
WITHIN_S = 90.0
CODE = f"""
import sys
from pathlib import Path
from console.central.server import run_central
from console.central.settings import CentralSettings
home = Path(sys.argv[1])
sys.exit(run_central(CentralSettings(
    home=home, resources_dir=home, port=0, reserve_bytes={RESERVE_BYTES}, spare_bytes=0)))
"""


class Disk(Protocol):
    """A disk that can be filled to the last byte, and emptied."""

    def fill(self, process: subprocess.Popen[bytes]) -> None:
        """Leave no room."""

    def empty(self, process: subprocess.Popen[bytes]) -> None:
        """Make room."""


class SmallDisk:
    """A file system of its own in memory, filled by a file of somebody else's."""

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "somebody-elses-file"

    def fill(self, process: subprocess.Popen[bytes]) -> None:
        with self._filler.open("ab") as file:
            for size in (1 << 20, 4096, 1):
                while _wrote(file.fileno(), size):
                    pass

    def empty(self, process: subprocess.Popen[bytes]) -> None:
        self._filler.unlink()


class Quota:
    """A limit on the size of files, where no file system may be mounted: a container of CI."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fill(self, process: subprocess.Popen[bytes]) -> None:
        files = ("central.db", "central.db-wal")
        largest = max((self._folder / "central" / name).stat().st_size for name in files)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

    def empty(self, process: subprocess.Popen[bytes]) -> None:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)


def _wrote(descriptor: int, size: int) -> bool:
    try:
        return os.write(descriptor, b"\0" * size) == size
    except OSError:
        return False


@pytest.fixture(params=["file system", "quota"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Disk]]:
    """A home on a disk that can be filled; where nothing may be mounted, both are quotas."""
    home = tmp_path / "home"
    home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(home)]
    is_mounted = request.param == "file system" and (
        subprocess.run(mount, capture_output=True, check=False).returncode == 0
    )
    yield home, SmallDisk(home) if is_mounted else Quota(home)
    if is_mounted:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


def opened(summary: str) -> OpenIncident:
    incident = new_id(datetime.now(UTC))
    return OpenIncident(
        incident=incident, form="0301", place="工体北路", summary=summary, channel="12345"
    )


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline, what
        threading.Event().wait(0.05)


def tried(client: CentralClient, command: Command) -> Result | str:
    """Return the result of a command, or the sentence with which it was not taken."""
    answer = client.http.post(
        f"{client.server.url}/v1/commands", data=msgspec.json.encode([command]), timeout=60
    )
    if answer.status_code == 503:
        return str(answer.json()["error"])
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=list[Result])[0]


@pytest.mark.e2e
def test_that_a_full_disk_is_said_loses_nothing_and_passes_by_itself(
    disk: tuple[Path, Disk],
) -> None:
    home, room = disk
    server = CentralServer(home)
    process = subprocess.Popen([sys.executable, "-c", CODE, str(home)])
    with ExitStack() as closing:
        closing.callback(process.wait)
        closing.callback(process.kill)
        server.url = listening(home, process)
        client = server.client()
        closing.callback(client.close)
        accepted: list[Command] = []
        refused: list[Command] = []
        first = client.command(opened("first"))
        assert tried(client, first).verdict is Verdict.ACCEPTED  # type: ignore[union-attr]
        accepted.append(first)
        assert health(server)["status"] == "ok"
        room.fill(process)
        sentence = ""
        for _ in range(5000):
            command = client.command(opened("x" * 3000))
            answer = tried(client, command)
            if isinstance(answer, str):
                refused.append(command)
                sentence = answer
                break
            accepted.append(command)
        assert "disk is full" in sentence
        assert "has lost none" in sentence
        told = health(server)
        assert told["status"] == "full"
        assert "Free some space" not in sentence
        assert "disk is full" in str(told["trouble"])
        assert told["trails"] == "not written"
        assert "zhihui_trails_paused 1.0" in metrics(server)
        until(lambda: "zhihui_disk_is_full 1.0" in metrics(server), "no metric of the full disk")
        for command in accepted[:3]:  # what was done is known, and said again
            known = tried(client, command)
            assert isinstance(known, Result)
            assert known.verdict is Verdict.DUPLICATE
        again = tried(client, client.command(opened("while it is full")))
        assert isinstance(again, str)
        room.empty(process)
        until(lambda: health(server)["status"] == "ok", "central does not go on by itself")
        assert (home / "central" / "reserve").stat().st_size == RESERVE_BYTES
        for command in refused:
            taken = tried(client, command)
            assert isinstance(taken, Result)
            assert taken.verdict is Verdict.ACCEPTED
        process.terminate()
        assert process.wait(120) == 0
        revs = [row[0] for row in server.query("SELECT rev FROM change_log ORDER BY rev")]
        assert revs == list(range(1, len(revs) + 1))
        count = server.query("SELECT count(*) FROM incident")
        assert count == [(len(accepted) + len(refused),)]
        assert server.query("PRAGMA quick_check") == [("ok",)]
        said = [row[0] for row in server.query("SELECT action FROM audit ORDER BY seq")]
        assert said.index("disk_full") < said.index("disk_has_room")
        found = verified_home(home)
        assert found.is_whole, found.text()


def health(server: CentralServer) -> dict[str, object]:
    told: dict[str, object] = requests.get(f"{server.url}/v1/health", timeout=60).json()
    return told


def metrics(server: CentralServer) -> str:
    return requests.get(f"{server.url}/metrics", timeout=60).text
