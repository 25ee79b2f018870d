"""What is sealed is read from anywhere; nothing changed, moved or cut short gets by."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.store.sealed import BLOCK, SealError, open_sealed, sealing_key, size_of, write_sealed
from console.sync.evidence import EvidenceFiles

KEY = sealing_key("ab" * 32, "test")
SIZES = (0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 77)


def sealed(path: Path, data: bytes, piece: int = 50_000) -> Path:
    with path.open("wb") as file:
        write_sealed(file, (data[at : at + piece] for at in range(0, len(data), piece)), KEY)
    return path


def whole_of(path: Path) -> bytes:
    with open_sealed(path, KEY) as file:
        return file.read()


@pytest.mark.parametrize("size", SIZES)
def test_that_what_was_sealed_is_read_whole_and_from_anywhere(tmp_path: Path, size: int) -> None:
    data = random.Random(size).randbytes(size)
    path = sealed(tmp_path / "one", data)
    assert size_of(path) == size
    assert data[:64] not in path.read_bytes() or size < 8
    with open_sealed(path, KEY) as file:
        assert file.read() == data
        for at in (0, size // 3, size // 2, max(0, size - 5), size + 9):
            file.seek(at)
            assert file.read(70_000) == data[at : at + 70_000]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_that_a_changed_moved_or_missing_byte_is_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("sealed")
    plain = random.Random(1).randbytes(2 * BLOCK + 500)
    path = sealed(folder / "one", plain)
    whole = path.read_bytes()
    block, head = BLOCK + 16, 15
    match data.draw(st.sampled_from(["flip", "cut", "swap", "more"])):
        case "flip":
            at = data.draw(st.integers(8, len(whole) - 1))
            path.write_bytes(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
        case "cut":
            path.write_bytes(whole[: data.draw(st.integers(head, len(whole) - 1))])
        case "swap":
            first, second = whole[head : head + block], whole[head + block : head + 2 * block]
            path.write_bytes(whole[:head] + second + first + whole[head + 2 * block :])
        case _:
            path.write_bytes(whole + os.urandom(data.draw(st.integers(1, 200))))
    with pytest.raises(SealError):
        whole_of(path)


def test_that_another_key_opens_nothing_and_a_plain_file_needs_none(tmp_path: Path) -> None:
    path = sealed(tmp_path / "one", b"seen on camera")
    with pytest.raises(SealError), open_sealed(path, sealing_key("cd" * 32, "test")) as file:
        file.read()
    with pytest.raises(SealError):
        open_sealed(path, None)
    plain = tmp_path / "old"
    plain.write_bytes(b"kept before there was a key")
    with open_sealed(plain, KEY) as file:
        assert file.read() == plain.read_bytes()
    assert size_of(plain) == len(plain.read_bytes())


def test_that_evidence_on_a_console_with_a_key_lies_there_sealed(tmp_path: Path) -> None:
    source = tmp_path / "photo.jpg"
    source.write_bytes(b"a face " * 40_000)
    files = EvidenceFiles(tmp_path / "kept", "ef" * 32)
    sha256, size = files.keep_file(source)
    assert (files.size(sha256), size) == (280_000, 280_000)
    assert b"a face" not in files.path(sha256).read_bytes()
    assert files.hash_of(sha256) == sha256
    with files.open(sha256) as file:
        assert file.read() == source.read_bytes()
