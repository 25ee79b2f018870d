"""How many commands a second central commits on this disk, and how long each waits."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from console.app.bench import BenchError
from console.app.bench._figures import machine, percentiles
from console.app.cluster import temporary_cluster
from console.central.acts import Actor
from console.central.group import Surroundings
from console.central.ledger import Numbers
from console.central.sequencer import Sequencer, Submission
from console.central.settings import CentralError
from console.domain.ids import new_id
from console.domain.levels import Role
from console.protocol.commands import OpenIncident
from console.protocol.messages import Command, Result, Verdict
from console.store.cameraseal import CameraKey
from console.store.engine import open_engine, sqlite_url
from console.store.seat import Seat
from console.store.upgrade import upgrade

_SYNCS = 200
_ACTOR = Actor(person=None, role=Role.DISPATCHER)


def run(
    *, submitters: int = 16, commands: int = 3000, database: str = "sqlite"
) -> dict[str, object]:
    """Open incidents from several submitters at once, each waiting for its answer.

    Args:
        submitters: How many work at the same time.
        commands: How many commands they send together.
        database: "sqlite", or "postgresql" on a cluster of its own; both wait for the disk.

    Returns:
        Commands committed a second, median and 99th percentile of the time from handing one in
        to its acceptance in milliseconds, the same of the disk alone (4 KiB written and synced,
        before and after), and the limit of what the 99th percentile may be on such a disk.
    """
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="zhihui-bench-")))
        if database == "postgresql":
            cluster = closing.enter_context(temporary_cluster(durable=True))
            url, disk = cluster.create("bench"), cluster.folder
        elif database == "sqlite":
            url, disk = sqlite_url(folder / "central.db"), folder
        else:
            raise BenchError(f"There is no database “{database}”; sqlite or postgresql.")
        syncs_ms = _syncs_ms(disk)
        waits_ms, refused, took_s, groups = _measured(url, submitters, commands)
        syncs_ms += _syncs_ms(disk)
    sync = percentiles(syncs_ms, 50, 99)
    return {
        **percentiles(waits_ms, 50, 99),
        "per_s": round(len(waits_ms) / took_s),
        "disk_fsync_p50_ms": sync["p50_ms"],
        "disk_fsync_p99_ms": sync["p99_ms"],
        "p99_limit_ms": round(3 * (sync["p99_ms"] or 0.0) + 5, 2),
        "commands_per_group": round(len(waits_ms) / groups, 1),
        "submitters": submitters,
        "errors": refused,
        "database": database,
        **machine(),
    }


def _measured(url: str, submitters: int, commands: int) -> tuple[list[float], int, float, int]:
    engine = open_engine(url)
    upgrade(engine)
    surroundings = Surroundings(
        numbers=Numbers(ZoneInfo("Asia/Shanghai")),
        district_at=lambda _lat, _lon: (None, None),
        evidence_size=lambda _sha256: None,
        sealed=CameraKey(CameraKey.made().decode()).sealed,
    )
    sequencer = Sequencer(Seat(engine), surroundings, on_commit=lambda _: None)
    sequencer.start()
    try:
        began = time.perf_counter()
        waits_ms, refused = _submit_all(sequencer, submitters, commands // submitters)
        took_s = time.perf_counter() - began
        return waits_ms, refused, took_s, sequencer.counters["groups"]
    finally:
        sequencer.stop()
        engine.dispose()


def _syncs_ms(folder: Path) -> list[float]:
    """Return what the disk takes for 4 KiB written and synced, milliseconds each."""
    path = folder / "sync.bench"
    waits: list[float] = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        for _ in range(_SYNCS):
            os.write(descriptor, b"z" * 4096)
            began = time.perf_counter()
            os.fsync(descriptor)
            waits.append((time.perf_counter() - began) * 1000.0)
    finally:
        os.close(descriptor)
        path.unlink()
    return waits


def _submit_all(sequencer: Sequencer, submitters: int, each: int) -> tuple[list[float], int]:
    waits_ms: list[float] = []
    refused: list[str] = []
    taking = threading.Lock()

    def work() -> None:
        for _ in range(each):
            began = time.perf_counter()
            verdict = _submitted(sequencer)
            wait_ms = (time.perf_counter() - began) * 1000.0
            with taking:
                waits_ms.append(wait_ms)
                if verdict is not Verdict.ACCEPTED:
                    refused.append(verdict)

    threads = [threading.Thread(target=work) for _ in range(submitters)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits_ms, len(refused)


def _submitted(sequencer: Sequencer) -> Verdict:
    answered: Future[list[Result]] = Future()

    def done(answer: list[Result] | CentralError) -> None:
        if isinstance(answer, CentralError):
            answered.set_exception(answer)
        else:
            answered.set_result(answer)

    at = datetime.now(UTC)
    body = OpenIncident(
        incident=new_id(at), form="0301", place="bench", summary="bench", channel="12345"
    )
    command = Command(new_id(at), "bench", 0, at, body)
    sequencer.put(Submission(commands=(command,), actor=_ACTOR, done=done))
    return answered.result()[0].verdict
