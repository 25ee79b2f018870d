"""Two consoles, a handheld and central over a wire that loses, doubles and delays: all agree.

Central's writer, its rules and its database are real, and so are the consoles' outboxes and caches;
only the wire is a list. Messages of one connection keep their order, as TCP keeps it; a connection
that breaks takes with it whatever was under way, and what is said again comes over the next.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sync_parts import Recorder

from console.central.acts import Actor
from console.central.group import Committed, Surroundings
from console.central.ledger import Numbers, read_changes
from console.central.sequencer import Sequencer, Submission
from console.domain.assignments import AssignmentState
from console.domain.ids import CommandId, PersonId, UnitId, new_id
from console.domain.levels import Role
from console.domain.units import Unit, UnitKind, UnitStatus
from console.protocol.codec import decode
from console.protocol.commands import (
    AmendIncident,
    AnyBody,
    AssignUnit,
    MoveAssignment,
    NoteIncident,
    OpenIncident,
    PutUnits,
    ReportOutcome,
)
from console.protocol.messages import Change, Changes, Command, Result, Verdict, ack_command_id
from console.store.cache import GapError
from console.store.cameraseal import CameraKey
from console.store.engine import open_engine, sqlite_url
from console.store.outbox import TRAY, UNSETTLED, Draft, EntryState, open_outbox
from console.store.seat import Seat
from console.store.snapshot import write_snapshot
from console.store.upgrade import upgrade
from console.sync.keeper import Keeper

pytestmark = pytest.mark.timeout(900)  # thousands of commits to a disk that may be slow
STEPS = (AssignmentState.DELIVERED, AssignmentState.ACCEPTED, AssignmentState.ON_SCENE)
UNITS = ("u1", "u2", "u3")
#: Hours by which each party's clock is off: the order of things is central's all the same.
CLOCKS_OFF = (timedelta(hours=2), timedelta(hours=-2))


@cache
def _migrated() -> Path:
    """Return an empty database with all tables, made once."""
    path = Path(tempfile.mkdtemp(prefix="zhihui-wire-")) / "empty.db"
    atexit.register(shutil.rmtree, path.parent)
    engine = open_engine(sqlite_url(path))
    upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    engine.dispose()
    return path


class Central:
    """The real writer on a file; what it committed, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.heard: list[Committed] = []
        shutil.copyfile(_migrated(), folder / "central.db")
        self.open()

    def open(self) -> None:
        """Start from disk."""
        self.engine = open_engine(sqlite_url(self.folder / "central.db"))
        surroundings = Surroundings(
            numbers=Numbers(ZoneInfo("Asia/Shanghai")),
            district_at=lambda *_: (None, None),
            evidence_size=lambda _: None,
            sealed=CameraKey(CameraKey.made().decode()).sealed,
        )
        self.sequencer = Sequencer(Seat(self.engine), surroundings, on_commit=self.heard.append)
        self.sequencer.start()

    def close(self) -> None:
        """End."""
        self.sequencer.stop()
        self.engine.dispose()

    def decide(self, command: Command, role: Role = Role.DISPATCHER) -> Result:
        """Have a command decided and committed."""
        answers: list[object] = []
        came = threading.Event()

        def done(answer: object) -> None:
            answers.append(answer)
            came.set()

        actor = Actor(person=PersonId("p"), role=role)
        self.sequencer.put(Submission(commands=(command,), actor=actor, done=done))
        assert came.wait(60)
        assert isinstance(answers[0], list), answers[0]
        result = answers[0][0]
        assert isinstance(result, Result)
        return result


class Console:
    """A real outbox and cache at one end of a wire."""

    def __init__(self, folder: Path, off: timedelta) -> None:
        self.folder = folder
        self.off = off
        self.typed: list[tuple[CommandId, AnyBody]] = []
        self.up: deque[Command] = deque()
        self.down: deque[Changes | Result] = deque()
        self.sent: set[str] = set()
        self.is_on = False
        self.open()

    def now(self) -> datetime:
        """Return the time by its own clock."""
        return datetime.now(UTC) + self.off

    def open(self) -> None:
        """Start from disk."""
        self.outbox = open_outbox(self.folder / "outbox.db").outbox
        self.keeper = Keeper(self.folder / "cache.db", self.outbox, Recorder(), now=self.now)

    def close(self) -> None:
        """End; what was under way is lost."""
        self.cut()
        self.keeper.close()
        self.outbox.close()

    def cut(self) -> None:
        """Lose the connection."""
        self.is_on = False
        self.up.clear()
        self.down.clear()
        self.sent.clear()

    def type(self, body: AnyBody, base: int | None = None) -> None:
        """Keep a command."""
        at = self.now()
        command_id = CommandId(new_id(at))
        self.outbox.add(Draft(command_id=command_id, made_at=at, body=body, base_version=base))
        self.typed.append((command_id, body))


