"""What the bench `commands` holds against central and the caches: journals of who asked."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, func, select

from console.protocol.messages import Result, Verdict
from console.store.snapshot import write_snapshot
from console.store.tables import ASSIGNMENT, CACHE_TABLES, CHANGE_LOG, LOG, RESULT

#: Between noting that a command is given and giving it, on a busy machine.
_SLACK_S = 1.0
_DONE = frozenset({Verdict.ACCEPTED, Verdict.DUPLICATE})
_unpack = msgspec.msgpack.Decoder(Result)


@dataclass(slots=True, kw_only=True)
class Verdicts:
    """What was found wrong, in words; empty lists are what is wanted.

    Attributes:
        lost: Kept or accepted, and not there.
        doubled: There twice.
        diverged: Central and a cache differ, or two dispatchers were merged.
        late: Carried out after their time without anyone being asked.
    """

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    diverged: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.diverged or self.late)


@dataclass(slots=True, kw_only=True)
class Told:
    """The journal of one process.

    Attributes:
        kept: Commands by id, as they were put into the outbox.
        settled: When each was first seen to be settled, Unix seconds.
        tray: Those that came into the tray and were let go.
        asked: Those that were asked about again.
        stepped: Steps of units that central answered.
    """

    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    settled: dict[str, float] = field(default_factory=dict)
    tray: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    stepped: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_journal(path: Path) -> Told:
    """Return what a process wrote down; a line that its death cut short is left out."""
    told = Told()
    for said in _lines(path):
        match said["what"]:
            case "kept":
                told.kept[said["id"]] = said
            case "settled":
                told.settled.setdefault(said["id"], said["at"])
            case "tray":
                told.tray[said["id"]] = str(said["reason"])
            case "asked":
                told.asked.add(said["id"])
            case "stepped":
                told.stepped[said["id"]] = said
    return told


def done_at(engine: Engine) -> dict[str, float]:
    """Return when each command was done that central holds as done, Unix seconds by id."""
    with engine.connect() as connection:
        results, at = _results(connection)
    return {one: at[one] for one, result in results.items() if result.verdict in _DONE}


def examine(
    engine: Engine,
    *,
    evidence: Path,
    consoles: dict[str, tuple[Path, Path]],
    handheld: Path,
    before: dict[str, float],
    work: Path,
) -> Verdicts:
    """Hold the journals against central and the caches, when everything stands still.

    Args:
        engine: Central's database.
        evidence: Central's folder of evidence.
        consoles: Journal and rows of each console, by name.
        handheld: Journal of the handheld.
        before: When commands were done before central was restored, Unix seconds by id.
        work: A folder for a snapshot.
    """
    found = Verdicts()
    with engine.connect() as connection:
        results, at = _results(connection)
        _check_revisions(connection, found)
        texts = Counter(
            connection.execute(select(LOG.c.detail).where(LOG.c.verb == "noted")).scalars()
        )
        times = {row.id: row.times for row in connection.execute(select(ASSIGNMENT))}
    found.doubled += [f"“{text}” is there {count} times" for text, count in texts.items()
                      if count > 1]  # fmt: skip
    journals = {name: read_journal(paths[0]) for name, paths in consoles.items()}
    for name, told in journals.items():
        _check_commands(name, told, results, set(texts), evidence, found)
        _check_late(name, told, at | before, results, found)
    _check_merged(journals, results, found)
    _check_steps(read_journal(handheld), journals, times, found)
    for name, (_, rows) in consoles.items():
        _check_rows(engine, name, rows, work, found)
    return found


def _check_steps(
    handheld: Told, journals: dict[str, Told], times: dict[str, Any], found: Verdicts
) -> None:
    """See that every step that was answered is there, unless its order came into a tray."""
    seen = {
        kept["assignment"]
        for told in journals.values()
        for command_id, kept in told.kept.items()
        if command_id in told.tray
    }
    for command_id, step in handheld.stepped.items():
        is_there = step["state"] in times.get(step["assignment"], {})
        if not is_there and step["assignment"] not in seen:
            found.lost.append(f"step {command_id} of the handheld")


def _results(connection: Connection) -> tuple[dict[str, Result], dict[str, float]]:
    rows = connection.execute(select(RESULT)).all()
    return (
        {row.command_id: _unpack.decode(row.result) for row in rows},
        {row.command_id: row.at.timestamp() for row in rows},
    )


def _check_revisions(connection: Connection, found: Verdicts) -> None:
    query = select(CHANGE_LOG.c.rev).order_by(CHANGE_LOG.c.rev)
    revs = list(connection.execute(query).scalars())
    if revs != list(range(1, len(revs) + 1)):
        found.diverged.append("central's revisions have gaps or doubles")
    query_of = select(
        CHANGE_LOG.c.command_id,
        func.min(CHANGE_LOG.c.rev),
        func.max(CHANGE_LOG.c.rev),
        func.count(),
    ).group_by(CHANGE_LOG.c.command_id)
    for command_id, first, last, count in connection.execute(query_of):
        if last - first + 1 != count:  # a command's changes lie together
            found.doubled.append(f"{command_id} was carried out again")


def _check_commands(
    name: str,
    told: Told,
    results: dict[str, Result],
    texts: set[str | None],
    evidence: Path,
    found: Verdicts,
) -> None:
    for command_id, kept in told.kept.items():
        if command_id in told.tray:
            continue  # a person saw it
        what = f"{kept['kind']} {command_id} of {name}"
        result = results.get(command_id)
        if result is None or result.verdict not in _DONE:
            found.lost.append(f"{what}: {None if result is None else result.reason}")
        elif kept["kind"] == "NoteIncident" and kept["text"] not in texts:
            found.lost.append(f"{what}: its text is not in the log")
        elif kept["kind"] == "AttachEvidence" and not _is_whole(evidence, kept["sha256"]):
            found.lost.append(f"{what}: its bytes")


def _check_late(
    name: str,
    told: Told,
    done_at: dict[str, float],
    results: dict[str, Result],
    found: Verdicts,
) -> None:
    """See that nothing was done after its time, but what a person was asked about again."""
    for command_id, kept in told.kept.items():
        limit, result = kept["not_after"], results.get(command_id)
        if limit is None or result is None or result.verdict not in _DONE:
            continue
        if done_at[command_id] > limit + _SLACK_S and command_id not in told.asked:
            found.late.append(f"{kept['kind']} {command_id} of {name}")


def _check_merged(journals: dict[str, Told], results: dict[str, Result], found: Verdicts) -> None:
    """Of two that changed one row in the same version, one at most may have been accepted."""
    changed: Counter[tuple[str, int]] = Counter()
    for told in journals.values():
        for command_id, kept in told.kept.items():
            result = results.get(command_id)
            is_done = result is not None and result.verdict in _DONE
            if kept["base"] is not None and is_done:
                changed[kept["target"], kept["base"]] += 1
    found.diverged += [f"version {base} of {target} was changed {count} times"
                       for (target, base), count in changed.items() if count > 1]  # fmt: skip


def _check_rows(engine: Engine, name: str, rows: Path, work: Path, found: Verdicts) -> None:
    held = json.loads(rows.read_text(encoding="utf-8")) if rows.exists() else {}
    snapshot = write_snapshot(engine, work / "compare.sqlite", at=datetime.now(UTC), callers=True)
    with closing(sqlite3.connect(snapshot.path)) as connection:
        for table in CACHE_TABLES:
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            query = f'SELECT {names} FROM "{table.name}" ORDER BY 1'
            wanted = [list(row) for row in connection.execute(query)]
            if held.get(table.name) != wanted:
                got = held.get(table.name, [])
                differ = sum(one not in wanted for one in got) + sum(
                    one not in got for one in wanted
                )
                found.diverged.append(f"{table.name} of {name} differs in {differ} rows")


def _is_whole(evidence: Path, sha256: str) -> bool:
    path = evidence / sha256[:2] / sha256[2:4] / sha256
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        yield said
