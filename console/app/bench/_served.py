"""A central in a process of its own for benches, with units, and the processor time it takes."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil
import requests

from console.app.bench._chaos import Party
from console.app.bench._chaoschild import Plan
from console.app.processes import ProcessError
from console.app.served import password_of
from console.central.server import seed_registry
from console.central.settings import CentralSettings
from console.domain.ids import UnitId
from console.domain.units import Unit, UnitKind, UnitStatus

_UP_WITHIN_S = 60.0


@dataclass(slots=True, kw_only=True)
class Served:
    """A running central.

    Attributes:
        port: Where it listens.
        epoch: Of its records.
        head: Its newest revision.
    """

    party: Party
    home: Path
    port: int
    epoch: str
    head: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def token(self, account: str, *, kind: str) -> str:
        """Return a session's token."""
        answer = requests.post(
            f"{self.url}/v1/session",
            json={"name": account, "password": password_of(self.home, account),
                  "device": {"id": f"bench-{account}", "kind": kind, "label": "bench"}},
            timeout=30,
        )  # fmt: skip
        answer.raise_for_status()
        return str(answer.json()["token"])

    def cpu_s(self) -> float:
        """Return the processor time it has taken so far, seconds."""
        times = psutil.Process(self.party.pid).cpu_times()
        return float(times.user + times.system)


@contextmanager
def served(units: int) -> Iterator[Served]:
    """Give a central that serves ``units`` officers, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as folder:
        home = Path(folder) / "home"
        settings = CentralSettings(home=home, resources_dir=home, port=0)
        seed_registry(settings, units=some_units(units))
        plan = Plan(role="central", name="central", home=str(home), folder=f"{folder}/central")
        party = Party(plan)
        try:
            party.start()
            port = port_of(home, party)
            party.plan = msgspec.structs.replace(plan, port=port)
            party.wait_up()
            health = party.health() or {}
            yield Served(party=party, home=home, port=port, epoch=str(health["epoch"]),
                         head=int(str(health["head"])))  # fmt: skip
        finally:
            party.close()


def port_of(home: Path, party: Party) -> int:
    """Return where a central that was just started listens."""
    path = home / "central" / "server.json"
    until = time.monotonic() + _UP_WITHIN_S
    while time.monotonic() < until:
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            said = {"pid": None}
        if said["pid"] == party.pid:
            return int(said["port"])
        time.sleep(0.02)
    raise ProcessError(f"central does not listen:\n{party.last_words()}")


def some_units(count: int) -> list[Unit]:
    """Return officers on duty, numbered from 1."""
    return [
        Unit(id=UnitId(f"u{no}"), no=no, call_sign=f"K{no}", kind=UnitKind.OFFICER,
             status=UnitStatus.AVAILABLE)
        for no in range(1, count + 1)
    ]  # fmt: skip
