"""The cache: changes and cursor together, snapshots whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.central.ledger import change_of
from console.domain.areas import Area, AreaId, AreaKind
from console.domain.ids import UnitId
from console.domain.incidents import Incident, Report, Stage
from console.domain.levels import Channel, Level
from console.domain.places import LogEntry
from console.domain.telling import MessageId, MessageKind, Receipt, TextMessage
from console.protocol.codec import MessageError, kind_of, patch_between, row_to_builtins
from console.protocol.messages import Change, Op
from console.store.cache import (
    WHOLE_KINDS,
    Cache,
    Cursor,
    GapError,
    MissingRowError,
    SnapshotError,
    open_cache,
)
from console.store.cachereads import CacheReader
from console.store.snapshotfile import sha256_of
from console.sync.held import HELD

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def an_incident(name: str = "i1", **more: object) -> Incident:
    values = {
        "id": name, "form": "0301", "level": Level.HIGH, "stage": Stage.FILE,
        "channel": Channel.HOTLINE, "summary": "", "place": "工体北路", "opened_at": AT,
        "changed_at": AT, "version": 1,
    }  # fmt: skip
    return Incident(**{**values, **more})  # type: ignore[arg-type] # what a test gives


def an_area() -> Area:
    outline = ((39.90, 116.40), (39.91, 116.40), (39.91, 116.41))
    return Area(id=AreaId("a1"), name="工体", kind=AreaKind.FENCE, outline=outline, version=1)


def put(rev: int, row: object) -> Change:
    return Change("main", rev, kind_of(row), row.id, row.version, Op.PUT, row_to_builtins(row))


def patch(rev: int, old: object, new: object) -> Change:
    return Change("main", rev, kind_of(new), new.id, new.version, Op.PATCH, patch_between(old, new))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    opened = open_cache(tmp_path / "cache.db").cache
    yield opened
    opened.close()


def test_that_changes_and_the_cursor_move_together(cache: Cache) -> None:
    old = an_incident()
    new = replace(old, level=Level.CRITICAL, version=2)
    touched = cache.apply([put(1, old), patch(2, old, new)], epoch="e")
    assert touched == {("incident", "i1"): new}
    assert cache.cursor() == Cursor(epoch="e", rev=2)
    assert cache.contents() == [new]
    cache.apply([Change("main", 3, "incident", "i1", 3, Op.DROP, {})], epoch="e")
    assert cache.contents() == []


def test_that_revisions_known_already_are_passed_over(cache: Cache) -> None:
    cache.apply([put(1, an_incident())], epoch="e")
    touched = cache.apply([put(1, an_incident()), put(2, an_incident("i2"))], epoch="e")
    assert set(touched) == {("incident", "i2")}


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (put(4, an_incident("i4")), GapError),
        (patch(3, an_incident("x"), an_incident("x", version=2)), MissingRowError),
        (Change("main", 3, "incident", "i3", 1, Op.PUT, {"id": "i3"}), MessageError),
        (Change("main", 3, "nonsense", "n", 1, Op.PATCH, {}), MessageError),
    ],
)
def test_that_a_bad_change_leaves_all_as_it_was(
    cache: Cache, bad: Change, error: type[Exception]
) -> None:
    cache.apply([put(1, an_incident())], epoch="e")
    with pytest.raises(error):
        cache.apply([put(2, an_incident("i2")), bad], epoch="e")
    assert cache.cursor() == Cursor(epoch="e", rev=1)
    assert [row.id for row in cache.contents()] == ["i1"]


def test_that_skipped_revisions_move_the_cursor_only(cache: Cache) -> None:
    cache.skip(first=1, last=7, epoch="e")
    assert cache.cursor() == Cursor(epoch="e", rev=7)
    with pytest.raises(GapError):
        cache.skip(first=9, last=12, epoch="e")


@settings(max_examples=15)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=12))
def test_that_any_cutting_into_groups_comes_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    rows = [an_incident(f"i{n % 5}", summary=str(n), version=n) for n in range(sum(sizes))]
    changes = [put(rev, row) for rev, row in enumerate(rows, start=1)]
    folder = tmp_path_factory.mktemp("caches")
    whole, cut = (open_cache(folder / name).cache for name in ("whole.db", "cut.db"))
    whole.apply(changes, epoch="e")
    at = 0
    for size in sizes:
        cut.apply(changes[max(at - 1, 0) : at + size], epoch="e")
        at += size
    key = lambda row: row.id  # noqa: E731 - both lists in one order
    assert sorted(whole.contents(), key=key) == sorted(cut.contents(), key=key)
    assert whole.cursor() == cut.cursor()
    whole.close()
    cut.close()


def snapshot_of(cache: Cache, to: Path) -> Path:
    with closing(sqlite3.connect(cache.path)) as here, closing(sqlite3.connect(to)) as there:
        here.backup(there)
    return to


def test_that_a_snapshot_replaces_everything(cache: Cache, tmp_path: Path) -> None:
    other = open_cache(tmp_path / "other.db").cache
    other.apply([put(1, an_incident("new"))], epoch="f")
    file = snapshot_of(other, tmp_path / "snapshot.db")
    other.close()
    cache.apply([put(1, an_incident("old")), put(2, an_incident("older"))], epoch="e")
    assert cache.import_snapshot(file, sha256=sha256_of(file)) == Cursor(epoch="f", rev=1)
    assert cache.cursor() == Cursor(epoch="f", rev=1)
    assert [row.id for row in cache.contents()] == ["new"]


def test_that_a_snapshot_that_is_not_whole_changes_nothing(cache: Cache, tmp_path: Path) -> None:
    cache.apply([put(1, an_incident("old"))], epoch="e")
    file = snapshot_of(cache, tmp_path / "snapshot.db")
    good = sha256_of(file)
    file.write_bytes(file.read_bytes()[:-4096])
    with pytest.raises(SnapshotError, match="hash"):
        cache.import_snapshot(file, sha256=good)
    with pytest.raises(SnapshotError):
        cache.import_snapshot(file, sha256=sha256_of(file))
    file.write_bytes(b"not even a database")
    with pytest.raises(SnapshotError):
        cache.import_snapshot(file, sha256=sha256_of(file))
    assert [row.id for row in cache.contents()] == ["old"]
    cache.apply([put(2, an_incident("next"))], epoch="e")


def test_that_incidents_closed_long_ago_go_with_all_of_theirs(cache: Cache) -> None:
    old = an_incident("old", stage=Stage.EVALUATE)
    entry = LogEntry(id="l", incident="old", at=AT, actor=None, verb="closed", version=1)
    cache.apply([put(1, old), put(2, an_incident("open")), put(3, entry)], epoch="e")
    assert cache.prune(now=AT + timedelta(hours=71)) == 0
    assert cache.prune(now=AT + timedelta(hours=73)) == 1
    assert [row.id for row in cache.contents()] == ["open"]
    reader = CacheReader(cache.path)
    assert reader.details_of("old") == []
    reader.close()


def test_that_old_messages_and_receipts_go_and_a_late_receipt_needs_no_old_row(
    cache: Cache,
) -> None:
    def message(name: str, sent_at: datetime) -> TextMessage:
        return TextMessage(
            id=MessageId(name), kind=MessageKind.TEXT, text="x", sent_at=sent_at, version=1
        )

    old, new = message("old", AT), message("new", AT + timedelta(hours=10))
    one = Receipt(id="old:u1", message=old.id, unit=UnitId("u1"), sent_at=AT, version=1)
    cache.apply([put(1, old), put(2, new), put(3, one)], epoch="e")
    cache.prune(now=AT + timedelta(hours=73))
    assert [row.id for row in cache.contents()] == ["new"]
    read = replace(one, read_at=AT + timedelta(hours=73), version=2)
    late = change_of(4, one, read)
    assert late.op is Op.PUT
    assert cache.apply([late], epoch="e") == {("receipt", "old:u1"): read}


def test_that_a_reader_sees_what_was_applied_and_never_blocks(cache: Cache) -> None:
    reader = CacheReader(cache.path)
    report = Report(
        id="r1", channel=Channel.APP, received_at=AT, text="x", place="y", incident="i1",
        external_id="77", version=1,
    )  # fmt: skip
    cache.apply([put(1, an_incident()), put(2, report)], epoch="e")
    assert reader.report("r1") == report
    assert reader.report_from("app", "77") == report
    assert reader.details_of("i1") == [report]
    assert reader.evidence("none") is None
    reader.close()


def test_that_rows_of_an_earlier_version_are_there_without_central(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    cache = open_cache(path).cache
    cache.apply([put(1, an_incident(summary="before")), put(2, an_area())], epoch="e")
    cache.close()
    with closing(sqlite3.connect(path)) as db:
        for name in ("reopened", "is_major", "rating"):
            db.execute(f"ALTER TABLE incident DROP COLUMN {name}")
        db.execute('UPDATE cursor SET "schema" = "schema" - 1')
        db.commit()
    opened = open_cache(path)
    assert opened.damaged is None
    assert opened.cache.cursor() is None  # all rows are fetched anew when central is there
    assert opened.cache.contents() == [an_area(), an_incident(summary="before")]
    opened.cache.close()


def test_that_every_kind_a_console_holds_is_there_after_a_restart(cache: Cache) -> None:
    assert set(HELD) == set(WHOLE_KINDS)
    cache.apply([put(1, an_area())], epoch="e")
    assert cache.contents() == [an_area()]


def test_that_a_cache_of_another_version_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE incident (id TEXT PRIMARY KEY, words TEXT)")
    opened = open_cache(path)
    assert opened.damaged is not None
    assert opened.cache.contents() == []
    opened.cache.close()
