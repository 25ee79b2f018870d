"""The processes of the bench `commands`: central, a console without a screen, a handheld.

Started by the bench with its plan as JSON. Only here is a kill-point armed, by ``ZHIHUI_KILL``.
Each writes what it did into a journal of its own before and after it does it: the record that the
bench holds against what central and the caches say at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from argon2 import PasswordHasher

from console.app.bench._chaoshandheld import Handheld
from console.app.lineage import follow_parent
from console.central.limits import Limits, Rate
from console.central.server import serve_alone
from console.central.settings import CentralSettings
from console.domain.errors import ZhihuiError
from console.domain.ids import EvidenceId, IncidentId, new_id
from console.domain.incidents import Incident
from console.domain.killpoints import UNARMED, KillPoint, Killpoints
from console.domain.places import Evidence, EvidenceKind
from console.protocol.commands import (
    AmendIncident,
    AnyBody,
    AssignUnit,
    NoteIncident,
    OpenIncident,
    name_of,
)
from console.store.cache import open_cache
from console.store.outbox import EntryState
from console.sync import SyncClient, SyncSettings
from console.sync.state import ChangeBatch, Contents, LinkState, OutboxState, Who
from console.tracking import ForceColumns

KILL_VARIABLE = "ZHIHUI_KILL"
#: The incident that every console changes, to meet the others.
SHARED = "shared-incident"
_EVIDENCE_BYTES = 60_000
#: Hundreds of consoles of a bench come from one address.
_ANY = Rate(per_s=1e9, burst=1e9)
_UNLIMITED = Limits(host=_ANY, log_on=_ANY, session=_ANY, upload=_ANY, messages=_ANY)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a child is to do.

    Attributes:
        folder: Its own, for journal and status.
        per_s: Commands a second of a console.
        units: Units a console sends, or a handheld speaks for.
        prepare: "FOLDER/MODULE:FUNCTION" called first, for tests that switch a rule off.
    """

    role: str
    name: str
    home: str
    folder: str
    url: str = ""
    port: int = 0
    database: str | None = None
    account: str = ""
    password: str = ""
    per_s: float = 10.0
    units: tuple[str, ...] = ()
    ask_after_s: float = 3.0
    clock_off_s: float = 0.0
    prepare: str = ""
    seed: int = 1


def armed(environment: str | None) -> Killpoints:
    """Return the kill-point that the harness names, "NAME:PASSES"."""
    if not environment:
        return UNARMED
    name, _, passes = environment.partition(":")
    return Killpoints(KillPoint[name], passes=int(passes or 1))


class Journal:
    """Lines that survive the process's death."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, what: str, **values: object) -> None:
        """Write a line; it is the system's when this returns."""
        line = json.dumps({"what": what, "at": time.time(), **values}, ensure_ascii=False)
        os.write(self._file, line.encode() + b"\n")

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


