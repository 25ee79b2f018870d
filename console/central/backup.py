"""Backup and restore (备份与恢复): database, evidence and keys of a central, as one folder.

A backup is made while central runs. It is a folder that is either whole or not there; what it
holds is checked by hash before anything is restored. A restored central has a new epoch: consoles
fetch everything anew and offer again what it had accepted from them (rule 3).
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, delete, select, update

from console import __version__
from console.central.evidence import is_hash
from console.central.folder import held_folder
from console.central.settings import CentralError, CentralSettings
from console.store.dump import check_empty, copy_pages, dump_database, load_database
from console.store.engine import StoreError, open_engine, sqlite_url
from console.store.mapping import upsert
from console.store.seat import Seat
from console.store.tables import CURSOR, META, NUMBERING, SESSION
from console.store.upgrade import upgrade

FORMAT = 1
#: Numbers given after the backup are known to people; so many are left out after a restore.
NUMBERS_LEFT_OUT = 10_000
#: The database that a restore prepares; there only while one is under way.
RESTORING = "restore.db"
_DATABASE, _EVIDENCE, _MANIFEST = "central.db", "evidence", "manifest.json"
#: What is made anew, or kept elsewhere in the backup.
_NOT_KEPT = frozenset({"lock", "reserve", "server.json", "snapshots", "tiles", _EVIDENCE})
#: Trails and past readings are databases that are written meanwhile; what lies beside them, and
#: files half written, come and go.
_OF_DAYS, _PASSING = frozenset({".trails", ".readings"}), ("-wal", "-shm", ".new")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds.

    Attributes:
        epoch: Of the central it was taken from.
        head: Newest revision in it.
        files: SHA-256 of each file but evidence, which bears its hash as its name.
        evidence: How many pieces of evidence.
        evidence_bytes: Their bytes together.
    """

    format: int
    version: str
    made_at: datetime
    epoch: str
    head: int
    files: dict[str, str]
    evidence: int
    evidence_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was made or restored."""

    folder: Path
    manifest: Manifest


def make_backup(settings: CentralSettings, into: Path, *, at: datetime) -> Backup:
    """Make a backup of a central, running or not, in a new folder under ``into``.

    Evidence that an earlier backup there holds is linked, not copied again.

    Raises:
        CentralError: There is nothing to back up, or the disk does not take it.
    """
    if settings.database_url is None and not (settings.folder / _DATABASE).is_file():
        raise CentralError(f"There is no central in {settings.home}; name its --home.")
    name = f"zhihui-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    earlier = sorted(path for path in into.glob("zhihui-*Z") if (path / _MANIFEST).is_file())
    new = into / f"{name}.new"
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True, mode=0o700)
        manifest = _write(settings, new, earlier[-1] if earlier else None, at)
        os.sync()
        folder = into / name
        new.rename(folder)
        os.sync()
    except (OSError, StoreError, sqlite3.Error) as error:
        shutil.rmtree(new, ignore_errors=True)
        raise CentralError(f"No backup was made: {error}") from error
    return Backup(folder=folder, manifest=manifest)


def restore_backup(
    settings: CentralSettings, folder: Path, *, at: datetime, replace: bool = False
) -> Backup:
    """Put a backup in the place of a central that does not run; it gets a new epoch.

    Args:
        settings: Where to: the home, and the database if it is a server's.
        folder: The backup.
        at: Now, aware UTC.
        replace: Set what is there aside; else an existing central is left alone.

    Raises:
        CentralError: The backup is damaged, something is there already, or central runs.
    """
    manifest = checked_backup(folder)
    with held_folder(settings.folder):
        _check_free(settings, replace=replace)
        work, aside = settings.folder / RESTORING, None
        try:
            _check_place(settings)
            _remove(work)
            shutil.copyfile(folder / _DATABASE, work)
            _prepare(settings, work, at)
            _restore_evidence(settings.folder, folder)
            os.sync()
            # Cut off from here on, central does not start on half of it (`check_restored`).
            aside = _set_aside(settings, at) if replace else None
            _restore_files(settings.folder, folder, manifest)
            _put_database(settings, work)
            os.sync()
        except (OSError, StoreError) as error:
            raise CentralError(f"The backup was not restored: {error}{_kept(aside)}") from error
        finally:
            if aside is None or (settings.folder / _DATABASE).exists():
                _remove(work)
    return Backup(folder=folder, manifest=manifest)


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)


def check_restored(settings: CentralSettings) -> None:
    """Check that no restore was cut short in this place.

    Raises:
        CentralError: One was; what is there is neither the old records nor the new ones.
    """
    work = settings.folder / RESTORING
    is_whole = settings.database_url is None and (settings.folder / _DATABASE).exists()
    if work.exists() and not is_whole:
        raise CentralError(
            f"A restore into {settings.home} was cut short; what is there is not whole. Run "
            "`zhihui central restore` once more (into an empty database, if it is a server's), "
            f"or move {work} away and put back what was set aside as central-….db."
        )


def _check_free(settings: CentralSettings, *, replace: bool) -> None:
    if settings.database_url is None and (settings.folder / _DATABASE).exists() and not replace:
        raise CentralError(
            f"There is a central in {settings.home} already. Add --replace to set its "
            "database aside (it is kept under another name), or name another --home."
        )


def checked_backup(folder: Path) -> Manifest:
    """Return what a backup holds, after looking at every byte of it.

    Raises:
        CentralError: It is none, of a newer version, or damaged.
    """
    try:
        manifest = msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise CentralError(f"{folder} is no backup, or not a whole one ({error}).") from error
    if manifest.format > FORMAT:
        raise CentralError(f"{folder} was made by a newer version, {manifest.version}.")
    wrong = [
        name
        for name, sha256 in manifest.files.items()
        if not (folder / name).is_file() or _sha256(folder / name) != sha256
    ]
    pieces = list(_evidence_in(folder / _EVIDENCE))
    wrong += [path.name for path in pieces if _sha256(path) != path.name]
    if len(pieces) < manifest.evidence:
        wrong.append(f"{manifest.evidence - len(pieces)} pieces of evidence")
    if wrong:
        raise CentralError(
            f"The backup {folder} is damaged ({', '.join(wrong[:5])}); nothing was touched. "
            "Take an earlier one."
        )
    return manifest


def _write(settings: CentralSettings, new: Path, earlier: Path | None, at: datetime) -> Manifest:
    files: dict[str, str] = {}
    for path in _other_files(settings.folder):  # first: what they say of the database is in it
        name = path.relative_to(settings.folder)
        (new / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.suffix in _OF_DAYS:
            copy_pages(path, new / name)
        else:
            shutil.copy2(path, new / name)
        files[str(name)] = _sha256(new / name)
    engine = open_engine(settings.database_url or sqlite_url(settings.folder / _DATABASE))
    try:
        dump_database(engine, new / _DATABASE)
    finally:
        engine.dispose()
    epoch, head = _mark_in(new / _DATABASE)
    files[_DATABASE] = _sha256(new / _DATABASE)
    count, size = 0, 0
    # After the database: whatever it names had come before, and is found here.
    for path in _evidence_in(settings.folder / _EVIDENCE):
        name = path.relative_to(settings.folder)
        _take(path, new / name, None if earlier is None else earlier / name)
        count, size = count + 1, size + (new / name).stat().st_size
    manifest = Manifest(
        format=FORMAT, version=__version__, made_at=at, epoch=epoch, head=head, files=files,
        evidence=count, evidence_bytes=size,
    )  # fmt: skip
    (new / _MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def _take(path: Path, to: Path, earlier: Path | None) -> None:
    """Copy a piece of evidence, checked on the way, or link it from an earlier backup."""
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if earlier is not None and earlier.is_file():
        os.link(earlier, to)
        return
    shutil.copyfile(path, to)
    if _sha256(to) != path.name:
        raise OSError(f"the evidence {path} is not what its name says; its disk may be failing")


def _check_place(settings: CentralSettings) -> None:
    """See that a server's database can be used and is empty, before anything is touched."""
    if settings.database_url is None:
        return
    engine = open_engine(settings.database_url)
    try:
        check_empty(engine)
    finally:
        engine.dispose()


