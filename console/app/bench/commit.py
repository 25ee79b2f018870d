"""How many commands a second central commits on this disk, and how long each waits.

Two questions, two runs. How long a command waits is asked at the load that central is made for, as
an open loop: commands come at their own times, whether or not earlier ones were answered, and each
wait counts from when the command was meant to come. How many a second fit is asked with senders
that wait for their answers and send at once again: there a queue is kept full, and the wait is its
length; it is told apart.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from console.app.bench import BenchError
from console.app.bench._figures import machine, percentiles
from console.app.cluster import temporary_cluster
from console.central.acts import Actor
from console.central.group import Surroundings
from console.central.ledger import Numbers
from console.central.pauses import shorten_pauses
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
_FIRST = 50
_ACTOR = Actor(person=None, role=Role.DISPATCHER)


def run(
    *,
    per_s: float = 500.0,
    seconds: float = 10.0,
    submitters: int = 16,
    commands: int = 3000,
    database: str = "sqlite",
) -> dict[str, object]:
    """Open incidents at a given rate, then as fast as they are taken.

    Args:
        per_s: Commands a second in the first run, at random times (Poisson).
        seconds: How long the first run lasts.
        submitters: How many send at once in the second run, each waiting for its answer.
        commands: How many commands they send together.
        database: "sqlite", or "postgresql" on a cluster of its own; both wait for the disk.

    Returns:
        Of the first run median and 99th percentile of the time from when a command was meant to
        come to its acceptance, milliseconds, and the rate that was reached. Of the second commands
        committed a second, and the wait in that full queue. Of the disk alone the same (4 KiB
        written and synced, before and after), and the limit of what the 99th percentile may be on
        such a disk.
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
        with _writer(url) as sequencer:
            _submit_all(sequencer, 1, _FIRST)  # not counted: statements are made on first use
            shorten_pauses()  # as in central's own process
            paced = _paced(sequencer, per_s, seconds)
            groups = sequencer.counters["groups"]
            full = _submit_all(sequencer, submitters, commands // submitters)
            groups = sequencer.counters["groups"] - groups
        syncs_ms += _syncs_ms(disk)
    sync = percentiles(syncs_ms, 50, 99)
    return {
        **percentiles(paced.waits_ms, 50, 99),
        "p99_limit_ms": round(3 * (sync["p99_ms"] or 0.0) + 5, 2),
        "open_loop_per_s": round(len(paced.waits_ms) / paced.took_s),
        "per_s": round(len(full.waits_ms) / full.took_s),
        **{f"full_{key}": value for key, value in percentiles(full.waits_ms, 50, 99).items()},
        "disk_fsync_p50_ms": sync["p50_ms"],
        "disk_fsync_p99_ms": sync["p99_ms"],
        "commands_per_full_group": round(len(full.waits_ms) / groups, 1),
        "submitters": submitters,
        "errors": paced.refused + full.refused,
        "database": database,
        **machine(),
    }


@dataclass(slots=True)
class _Taken:
    """What became of the commands of one run."""

    waits_ms: list[float] = field(default_factory=list)
    refused: int = 0
    took_s: float = 0.0


@contextmanager
def _writer(url: str) -> Iterator[Sequencer]:
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
        yield sequencer
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


def _paced(sequencer: Sequencer, per_s: float, seconds: float) -> _Taken:
    """Hand commands in at times drawn beforehand, whatever became of the ones before."""
    chance = np.random.default_rng(1)
    due_s = np.cumsum(chance.exponential(1.0 / per_s, round(per_s * seconds))).tolist()
    taken, answered = _Taken(), threading.Semaphore(0)
    began = time.perf_counter()

    def put(meant_s: float) -> None:
        def done(answer: list[Result] | CentralError) -> None:
            taken.waits_ms.append((time.perf_counter() - meant_s) * 1000.0)
            is_taken = isinstance(answer, list) and answer[0].verdict is Verdict.ACCEPTED
            taken.refused += not is_taken
            answered.release()

        sequencer.put(Submission(commands=(_command(),), actor=_ACTOR, done=done))

    for due in due_s:
        wait_s = began + due - time.perf_counter()
        if wait_s > 0:
            time.sleep(wait_s)
        put(began + due)
    for _ in due_s:
        answered.acquire()
    taken.took_s = time.perf_counter() - began
    return taken


def _submit_all(sequencer: Sequencer, submitters: int, each: int) -> _Taken:
    """Have several send at once, each the next when the one before is answered."""
    taken = _Taken()
    taking = threading.Lock()

    def work() -> None:
        for _ in range(each):
            began = time.perf_counter()
            verdict = _submitted(sequencer)
            wait_ms = (time.perf_counter() - began) * 1000.0
            with taking:
                taken.waits_ms.append(wait_ms)
                taken.refused += verdict is not Verdict.ACCEPTED

    threads = [threading.Thread(target=work) for _ in range(submitters)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.took_s = time.perf_counter() - began
    return taken


def _submitted(sequencer: Sequencer) -> Verdict:
    answered: Future[list[Result]] = Future()

    def done(answer: list[Result] | CentralError) -> None:
        if isinstance(answer, CentralError):
            answered.set_exception(answer)
        else:
            answered.set_result(answer)

    sequencer.put(Submission(commands=(_command(),), actor=_ACTOR, done=done))
    return answered.result()[0].verdict


def _command() -> Command:
    at = datetime.now(UTC)
    body = OpenIncident(
        incident=new_id(at), form="0301", place="bench", summary="bench", channel="12345"
    )
    return Command(new_id(at), "bench", 0, at, body)
