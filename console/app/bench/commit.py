"""How many commands a second central commits on this disk, and how long each waits."""

from __future__ import annotations

import tempfile
import threading
import time
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from console.central.acts import Actor
from console.central.group import Surroundings
from console.central.ledger import Numbers
from console.central.sequencer import Sequencer, Submission
from console.central.settings import CentralError
from console.domain.ids import new_id
from console.domain.levels import Role
from console.protocol.commands import OpenIncident
from console.protocol.messages import Command, Result, Verdict
from console.store.engine import open_engine, sqlite_url
from console.store.seat import Seat
from console.store.upgrade import upgrade

_ACTOR = Actor(person=None, role=Role.DISPATCHER)


def run(*, submitters: int = 8, commands: int = 2000) -> dict[str, object]:
    """Open incidents from several submitters at once, each waiting for its answer.

    Args:
        submitters: How many work at the same time.
        commands: How many commands they send together.

    Returns:
        Commands committed a second, median and 99th percentile of the time from handing one in
        to its acceptance in milliseconds, commands a group, and how many were not accepted.
    """
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as folder:
        engine = open_engine(sqlite_url(Path(folder) / "central.db"))
        upgrade(engine)
        surroundings = Surroundings(
            numbers=Numbers(ZoneInfo("Asia/Shanghai")),
            district_at=lambda _lat, _lon: (None, None),
            evidence_size=lambda _sha256: None,
        )
        sequencer = Sequencer(Seat(engine), surroundings, on_commit=lambda _: None)
        sequencer.start()
        try:
            began = time.perf_counter()
            waits_ms, refused = _submit_all(sequencer, submitters, commands // submitters)
            took_s = time.perf_counter() - began
            groups = sequencer.counters["groups"]
        finally:
            sequencer.stop()
            engine.dispose()
    waits_ms.sort()
    return {
        "commands_per_s": round(len(waits_ms) / took_s),
        "p50_ms": round(waits_ms[len(waits_ms) // 2], 2),
        "p99_ms": round(waits_ms[len(waits_ms) * 99 // 100], 2),
        "commands_per_group": round(len(waits_ms) / groups, 1),
        "submitters": submitters,
        "errors": refused,
    }


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