def _restore_files(folder: Path, backup: Path, manifest: Manifest) -> None:
    for name in manifest.files:
        if name != _DATABASE:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(backup / name, folder / name)


def _restore_evidence(folder: Path, backup: Path) -> None:
    for path in _evidence_in(backup / _EVIDENCE):
        to = folder / path.relative_to(backup)
        if not to.exists():
            to.parent.mkdir(parents=True, exist_ok=True)
            half = to.with_suffix(".new")
            shutil.copyfile(path, half)
            half.replace(to)


def _prepare(settings: CentralSettings, work: Path, at: datetime) -> None:
    """Bring a copy of the backup's database up to date, with an epoch of its own."""
    engine = open_engine(sqlite_url(work))
    try:
        upgrade(engine)
        with engine.begin() as connection:
            _begin_epoch(connection, ZoneInfo(settings.time_zone), at)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        engine.dispose()


def _put_database(settings: CentralSettings, work: Path) -> None:
    """Put the prepared database in its place; into a server's it goes in one transaction."""
    if settings.database_url is None:
        work.rename(settings.folder / _DATABASE)
        return
    engine = open_engine(settings.database_url)
    seat = Seat(engine)
    try:
        seat.take()
        upgrade(engine)
        load_database(work, engine)
    finally:
        seat.close()
        engine.dispose()


