"""Commands through faults: central, two consoles and a handheld, killed and cut off all the time.

Every process is killed at every named kill-point and at random, the wire is cut, slowed down and
swallowed, central is restored from a backup, PostgreSQL loses its postmaster. Then everything is
left in peace, and what those who asked wrote down is held against what central and the caches say.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from console.app.bench import BenchError
from console.app.bench._chaos import Party, Stage, StageSettings
from console.app.bench._chaosrecord import Told, Verdicts, done_at, examine, read_journal
from console.app.bench._figures import machine, percentiles
from console.app.cluster import temporary_cluster
from console.central.backup import make_backup, restore_backup
from console.domain.killpoints import KillPoint

#: Faults of the wire, each for so long.
_WIRE_S = 1.5
#: Longer than two missed beats and an order's last time.
_HOLE_S = 6.0
_POINT_WITHIN_S = 120.0
ACTS = ("kill", "cut", "slow", "swallow", "restore", "postmaster")


def run(  # noqa: PLR0913 - each is an option of the command line
    *,
    count: int = 2000,
    faults: bool = False,
    database: str = "sqlite",
    seed: int = 1,
    rounds: int = 1,
    points: str = "all",
    acts: str = "all",
    agree_within_s: float = 60.0,
    clock_off_s: float = 0.0,
    prepare: str = "",
) -> dict[str, object]:
    """Give commands, with faults or without, and count what is lost, doubled or diverged.

    Args:
        count: Commands at least.
        faults: Whether anything is killed or cut.
        database: "sqlite", or "postgresql" on a cluster of its own.
        seed: Of the order of faults and of what is asked.
        rounds: How often every fault comes.
        points: Kill-points by name, with commas; "all", or "none".
        acts: Other faults by name, with commas; "all", or "none".
        agree_within_s: How long everyone may take to agree in the end.
        clock_off_s: How far the clock of one console is ahead.
        prepare: For tests that switch a rule off: what a child calls first.

    Returns:
        `lost`, `doubled`, `diverged`, `late` (0 is wanted); seconds until all agreed after the
        last fault; waits from keeping a command to its being settled, faults included.
    """
    if database not in {"sqlite", "postgresql"}:
        raise BenchError(f"There is no database “{database}”; sqlite or postgresql.")
    chosen, others = _points(str(points)), _acts(str(acts), database)
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="zhihui-bench-")))
        cluster = None
        if database == "postgresql":
            cluster = closing.enter_context(temporary_cluster(durable=True))
        settings = StageSettings(folder=folder, cluster=cluster, seed=seed, prepare=str(prepare),
                                 clock_off_s=clock_off_s)  # fmt: skip
        stage = Stage(settings)
        closing.callback(stage.close)
        stage.open()
        drama = Drama(stage, random.Random(seed), count=count)
        if faults:
            drama.play(rounds=rounds, points=chosen, others=others)
        return drama.figures(drama.settle(within_s=agree_within_s))


def _points(names: str) -> list[KillPoint]:
    if names in {"all", "none"}:
        return list(KillPoint) if names == "all" else []
    try:
        return [KillPoint[name] for name in names.upper().split(",")]
    except KeyError as error:
        known = ", ".join(one.name.lower() for one in KillPoint)
        raise BenchError(f"There is no kill-point {error}; there are: {known}.") from error


def _acts(names: str, database: str) -> list[str]:
    known = [one for one in ACTS if one != "postmaster" or database == "postgresql"]
    if names in {"all", "none"}:
        return known if names == "all" else []
    unknown = set(names.split(",")) - set(known)
    if unknown:
        raise BenchError(f"There is no fault {sorted(unknown)}; there are: {', '.join(known)}.")
    return names.split(",")


class Drama:
    """The course of one run."""

    def __init__(self, stage: Stage, chance: random.Random, *, count: int) -> None:
        self._stage = stage
        self._chance = chance
        self._count = count
        self._began = time.monotonic()
        self._faults: list[str] = []
        self._unreached: list[str] = []
        self._before: dict[str, float] = {}

    def play(self, *, rounds: int, points: Sequence[KillPoint], others: Sequence[str]) -> None:
        """Have every fault come, in an order of chance; a restore takes back half of them."""
        stage = self._stage
        stage.wait_live()
        named: dict[str, Callable[[], None]] = {
            "cut": self._cut,
            "slow": self._slow,
            "swallow": self._swallow,
            "postmaster": self._kill_postmaster,
        }
        for _ in range(rounds):
            acts: list[Callable[[], None]] = [partial(self._kill_at, one) for one in points]
            if "kill" in others:
                acts += [partial(self._kill_at_random, one) for one in stage.parties]
            acts += [named[one] for one in others if one in named]
            self._chance.shuffle(acts)
            half = len(acts) // 2 if "restore" in others else len(acts)
            for act in acts[:half]:
                act()
            if "restore" in others:
                self._restore(acts[half:])

    def settle(self, *, within_s: float) -> float | None:
        """Give the commands that are still wanted, then leave all in peace.

        Returns:
            Seconds until everyone agreed, ``None`` if that never came.
        """
        while self._given() < self._count:
            time.sleep(0.1)
        stage = self._stage
        for party in stage.parties:
            party.revive()
        stage.proxy.heal()
        stage.enough()
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            if stage.agree():
                return time.monotonic() - began
            time.sleep(0.05)
        return None

    def figures(self, converged_s: float | None) -> dict[str, object]:
        """End everything in good order, examine it, and return what the bench prints."""
        stage = self._stage
        commands = self._given()
        stage.end()
        found = self._examined()
        if converged_s is None:
            found.diverged.append("not everyone agreed in time")
        journals = [read_journal(one.journal) for one in stage.consoles]
        waits = [wait for told in journals for wait in _waits_ms(told)]
        return {
            "lost": len(found.lost),
            "doubled": len(found.doubled),
            "diverged": len(found.diverged),
            "late": len(found.late),
            "converged_s": None if converged_s is None else round(converged_s, 2),
            **percentiles(waits, 50, 99),
            "commands": commands,
            "in_tray": sum(len(told.tray) for told in journals),
            "asked_again": sum(len(told.asked) for told in journals),
            "steps": len(read_journal(stage.handheld.journal).stepped),
            "faults": len(self._faults),
            "unreached": self._unreached,
            "wrong": [*found.lost[:5], *found.doubled[:5], *found.diverged[:5], *found.late[:5]],
            "took_s": round(time.monotonic() - self._began, 1),
            **machine(),
        }

    def _given(self) -> int:
        return sum(
            sum(b'"what": "kept"' in line for line in one.journal.read_bytes().splitlines())
            for one in self._stage.consoles
            if one.journal.exists()
        )

    def _examined(self) -> Verdicts:
        stage = self._stage
        engine = stage.engine()
        try:
            return examine(
                engine,
                evidence=stage.home / "central" / "evidence",
                consoles={one.name: (one.journal, one.folder / "rows.json")
                          for one in stage.consoles},
                handheld=stage.handheld.journal,
                before=self._before,
                work=stage.settings.folder,
            )  # fmt: skip
        finally:
            engine.dispose()

    def _kill_at(self, point: KillPoint) -> None:
        """Start the process anew with a kill-point armed, and wait until it has died there."""
        stage = self._stage
        self._faults.append(point.name)
        party = stage.central if point.value.startswith("central") else stage.consoles[0]
        if point in {KillPoint.SNAPSHOT, KillPoint.IMPORTING, KillPoint.IMPORTED}:
            stage.consoles[0].kill()
            stage.forget_cache(stage.consoles[0])
        passes = 1 if "snapshot" in point.value else self._chance.randint(1, 4)
        party.kill()
        party.start(kill=f"{point.name}:{passes}")
        stage.consoles[0].revive()
        if not party.died(within_s=_POINT_WITHIN_S):
            self._unreached.append(point.name)
            party.kill()
        party.start()

    def _kill_at_random(self, party: Party) -> None:
        self._faults.append(f"kill {party.name}")
        time.sleep(self._chance.uniform(0.2, 1.0))
        party.kill()
        party.start()

    def _cut(self) -> None:
        self._faults.append("cut")
        for _ in range(4):
            time.sleep(self._chance.uniform(0.1, 0.6))
            self._stage.proxy.cut()

    def _slow(self) -> None:
        self._faults.append("slow")
        self._stage.proxy.slow(0.15)
        time.sleep(_WIRE_S)
        self._stage.proxy.heal()

    def _swallow(self) -> None:
        """Swallow everything; the connections that knew of it stay dead until they are given up."""
        self._faults.append("swallow")
        self._stage.wait_live()
        self._stage.proxy.swallow()
        time.sleep(_HOLE_S)
        self._stage.proxy.maim()

    def _kill_postmaster(self) -> None:
        self._faults.append("postmaster")
        cluster = self._stage.settings.cluster
        if cluster is not None:
            cluster.kill()
            time.sleep(0.5)
            cluster.start()

    def _restore(self, acts: Sequence[Callable[[], None]]) -> None:
        """Make a backup, let faults come, then put the backup in central's place."""
        stage = self._stage
        self._faults.append("restore")
        stage.central.wait_up()
        made = make_backup(stage.central_settings, stage.settings.folder / "backups",
                           at=datetime.now(UTC))  # fmt: skip
        for act in acts:
            act()
        time.sleep(0.5)
        stage.central.kill()
        self._note_done()
        stage.move_database()
        restore_backup(stage.central_settings, made.folder, at=datetime.now(UTC), replace=True)
        stage.central.start()

    def _note_done(self) -> None:
        """Remember what central had done before it forgets."""
        engine = self._stage.engine()
        try:
            self._before = {**done_at(engine), **self._before}
        finally:
            engine.dispose()


def _waits_ms(told: Told) -> list[float]:
    return [
        (told.settled[command_id] - kept["began"]) * 1000.0
        for command_id, kept in told.kept.items()
        if command_id in told.settled
    ]
