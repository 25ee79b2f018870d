"""What a console keeps is encrypted, made so without loss, and never lost for a wrong key."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from central_parts import CentralServer
from sync_parts import console, opened

from console.app.cachekey import CacheKeyError, cache_key, key_file
from console.domain.ids import CommandId, JurisdictionId, UnitId
from console.domain.units import Unit, UnitKind
from console.protocol.codec import row_to_builtins
from console.protocol.commands import NoteIncident
from console.protocol.messages import MAIN_SHARD, Change, Op
from console.store.cache import open_cache
from console.store.cachereads import CacheReader
from console.store.cipher import WrongKeyError, connect, unlock
from console.store.outbox import Draft, OutboxError, open_outbox

KEY, OTHER = "ab" * 32, "cd" * 32
NOW = datetime(2026, 11, 27, tzinfo=UTC)
SECRET = "住址 朝阳区 18 号"


def put(rev: int) -> Change:
    unit = Unit(
        id=UnitId(f"u{rev}"), no=rev, call_sign=f"K{rev}", kind=UnitKind.OFFICER, name=SECRET,
        district=JurisdictionId("D"), version=1,
    )  # fmt: skip
    return Change(MAIN_SHARD, rev, "unit", unit.id, 1, Op.PUT, row_to_builtins(unit))


def draft(number: int) -> Draft:
    return Draft(
        command_id=CommandId(f"c{number}"),
        made_at=NOW,
        body=NoteIncident(incident="i", text=SECRET),
    )


def bytes_of(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in path.parent.glob(path.name + "*"))


def test_that_nothing_of_a_cache_or_outbox_can_be_read_without_the_key(tmp_path: Path) -> None:
    cache_path, outbox_path = tmp_path / "cache.db", tmp_path / "outbox.db"
    cache = open_cache(cache_path, KEY).cache
    cache.apply([put(1)], epoch="e")
    outbox = open_outbox(outbox_path, KEY).outbox
    outbox.add(draft(1))
    for path in (cache_path, outbox_path):
        held = bytes_of(path)
        assert SECRET.encode() not in held
        assert b"CREATE TABLE" not in held
        assert KEY.encode() not in held
    reader = CacheReader(cache_path, KEY)
    assert reader.details_of("i") == []
    reader.close()
    cache.close()
    outbox.close()
    again = open_cache(cache_path, KEY)
    assert again.damaged is None
    assert again.cache.cursor() is not None
    again.cache.close()


def test_that_a_wrong_key_is_told_and_nothing_is_touched(tmp_path: Path) -> None:
    cache_path, outbox_path = tmp_path / "cache.db", tmp_path / "outbox.db"
    open_cache(cache_path, KEY).cache.close()
    outbox = open_outbox(outbox_path, KEY).outbox
    outbox.add(draft(1))
    outbox.close()
    before = {path: path.read_bytes() for path in (cache_path, outbox_path)}
    for key in (OTHER, None):
        with pytest.raises(WrongKeyError, match="nothing in it was touched"):
            open_cache(cache_path, key)
        with pytest.raises(WrongKeyError, match="nothing in it was touched"):
            open_outbox(outbox_path, key)
    assert {path: path.read_bytes() for path in (cache_path, outbox_path)} == before
    assert list(tmp_path.glob("*.damaged*")) == []
    found = open_outbox(outbox_path, KEY).outbox
    assert found.entry("c1") is not None
    found.close()


def test_that_nothing_is_set_aside_while_the_key_may_be_wrong(tmp_path: Path) -> None:
    cache_path, outbox_path = tmp_path / "cache.db", tmp_path / "outbox.db"
    open_cache(cache_path, KEY).cache.close()
    outbox = open_outbox(outbox_path, KEY).outbox
    outbox.add(draft(1))
    outbox.close()
    for path in (cache_path, outbox_path):
        path.with_name(path.name + ".key-id").unlink()
    before = {path: path.read_bytes() for path in (cache_path, outbox_path)}
    for key in (OTHER, None):
        with pytest.raises(WrongKeyError, match="nothing in it was touched"):
            open_cache(cache_path, key)
        with pytest.raises(WrongKeyError, match="nothing in it was touched"):
            open_outbox(outbox_path, key)
    assert {path: path.read_bytes() for path in (cache_path, outbox_path)} == before
    assert list(tmp_path.glob("*.damaged*")) == []
    found = open_outbox(outbox_path, KEY)
    assert (found.damaged, found.outbox.entry("c1") is not None) == (None, True)
    found.outbox.close()
    open_cache(cache_path, KEY).cache.close()
    assert [path.with_name(path.name + ".key-id").exists() for path in before] == [True, True]


def test_that_a_plain_outbox_and_cache_are_encrypted_and_lose_nothing(tmp_path: Path) -> None:
    cache_path, outbox_path = tmp_path / "cache.db", tmp_path / "outbox.db"
    cache = open_cache(cache_path).cache
    cache.apply([put(rev) for rev in range(1, 200)], epoch="e")
    rows = cache.contents()
    cache.close()
    outbox = open_outbox(outbox_path).outbox
    ids = [outbox.add(draft(number)).command_id for number in range(50)]
    console_id = outbox.console_id
    outbox.remember("who", "李")
    outbox.close()
    assert SECRET.encode() in bytes_of(outbox_path)
    for path in (cache_path, outbox_path):
        left = path.with_name(path.name + ".encrypting")
        left.write_bytes(b"cut short by an earlier crash")
    made = open_cache(cache_path, KEY).cache
    assert made.contents() == rows
    found = open_outbox(outbox_path, KEY).outbox
    assert found.console_id == console_id
    assert found.remembered("who") == "李"
    assert [one for one in ids if found.entry(one) is None] == []
    for path in (cache_path, outbox_path):
        assert SECRET.encode() not in bytes_of(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not path.with_name(path.name + ".encrypting").exists()
    made.close()
    found.close()


def test_that_an_outbox_another_console_holds_is_not_encrypted_under_its_hands(
    tmp_path: Path,
) -> None:
    path = tmp_path / "outbox.db"
    open_outbox(path).outbox.close()
    with closing(connect(path, None)) as held:
        held.execute("PRAGMA locking_mode=EXCLUSIVE")
        held.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OutboxError, match="another console of this name"):
            open_outbox(path, KEY)
    open_outbox(path, KEY).outbox.close()


def test_that_a_damaged_encrypted_file_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    cache = open_cache(path, KEY).cache
    cache.apply([put(rev) for rev in range(1, 500)], epoch="e")
    cache.close()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    found = open_cache(path, KEY)
    assert found.damaged is not None  # every page carries its own proof
    assert found.cache.contents() == []
    found.cache.close()
    assert found.damaged.read_bytes() == bytes(content)


def test_that_a_key_is_a_key(tmp_path: Path) -> None:
    for wrong in ("", "xyz", KEY.upper(), KEY + "00", "'; --"):
        with pytest.raises(ValueError, match="hexadecimal"):
            connect(tmp_path / "a.db", wrong)


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)


def test_that_a_key_lies_beside_the_data_directory_where_there_is_no_keyring(
    no_keyring: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    key = cache_key(home, "auto")
    assert "no keyring" in caplog.text
    assert key not in caplog.text
    caplog.clear()
    assert cache_key(home, "auto") == key == cache_key(home, "file")
    assert caplog.text == ""  # said once
    file = key_file(home)
    assert (file.parent, stat.S_IMODE(file.stat().st_mode)) == (tmp_path, 0o600)
    with pytest.raises(CacheKeyError, match="keyring cannot be used"):
        cache_key(home, "keyring")
    file.write_text("not a key")
    with pytest.raises(CacheKeyError, match="is no key"):
        cache_key(home, "auto")


def test_that_a_passphrase_makes_the_same_key_and_another_makes_another(tmp_path: Path) -> None:
    key = cache_key(tmp_path / "a", "passphrase", "correct horse")
    assert cache_key(tmp_path / "a", "passphrase", "correct horse") == key
    assert cache_key(tmp_path / "a", "passphrase", "correct hors") != key
    assert cache_key(tmp_path / "b", "passphrase", "correct horse") != key
    with pytest.raises(CacheKeyError, match="type it"):
        cache_key(tmp_path / "a", "passphrase")


def keyring_of(
    get: Callable[[str, str], str | None], put_in: Callable[[str, str, str], None]
) -> ModuleType:
    made = ModuleType("keyring")
    made.get_password = get  # type: ignore[attr-defined]
    made.set_password = put_in  # type: ignore[attr-defined]
    return made


def test_that_a_keyring_keeps_the_key_and_a_locked_one_leads_to_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    kept: dict[tuple[str, str], str] = {}

    def put_in(service: str, name: str, key: str) -> None:
        kept[service, name] = key

    ours = keyring_of(lambda service, name: kept.get((service, name)), put_in)
    monkeypatch.setitem(sys.modules, "keyring", ours)
    home = tmp_path / "home"
    key = cache_key(home, "auto")
    assert list(kept.values()) == [key]
    assert cache_key(home, "keyring") == key
    assert cache_key(tmp_path / "other", "auto") != key
    assert not key_file(home).exists()

    def locked(*_: str) -> None:
        raise RuntimeError("the collection is locked")

    monkeypatch.setitem(sys.modules, "keyring", keyring_of(locked, locked))
    assert cache_key(tmp_path / "third", "auto")
    assert key_file(tmp_path / "third").exists()


def test_that_a_console_keeps_nothing_plain(central_server: CentralServer, tmp_path: Path) -> None:
    home = tmp_path / "desk"
    with console(central_server.url, central_server.password("dispatcher"), home, key=KEY) as (
        client,
        recorder,
    ):
        recorder.live()
        body = opened(place=SECRET)
        recorder.open(client, body)
        reader = client.reader()
        assert reader.details_of(body.incident)
        reader.close()
    for path in (home / "console" / "main").glob("*.db*"):
        assert SECRET.encode() not in path.read_bytes(), path
        assert b"SQLite format 3" not in path.read_bytes(), path
    with console(central_server.url, central_server.password("dispatcher"), home, key=KEY) as (
        client,
        recorder,
    ):
        recorder.live()
        assert ("incident", body.incident) in recorder.rows
        assert recorder.contents[0].damaged is None
    with pytest.raises(WrongKeyError), console(central_server.url, "x", home, key=OTHER):
        pass


def test_that_unlocking_what_is_not_there_does_no_harm(tmp_path: Path) -> None:
    unlock(tmp_path / "none.db", KEY)
    assert not (tmp_path / "none.db").exists()
    unlock(tmp_path / "none.db", None)
