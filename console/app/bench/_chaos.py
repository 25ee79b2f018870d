"""The stage of the bench `commands`: processes that can be killed, and the wire between them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import requests
from sqlalchemy import Engine

from console.app.bench._chaoschild import KILL_VARIABLE, SHARED, Plan
from console.app.bench._chaosproxy import ChaosProxy
from console.app.cluster import Cluster
from console.app.lineage import child_environment
from console.app.processes import ProcessError
from console.app.served import password_of
from console.central.server import seed_registry
from console.central.settings import CentralSettings
from console.domain.ids import UnitId
from console.domain.units import Unit, UnitKind, UnitStatus
from console.store.engine import open_engine, sqlite_url

_UP_WITHIN_S = 60.0
_ENDED_WITHIN_S = 30.0
_UNITS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """What a stage is built from.

    Attributes:
        cluster: Where central keeps its records, if not in SQLite.
        prepare: What children call first.
        clock_off_s: How far the second console's clock is ahead.
    """

    folder: Path
    cluster: Cluster | None
    seed: int
    prepare: str
    clock_off_s: float = 0.0


class Party:
    """One process that is killed and started again."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.folder = Path(plan.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._log = (self.folder / "log.txt").open("ab")

    @property
    def name(self) -> str:
        """What it is called."""
        return self.plan.name

    @property
    def pid(self) -> int:
        """Its process, 0 when it was never started."""
        return 0 if self._process is None else self._process.pid

    @property
    def journal(self) -> Path:
        """What it wrote down."""
        return self.folder / "journal.jsonl"

    def start(self, *, kill: str = "") -> None:
        """Start it, with a kill-point armed if one is named."""
        text = msgspec.json.encode(self.plan).decode()
        self.journal.touch()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "console.app.bench._chaoschild", text],
            env={**child_environment(nice=0), KILL_VARIABLE: kill},
            stdout=self._log, stderr=self._log,
        )  # fmt: skip

    def revive(self) -> None:
        """Start it if it does not run."""
        if self._process is None or self._process.poll() is not None:
            self.start()

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def died(self, *, within_s: float) -> bool:
        """Wait for its death at a kill-point.

        Raises:
            ProcessError: It ended in another way.
        """
        if self._process is None:
            return True
        try:
            status = self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        if status != -signal.SIGKILL:
            raise ProcessError(f"{self.name} ended with {status}:\n{self.last_words()}")
        return True

    def end(self) -> None:
        """Ask it to end, and wait until it has."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_ENDED_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def wait_up(self) -> None:
        """Wait until central answers."""
        until = time.monotonic() + _UP_WITHIN_S
        while self.health() is None:
            if time.monotonic() > until:
                raise ProcessError(f"central does not answer:\n{self.last_words()}")
            time.sleep(0.05)

    def health(self) -> dict[str, object] | None:
        """Return what central says of itself, ``None`` if it does not."""
        try:
            answer = requests.get(f"http://127.0.0.1:{self.plan.port}/v1/health", timeout=2.0)
            said: dict[str, object] = answer.json()
        except (requests.RequestException, ValueError):
            return None
        return said

    def status(self) -> dict[str, Any] | None:
        """Return how it stands, if this very process has said so."""
        try:
            said: dict[str, Any] = json.loads((self.folder / "status.json").read_text())
        except (OSError, ValueError):
            return None
        is_its = self._process is not None and said["pid"] == self._process.pid
        return said if is_its else None

    def last_words(self) -> str:
        """Return the end of its log."""
        return (self.folder / "log.txt").read_text(errors="replace")[-3000:]

    def close(self) -> None:
        """Kill it for good."""
        self.kill()
        self._log.close()


class Stage:
    """Central, two consoles and a handheld; consoles and handheld reach central by the proxy."""

    def __init__(self, settings: StageSettings) -> None:
        """Enter units and the shared incident; nothing runs yet."""
        self.settings = settings
        self.home = settings.folder / "home"
        url = settings.cluster.create("chaos") if settings.cluster is not None else None
        self.central_settings = CentralSettings(
            home=self.home, resources_dir=self.home, port=0, database_url=url
        )
        self._moves = 0
        seed_registry(self.central_settings, units=_units())
        self.proxy = ChaosProxy(0)
        base = Plan(role="central", name="central", home=str(self.home),
                    folder=str(settings.folder / "central"), database=url,
                    seed=settings.seed, prepare=settings.prepare)  # fmt: skip
        self.central = Party(base)
        self.consoles: list[Party] = []
        self.handheld = self.central

    @property
    def parties(self) -> list[Party]:
        """Everyone."""
        return [self.central, *self.consoles, self.handheld]

    def open(self) -> None:
        """Start everyone."""
        self.central.start()
        port = self._port()
        self.central.plan = msgspec.structs.replace(self.central.plan, port=port)
        self.central_settings = replace(self.central_settings, port=port)
        self.central.wait_up()
        self.proxy.target_port = port
        self._open_shared(port)
        common = msgspec.structs.replace(self.central.plan, url=self.proxy.url)
        names = [f"u{no}" for no in range(_UNITS)]
        for number, name in enumerate(("a", "b")):
            self.consoles.append(Party(msgspec.structs.replace(
                common, role="console", name=name, folder=str(self.settings.folder / name),
                account="dispatcher", password=password_of(self.home, "dispatcher"),
                home=str(self.settings.folder / f"home-{name}"), units=tuple(names),
                clock_off_s=self.settings.clock_off_s * number,
            )))  # fmt: skip
        self.handheld = Party(msgspec.structs.replace(
            common, role="handheld", name="handheld", account="city",
            folder=str(self.settings.folder / "handheld"), units=tuple(names),
            password=password_of(self.home, "city"),
        ))  # fmt: skip
        for party in (*self.consoles, self.handheld):
            party.start()

    def wait_live(self) -> None:
        """Wait until every console's link is live."""
        until = time.monotonic() + _UP_WITHIN_S
        for party in self.consoles:
            while not (party.status() or {}).get("live"):
                if time.monotonic() > until:
                    raise ProcessError(f"{party.name} has no link:\n{party.last_words()}")
                time.sleep(0.05)

    def engine(self) -> Engine:
        """Return an engine on central's database."""
        url = self.central_settings.database_url
        return open_engine(url or sqlite_url(self.home / "central" / "central.db"))

    def forget_cache(self, console: Party) -> None:
        """Have a console that does not run fetch everything anew."""
        for path in Path(console.plan.home).rglob("cache.db*"):
            path.unlink()

    def move_database(self) -> None:
        """Take an empty database of the server, for a backup to be restored into."""
        cluster = self.settings.cluster
        if cluster is None:
            return
        self._moves += 1
        url = cluster.create(f"chaos{self._moves}")
        self.central_settings = replace(self.central_settings, database_url=url)
        self.central.plan = msgspec.structs.replace(self.central.plan, database=url)

    def enough(self) -> None:
        """Tell the consoles to give no more commands."""
        for one in self.consoles:
            (one.folder / "enough").touch()

    def agree(self) -> bool:
        """Whether nothing is under way, and every console holds what central holds."""
        health = self.central.health()
        if health is None:
            return False
        for party in (*self.consoles, self.handheld):
            said = party.status()
            if said is None or said["unsent"] or said["tray"] or said["gives"]:
                return False
            if not said["live"] or said.get("epoch", health["epoch"]) != health["epoch"]:
                return False  # it does not know yet that central was restored
            if party is not self.handheld and said["rev"] != health["head"]:
                return False
        return health["unacknowledged"] == 0 and health["waiting"] == 0

    def end(self) -> None:
        """End everyone in good order, central last."""
        for party in (*self.consoles, self.handheld, self.central):
            party.end()

    def close(self) -> None:
        """Kill whoever is left."""
        for party in self.parties:
            party.close()
        self.proxy.close()

    def _port(self) -> int:
        path = self.home / "central" / "server.json"
        until = time.monotonic() + _UP_WITHIN_S
        while not path.exists():
            if time.monotonic() > until:
                raise ProcessError(f"central does not listen:\n{self.central.last_words()}")
            time.sleep(0.05)
        return int(json.loads(path.read_text())["port"])

    def _open_shared(self, port: int) -> None:
        url = f"http://127.0.0.1:{port}"
        password = password_of(self.home, "dispatcher")
        device = {"id": f"stage-{os.getpid()}", "kind": "console", "label": ""}
        body = {"name": "dispatcher", "password": password, "device": device}
        token = requests.post(f"{url}/v1/session", json=body, timeout=30).json()["token"]
        command = ["command", "shared-opening", "stage", 1, "2026-11-27T00:00:00Z",
                   {"type": "OpenIncident", "incident": SHARED, "form": "0301", "place": "p",
                    "summary": "shared", "channel": "12345"}]  # fmt: skip
        answer = requests.post(f"{url}/v1/commands", json=command, timeout=30,
                               headers={"Authorization": f"Bearer {token}"})  # fmt: skip
        if answer.json()[2] != "accepted":
            raise ProcessError(f"the shared incident could not be opened: {answer.text}")


def _units() -> list[Unit]:
    return [
        Unit(
            id=UnitId(f"u{no}"),
            no=no + 1,
            call_sign=f"K{no}",
            kind=UnitKind.OFFICER,
            status=UnitStatus.AVAILABLE,
        )
        for no in range(_UNITS)
    ]
