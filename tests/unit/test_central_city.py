"""What central serves as files: the city pack, tiles, the officers' page, evidence, snapshots."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import requests
from central_parts import CentralClient, CentralServer, some_units
from test_citypack import write_small
from test_tile_sources import mbtiles

from console.app.basemap import served_basemap
from console.central import evidence
from console.central.evidence import MAX_BYTES
from console.domain.ids import new_id
from console.domain.incidents import Incident, Report
from console.domain.levels import Channel, Role
from console.domain.places import Evidence, EvidenceKind
from console.protocol.commands import AddReport, AttachEvidence, CancelIncident, OpenIncident
from console.protocol.messages import Changes, Verdict
from console.store.cache import Cache
from console.store.tables import CACHE_TABLES

PHOTO = b"\xff\xd8 a photo \xff\xd9" * 1000
SHA256 = hashlib.sha256(PHOTO).hexdigest()


def fresh() -> str:
    return new_id(datetime.now(UTC))


def opened(incident: str) -> OpenIncident:
    return OpenIncident(
        incident=incident,
        form="0301",
        place="工体北路",
        summary="夜间施工",
        channel="12345",
        lat=39.5,
        lon=116.2,
    )


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    """A central that serves a small city and a page for officers."""
    folder = tmp_path_factory.mktemp("city")
    page = folder / "resources" / "handheld"
    page.mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>城管通</title>", encoding="utf-8")
    server = CentralServer(
        folder / "home",
        resources_dir=folder / "resources",
        pack_path=write_small(folder / "small.citypack"),
    )
    server.seed(some_units())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def dispatcher(city: CentralServer) -> Iterator[CentralClient]:
    client = city.client()
    yield client
    client.close()


def test_that_the_city_pack_is_served_with_its_hash(
    city: CentralServer, dispatcher: CentralClient
) -> None:
    meta = dispatcher.http.get(f"{city.url}/v1/city", timeout=60).json()
    assert meta["name_en"] == "Smallville"
    pack = dispatcher.http.get(f"{city.url}/v1/city/pack", timeout=60).content
    assert hashlib.sha256(pack).hexdigest() == meta["sha256"]
    assert len(pack) == meta["size"]
    assert requests.get(f"{city.url}/v1/city", timeout=60).status_code == 401


def test_that_tiles_and_the_officers_page_need_no_token(city: CentralServer) -> None:
    tile = requests.get(f"{city.url}/v1/tiles/dark/10/843/388.png?lang=en", timeout=60)
    assert tile.status_code == 200
    assert tile.content.startswith(b"\x89PNG")
    for wrong in ("neon/10/843/388.png", "dark/3/0/0.png", "dark/10/x/388.png"):
        answer = requests.get(f"{city.url}/v1/tiles/{wrong}", timeout=60)
        assert answer.status_code in {404, 422}, wrong
        assert "error" in answer.json()
    page = requests.get(f"{city.url}/handheld/", timeout=60)
    assert "城管通" in page.content.decode()


def test_that_central_serves_the_basemap_that_is_configured(tmp_path: Path) -> None:
    whole = np.full((256, 256, 3), (30, 60, 200), np.uint8)
    body = cv2.imencode(".png", whole)[1].tobytes()
    path = mbtiles(tmp_path / "own.mbtiles", {(9, 421, 194): body})
    for pack_path in (None, write_small(tmp_path / "small.citypack")):
        server = CentralServer(
            tmp_path / f"home-{pack_path is None}", pack_path=pack_path,
            basemap=served_basemap(str(path), "WGS-84"),
        )  # fmt: skip
        server.start()
        tile = requests.get(f"{server.url}/v1/tiles/light/9/421/194.png", timeout=60)
        picture = cv2.imdecode(np.frombuffer(tile.content, np.uint8), cv2.IMREAD_COLOR)
        assert picture[128, 128].tolist() == [30, 60, 200]
        # a bad question is refused as ever, and another zoom is drawn from what there is
        assert requests.get(f"{server.url}/v1/tiles/neon/9/1/1.png", timeout=60).status_code == 404
        server.stop()


def test_that_without_the_configured_basemap_central_serves_the_packs(tmp_path: Path) -> None:
    missing = served_basemap(str(tmp_path / "gone.pmtiles"), "WGS-84")
    pack_path = write_small(tmp_path / "small.citypack")
    server = CentralServer(tmp_path / "home", pack_path=pack_path, basemap=missing)
    server.start()
    assert requests.get(f"{server.url}/v1/tiles/dark/10/843/388.png", timeout=60).status_code == 200
    server.stop()
    server = CentralServer(tmp_path / "bare", basemap=missing)
    server.start()
    answer = requests.get(f"{server.url}/v1/tiles/dark/10/843/388.png", timeout=60)
    assert answer.status_code == 503
    assert "gone.pmtiles" in answer.json()["error"]
    server.stop()


def test_that_incidents_get_the_district_they_lie_in(dispatcher: CentralClient) -> None:
    incident = fresh()
    with dispatcher.stream() as stream:
        dispatcher.post(opened(incident))
        put = stream.until(Changes).changes[0].patch
    assert (put["district"], put["street"]) == ("D01", "D01S01")


def evidence_of(incident: str, **changed: object) -> AttachEvidence:
    fields: dict[str, object] = {
        "id": fresh(),
        "incident": incident,
        "kind": EvidenceKind.PHOTO,
        "media_type": "image/jpeg",
        "sha256": SHA256,
        "size": len(PHOTO),
        "captured_at": datetime.now(UTC),
    }
    return AttachEvidence(evidence=Evidence(**(fields | changed)))  # type: ignore[arg-type]


def test_that_evidence_is_kept_under_its_hash_before_it_is_named(
    city: CentralServer, dispatcher: CentralClient
) -> None:
    incident = fresh()
    dispatcher.post(opened(incident))
    naming = dispatcher.command(evidence_of(incident))
    (early,) = dispatcher.post_commands([naming])
    assert early.verdict is Verdict.REJECTED
    url = f"{city.url}/v1/evidence/{SHA256}"
    assert dispatcher.http.put(url, data=PHOTO, timeout=60).status_code == 201
    assert dispatcher.http.put(url, data=PHOTO, timeout=60).json() == {
        "sha256": SHA256,
        "size": len(PHOTO),
    }
    assert dispatcher.post_commands([naming])[0].verdict is Verdict.ACCEPTED
    assert dispatcher.http.get(url, timeout=60).content == PHOTO
    (wrong,) = dispatcher.post(evidence_of(incident, size=7))
    assert "7 bytes" in str(wrong.reason)


def test_that_damaged_or_too_large_evidence_is_not_kept(
    city: CentralServer, dispatcher: CentralClient
) -> None:
    other = hashlib.sha256(b"other").hexdigest()
    url = f"{city.url}/v1/evidence/{other}"
    assert dispatcher.http.put(url, data=PHOTO, timeout=60).status_code == 422
    assert dispatcher.http.get(url, timeout=60).status_code == 404
    large = dispatcher.http.put(url, data=bytes(MAX_BYTES + 1), timeout=60)
    assert large.status_code == 413
    for no_hash in ("abc", "A" * 64, "..%2f..%2faccounts.json"):
        answer = dispatcher.http.put(f"{city.url}/v1/evidence/{no_hash}", data=b"x", timeout=60)
        assert answer.status_code in {404, 422}
    assert not list((city.home / "central" / "evidence" / "incoming").iterdir())
    seat = city.client(Role.HOTLINE_SEAT)
    assert seat.http.get(url, timeout=60).status_code == 403
    seat.close()


def test_that_evidence_never_takes_the_last_of_the_disk(
    city: CentralServer, dispatcher: CentralClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = b"taken when the disk was full"
    url = f"{city.url}/v1/evidence/{hashlib.sha256(photo).hexdigest()}"
    monkeypatch.setattr(evidence, "LEFT_FREE_BYTES", 1 << 62)
    answer = dispatcher.http.put(url, data=photo, timeout=60)
    assert (answer.status_code, "send them again" in answer.json()["error"]) == (503, True)
    assert dispatcher.post(opened(fresh()))[0].verdict is Verdict.ACCEPTED
    monkeypatch.undo()
    assert dispatcher.http.put(url, data=photo, timeout=60).status_code == 201


def fetched(client: CentralClient, folder: Path, query: str = "") -> tuple[Path, requests.Response]:
    answer = client.http.get(f"{client.server.url}/v1/snapshot{query}", timeout=60)
    assert answer.status_code == 200, answer.text
    path = folder / "snapshot.sqlite"
    path.write_bytes(answer.content)
    return path, answer


def test_that_a_snapshot_is_what_a_cache_takes(
    city: CentralServer, dispatcher: CentralClient, tmp_path: Path
) -> None:
    kept, old = fresh(), fresh()
    report = Report(
        id=fresh(), channel=Channel.APP, received_at=datetime.now(UTC), text="吵", place="p"
    )
    dispatcher.post(AddReport(report=report, incident=kept), opened(old))
    (last,) = dispatcher.post(CancelIncident(incident=old, reason="none"))
    long_ago = 1_000_000
    with sqlite3.connect(city.database) as connection:  # as if it had been closed long ago
        connection.execute("UPDATE incident SET changed_at = ? WHERE id = ?", (long_ago, old))
    connection.close()
    path, answer = fetched(dispatcher, tmp_path, f"?min_rev={last.rev}")
    assert int(answer.headers["X-Zhihui-Rev"]) >= (last.rev or 0)
    with sqlite3.connect(path) as connection:
        names = {
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        logs = {row[0] for row in connection.execute("SELECT incident FROM log_entry")}
    connection.close()
    assert names == {table.name for table in CACHE_TABLES}
    assert old not in logs
    cache = Cache(tmp_path / "cache.db")
    cursor = cache.import_snapshot(path, sha256=answer.headers["X-Zhihui-Sha256"])
    assert (cursor.epoch, cursor.rev) == (
        answer.headers["X-Zhihui-Epoch"],
        int(answer.headers["X-Zhihui-Rev"]),
    )
    incidents = {row.id: row for row in cache.contents() if isinstance(row, Incident)}
    assert incidents[kept].reports == 1
    assert incidents[kept].number
    assert old not in incidents
    cache.close()


def test_that_changes_laid_on_a_snapshot_give_centrals_rows(
    city: CentralServer, dispatcher: CentralClient, tmp_path: Path
) -> None:
    path, answer = fetched(dispatcher, tmp_path)
    cache = Cache(tmp_path / "cache.db")
    cursor = cache.import_snapshot(path, sha256=answer.headers["X-Zhihui-Sha256"])
    incident = fresh()
    dispatcher.post(opened(incident))
    (last,) = dispatcher.post(CancelIncident(incident=incident, reason="none"))
    with dispatcher.stream(epoch=cursor.epoch, rev=cursor.rev) as stream:
        assert not stream.welcomed.need_snapshot
        reached = cursor.rev
        while reached < (last.rev or 0):
            changes = stream.until(Changes).changes
            cache.apply(changes, epoch=cursor.epoch)
            reached = changes[-1].rev
    cache.close()
    with sqlite3.connect(tmp_path / "cache.db") as ours, sqlite3.connect(city.database) as theirs:
        for table in CACHE_TABLES:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            query = f"SELECT {columns} FROM {table.name} WHERE true ORDER BY 1"
            if table.name == "incident":
                query = query.replace("true", f"id = '{incident}'")
            elif table.name in {"log_entry", "report", "assignment", "evidence"}:
                query = query.replace("true", f"incident = '{incident}'")
            assert ours.execute(query).fetchall() == theirs.execute(query).fetchall(), table.name
    ours.close()
    theirs.close()