class WireMachine(RuleBasedStateMachine):
    """What may happen, in any order."""

    @initialize()
    def begin(self) -> None:
        quick = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="zhihui-wire-", dir=quick))
        self.central = Central(self.folder)
        units = tuple(
            Unit(id=UnitId(one), no=no, call_sign=f"K{no}", kind=UnitKind.OFFICER,
                 status=UnitStatus.AVAILABLE)
            for no, one in enumerate(UNITS, 1)
        )  # fmt: skip
        at = datetime.now(UTC)
        self.central.decide(
            Command(new_id(at), "setup", 0, at, PutUnits(units=units)), Role.ADMINISTRATOR
        )
        self.consoles = []
        for number, off in enumerate(CLOCKS_OFF):
            (self.folder / str(number)).mkdir()
            self.consoles.append(Console(self.folder / str(number), off))
        self.incidents: list[str] = []
        self.orders: deque[tuple[str, str]] = deque()
        self.told: list[tuple[str, str]] = []
        self.stepped: set[tuple[str, AssignmentState]] = set()
        self.published = len(self.central.heard)

    console = st.integers(0, 1)

    @rule(console=console)
    def open_incident(self, console: int) -> None:
        incident = new_id(datetime.now(UTC))
        self.incidents.append(incident)
        self.consoles[console].type(OpenIncident(
            incident=incident, form="0301", place="p", summary="s", channel="12345"))  # fmt: skip

    @precondition(lambda self: self.incidents)
    @rule(console=console, which=st.integers(0, 99))
    def note(self, console: int, which: int) -> None:
        incident = self.incidents[which % len(self.incidents)]
        self.consoles[console].type(NoteIncident(incident=incident, text=new_id(datetime.now(UTC))))

    @precondition(lambda self: self.incidents)
    @rule(console=console, which=st.integers(0, 99), base=st.integers(1, 3))
    def amend(self, console: int, which: int, base: int) -> None:
        incident = self.incidents[which % len(self.incidents)]
        words = new_id(datetime.now(UTC))
        self.consoles[console].type(AmendIncident(incident=incident, summary=words), base)

    @precondition(lambda self: self.incidents)
    @rule(console=console, which=st.integers(0, 99), unit=st.sampled_from(UNITS))
    def assign(self, console: int, which: int, unit: str) -> None:
        incident = self.incidents[which % len(self.incidents)]
        assignment = new_id(datetime.now(UTC))
        self.consoles[console].type(AssignUnit(assignment=assignment, incident=incident, unit=unit))

    @rule(console=console)
    def connect(self, console: int) -> None:
        one = self.consoles[console]
        one.cut()
        one.is_on = True
        if one.keeper.cursor is None:
            at, path = datetime.now(UTC), self.folder / "snapshot.sqlite"
            made = write_snapshot(self.central.engine, path, at=at, callers=True)
            one.keeper.replace_by(made.path, sha256=made.sha256)
        with self.central.engine.connect() as connection:
            missed = read_changes(
                connection, after=one.keeper.rev, up_to=self.central.sequencer.mark.head
            )
        if missed:
            one.down.append(Changes(tuple(each.change for each in missed)))

    @rule(console=console)
    def cut(self, console: int) -> None:
        self.consoles[console].cut()

    @rule(console=console)
    def send(self, console: int) -> None:
        one = self.consoles[console]
        if one.is_on:
            for command in one.keeper.commands_to_send(one.sent):
                one.up.append(command)
                one.sent.add(command.command_id)

    @rule(console=console, twice=st.booleans())
    def hear_command(self, console: int, twice: bool) -> None:
        one = self.consoles[console]
        if not one.up:
            return
        command = one.up.popleft()
        for _ in range(2 if twice else 1):  # said again over another connection
            result = self.central.decide(command)
            self._publish()
            if one.is_on:
                one.down.append(result)

    @rule(console=console, count=st.integers(1, 6))
    def hear_answers(self, console: int, count: int) -> None:
        one = self.consoles[console]
        for _ in range(min(count, len(one.down))):
            message = one.down.popleft()
            if isinstance(message, Changes):
                try:
                    one.keeper.take_changes(message.changes, epoch=self._epoch)
                except GapError:
                    raise AssertionError("a gap on a wire that keeps its order") from None
            else:
                one.keeper.take_result(message)

    @rule(console=console)
    def restart_console(self, console: int) -> None:
        self.consoles[console].close()
        self.consoles[console].open()

    @rule()
    def restart_central(self) -> None:
        self.central.close()
        self.central.open()
        for one in self.consoles:
            one.cut()

    @rule(lose=st.booleans())
    def deliver(self, lose: bool) -> None:
        if self.orders and not lose:
            self.told.append(self.orders[0])
        elif self.orders:
            self.orders.rotate(-1)  # later: it is sent again until acknowledged

    @precondition(lambda self: self.told)
    @rule(which=st.integers(0, 99), step=st.sampled_from(STEPS), twice=st.booleans())
    def step(self, which: int, step: AssignmentState, twice: bool) -> None:
        assignment, unit = self.told[which % len(self.told)]
        body = MoveAssignment(assignment=assignment, state=step, at=datetime.now(UTC))
        for _ in range(2 if twice else 1):
            self._say(ack_command_id(assignment, step), body)
        if (assignment, unit) in self.orders:
            self.orders.remove((assignment, unit))

    @precondition(lambda self: self.told)
    @rule(which=st.integers(0, 99))
    def report(self, which: int) -> None:
        assignment, _ = self.told[which % len(self.told)]
        body = ReportOutcome(assignment=assignment, outcome="done", at=datetime.now(UTC))
        self._say(ack_command_id(assignment, AssignmentState.CLEARED), body)

    def _say(self, command_id: str, body: AnyBody) -> None:
        at = datetime.now(UTC)
        first = self.central.decide(Command(command_id, "handheld", 0, at, body), Role.GATEWAY)
        again = self.central.decide(Command(command_id, "handheld", 0, at, body), Role.GATEWAY)
        assert (first.verdict in (Verdict.ACCEPTED, Verdict.DUPLICATE)) == (
            again.verdict is Verdict.DUPLICATE
        )
        self._publish()

    @property
    def _epoch(self) -> str:
        return self.central.sequencer.mark.epoch

    def _publish(self) -> None:
        """Send what was committed since to everyone who is there."""
        for committed in self.central.heard[self.published :]:
            self.orders.extend(
                (each.about, each.unit)
                for each in committed.deliveries
                if each.id.endswith("-order")
            )
            if committed.frame is not None:
                changes = decode(committed.frame)
                assert isinstance(changes, Changes)
                for one in self.consoles:
                    if one.is_on:
                        one.down.append(changes)
        self.published = len(self.central.heard)

    @invariant()
    def no_console_is_ahead(self) -> None:
        for one in getattr(self, "consoles", ()):
            assert one.keeper.rev <= self.central.sequencer.mark.head

    def teardown(self) -> None:
        if not hasattr(self, "consoles"):
            return
        try:
            self._settle()
            self._check()
        finally:
            for one in self.consoles:
                one.close()
            self.central.close()
            shutil.rmtree(self.folder)

    def _settle(self) -> None:
        for number in (0, 1, 0, 1):
            self.connect(number)
            self.send(number)
            while self.consoles[number].up:
                self.hear_command(number, twice=False)
            for other in (0, 1):
                self.hear_answers(other, count=10_000)

    def _check(self) -> None:
        with self.central.engine.connect() as connection:
            log: list[Change] = [
                each.change
                for each in read_changes(
                    connection, after=0, up_to=self.central.sequencer.mark.head
                )
            ]
        assert [one.rev for one in log] == list(range(1, len(log) + 1))
        at, end = datetime.now(UTC), self.folder / "end.sqlite"
        made = write_snapshot(self.central.engine, end, at=at, callers=True)
        texts = Counter(
            one.patch.get("detail") for one in log
            if one.row_kind == "log" and one.patch.get("verb") == "noted"
        )  # fmt: skip
        for one in self.consoles:
            assert one.outbox.in_state(*UNSETTLED) == []
            tray = {entry.command_id for entry in one.outbox.in_state(*TRAY)}
            accepted = {entry.command_id for entry in one.outbox.in_state(EntryState.ACCEPTED)}
            assert {command_id for command_id, _ in one.typed} == tray | accepted
            for command_id, body in one.typed:
                if isinstance(body, NoteIncident):
                    assert texts[body.text] == (command_id in accepted)
            before = one.keeper._cache.tables()
            one.keeper.replace_by(made.path, sha256=made.sha256)
            assert one.keeper._cache.tables() == before


TestWire = WireMachine.TestCase
TestWire.settings = settings(
    max_examples=17,
    stateful_step_count=120,  # 2,040 steps in all
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
