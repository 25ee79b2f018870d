"""The audit's chain: every change, removal, insertion, reordering and cut of it is found."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from audit_parts import BEGAN, some_acts, unguard, verified, write_acts
from central_parts import Database
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from console.central.audit import CHECKPOINT_ENTRIES, AuditKeeper
from console.domain.audit import GENESIS, HASHED, AuditEntry, chained, masked
from console.store.audit import AUDIT, AuditFilter, each_entry, read_entries
from console.store.auditseal import CHECKPOINTS_NAME, HEAD_NAME, PRIVATE_NAME
from console.store.auditverify import CUT_FOUND
from console.store.engine import StoreError, checkpoint, open_engine, sqlite_url
from console.store.upgrade import upgrade

ENTRIES = 24


@dataclass(frozen=True)
class Chain:
    """A chain that was closed in good order."""

    engine: Engine
    folder: Path

    def spoil(self, *statements: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            unguard(connection)
            for one in statements:
                connection.execute(text(one), values)

    def sentences(self) -> str:
        return verified(self.engine, self.folder).text()


def a_chain(folder: Path, *, entries: int = ENTRIES, url: str | None = None) -> Chain:
    engine = open_engine(url or sqlite_url(folder / "central.db"))
    upgrade(engine)
    keeper = AuditKeeper(folder / "audit")
    with engine.begin() as connection:
        keeper.open(connection, at=BEGAN)
    acts = some_acts(entries)
    write_acts(engine, keeper, acts[: entries // 2], sign=True)
    for act in acts[entries // 2 :]:
        write_acts(engine, keeper, [act])
    keeper.close()
    return Chain(engine, folder / "audit")


@pytest.fixture
def chain(tmp_path: Path, database: Database) -> Iterator[Chain]:
    made = a_chain(tmp_path, url=database.url(tmp_path))
    yield made
    made.engine.dispose()


@pytest.mark.both_databases
def test_that_a_chain_nobody_touched_is_whole(chain: Chain) -> None:
    found = verified(chain.engine, chain.folder)
    assert found.is_whole, found.text()
    assert (found.entries, found.head.seq, found.checkpoints) == (ENTRIES, ENTRIES, 2)
    assert "whole: 24 entries" in found.text()


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (["UPDATE audit SET person='q' WHERE seq=7"], "Entry 7 ("),
        (["UPDATE audit SET details='{}' WHERE seq=1"], "Entry 1 ("),
        (["DELETE FROM audit WHERE seq BETWEEN 5 AND 9"], "Entries 5 to 9 are missing"),
        (["DELETE FROM audit WHERE seq=1"], "Entry 1 is missing"),
        (["DELETE FROM audit WHERE seq=24"], "its tail was cut off"),
        (["DELETE FROM audit WHERE seq>10"], "ends at entry 10; entry 12 was signed"),
        (["DELETE FROM audit"], "ends at entry 0"),
        (
            [
                "UPDATE audit SET seq=1000 WHERE seq=8",
                "UPDATE audit SET seq=8 WHERE seq=9",
                "UPDATE audit SET seq=9 WHERE seq=1000",
            ],
            "Entry 8 (",
        ),
        (["DELETE FROM audit_checkpoint"], "missing in the database"),
        (["UPDATE audit_checkpoint SET at_us=at_us+1"], "central's signature"),
    ],
)
def test_that_what_was_done_to_it_is_found_and_placed(
    chain: Chain, statements: list[str], told: str
) -> None:
    chain.spoil(*statements)
    assert told in chain.sentences()


def test_that_an_entry_put_between_is_found(chain: Chain) -> None:
    with chain.engine.connect() as connection:
        last = read_entries(connection, AuditFilter(), limit=1)[0]
    columns = ", ".join((*HASHED, "hash"))
    values = {name: getattr(last, name) for name in (*HASHED, "hash")} | {"seq": last.seq + 1}
    chain.spoil(
        f"INSERT INTO audit ({columns}) VALUES ({', '.join(f':{n}' for n in values)})", **values
    )
    assert "Entry 25 (" in chain.sentences()


def test_that_a_chain_rewritten_with_true_hashes_is_found_by_what_was_signed(chain: Chain) -> None:
    """Whoever can write the database can hash as well, but cannot sign."""
    rewritten = {"seq": 3, "person": "somebody else"}
    chain.spoil("UPDATE audit SET person=:person WHERE seq=:seq", **rewritten)
    with chain.engine.begin() as connection:
        before = GENESIS
        for entry in list(each_entry(connection)):
            values = {name: getattr(entry, name) for name in HASHED}
            before = chained(before, values)
            change = AUDIT.update().where(AUDIT.c.seq == entry.seq).values(hash=before)
            connection.execute(change)
    found = chain.sentences()
    assert "Entry 12 has another hash than the one that was signed" in found
    assert "Entry 24 has another hash than the one that was signed" in found


def test_that_files_beside_the_database_are_missed_and_read_closely(chain: Chain) -> None:
    lines = chain.folder / CHECKPOINTS_NAME
    whole = lines.read_text()
    lines.write_text(whole + "{not json\n")
    assert "Line 2 of the file of checkpoints is damaged" in chain.sentences()
    lines.write_text(whole.replace('"seq":12', '"seq":11'))
    assert "does not bear central's signature" in chain.sentences()
    lines.unlink()
    assert "file of checkpoints is gone" in chain.sentences()
    lines.write_text(whole)
    (chain.folder / HEAD_NAME).write_bytes(b"\0" * 1024)
    assert "holds no head" in chain.sentences()
    (chain.folder / HEAD_NAME).unlink()
    assert "newest head is gone" in chain.sentences()


def test_that_one_torn_slot_of_the_head_leaves_the_other(chain: Chain) -> None:
    head = chain.folder / HEAD_NAME
    whole = head.read_bytes()
    for at in (0, 512):
        head.write_bytes(whole[:at] + b"\0" * 512 + whole[at + 512 :])
        assert verified(chain.engine, chain.folder).is_whole


def test_that_a_cut_is_written_into_the_chain_when_central_starts_on_it(chain: Chain) -> None:
    chain.spoil("DELETE FROM audit WHERE seq>20")
    keeper = AuditKeeper(chain.folder)
    with chain.engine.begin() as connection:
        keeper.open(connection, at=BEGAN)
    write_acts(chain.engine, keeper, some_acts(10, first=30), sign=True)
    keeper.close()
    with chain.engine.connect() as connection:
        cut = read_entries(connection, AuditFilter(action=CUT_FOUND), limit=5)
    assert [one.seq for one in cut] == [21]
    assert "had been cut off" in chain.sentences()


def test_that_checkpoints_come_by_number_and_are_copied_elsewhere(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "central.db"))
    upgrade(engine)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    keeper = AuditKeeper(tmp_path / "audit", copy_folder=elsewhere)
    for part in range(5):
        acts = some_acts(CHECKPOINT_ENTRIES // 2, first=part * CHECKPOINT_ENTRIES // 2)
        write_acts(engine, keeper, acts)
    keeper.close()
    found = verified(engine, tmp_path / "audit")
    assert (found.is_whole, found.checkpoints) == (True, 3)
    (copy,) = elsewhere.iterdir()
    assert copy.read_text() == (tmp_path / "audit" / CHECKPOINTS_NAME).read_text()
    assert len(copy.read_text().splitlines()) == 2
    engine.dispose()


def test_that_a_checkpoint_the_file_lacks_is_put_there_at_the_next_start(chain: Chain) -> None:
    lines = chain.folder / CHECKPOINTS_NAME
    whole = lines.read_text()
    lines.write_text(whole[: len(whole) // 2])  # cut short by a kill
    keeper = AuditKeeper(chain.folder)
    with chain.engine.begin() as connection:
        keeper.open(connection, at=BEGAN)
    keeper.close()
    assert whole in lines.read_text()


@pytest.mark.both_databases
def test_that_the_database_itself_refuses_to_change_it(chain: Chain) -> None:
    for statement in (
        "UPDATE audit SET person='q'",
        "DELETE FROM audit",
        "UPDATE audit_checkpoint SET at_us=0",
        "DELETE FROM audit_checkpoint",
    ):
        with (
            pytest.raises(DBAPIError, match="only ever appended to"),
            chain.engine.begin() as connection,
        ):
            connection.execute(text(statement))
    assert verified(chain.engine, chain.folder).is_whole


def test_that_the_key_is_private_and_a_damaged_one_is_said(chain: Chain) -> None:
    key = chain.folder / PRIVATE_NAME
    assert key.stat().st_mode & 0o077 == 0
    key.write_text("no key")
    with pytest.raises(StoreError, match="cannot be read"):
        AuditKeeper(chain.folder)


def test_that_entries_are_found_by_who_what_and_when(chain: Chain) -> None:
    with chain.engine.connect() as connection:
        of_p1 = read_entries(connection, AuditFilter(person="p1"), limit=99)
        reads = read_entries(connection, AuditFilter(action="read:"), limit=99)
        of_row = read_entries(connection, AuditFilter(kind="incident", row_id="i3"), limit=99)
        late = read_entries(connection, AuditFilter(since=some_acts(21)[20].at), limit=99)
        early = read_entries(connection, AuditFilter(before=5), limit=2)
    assert {one.person for one in of_p1} == {"p1"}
    assert len(of_p1) == 6
    assert {one.action for one in reads} == {"read:snapshot"}
    assert [one.seq for one in of_row] == [18, 11, 4]
    assert [one.seq for one in late] == [24, 23, 22, 21]
    assert [one.seq for one in early] == [4, 3]


FIELDS = {
    "at_us": st.integers(-(2**62), 2**62),
    "action": st.text(max_size=20),
    "person": st.none() | st.text(max_size=8),
    "role": st.none() | st.text(max_size=8),
    "device": st.none() | st.text(max_size=8),
    "address": st.none() | st.text(max_size=8),
    "outcome": st.text(max_size=8),
    "subject_kind": st.none() | st.text(max_size=8),
    "subject_id": st.none() | st.text(max_size=8),
    "rev": st.none() | st.integers(-(2**62), 2**62),
    "command_id": st.none() | st.text(max_size=8),
    "details": st.text(max_size=20),
    "hash": st.text(alphabet="0123456789abcdef", min_size=64, max_size=64) | st.text(max_size=8),
}


@pytest.fixture(scope="module")
def small_chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a chain of twelve entries, closed in good order."""
    folder = tmp_path_factory.mktemp("chain")
    made = a_chain(folder, entries=12)
    checkpoint(made.engine, everything=True)
    made.engine.dispose()
    return folder


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_that_any_mutation_of_the_stored_chain_is_found(
    small_chain: Path, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        shutil.copytree(small_chain, folder, dirs_exist_ok=True)
        engine = create_engine(sqlite_url(Path(folder) / "central.db"))
        chain = Chain(engine, Path(folder) / "audit")
        with chain.engine.connect() as connection:
            before = list(each_entry(connection))
        for _ in range(data.draw(st.integers(1, 3))):
            _mutate(chain, data)
        with chain.engine.connect() as connection:
            after = list(each_entry(connection))
        found = verified(chain.engine, chain.folder)
        assert found.is_whole is (before == after), found.text()
        chain.engine.dispose()


def _mutate(chain: Chain, data: st.DataObject) -> None:
    seq = data.draw(st.integers(1, 12))
    how = data.draw(st.sampled_from(["change", "remove", "swap", "cut", "insert", "renumber"]))
    if how == "change":
        name = data.draw(st.sampled_from(sorted(FIELDS)))
        value = data.draw(FIELDS[name].filter(_keepable))
        chain.spoil(f"UPDATE audit SET {name}=:value WHERE seq=:seq", value=value, seq=seq)
    elif how == "remove":
        chain.spoil("DELETE FROM audit WHERE seq=:seq", seq=seq)
    elif how == "cut":
        chain.spoil("DELETE FROM audit WHERE seq>=:seq", seq=seq)
    elif how == "swap":
        other = data.draw(st.integers(1, 12))
        chain.spoil("UPDATE audit SET seq=-1 WHERE seq=:seq", seq=seq)
        chain.spoil("UPDATE audit SET seq=:seq WHERE seq=:other", seq=seq, other=other)
        chain.spoil("UPDATE audit SET seq=:other WHERE seq=-1", other=other)
    elif how == "insert":
        columns = ", ".join(name for name in (*HASHED, "hash") if name != "seq")
        chain.spoil(
            f"INSERT INTO audit (seq, {columns}) SELECT "
            f"(SELECT coalesce(max(seq), 0) + 1 FROM audit), {columns} FROM audit WHERE seq=:seq",
            seq=seq,
        )
    else:
        chain.spoil("UPDATE audit SET seq = seq + 100 WHERE seq=:seq", seq=seq)


def _keepable(value: object) -> bool:
    return not isinstance(value, str) or ("\0" not in value and value.isprintable())


def test_that_canonical_bytes_tell_every_field_apart() -> None:
    base = dict.fromkeys(HASHED) | {"seq": 1, "at_us": 0, "details": "{}"}
    hashes = {chained(GENESIS, {**base, name: "x"}) for name in HASHED}
    assert len(hashes | {chained(GENESIS, base)}) == len(HASHED) + 1
    assert set(HASHED) == set(AuditEntry.__slots__) - {"hash"}


def test_that_secrets_are_masked_however_deep_they_lie() -> None:
    told = masked(
        {"new": {"login": "li", "password": "p"}, "list": [{"token": "t"}], "secret": None}
    )
    assert told == {
        "new": {"login": "li", "password": "●"}, "list": [{"token": "●"}], "secret": None
    }  # fmt: skip