class Status:
    """How a child stands, for the harness to read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def say(self, **values: object) -> None:
        """Put the present state in the place of the last one."""
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"pid": os.getpid(), **values}), encoding="utf-8")
        new.replace(self._path)


class Desk:
    """A console without a screen: gives commands, notes what becomes of them."""

    def __init__(self, plan: Plan, killpoints: Killpoints, stop: threading.Event) -> None:
        self._plan = plan
        self._stop = stop
        folder = Path(plan.folder)
        self._journal = Journal(folder / "journal.jsonl")
        self._status = Status(folder / "status.json")
        self._random = random.Random(f"{plan.seed}-{os.getpid()}")
        self._lock = threading.Lock()
        self._waiting: set[str] = set()
        self._shared: int | None = None
        self._is_live = False
        self._gives = True
        self._state = OutboxState()
        self._said = ("", "")
        settings = SyncSettings(
            url=plan.url, account=plan.account, password=plan.password, home=Path(plan.home),
            name=plan.name, beat_s=0.5, retry_first_s=0.1, retry_most_s=0.5, timeout_s=3.0,
            ask_after=timedelta(seconds=plan.ask_after_s), killpoints=killpoints,
        )  # fmt: skip
        self.settings = settings
        off = timedelta(seconds=plan.clock_off_s)
        self._client = SyncClient(settings, self, now=lambda: datetime.now(UTC) + off)

    def run(self) -> None:
        """Give commands until told to stop, then wait for the end."""
        self._client.start()
        for _round in self._rounds():
            self._tend_tray()
            self._say()
        self._client.stop()
        self._say()
        self._journal.close()

    def _rounds(self) -> Iterator[int]:
        stopping = Path(self._plan.folder) / "enough"
        number = 0
        while not self._stop.wait(1.0 / self._plan.per_s * 4):
            self._gives = not stopping.exists()
            if self._gives:
                self._give(number)
            number += 1
            yield number

    def _give(self, number: int) -> None:
        """Give about four commands."""
        incident = new_id(datetime.now(UTC))
        self._submit(OpenIncident(incident=incident, form="0301", place=self._plan.name,
                                  summary="chaos", channel="12345"))  # fmt: skip
        for _ in range(2):
            self._submit(NoteIncident(incident=incident, text=f"note {new_id(datetime.now(UTC))}"))
        turn = number % 8
        if turn in (1, 3, 5, 7):
            unit = self._random.choice(self._plan.units)
            self._submit(AssignUnit(assignment=new_id(datetime.now(UTC)), incident=incident,
                                    unit=unit))  # fmt: skip
        elif turn in (0, 4) and self._shared is not None:
            words = f"{self._plan.name} {new_id(datetime.now(UTC))}"
            self._submit(AmendIncident(incident=SHARED, summary=words), self._shared)
        elif turn == 2:
            self._attach(incident)

    def _submit(self, body: AnyBody, base: int | None = None) -> None:
        text = body.text if isinstance(body, NoteIncident) else None
        began = time.time()
        try:
            command_id = self._client.submit(body, base)
        except ZhihuiError as error:
            self._journal.note("refused", reason=str(error))
            return
        asks = isinstance(body, AssignUnit)
        with self._lock:
            self._waiting.add(command_id)
        self._journal.note(
            "kept", id=command_id, kind=name_of(body), text=text, base=base, began=began,
            target=getattr(body, "incident", None), assignment=getattr(body, "assignment", None),
            not_after=began + self._plan.ask_after_s if asks else None,
        )  # fmt: skip

    def _attach(self, incident: str) -> None:
        data = self._random.randbytes(_EVIDENCE_BYTES)
        evidence = Evidence(
            id=EvidenceId(new_id(datetime.now(UTC))), incident=IncidentId(incident),
            kind=EvidenceKind.FRAME, media_type="image/jpeg",
            sha256=hashlib.sha256(data).hexdigest(), size=len(data),
            captured_at=datetime.now(UTC),
        )  # fmt: skip
        began = time.time()
        command_id = self._client.submit_evidence(data, evidence)
        with self._lock:
            self._waiting.add(command_id)
        self._journal.note(
            "kept", id=command_id, kind="AttachEvidence", sha256=evidence.sha256, began=began,
            assignment=None, target=None, base=None, not_after=None,
        )  # fmt: skip

    def _tend_tray(self) -> None:
        """Do what a person would with the tray: ask again, or let go, and write it down."""
        for entry in self._state.tray:
            if entry.state is EntryState.NEEDS_ASKING:
                self._journal.note("asked", id=entry.command_id)
                self._client.retry(entry.command_id)
            else:
                reason = entry.result.reason if entry.result is not None else None
                self._journal.note("tray", id=entry.command_id, state=entry.state, reason=reason)
                self._client.discard(entry.command_id)

    def _say(self) -> None:
        state = self._state
        with self._lock:
            unsent = max(len(state.pending), len(self._waiting))
        self._status.say(rev=state.rev, unsent=unsent, tray=len(state.tray),
                         live=int(self._is_live), gives=int(self._gives))  # fmt: skip

    # what the sync thread says

    def on_link(self, state: LinkState) -> None:
        """Note each change of the link."""
        self._is_live = state.is_live
        said = (state.phase.value, str(state.trouble))
        if said != self._said:
            self._said = said
            self._journal.note("link", phase=state.phase, trouble=state.trouble)

    def on_who(self, who: Who) -> None:
        """Nothing to be done."""

    def on_positions(self, columns: ForceColumns) -> None:
        """Nothing to be done."""

    def on_city_pack(self, path: Path) -> None:
        """Nothing to be done."""

    def on_city_zone(self, zone: str) -> None:
        """Nothing to be done."""

    def on_outbox(self, state: OutboxState) -> None:
        """Note what was settled."""
        self._state = state
        open_ids = {one.command_id for one in (*state.pending, *state.tray)}
        with self._lock:
            settled = self._waiting - open_ids
            self._waiting &= open_ids
        for command_id in settled:
            self._journal.note("settled", id=command_id)

    def on_changes(self, batch: ChangeBatch) -> None:
        """Remember the version of the incident that all change."""
        self._state = replace(self._state, rev=batch.rev)
        for change in batch.rows:
            if change.id == SHARED and isinstance(change.row, Incident):
                self._shared = change.row.version

    def on_cache_replaced(self, contents: Contents) -> None:
        """As above."""
        self._state = replace(self._state, rev=contents.rev)
        for row in contents.rows:
            if row.id == SHARED and isinstance(row, Incident):
                self._shared = row.version


def run_central(plan: Plan, killpoints: Killpoints) -> None:
    """Serve until SIGTERM."""
    settings = CentralSettings(
        home=Path(plan.home), resources_dir=Path(plan.home), port=plan.port,
        database_url=plan.database, killpoints=killpoints, limits=_UNLIMITED,
    )  # fmt: skip

    async def run() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        await serve_alone(settings, stop=stop, hasher=hasher)

    asyncio.run(run())


def run_console(plan: Plan, killpoints: Killpoints) -> None:
    """Work until SIGTERM, then write down what the cache holds."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    desk = Desk(plan, killpoints, stop)
    desk.run()
    cache = open_cache(desk.settings.cache_path).cache
    try:
        rows = cache.tables()
    finally:
        cache.close()
    (Path(plan.folder) / "rows.json").write_text(json.dumps(rows), encoding="utf-8")


def run_handheld(plan: Plan) -> None:
    """Carry out tasks until SIGTERM."""
    folder = Path(plan.folder)
    journal = Journal(folder / "journal.jsonl")
    handheld = Handheld(plan.url, plan.account, plan.password, plan.units, journal.note,
                        Status(folder / "status.json").say)  # fmt: skip
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(handheld.run(folder / "journal.jsonl"))
    journal.close()


def main(text: str) -> None:
    """Run one child."""
    follow_parent(os.environ)
    plan = msgspec.json.decode(text, type=Plan)
    if plan.prepare:
        sys.path.insert(0, str(Path(plan.prepare).parent))
        module, _, function = Path(plan.prepare).name.partition(":")
        getattr(importlib.import_module(module), function)()
    killpoints = armed(os.environ.get(KILL_VARIABLE))
    jobs: dict[str, Any] = {
        "central": lambda: run_central(plan, killpoints),
        "console": lambda: run_console(plan, killpoints),
        "handheld": lambda: run_handheld(plan),
    }
    jobs[plan.role]()


if __name__ == "__main__":
    main(sys.argv[1])
