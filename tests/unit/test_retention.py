"""What central throws away when its time is over, and what it does not."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.central.evidence import EvidenceStore
from console.central.operations import ITSELF
from console.central.retention import Outdated, Retention, find_outdated, retention_acts
from console.domain.areas import AreaEvent, AreaId, FenceRule
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level
from console.domain.places import Evidence, EvidenceKind
from console.domain.retention import RetentionRules
from console.store.engine import open_engine, sqlite_url
from console.store.mapping import put_rows
from console.store.upgrade import upgrade

MB = 1 << 20


def test_that_evidence_goes_only_when_no_incident_needs_it(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "central.db"))
    upgrade(engine)
    now = datetime(2026, 11, 27, tzinfo=UTC)
    old, lately = now - timedelta(days=400), now - timedelta(days=2)
    cases = {"old": [old], "shared": [old, None], "lately": [lately], "twice": [old, old]}
    with engine.begin() as connection:
        for name, closings in cases.items():
            for no, closed in enumerate(closings):
                incident = f"{name}-{no}"
                put_rows(connection, [an_incident(incident, closed), a_photo(incident, name)])
    rules = RetentionRules(evidence_days=365)
    store, empty = EvidenceStore(tmp_path / "evidence"), EvidenceStore(tmp_path / "empty")
    for name in cases:
        keep_bytes(store, name, bytes(3 * MB), now - timedelta(days=500))
    with engine.connect() as connection:
        found = find_outdated(connection, rules, at=now, store=store)
        for_ever = find_outdated(connection, RetentionRules(), at=now, store=store)
        gone = find_outdated(connection, rules, at=now, store=empty)
    engine.dispose()
    assert set(found.evidence) == {hash_of_name("old"), hash_of_name("twice")}
    assert "2 pieces of evidence (6 MB)" in found.text(is_done=False)
    assert for_ever.evidence == gone.evidence == found.unclaimed == ()


def keep_bytes(store: EvidenceStore, name: str, data: bytes, at: datetime) -> Path:
    path = store.path_of(hash_of_name(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def test_that_bytes_that_no_incident_has_go_after_their_time(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "central.db"))
    upgrade(engine)
    now = datetime(2026, 11, 27, tzinfo=UTC)
    store, rules = EvidenceStore(tmp_path / "evidence"), RetentionRules()
    ages = {"entered": 400, "lately": 29, "old": 31, "claimed": 31, "again": 31}
    paths = {
        name: keep_bytes(store, name, b"seen", now - timedelta(days=days))
        for name, days in ages.items()
    }
    retention = Retention(
        rules=rules, link=None, evidence=store, clock=lambda: now,  # type: ignore[arg-type]
    )  # fmt: skip
    with engine.begin() as connection:
        put_rows(connection, [an_incident("i", None), a_photo("i", "entered")])
        found = find_outdated(connection, rules, at=now, store=store)
        put_rows(connection, [an_incident("j", None), a_photo("j", "claimed")])
        os.utime(paths["again"])
        retention._drop_unclaimed(found.unclaimed, now, connection, None)  # type: ignore[arg-type]
    engine.dispose()
    assert set(found.unclaimed) == {hash_of_name(one) for one in ("old", "claimed", "again")}
    assert "3 that no incident has" in found.text(is_done=False)
    assert {name for name, path in paths.items() if path.exists()} == set(ages) - {"old"}


def test_that_what_happened_at_areas_goes_after_its_time(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "central.db"))
    upgrade(engine)
    now = datetime(2026, 11, 27, tzinfo=UTC)
    events = [
        AreaEvent(
            id=f"e{days}", area=AreaId("a"), rule=FenceRule.ENTER, version=1,
            at=now - timedelta(days=days),
        )
        for days in (1, 364, 366, 900)
    ]  # fmt: skip
    store = EvidenceStore(tmp_path / "evidence")
    with engine.begin() as connection:
        put_rows(connection, events)
        found = find_outdated(connection, RetentionRules(), at=now, store=store)
        kept = RetentionRules(area_events_days=0)
        for_ever = find_outdated(connection, kept, at=now, store=store)
    engine.dispose()
    assert (found.area_events, for_ever.area_events) == (2, 0)
    assert "2 events at areas" in found.text(is_done=False)


def test_that_the_audit_has_every_hash_in_entries_of_some_hundred() -> None:
    evidence = tuple(hash_of_name(f"e{no}") for no in range(700))
    unclaimed = tuple(hash_of_name(f"u{no}") for no in range(50))
    found = Outdated(
        positions=0, changes=0, up_to_rev=0, results=4, area_events=0, evidence=evidence,
        evidence_bytes=MB, unclaimed=unclaimed, unclaimed_bytes=1,
    )  # fmt: skip
    at = datetime(2026, 11, 27, tzinfo=UTC)
    acts = retention_acts(found, RetentionRules(), ITSELF, at=at)
    details = [one.details for one in acts]
    assert [sha256 for one in details for sha256 in one["hashes"]] == [*evidence, *unclaimed]
    assert [(one["part"], one["parts"]) for one in details] == [(1, 3), (2, 3), (3, 3)]
    assert max(len(json.dumps(one)) for one in details) < 32_000
    assert (details[0]["results"], details[0]["evidence"]) == (4, 700)
    none = replace(found, evidence=(), unclaimed=())
    (only,) = retention_acts(none, RetentionRules(), ITSELF, at=at)
    assert only.details["hashes"] == []


def hash_of_name(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def an_incident(row_id: str, closed: datetime | None) -> Incident:
    return Incident(
        id=row_id, form="0301", level=Level.HIGH, channel=Channel.HOTLINE, summary="s", place="p",
        stage=Stage.EVALUATE if closed else Stage.FILE, opened_at=datetime(2025, 1, 1, tzinfo=UTC),
        closed_at=closed, version=1,
    )  # fmt: skip


def a_photo(incident: str, name: str) -> Evidence:
    return Evidence(
        id=f"e-{incident}", incident=incident, kind=EvidenceKind.PHOTO, media_type="image/jpeg",
        sha256=hash_of_name(name), size=1, captured_at=datetime(2025, 1, 1, tzinfo=UTC), version=1,
    )  # fmt: skip
