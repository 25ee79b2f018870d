"""Central killed between commits, for real: what was accepted is there afterwards."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from central_parts import CentralClient, CentralServer, Database, some_units

from console.domain.ids import new_id
from console.protocol.commands import OpenIncident
from console.protocol.messages import Command, Result, Verdict


def opened() -> OpenIncident:
    return OpenIncident(
        incident=new_id(datetime.now(UTC)),
        form="0301",
        place="工体北路",
        summary="夜间施工",
        channel="12345",
    )


def run_process(home: Path, url: str) -> subprocess.Popen[bytes]:
    code = (
        "import sys; from pathlib import Path\n"
        "from console.central.server import run_central\n"
        "from console.central.settings import CentralSettings\n"
        "home, url = Path(sys.argv[1]), sys.argv[2]\n"
        "sys.exit(run_central("
        "CentralSettings(home=home, resources_dir=home, port=0, database_url=url)))\n"
    )
    return subprocess.Popen([sys.executable, "-c", code, str(home), url])


def listening(home: Path, process: subprocess.Popen[bytes]) -> str:
    """Return the address that this very process listens on."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "central ended"
        try:
            said = json.loads((home / "central" / "server.json").read_text())
        except (OSError, ValueError):
            said = {"pid": None}
        if said["pid"] == process.pid:
            return str(said["url"])
        threading.Event().wait(0.02)
    raise AssertionError("central does not listen")


@pytest.mark.e2e
@pytest.mark.both_databases
def test_that_nothing_accepted_is_lost_when_central_is_killed(
    tmp_path: Path, database: Database
) -> None:
    home = tmp_path / "home"
    server = CentralServer(home, database=database)
    server.seed(some_units())
    accepted: dict[str, tuple[Command, Result]] = {}
    unanswered: list[Command] = []
    for _ in range(2):
        process = run_process(home, server.database_url)
        try:
            server.url = listening(home, process)
            clients = [server.client() for _ in range(4)]
            goal = len(accepted) + 12  # then it is killed, whatever the others wait for

            def submit(
                client: CentralClient, goal: int = goal, process: subprocess.Popen[bytes] = process
            ) -> None:
                while True:
                    command = client.command(opened())
                    try:
                        (result,) = client.post_commands([command])
                    except requests.RequestException:
                        unanswered.append(command)
                        return
                    accepted[command.command_id] = command, result
                    if len(accepted) >= goal:
                        process.kill()

            with ThreadPoolExecutor(4) as pool:
                list(pool.map(submit, clients))
        finally:
            process.kill()
            assert process.wait() == -signal.SIGKILL
    assert len(accepted) > 20
    process = run_process(home, server.database_url)
    try:
        server.url = listening(home, process)
        client = server.client()
        again_all = client.post_commands([command for command, _ in accepted.values()])
        for (_, result), again in zip(accepted.values(), again_all, strict=True):
            assert again.verdict is Verdict.DUPLICATE
            assert (again.rev, again.numbers) == (result.rev, result.numbers)
        for command in unanswered:
            verdict = client.post_commands([command])[0].verdict
            assert verdict in {Verdict.ACCEPTED, Verdict.DUPLICATE}
        client.close()
    finally:
        process.terminate()
        assert process.wait(120) == 0
    assert not (home / "central" / "server.json").exists()
    revs = [row[0] for row in server.query("SELECT rev FROM change_log ORDER BY rev")]
    assert revs == list(range(1, len(revs) + 1))
    if database.cluster is None:
        assert server.query("PRAGMA quick_check") == [("ok",)]
    assert server.query("SELECT count(*) FROM incident") == [(len(accepted) + len(unanswered),)]