def _begin_epoch(connection: Connection, zone: ZoneInfo, at: datetime) -> None:
    """Give restored records a new epoch; who was logged on logs on again."""
    epoch = secrets.token_hex(8)
    connection.execute(update(META).where(META.c.key == "epoch").values(value=epoch))
    connection.execute(update(CURSOR).values(epoch=epoch))
    connection.execute(delete(SESSION))
    day = at.astimezone(zone).strftime("%Y%m%d")
    last = connection.execute(select(NUMBERING.c.last).where(NUMBERING.c.day == day)).scalar() or 0
    upsert(connection, NUMBERING, [{"day": day, "last": last + NUMBERS_LEFT_OUT}])


def _set_aside(settings: CentralSettings, at: datetime) -> Path | None:
    """Give the database that is there another name."""
    database = settings.folder / _DATABASE
    if settings.database_url is not None or not database.exists():
        return None
    stamp = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    if settings.audit_folder.is_dir():
        settings.audit_folder.rename(settings.folder / f"central-{stamp}.audit")
    aside = settings.folder / f"central-{stamp}.db"
    for suffix in ("", "-wal", "-shm"):
        if Path(f"{database}{suffix}").exists():
            Path(f"{database}{suffix}").rename(f"{aside}{suffix}")
    return aside


def _kept(aside: Path | None) -> str:
    return "" if aside is None else f". What was there before is kept as {aside}."


def _mark_in(database: Path) -> tuple[str, int]:
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        (epoch,) = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
        (head,) = connection.execute("SELECT max(rev) FROM change_log").fetchone()
    return str(epoch), int(head or 0)


def _other_files(folder: Path) -> Iterator[Path]:
    """Give every file but the database, evidence and what is made anew: accounts, keys."""
    for path in sorted(folder.iterdir()):
        if path.name in _NOT_KEPT or path.name.startswith(("central", "restore.db")):
            continue
        inside = [path] if path.is_file() else sorted(path.rglob("*"))
        yield from (one for one in inside if one.is_file() and not one.name.endswith(_PASSING))


def _evidence_in(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("??/??/*")) if is_hash(path.name))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
