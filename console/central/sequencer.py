"""The one writer of a shard: takes what is asked, decides, commits in groups, then says so."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from console.central.audit import AuditKeeper, Sealed
from console.central.disk import DiskFullError, DiskGuard, is_full_error
from console.central.failures import failure, is_of_database, stumbled
from console.central.group import Committed, Group, Surroundings
from console.central.handed import Job, Meter, Submission
from console.central.ledger import Mark, open_ledger, read_mark
from console.central.rows import LiveRows
from console.central.settings import CentralError
from console.domain.killpoints import UNARMED, KillPoint, Killpoints
from console.protocol.messages import Result
from console.store.audit import ChainHead, chain_head
from console.store.engine import checkpoint
from console.store.mapping import R, read_ids
from console.store.seat import Seat

__all__ = ["GROUP_COMMANDS", "Job", "Sequencer", "Submission"]

GROUP_COMMANDS = 256
GROUP_S = 0.005
_CHECKPOINT_IDLE_GROUPS = 64
_CHECKPOINT_ANYWAY_GROUPS = 1024
_IDLE_S = 0.02
_log = logging.getLogger("zhihui.central")


class _Stop:
    """The last thing the writer takes."""


class Sequencer:
    """Gives revisions in the order of commit; nothing else writes to central's database."""

    def __init__(
        self,
        seat: Seat,
        surroundings: Surroundings,
        *,
        on_commit: Callable[[Committed], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        keeper: AuditKeeper | None = None,
        guard: DiskGuard | None = None,
        meter: Meter | None = None,
        killpoints: Killpoints = UNARMED,
    ) -> None:
        """Take over the database.

        Args:
            seat: On a database that is migrated; the sequencer alone uses it from now on.
            surroundings: What decisions need besides rows.
            on_commit: Called in the writer's thread after each group, before its answers.
            clock: Gives now, aware UTC.
            keeper: Signs the audit's head; without one the chain is kept unsigned.
            guard: Knows whether the disk is full; then new commands are refused.
            meter: Told how long things take.
            killpoints: Where a test ends the process.
        """
        self._keeper, self._guard, self.meter = keeper, guard, meter
        self._killpoints = killpoints
        self._seat = seat
        self._surroundings = surroundings
        self._on_commit = on_commit
        self._clock = clock
        self._queue: SimpleQueue[Submission | Job | _Stop] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="central-writer", daemon=True)
        self._groups = 0
        self._commands = 0
        self._since_checkpoint = 0
        self._closed = False
        self._closing = threading.Lock()
        self._unsure: Committed | None = None
        self._trouble: str | None = None
        self._chain: ChainHead | None = None
        with seat.begin() as connection:
            self._mark = open_ledger(connection)
            if keeper is not None:
                keeper.open(connection, at=clock())
            rows = LiveRows(connection, surroundings.numbers.zone)
        self._rows: LiveRows | None = rows
        self._learnt = rows.experience().sayings

    @property
    def mark(self) -> Mark:
        """Epoch and newest revision that is on disk."""
        return self._mark

    @property
    def trouble(self) -> str | None:
        """What keeps it from writing, ``None`` when the last transaction was written."""
        return self._trouble

    @property
    def counters(self) -> dict[str, int]:
        """Figures since the start, for the health page."""
        return {
            "commands": self._commands,
            "groups": self._groups,
            "waiting": self._queue.qsize(),
            "open_incidents": rows.open_count if (rows := self._rows) is not None else 0,
        }

    def kept(self, rows: Sequence[R]) -> set[str]:
        """Return the ids of those rows that are kept already; to be asked before `start`."""
        if not rows:
            return set()
        with self._seat.engine.connect() as connection:
            return read_ids(connection, type(rows[0]))

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Decide and commit what was put before, then end; what comes later is refused."""
        with self._closing:
            self._closed = True
            self._queue.put(_Stop())  # nothing can be put behind it
        if self._thread.is_alive():
            self._thread.join()
        self._refuse_rest()
        self._seat.close()

    def put(self, item: Submission | Job) -> None:
        """Hand in commands or a job; returns at once.

        Raises:
            CentralError: Central is closing and takes nothing more.
        """
        with self._closing:
            if self._closed:
                raise CentralError(
                    "Central is closing and takes no more; send it again in a moment."
                )
            self._queue.put(item)

    def _run(self) -> None:
        item: Submission | Job | _Stop | None = None
        while not isinstance(item, _Stop):
            if isinstance(item, Submission):
                item = self._work(item)
            elif isinstance(item, Job):
                self._do(item)
                item = None
            else:
                item = self._next()
        self._seal_for_good()
        self._checkpoint(everything=True)

    def _work(self, first: Submission) -> Job | _Stop | None:
        """Decide ``first`` and what waits behind it, up to a group's size, in one transaction.

        Returns:
            What was taken from the queue beyond the group, to be done next.
        """
        taken, then = self._gather(first)
        if not self._committed(taken) and len(taken) > 1:
            for one in taken:  # find the one that cannot be written; keep the others
                self._committed([one])
        return then

    def _committed(self, taken: Sequence[Submission]) -> bool:
        """Commit and answer; of one submission that cannot be written its sender is told.

        Returns:
            Whether everything was answered.
        """
        try:
            committed, answers = self._commit(taken)
        except DiskFullError as error:  # nothing was decided, so nothing has to be read anew
            if len(taken) > 1:
                return False
            _tell(taken[0].done, error)
            return True
        except Exception as error:  # noqa: BLE001 - the writer outlives whatever one group meets
            self._start_over(error)
            if len(taken) > 1:
                return False
            _tell(taken[0].done, self._refusals(taken[0], error))
            return True
        _tell(self._on_commit, committed)
        self._killpoints.reach(KillPoint.BEFORE_REPLY)
        for one, results in zip(taken, answers, strict=True):
            _tell(one.done, results)
            if self.meter is not None:
                self.meter.answered(time.monotonic() - one.put_at)
        return True

    def _refusals(self, one: Submission, error: Exception) -> list[Result] | CentralError:
        """Return what a sender is told whose commands could not be written.

        A database that fails may do better later. A command that nothing can be made of would
        come again for ever and keep all behind it waiting: it alone is rejected.
        """
        if is_of_database(error):
            return self._failed(error)
        if len(one.commands) == 1:
            return [stumbled(one.commands[0], error)]
        told: list[list[Result] | CentralError] = []
        for command in one.commands:
            alone = Submission(commands=(command,), actor=one.actor, done=told.append)
            self._committed([alone])
        failed = next((answer for answer in told if isinstance(answer, CentralError)), None)
        return failed or [
            result for answer in told if isinstance(answer, list) for result in answer
        ]

    def _gather(self, first: Submission) -> tuple[list[Submission], Job | _Stop | None]:
        taken, count = [first], len(first.commands)
        until = time.monotonic() + GROUP_S
        while count < GROUP_COMMANDS and time.monotonic() < until:
            try:
                item = self._queue.get_nowait()
            except Empty:
                break
            if not isinstance(item, Submission):
                return taken, item
            taken.append(item)
            count += len(item.commands)
        return taken, None

    def _commit(self, taken: Sequence[Submission]) -> tuple[Committed, list[list[Result]]]:
        began = time.monotonic()
        with self._seat.begin() as connection:
            rows = self._rows_in(connection)
            chain = self._chain or chain_head(connection)
            group = Group(connection, rows, self._surroundings, self._mark, chain, at=self._clock())
            group.look_up([command for one in taken for command in one.commands])
            if self._guard is not None and self._guard.is_full and not group.knows_all:
                raise self._guard.refusal()
            answers = [
                [group.decide(command, one.actor) for command in one.commands] for one in taken
            ]
            group.write()
            sealed = self._sealed(connection, head=group.chain)
            committed = self._unsure = group.committed()  # until the commit has said yes or no
            self._killpoints.reach(KillPoint.BEFORE_COMMIT)
        self._killpoints.reach(KillPoint.AFTER_COMMIT)
        self._unsure = None
        self._trouble = None
        self._mark = Mark(epoch=self._mark.epoch, head=committed.head)
        self._chain = group.chain
        self._groups += 1
        self._commands += sum(len(one.commands) for one in taken)
        self._since_checkpoint += 1
        self._keep(sealed)
        if self.meter is not None:
            verdicts = Counter(result.verdict.value for results in answers for result in results)
            self.meter.committed(time.monotonic() - began, verdicts)
        return committed, answers

    def _sealed(
        self, connection: Connection, *, head: ChainHead | None = None, anyway: bool = False
    ) -> Sealed | None:
        """Return the audit's head as the open transaction leaves it, signed when that is due."""
        if self._keeper is None:
            return None
        return self._keeper.sealed(connection, at=self._clock(), head=head, anyway=anyway)

    def _keep(self, sealed: Sealed | None) -> None:
        if self._keeper is not None and sealed is not None:
            self._keeper.committed(sealed, at=self._clock())

    def _seal_for_good(self) -> None:
        """Sign the audit's head before closing."""
        if self._keeper is None:
            return
        try:
            with self._seat.begin() as connection:
                sealed = self._sealed(connection, anyway=True)
            self._keep(sealed)
        except SQLAlchemyError as error:
            _log.error("the audit's last checkpoint could not be written", exc_info=error)
        self._keeper.close()

    def _rows_in(self, connection: Connection) -> LiveRows:
        """Return the rows as seen through a transaction, read anew after one that failed."""
        if self._rows is None:
            self._find_mark(connection)
            self._rows = LiveRows(connection, self._surroundings.numbers.zone, self._learnt)
        self._rows.use(connection)
        return self._rows

    def _find_mark(self, connection: Connection) -> None:
        """Read how far the ledger came; publish a group whose commit was cut off but done.

        A server that goes away during a commit may have done it: then nobody was told.
        """
        unsure, self._unsure = self._unsure, None
        before, self._mark = self._mark, read_mark(connection)
        if unsure is not None and unsure.head == self._mark.head > before.head:
            _log.warning("what was committed last is on disk after all: revision %d", unsure.head)
            _tell(self._on_commit, unsure)

    def _do(self, job: Job) -> None:
        self._chain = None  # a job may write into the audit
        try:
            with self._seat.begin() as connection:
                given = job.run(connection, self._rows_in(connection))
                sealed = self._sealed(connection)
        except Exception as error:  # noqa: BLE001 - as above
            self._start_over(error)
            _tell(job.done, self._failed(error))
            return
        self._trouble = None
        self._since_checkpoint += 1
        self._keep(sealed)
        _tell(job.done, given)

    def _start_over(self, error: Exception) -> None:
        """Go back to what is on disk after a transaction failed; it is read with the next one."""
        _log.error("a transaction failed and was rolled back", exc_info=error)
        is_full = self._guard is not None and self._guard.failed(error)
        if self.meter is not None:
            self.meter.failed("disk_full" if is_full else type(error).__name__)
        if is_full:
            self._checkpoint(everything=True)  # into the room that the reserve left
        self._surroundings.numbers.forget()
        self._rows = self._chain = None
        self._trouble = str(failure(error)) if is_of_database(error) else self._trouble

    def _failed(self, error: Exception) -> CentralError:
        """Return what somebody is told whose transaction failed."""
        if self._guard is not None and self._guard.is_full and is_full_error(error):
            return self._guard.refusal()
        return failure(error)

    def _next(self) -> Submission | Job | _Stop:
        """Return what comes next; the log is emptied meanwhile, at a moment when nothing comes."""
        if self._since_checkpoint >= _CHECKPOINT_ANYWAY_GROUPS:
            self._checkpoint()
        elif self._since_checkpoint >= _CHECKPOINT_IDLE_GROUPS:
            try:
                return self._queue.get(timeout=_IDLE_S)
            except Empty:
                self._checkpoint()
        return self._queue.get()

    def _checkpoint(self, *, everything: bool = False) -> None:
        self._since_checkpoint = 0
        try:
            checkpoint(self._seat.engine, everything=everything)
        except SQLAlchemyError as error:
            _log.error("the write-ahead log grows, it could not be emptied", exc_info=error)

    def _refuse_rest(self) -> None:
        closing = CentralError("Central is closing; nothing was done. Send it again in a moment.")
        while True:
            try:
                item = self._queue.get_nowait()
            except Empty:
                return
            if not isinstance(item, _Stop):
                item.done(closing)


def _tell(told: Callable[[Any], None], what: object) -> None:
    """Tell somebody what is on disk already; that they cannot hear it changes nothing about it."""
    try:
        told(what)
    except Exception:  # noqa: BLE001 - the writer goes on, whoever listens
        _log.exception("somebody could not be told what became of a transaction")
