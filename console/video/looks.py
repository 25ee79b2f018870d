"""The sweep's looks: latest thumbnail and state of each point, in one small file the wall reads.

It is a cache: what is lost with it comes back with the next round.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.domain.errors import ZhihuiError
from console.domain.hints import Box, Hint, HintKind, PointHints
from console.domain.ids import CameraId
from console.store.cameraseal import CameraKey, SealError
from console.video.diagnosis import Finding
from console.video.trouble import Trouble
from console.video.usual import FaultEvent

log = logging.getLogger("zhihui.video")

SCHEMA = 5
_PICTURE = "picture"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TABLES = """
CREATE TABLE IF NOT EXISTS look (
    point TEXT PRIMARY KEY,
    visited_ms INTEGER NOT NULL,
    picture_ms INTEGER,
    trouble TEXT,
    findings TEXT NOT NULL,
    first_frame_ms INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sweep (
    part INTEGER PRIMARY KEY, points INTEGER, per_s REAL, slowed INTEGER, at_ms INTEGER,
    visits INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (
    point TEXT, fault TEXT, since_ms INTEGER, sure_ms INTEGER NOT NULL, ended_ms INTEGER,
    PRIMARY KEY (point, fault, since_ms)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tally (
    point TEXT, day INTEGER, visits INTEGER NOT NULL, pictures INTEGER NOT NULL,
    good INTEGER NOT NULL, PRIMARY KEY (point, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hint (
    point TEXT, kind TEXT, since_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    box_left REAL, box_top REAL, box_width REAL, box_height REAL
);
CREATE INDEX IF NOT EXISTS hint_point ON hint (point);
CREATE TABLE IF NOT EXISTS thumb (point TEXT PRIMARY KEY, jpeg BLOB NOT NULL) WITHOUT ROWID;
"""
_PUT_LOOK = """
INSERT INTO look VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (point) DO UPDATE SET
    visited_ms = excluded.visited_ms,
    picture_ms = coalesce(excluded.picture_ms, picture_ms),
    trouble = excluded.trouble,
    findings = excluded.findings,
    first_frame_ms = excluded.first_frame_ms
"""


_PUT_TALLY = """
INSERT INTO tally VALUES (?, ?, 1, ?, ?)
ON CONFLICT (point, day) DO UPDATE SET
    visits = visits + 1, pictures = pictures + excluded.pictures, good = good + excluded.good
"""
_DAY_MS = 86_400_000


class LooksError(ZhihuiError):
    """The file of looks cannot be written; says what that means.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepLook:
    """What the sweep last found at one point.

    Attributes:
        visited_at: When it was last there, aware UTC.
        picture_at: When its latest picture was taken, ``None`` where there never was one; older
            than ``visited_at`` where the last visit got none.
        trouble: Why the last visit got no picture.
        findings: What the diagnosis said of the last picture.
        first_frame_s: From the visit's beginning to its first frame.
    """

    point: CameraId
    visited_at: datetime
    picture_at: datetime | None = None
    trouble: Trouble | None = None
    findings: tuple[Finding, ...] = ()
    first_frame_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepState:
    """How one sweep process is doing.

    Attributes:
        part: Its number among the sweep processes, from 0.
        points: How many points it goes round.
        per_s: Visits a second it allows itself now.
        slowed: Whether it goes slower than it may, to leave the machine to others.
        at: When it said so, aware UTC.
        visits: How many it has made since it began.
    """

    part: int
    points: int
    per_s: float
    slowed: bool
    at: datetime
    visits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """The sweep's latest picture of a point, JPEG."""

    point: CameraId
    taken_at: datetime
    jpeg: bytes


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _at(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


class LooksWriter:
    """Writes looks; one writer at a time.

    Args:
        path: The file; made if missing, made anew if it is damaged or of another schema.
        key: What pictures are locked with; ``None`` leaves them plain.
    """

    def __init__(self, path: Path, key: CameraKey | None = None) -> None:
        self._path, self._key = path, key
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = self._opened()
        except sqlite3.DatabaseError as error:
            log.warning("%s cannot be read (%s): looks are collected anew.", path, error)
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._db = self._opened()

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = OFF")
            (schema,) = db.execute("PRAGMA user_version").fetchone()
            if schema not in (0, SCHEMA):
                raise sqlite3.DatabaseError(f"schema {schema}")
            db.executescript(_TABLES)
            db.execute(f"PRAGMA user_version = {SCHEMA}")
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    def put(self, looks: Iterable[tuple[SweepLook, bytes | None]]) -> None:
        """Enter looks with their pictures (JPEG); the last picture stays where there is none.

        Raises:
            LooksError: The file cannot be written.
        """
        rows = list(looks)
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(_PUT_LOOK, [_row(look) for look, _ in rows])
                self._db.executemany(_PUT_TALLY, [_tally(look) for look, _ in rows])
                self._db.executemany(
                    "INSERT INTO thumb VALUES (?, ?) "
                    "ON CONFLICT (point) DO UPDATE SET jpeg = excluded.jpeg",
                    [(look.point, self._locked(look.point, jpeg)) for look, jpeg in rows if jpeg],
                )
        except sqlite3.Error as error:
            raise LooksError(
                self._path,
                f"The sweep's pictures cannot be written to {self._path} ({error}); "
                "make room there or let the program write to it.",
            ) from error

    def _locked(self, point: CameraId, jpeg: bytes) -> bytes:
        return jpeg if self._key is None else self._key.lock(jpeg, _PICTURE, point)

    def put_faults(self, events: Iterable[FaultEvent]) -> None:
        """Enter faults that have begun or ended.

        Raises:
            LooksError: The file cannot be written.
        """
        rows = [
            (one.point, one.fault.value, round(one.since_s * 1000), round(one.at_s * 1000),
             round(one.at_s * 1000) if one.ended else None)
            for one in events
        ]  # fmt: skip
        try:
            self._db.executemany(
                "INSERT INTO fault VALUES (?, ?, ?, ?, ?) ON CONFLICT (point, fault, since_ms) "
                "DO UPDATE SET ended_ms = excluded.ended_ms",
                rows,
            )
        except sqlite3.Error as error:
            raise LooksError(self._path, f"{self._path} cannot be written ({error}).") from error

    def put_hints(self, found: Iterable[PointHints]) -> None:
        """Enter the hints of points' latest pictures in place of those before.

        Raises:
            LooksError: The file cannot be written.
        """
        every = list(found)
        rows = [
            (one.point, hint.kind.value, _ms(hint.since), _ms(one.at), hint.box.left, hint.box.top,
             hint.box.width, hint.box.height)
            for one in every
            for hint in one.hints
        ]  # fmt: skip
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(
                    "DELETE FROM hint WHERE point = ?", [(one.point,) for one in every]
                )
                self._db.executemany("INSERT INTO hint VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise LooksError(self._path, f"{self._path} cannot be written ({error}).") from error

    def put_state(self, state: SweepState) -> None:
        """Enter how the sweep is doing.

        Raises:
            LooksError: The file cannot be written.
        """
        values = (
            state.part, state.points, state.per_s, state.slowed, _ms(state.at), state.visits,
        )  # fmt: skip
        try:
            self._db.execute("INSERT OR REPLACE INTO sweep VALUES (?, ?, ?, ?, ?, ?)", values)
        except sqlite3.Error as error:
            raise LooksError(self._path, f"{self._path} cannot be written ({error}).") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class LooksReader:
    """Reads looks while the sweep writes them; where there is no file, there are none.

    Args:
        path: The file.
        key: What its pictures were locked with; ``None`` where they are plain or not looked at.
    """

    def __init__(self, path: Path, key: CameraKey | None = None) -> None:
        self._path, self._key = path, key

    def states(self, since: datetime | None = None) -> list[SweepLook]:
        """Return the state of every point the sweep has been at, in no order.

        Args:
            since: Only points visited at or after this time, aware UTC.
        """
        after_ms = 0 if since is None else _ms(since)
        rows = self._rows("SELECT * FROM look WHERE visited_ms >= ?", (after_ms,))
        return [
            SweepLook(
                point=CameraId(point),
                visited_at=_at(visited_ms),
                picture_at=None if picture_ms is None else _at(picture_ms),
                trouble=None if trouble is None else Trouble(trouble),
                findings=tuple(Finding(one) for one in findings.split()),
                first_frame_s=None if first_ms is None else first_ms / 1000,
            )
            for point, visited_ms, picture_ms, trouble, findings, first_ms in rows
        ]

    def faults(self, since: datetime) -> list[tuple[CameraId, str, datetime, datetime | None]]:
        """Return point, code, beginning and end of the faults that were there since a time."""
        rows = self._rows(
            "SELECT point, fault, since_ms, ended_ms FROM fault "
            "WHERE ended_ms IS NULL OR ended_ms >= ? ORDER BY since_ms",
            (_ms(since),),
        )
        return [
            (CameraId(point), fault, _at(since_ms), None if ended_ms is None else _at(ended_ms))
            for point, fault, since_ms, ended_ms in rows
        ]

    def tallies(self, since: datetime) -> dict[CameraId, tuple[int, int, int]]:
        """Return visits, pictures and good pictures of each point since a day began (UTC)."""
        rows = self._rows(
            "SELECT point, sum(visits), sum(pictures), sum(good) FROM tally "
            "WHERE day >= ? GROUP BY point",
            (_ms(since) // _DAY_MS,),
        )
        return {CameraId(point): (visits, pics, good) for point, visits, pics, good in rows}

    def hints(self, since: datetime) -> list[PointHints]:
        """Return the hints of the pictures that were taken since a time, by point."""
        rows = self._rows(
            "SELECT * FROM hint WHERE at_ms >= ? ORDER BY point, since_ms", (_ms(since),)
        )
        found: dict[CameraId, PointHints] = {}
        for point, kind, since_ms, at_ms, left, top, width, height in rows:
            box = Box(left=left, top=top, width=width, height=height)
            hint = Hint(kind=HintKind(kind), box=box, since=_at(since_ms))
            before = found.get(point)
            held = () if before is None else before.hints
            found[point] = PointHints(point=CameraId(point), at=_at(at_ms), hints=(*held, hint))
        return list(found.values())

    def sweeps(self) -> list[SweepState]:
        """Return how each sweep process is doing."""
        return [
            SweepState(
                part=part,
                points=points,
                per_s=per_s,
                slowed=bool(slowed),
                at=_at(at_ms),
                visits=visits,
            )
            for part, points, per_s, slowed, at_ms, visits in self._rows("SELECT * FROM sweep", ())
        ]

    def thumbnail(self, point: CameraId) -> Thumbnail | None:
        """Return the latest picture of a point."""
        rows = self._rows(
            "SELECT picture_ms, jpeg FROM look JOIN thumb USING (point) "
            "WHERE point = ? AND picture_ms IS NOT NULL",
            (point,),
        )
        if not rows:
            return None
        picture_ms, jpeg = rows[0]
        if self._key is not None:
            try:
                jpeg = self._key.unlock(jpeg, _PICTURE, point)
            except SealError as error:  # the sweep comes by again with the key of today
                log.warning("The sweep's picture of %s cannot be opened: %s", point, error)
                return None
        return Thumbnail(point=point, taken_at=_at(picture_ms), jpeg=jpeg)

    def _rows(self, sql: str, values: tuple[str | int, ...]) -> list[tuple]:  # type: ignore[type-arg]  # columns differ by query
        if not self._path.exists():
            return []
        try:
            uri = f"{self._path.resolve().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=0.05)) as db:
                return db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            # The writer makes a damaged file anew; until then the wall has no looks.
            log.warning("The sweep's pictures in %s cannot be read: %s", self._path, error)
            return []


def _tally(look: SweepLook) -> tuple[str, int, int, int]:
    has_picture = look.picture_at is not None
    good = has_picture and not look.findings
    return look.point, _ms(look.visited_at) // _DAY_MS, int(has_picture), int(good)


def _row(look: SweepLook) -> tuple[str, int, int | None, str | None, str, int | None]:
    return (
        look.point,
        _ms(look.visited_at),
        None if look.picture_at is None else _ms(look.picture_at),
        look.trouble,
        " ".join(look.findings),
        None if look.first_frame_s is None else round(look.first_frame_s * 1000),
    )
