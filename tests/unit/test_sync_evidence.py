"""Evidence on its way: original bytes, gone on with after a cut, said to be there when it is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from central_parts import CentralServer
from sync_parts import Cut, console, opened

from console.domain.ids import EvidenceId, IncidentId, new_id
from console.domain.killpoints import KillPoint, Killpoints
from console.domain.places import Evidence, EvidenceKind
from console.protocol.messages import BYTES_MISSING
from console.store.outbox import EntryState
from console.sync import uploads
from console.sync.evidence import EvidenceError, EvidenceFiles
from console.sync.uploads import PART_BYTES

FILM = os.urandom(3 * PART_BYTES + 12_345)
SHA256 = hashlib.sha256(FILM).hexdigest()


@pytest.fixture
def wire(central_server: CentralServer) -> Iterator[Cut]:
    cut = Cut(central_server.url)
    yield cut
    cut.close()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(FILM)
    return path


def named(incident: str) -> Evidence:
    return Evidence(
        id=EvidenceId(new_id(datetime.now(UTC))), incident=IncidentId(incident),
        kind=EvidenceKind.VIDEO, media_type="video/mp4", sha256="", size=0,
        captured_at=datetime.now(UTC),
    )  # fmt: skip


def kept_at(server: CentralServer) -> Path:
    return server.home / "central" / "evidence" / SHA256[:2] / SHA256[2:4] / SHA256


def begun_at(server: CentralServer) -> int:
    return sum(
        one.stat().st_size for one in (server.home / "central" / "evidence" / "begun").iterdir()
    )


def test_that_a_film_cut_on_its_way_goes_on_where_it_was_and_is_named_when_it_is_there(
    central_server: CentralServer, wire: Cut, film: Path, tmp_path: Path
) -> None:
    password = central_server.password("dispatcher")
    with console(wire.url, password, tmp_path / "desk") as (client, recorder):
        recorder.live()
        body = opened()
        recorder.open(client, body)
        wire.bytes_to_central = 0
        wire.cut_after_sent = PART_BYTES + PART_BYTES // 2
        evidence = named(body.incident)
        command = client.submit_evidence_file(film, evidence).result(60)
        film.unlink()  # its copy is kept
        recorder.wait(lambda me: wire.is_cut and not me.is_live)
        assert begun_at(central_server) >= PART_BYTES
        assert not kept_at(central_server).exists()
        waiting = [(one.command_id, one.state) for one in recorder.outbox.pending]
        assert waiting == [(command, EntryState.WAITING)]
        sent_before = wire.bytes_to_central
        wire.mend()
        recorder.wait(lambda me: ("evidence", evidence.id) in me.rows)
        recorder.settled()
        held = recorder.rows["evidence", evidence.id]
    assert (held.sha256, held.size) == (SHA256, len(FILM))
    assert held.received_at is not None
    assert kept_at(central_server).read_bytes() == FILM
    assert wire.bytes_to_central - sent_before < len(FILM) - PART_BYTES + 500_000


def test_that_bytes_damaged_at_central_are_sent_anew_and_damaged_here_are_said_to_be(
    central_server: CentralServer, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = central_server.password("dispatcher")
    desk = central_server.client()
    sized = {"Upload-Offset": "0", "Upload-Length": str(len(FILM))}
    url = f"{central_server.url}/v1/evidence/{SHA256}"
    assert desk.http.patch(url, data=b"\0" * 99, headers=sized, timeout=60).status_code == 200
    desk.close()
    with console(central_server.url, password, tmp_path / "desk") as (client, recorder):
        recorder.live()
        body = opened()
        recorder.open(client, body)
        evidence = named(body.incident)
        client.submit_evidence_file(film, evidence).result(60)
        recorder.wait(lambda me: ("evidence", evidence.id) in me.rows)
        recorder.settled()
        monkeypatch.setattr(uploads, "PART_BYTES", 1 << 16)
        film.write_bytes(FILM[: 1 << 18])
        folder = tmp_path / "desk" / "console" / "main" / "evidence"
        sha256 = EvidenceFiles(folder).keep_file(film)[0]
        (folder / sha256).write_bytes(b"\0" * (1 << 18))
        film.write_bytes(FILM[: 1 << 18])
        spoilt = replace(named(body.incident), sha256=sha256, size=1 << 18)
        client._kept(client._naming(spoilt))
        recorder.wait(lambda me: me.outbox.tray)
        (entry,) = recorder.outbox.tray
        assert entry.result is not None
        assert "have changed since" in (entry.result.reason or "")


def test_that_a_film_larger_than_the_role_may_send_waits_in_the_tray_with_the_reason(
    central_server: CentralServer, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from console.central import evidence as store  # noqa: PLC0415 - only this test changes it
    from console.domain.levels import Role  # noqa: PLC0415

    monkeypatch.setitem(store.LIMIT_BYTES, Role.DISPATCHER, 1 << 20)  # type: ignore[arg-type]
    password = central_server.password("dispatcher")
    with console(central_server.url, password, tmp_path / "desk") as (client, recorder):
        recorder.live()
        body = opened()
        recorder.open(client, body)
        client.submit_evidence_file(film, named(body.incident)).result(60)
        recorder.wait(lambda me: me.outbox.tray)
        (entry,) = recorder.outbox.tray
        assert entry.result is not None
        assert "more than a dispatcher may send (1 MB)" in (entry.result.reason or "")


def test_that_a_file_is_kept_by_copying_and_nothing_half_copied_stays(tmp_path: Path) -> None:
    files = EvidenceFiles(tmp_path / "kept")
    source = tmp_path / "a.jpg"
    source.write_bytes(b"original")
    assert files.keep_file(source) == (hashlib.sha256(b"original").hexdigest(), 8)
    source.write_bytes(b"")
    for wrong in (source, tmp_path / "none.jpg", tmp_path):
        with pytest.raises(EvidenceError):
            files.keep_file(wrong)
    (tmp_path / "kept" / "x.part").write_bytes(b"half")
    files.keep_only(set(), most_bytes=1 << 20)
    assert [one.name for one in (tmp_path / "kept").iterdir()] == [
        hashlib.sha256(b"original").hexdigest()
    ]


def test_that_pieces_are_kept_together_and_none_where_one_is_not_what_it_is_said_to_be(
    tmp_path: Path,
) -> None:
    files = EvidenceFiles(tmp_path / "evidence", "ab" * 32)
    still, film = b"still" * 40_000, b"film" * 50_000
    hashes = [hashlib.sha256(one).hexdigest() for one in (still, film)]
    with pytest.raises(EvidenceError):
        files.keep((still, hashes[0]), (film, hashes[0]))
    assert not files.has(hashes[0])
    files.keep((still, hashes[0]), (film, hashes[1]))
    for data, sha256 in zip((still, film), hashes, strict=True):
        with files.open(sha256) as file:
            assert file.read() == data
        assert data[:100] not in files.path(sha256).read_bytes(), "it is sealed"
    files.keep((still, hashes[0]))
    assert sorted(one.name for one in (tmp_path / "evidence").iterdir()) == sorted(hashes)


class Losing(Killpoints):
    """Loses the bytes at central when they are all there and the command is about to go."""

    def __init__(self, kept: Path, *, times: int) -> None:
        super().__init__()
        self._kept, self.left, self.lost = kept, times, 0

    def reach(self, point: KillPoint) -> None:
        if point is KillPoint.EVIDENCE_SENT and self.left:
            self._kept.unlink()
            self.left -= 1
            self.lost += 1


def test_that_bytes_lost_between_upload_and_naming_go_again_without_a_person(
    central_server: CentralServer, film: Path, tmp_path: Path
) -> None:
    password = central_server.password("dispatcher")
    losing = Losing(kept_at(central_server), times=2)
    home = tmp_path / "desk"
    with console(central_server.url, password, home, killpoints=losing) as (client, recorder):
        recorder.live()
        body = opened()
        recorder.open(client, body)
        evidence = named(body.incident)
        client.submit_evidence_file(film, evidence).result(60)
        recorder.wait(lambda me: ("evidence", evidence.id) in me.rows, "the evidence")
        recorder.settled()
        assert recorder.outbox.tray == ()
    assert losing.lost == 2
    assert kept_at(central_server).read_bytes() == FILM
    assert central_server.query("SELECT id, sha256 FROM evidence") == [(evidence.id, SHA256)]


def test_that_bytes_lost_every_time_come_before_a_person(
    central_server: CentralServer, film: Path, tmp_path: Path
) -> None:
    password = central_server.password("dispatcher")
    losing = Losing(kept_at(central_server), times=99)
    home = tmp_path / "desk"
    with console(central_server.url, password, home, killpoints=losing) as (client, recorder):
        recorder.live()
        body = opened()
        recorder.open(client, body)
        command = client.submit_evidence_file(film, named(body.incident)).result(60)
        recorder.wait(lambda me: me.outbox.tray, "what nothing mends")
        (kept,) = recorder.outbox.tray
        assert (kept.command_id, kept.state) == (command, EntryState.REJECTED)
        assert kept.result is not None
        assert kept.result.cause == BYTES_MISSING
    assert 2 <= losing.lost <= 4  # fewer where an answer came twice over a link that broke
    assert central_server.query("SELECT id FROM evidence") == []
