"""Central tells a seat who called before and what happened at a place, and only who may hear it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from central_parts import CentralClient, CentralServer, a_city, some_units
from district_parts import EAST, fresh, of_the_east, opened, seeded
from msgspec.structs import replace

from console.domain.incidents import Report
from console.domain.levels import Channel, Role
from console.protocol.commands import OpenIncident, TakeReport
from console.protocol.messages import Changes, Verdict

PHONE = "13800138000"
LAT, LON = 39.93, 116.45


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    server = CentralServer(tmp_path / "home")
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()


def take(client: CentralClient, **more: Any) -> str:
    report = Report(
        id=fresh(), channel=Channel.HOTLINE, received_at=datetime.now(UTC), text="店外摆货架",
        place="三里屯路 19 号", form="0502", lat=LAT, lon=LON, caller="李女士", phone=PHONE,
    )  # fmt: skip
    body = TakeReport(report=report, incident=fresh(), **more)
    (result,) = client.post(body)
    assert result.verdict is Verdict.ACCEPTED, result.reason
    return body.incident


def history(client: CentralClient, **asked: Any) -> dict[str, Any]:
    answer = client.http.get(f"{client.server.url}/v1/intake/history", params=asked, timeout=60)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_that_a_seat_hears_what_a_number_told_and_what_happened_within_200_m(
    central: CentralServer,
) -> None:
    with closing(central.client(Role.HOTLINE_SEAT)) as seat:
        first = take(seat)
        second = take(seat, apart=True)
        far = OpenIncident(
            incident=fresh(), form="0102", place="远处", summary="s", channel="12345",
            lat=LAT + 0.002, lon=LON,
        )  # fmt: skip
        seat.post(far)
        told = history(seat, phone="+86 138 0013 8000", lat=LAT, lon=LON)
        assert [one["incident"] for one in told["caller"]] == [second, first]
        assert {one["incident"] for one in told["place"]} == {first, second}
        assert told["caller"][0]["number"]
        assert told["is_whole"] is True
        assert history(seat, phone="13900000000")["caller"] == []
        assert history(seat) == {"caller": [], "place": [], "is_whole": True}
        odd = seat.http.get(
            f"{central.url}/v1/intake/history", params={"lat": 99, "lon": 1}, timeout=60
        )
        assert (odd.status_code, "no place on the globe" in odd.text) == (422, True)
    with closing(central.client(Role.ADMINISTRATOR)) as admin:
        answer = admin.http.get(f"{central.url}/v1/audit?action=read:callers", timeout=60)
        asked = [one["details"] for one in answer.json()["entries"]]
        assert {"phone": "138****8000", "found": 2} in asked
        assert PHONE not in str(asked)


def test_that_who_called_is_masked_for_roles_that_may_not_see_it(
    central: CentralServer, tmp_path: Path
) -> None:
    with closing(central.client(Role.HOTLINE_SEAT)) as seat:
        take(seat)
        for role, sees in (
            (Role.DISPATCHER, True), (Role.HOTLINE_SEAT, True), (Role.SUPERVISOR, True),
            (Role.VIDEO_OPERATOR, False), (Role.ADMINISTRATOR, False),
        ):  # fmt: skip
            with closing(central.client(role)) as client:
                snapshot = client.http.get(f"{central.url}/v1/snapshot", timeout=60)
                file = tmp_path / f"{role}.sqlite"
                file.write_bytes(snapshot.content)
                with closing(sqlite3.connect(file)) as db:
                    held = set(db.execute("SELECT caller, phone FROM report"))
                assert held == {("李女士", PHONE) if sees else (None, None)}, role
                assert (PHONE.encode() in snapshot.content) is sees, role
                with client.stream(epoch=client.session["epoch"], rev=0) as stream:
                    missed = stream.until(Changes).changes
                    take(seat, apart=True)
                    news = stream.until(Changes).changes
                told = [one.patch for one in (*missed, *news) if one.row_kind == "report"]
                assert len(told) >= 2
                assert {one["phone"] for one in told} == {PHONE if sees else None}, role
                asked = client.http.get(
                    f"{central.url}/v1/intake/history", params={"phone": PHONE}, timeout=60
                )
                assert asked.status_code == (200 if sees else 403), role


def test_that_a_seat_of_one_district_hears_of_that_district_only(tmp_path: Path) -> None:
    server = CentralServer(tmp_path / "home")
    seeded(server)
    server.start()
    try:
        with closing(server.client(Role.HOTLINE_SEAT)) as whole:
            for district in (EAST, "D-west"):
                at = replace(opened(district), incident=f"i-{district}", lat=LAT, lon=LON)
                whole.post(at)
            assert len(history(whole, lat=LAT, lon=LON)["place"]) == 2
        with closing(of_the_east(server, Role.HOTLINE_SEAT)) as seat:
            (only,) = history(seat, lat=LAT, lon=LON)["place"]
            assert only["incident"] == f"i-{EAST}"
    finally:
        server.stop()
