"""Evidence in parts at central: gone on with after a cut, checked as a whole, within limits."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import requests
from central_parts import CentralClient, CentralServer

from console.central import evidence, routes_evidence
from console.central.evidence import (
    KEPT_BEGUN_S,
    LIMIT_BYTES,
    MAX_BEGUN,
    EvidenceOffsetError,
    EvidenceStore,
)
from console.domain.levels import Role

FILM = os.urandom(5_000_000)
SHA256 = hashlib.sha256(FILM).hexdigest()
PART = 2_000_000


@pytest.fixture
def desk(central_server: CentralServer) -> Iterator[CentralClient]:
    client = central_server.client()
    yield client
    client.close()


def patch(
    client: CentralClient, data: bytes, offset: int, *, sha256: str = SHA256, total: int = len(FILM)
) -> requests.Response:
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(total)}
    url = f"{client.server.url}/v1/evidence/{sha256}"
    return client.http.patch(url, data=data, headers=headers, timeout=60)


def state(client: CentralClient, sha256: str = SHA256) -> tuple[int, bool]:
    url = f"{client.server.url}/v1/evidence/{sha256}/upload"
    answer = client.http.get(url, timeout=60).json()
    return answer["offset"], answer["complete"]


def test_that_parts_become_the_whole_and_only_then_it_is_there(
    central_server: CentralServer, desk: CentralClient
) -> None:
    url = f"{central_server.url}/v1/evidence/{SHA256}"
    assert state(desk) == (0, False)
    assert patch(desk, FILM[:PART], 0).json() == {
        "sha256": SHA256, "offset": PART, "complete": False,
    }  # fmt: skip
    assert desk.http.get(url, timeout=60).status_code == 404
    central_server.stop()
    central_server.start()
    again = central_server.client()
    assert state(again) == (PART, False)
    assert patch(again, FILM[PART : 2 * PART], PART).json()["offset"] == 2 * PART
    assert patch(again, FILM[2 * PART :], 2 * PART).json()["complete"] is True
    assert state(again) == (len(FILM), True)
    assert again.http.get(url, timeout=60).content == FILM
    assert patch(again, b"", 0).json()["complete"] is True
    assert not list((central_server.home / "central" / "evidence" / "begun").iterdir())
    again.close()


def test_that_bytes_that_are_asked_for_count_as_come_now_and_are_not_thrown_away(
    central_server: CentralServer, desk: CentralClient
) -> None:
    sha256 = hashlib.sha256(FILM[:PART]).hexdigest()
    assert patch(desk, FILM[:PART], 0, sha256=sha256, total=PART).ok
    folder = central_server.home / "central" / "evidence"
    path = folder / sha256[:2] / sha256[2:4] / sha256
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert state(desk, sha256) == (PART, True)
    assert path.stat().st_mtime > 1_700_000_000
    assert state(desk, "0" * 64) == (0, False)


def test_that_a_part_in_the_wrong_place_is_told_where_to_go_on(desk: CentralClient) -> None:
    assert patch(desk, FILM[:PART], 0).status_code == 200
    for offset in (0, PART - 1, PART + 1):
        answer = patch(desk, FILM[:10], offset)
        assert (answer.status_code, answer.json()["offset"]) == (409, PART)
        assert "go on from there" in answer.json()["error"]
    assert state(desk) == (PART, False)


def test_that_a_part_cut_short_keeps_what_came_of_it(desk: CentralClient) -> None:
    def cut() -> Iterator[bytes]:
        yield FILM[: 3 << 20]
        raise ConnectionResetError("the wire is cut")

    class Sized:
        """A body that says its length and ends early."""

        def __len__(self) -> int:
            return len(FILM)

        def __iter__(self) -> Iterator[bytes]:
            return cut()

    with pytest.raises((ConnectionResetError, requests.ConnectionError)):
        patch(desk, Sized(), 0)  # type: ignore[arg-type]  # a body of another kind
    end = time.monotonic() + 60
    while state(desk)[0] == 0 and time.monotonic() < end:
        time.sleep(0.02)
    here, is_kept = state(desk)
    assert 0 < here <= 3 << 20
    assert not is_kept
    answer = patch(desk, FILM[here:], here)
    if answer.status_code == 409:  # more of what was cut has come meanwhile; now it has ended
        answer = patch(desk, FILM[answer.json()["offset"] :], answer.json()["offset"])
    assert answer.json()["complete"] is True


def test_that_damaged_bytes_are_thrown_away_and_begun_anew(desk: CentralClient) -> None:
    assert patch(desk, b"\0" * PART, 0).status_code == 200
    answer = patch(desk, FILM[PART:], PART)
    assert answer.status_code == 422
    assert "not those of this hash" in answer.json()["error"]
    assert state(desk) == (0, False)
    assert patch(desk, FILM, 0).json()["complete"] is True


def test_that_what_two_send_is_kept_apart_until_it_is_whole(
    central_server: CentralServer, desk: CentralClient
) -> None:
    lead = central_server.client(Role.SHIFT_LEAD)
    assert patch(desk, b"\0" * PART, 0).status_code == 200
    assert state(lead) == (0, False)
    assert patch(lead, FILM, 0).json()["complete"] is True
    assert patch(desk, b"", PART).json()["complete"] is True
    lead.close()


@pytest.mark.parametrize("role", sorted(LIMIT_BYTES))
def test_that_every_role_has_its_limit_in_a_sentence(
    central_server: CentralServer, role: Role
) -> None:
    client = central_server.officer("K1") if role is Role.OFFICER else central_server.client(role)
    most = LIMIT_BYTES[role]
    answer = patch(client, b"x", 0, total=most + 1)
    assert answer.status_code == 413
    assert f"({most >> 20} MB)" in answer.json()["error"]
    assert patch(client, b"x", 0, total=most).status_code == 200
    client.close()


def test_that_nonsense_is_refused_in_sentences(
    central_server: CentralServer, desk: CentralClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{central_server.url}/v1/evidence/{SHA256}"
    sized = {"Upload-Offset": "0", "Upload-Length": "9"}
    for headers, status, words in (
        ({}, 422, "Upload-Offset"),
        ({"Upload-Offset": "-1", "Upload-Length": "9"}, 422, "Upload-Offset"),
        ({"Upload-Offset": "0", "Upload-Length": "9" * 5000}, 422, "Upload-Length"),
        ({"Upload-Offset": "10", "Upload-Length": "9"}, 422, "none of that evidence"),
        ({"Upload-Offset": "0", "Upload-Length": "0"}, 422, "none of that evidence"),
    ):
        answer = desk.http.patch(url, data=b"x", headers=headers, timeout=60)
        assert (answer.status_code, words in answer.json()["error"]) == (status, True), headers
    endless = desk.http.patch(url, data=iter([b"x"]), headers=sized, timeout=60)
    assert (endless.status_code, "Content-Length" in endless.json()["error"]) == (411, True)
    assert patch(desk, b"x" * 10, 0, total=9).status_code == 413
    monkeypatch.setattr(routes_evidence, "MAX_PART_BYTES", 8)
    assert patch(desk, b"x" * 9, 0, total=9).status_code == 413
    assert patch(desk, b"x", 0, sha256="A" * 64).status_code == 422


def test_that_nobody_fills_the_disk_with_beginnings(
    desk: CentralClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(MAX_BEGUN):
        assert patch(desk, b"x", 0, sha256=f"{number:064x}").status_code == 200
    answer = patch(desk, b"x", 0, sha256="f" * 64)
    assert (answer.status_code, "go on with those first" in answer.json()["error"]) == (429, True)
    assert patch(desk, b"y", 1, sha256="0" * 64).status_code == 200
    monkeypatch.setattr(evidence, "LEFT_FREE_BYTES", 1 << 62)
    assert patch(desk, b"x", 2, sha256="0" * 64).status_code == 503


def test_that_what_nobody_goes_on_with_is_swept_away_after_three_days(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)

    async def begin(sha256: str) -> None:
        async def some() -> AsyncIterator[bytes]:
            yield b"some"

        await store.take_part(sha256, "p", some(), offset=0, total=9)

    asyncio.run(begin("0" * 64))
    asyncio.run(begin("1" * 64))
    old = next(one for one in (tmp_path / "begun").iterdir() if one.name.endswith("0" * 64))
    at = time.time()
    os.utime(old, (at - KEPT_BEGUN_S - 1,) * 2)
    assert store.sweep(now_s=lambda: at) == 1
    assert (store.begun_bytes("0" * 64, "p"), store.begun_bytes("1" * 64, "p")) == (0, 4)
    assert EvidenceStore(tmp_path).begun_bytes("1" * 64, "p") == 4


def test_that_who_comes_back_takes_over_from_a_connection_that_hangs(tmp_path: Path) -> None:
    store, total = EvidenceStore(tmp_path), 2 << 20
    data = os.urandom(total)
    sha256 = hashlib.sha256(data).hexdigest()

    async def both() -> None:
        hangs, seen = asyncio.Event(), asyncio.Event()

        async def dead() -> AsyncIterator[bytes]:
            yield data[: 1 << 20]
            seen.set()
            await hangs.wait()
            yield data[1 << 20 :]

        async def alive() -> AsyncIterator[bytes]:
            yield data[1 << 20 :]

        first = asyncio.create_task(store.take_part(sha256, "p", dead(), offset=0, total=total))
        await seen.wait()
        here = store.begun_bytes(sha256, "p")
        assert here == 1 << 20
        assert await store.take_part(sha256, "p", alive(), offset=here, total=total) == total
        hangs.set()
        with pytest.raises(EvidenceOffsetError):
            await first

    asyncio.run(both())
    assert store.path_of(sha256).read_bytes() == data
