"""Leases, looks and plans at a real central."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from central_parts import CentralClient, CentralServer, a_city, some_units
from district_parts import EAST, WEST, of_the_east, seeded

from console.domain.ids import CameraId
from console.domain.levels import Role
from console.domain.places import Camera
from console.protocol.commands import CancelIncident, OpenIncident
from console.protocol.messages import Verdict

POINTS = [f"c{n}" for n in range(20)]


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    server = CentralServer(tmp_path / "home")
    cameras = [
        Camera(id=CameraId(point), name=point, main_url=f"rtsp://h/{point}") for point in POINTS
    ]
    server.seed(some_units(), cameras, a_city())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def operator(central: CentralServer) -> Iterator[CentralClient]:
    client = central.client(Role.VIDEO_OPERATOR)
    yield client
    client.close()


def turn(client: CentralClient, console: str, **more: Any) -> dict[str, Any]:
    body = {"console": console, "points": POINTS, **more}
    answer = client.http.post(f"{client.server.url}/v1/patrol/turn", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_that_two_consoles_share_the_points(operator: CentralClient) -> None:
    first = turn(operator, "A")
    assert set(first["granted"]) == set(POINTS)
    assert turn(operator, "B")["granted"] == []
    kept = set(turn(operator, "A")["granted"])
    others = set(turn(operator, "B")["granted"])
    assert kept | others == set(POINTS)
    assert not kept & others
    turn(operator, "A", leaving=True)
    assert set(turn(operator, "B")["granted"]) == set(POINTS)


def test_that_looks_reach_the_other_console_and_outlive_a_restart(
    central: CentralServer, operator: CentralClient
) -> None:
    first = turn(
        operator, "A", looks=[["c1", 1000, None], ["c1", 900, "operator"], ["c2", 800, "operator"]]
    )
    seen = turn(operator, "B", since_ms=0)["looks"]
    assert sorted(seen, key=str) == sorted(
        [["c1", 1000, None], ["c1", 900, "operator"], ["c2", 800, "operator"]], key=str
    )
    turn(operator, "A", looks=[["c2", 700, "operator"], ["c2", 2000, None]])
    assert turn(operator, "B", since_ms=first["now_ms"] + 60_000)["looks"] == []
    central.stop()
    central.start()
    again = central.client(Role.VIDEO_OPERATOR)
    latest = {(point, person): at for point, at, person in turn(again, "B", since_ms=0)["looks"]}
    assert latest == {
        ("c1", None): 1000,
        ("c1", "operator"): 900,
        ("c2", None): 2000,
        ("c2", "operator"): 800,
    }
    rows = again.http.get(f"{central.url}/v1/patrol/looks", timeout=60).json()
    assert [row[:2] for row in rows] == [["c2", 700], ["c2", 800], ["c1", 900]]
    again.close()


def test_that_plans_are_kept_and_nobody_overwrites_anothers_change(
    central: CentralServer, operator: CentralClient
) -> None:
    url = f"{central.url}/v1/patrol/plans"
    plan = {"id": "night", "name": "朝阳夜间", "points": POINTS[:5], "dwell_s": 6.0,
            "from_minute": 1320, "to_minute": 360}  # fmt: skip
    kept = operator.http.put(f"{url}/night", json=plan, timeout=60).json()
    assert kept["version"] == 1
    changed = operator.http.put(f"{url}/night", json={**kept, "dwell_s": 9.0}, timeout=60).json()
    assert (changed["version"], changed["dwell_s"]) == (2, 9.0)
    stale = operator.http.put(f"{url}/night", json={**kept, "dwell_s": 1.0}, timeout=60)
    assert stale.status_code == 409
    assert "changed by somebody else" in stale.json()["error"]
    assert [one["dwell_s"] for one in operator.http.get(url, timeout=60).json()] == [9.0]
    before = turn(operator, "A")["plans_version"]
    assert operator.http.delete(f"{url}/night", timeout=60).status_code == 200
    assert operator.http.get(url, timeout=60).json() == []
    assert turn(operator, "A")["plans_version"] > before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"points": []}, "0 points"),
        ({"points": ["c1", "c1"]}, "more than once"),
        ({"dwell_s": 0}, "longer than nothing"),
        ({"from_minute": 5}, "both times of day"),
        ({"days": [9]}, "no week has"),
        ({"name": " "}, "needs an id"),
    ],
)
def test_that_a_plan_that_cannot_be_run_is_refused_with_a_sentence(
    central: CentralServer, operator: CentralClient, change: dict[str, Any], said: str
) -> None:
    plan = {"id": "p", "name": "p", "points": ["c1"], **change}
    answer = operator.http.put(f"{central.url}/v1/patrol/plans/p", json=plan, timeout=60)
    assert answer.status_code == 409
    assert said in answer.json()["error"]


def test_that_looks_are_of_known_points_now_and_of_whoever_is_logged_on(
    operator: CentralClient,
) -> None:
    ahead_ms = round(time.time() * 1000) + 10**10
    turn(operator, "A", looks=[["c1", ahead_ms, None], ["c1", 5, "somebody else"], ["x", 5, None]])
    answer = turn(operator, "B")
    looks = {(point, person): at for point, at, person in answer["looks"]}
    assert set(looks) == {("c1", None), ("c1", "operator")}
    assert looks["c1", None] <= answer["now_ms"]


@pytest.mark.parametrize(
    "wrong",
    [{"looks": [["c1", -1, None]]}, {"looks": [["c1", 2**63, None]]}, {"console": "x" * 81}],
)
def test_that_a_turn_that_cannot_be_kept_is_refused_and_stops_nobody(
    central: CentralServer, operator: CentralClient, wrong: dict[str, Any]
) -> None:
    body = {"console": "A", "points": POINTS, **wrong}
    answer = operator.http.post(f"{central.url}/v1/patrol/turn", json=body, timeout=60)
    assert answer.status_code in {200, 422}, answer.text
    assert operator.http.get(f"{central.url}/v1/health", timeout=60).json()["status"] == "ok"


def test_that_nobody_lets_go_of_anothers_points(
    central: CentralServer, operator: CentralClient
) -> None:
    assert set(turn(operator, "A")["granted"]) == set(POINTS)
    other = central.client(Role.VIDEO_OPERATOR)
    turn(other, "A", leaving=True)
    assert turn(other, "B")["granted"] == []
    other.close()


def test_that_patrol_shows_nobody_other_districts(tmp_path: Path) -> None:
    server = CentralServer(tmp_path / "home")
    seeded(server)
    server.start()
    whole, east = server.client(Role.VIDEO_OPERATOR), of_the_east(server, Role.VIDEO_OPERATOR)
    east_point, west_point = f"c-{EAST}", f"c-{WEST}"
    both = {"points": [east_point, west_point]}
    looks = [[east_point, 5, "me"], [west_point, 5, "me"], [west_point, 5, None]]
    turn(whole, "A", **both, looks=looks, leaving=True)
    assert turn(east, "B", **both)["granted"] == [east_point]
    assert {point for point, *_ in turn(east, "B", **both)["looks"]} == {east_point}
    url = f"{server.url}/v1/patrol"
    assert {row[0] for row in east.http.get(f"{url}/looks", timeout=60).json()} == {east_point}
    for name, points in (("all", [east_point, west_point]), ("east", [east_point])):
        plan = {"id": name, "name": name, "points": points}
        assert whole.http.put(f"{url}/plans/{name}", json=plan, timeout=60).status_code == 200
    assert [one["id"] for one in east.http.get(f"{url}/plans", timeout=60).json()] == ["east"]
    less = {"id": "all", "name": "all", "points": [east_point], "version": 1}
    assert east.http.put(f"{url}/plans/all", json=less, timeout=60).status_code == 409
    assert east.http.delete(f"{url}/plans/all", timeout=60).status_code == 409
    assert east.http.delete(f"{url}/plans/east", timeout=60).status_code == 200
    assert [one["id"] for one in whole.http.get(f"{url}/plans", timeout=60).json()] == ["all"]
    for client in (whole, east):
        client.close()
    server.stop()


def test_that_the_past_is_counted_at_the_points_that_could_have_seen_it(tmp_path: Path) -> None:
    server = CentralServer(tmp_path / "past")
    cameras = [
        Camera(id=CameraId("looks"), name="a", main_url="rtsp://h/1", bearing_deg=0.0,
               lat=39.8990, lon=116.4),
        Camera(id=CameraId("away"), name="b", main_url="rtsp://h/2", bearing_deg=180.0,
               lat=39.8990, lon=116.4001),
        Camera(id=CameraId("beside"), name="c", main_url="rtsp://h/3", lat=39.9001, lon=116.4001),
        Camera(id=CameraId("far"), name="d", main_url="rtsp://h/4", bearing_deg=0.0,
               lat=39.8, lon=116.4),
    ]  # fmt: skip
    server.seed(some_units(), cameras, a_city())
    server.start()
    lead, operator = server.client(Role.SHIFT_LEAD), server.client(Role.VIDEO_OPERATOR)
    opened = [
        OpenIncident(incident=f"i{number}", form=form, place="x", summary="x", channel="patrol",
                     lat=39.9, lon=116.4)
        for number, form in enumerate(("0503", "0301", "0301"))
    ]  # fmt: skip
    results = lead.post(*opened, CancelIncident(incident="i2", reason="none"))
    assert {one.verdict for one in results} == {Verdict.ACCEPTED}
    found = operator.http.get(f"{server.url}/v1/patrol/past", timeout=60).json()
    assert {point: sum(hours) for point, hours in found["counts"].items()} == {
        "looks": 2, "beside": 2,
    }  # fmt: skip
    asked = {"days": 30, "form": "0503"}
    one = operator.http.get(f"{server.url}/v1/patrol/past", params=asked, timeout=60).json()
    assert sum(one["counts"]["looks"]) == 1
    bad = operator.http.get(f"{server.url}/v1/patrol/past", params={"days": 0}, timeout=60)
    assert bad.status_code == 422
    for client in (lead, operator):
        client.close()
    server.stop()


def test_that_a_page_goes_from_one_console_to_another_once(operator: CentralClient) -> None:
    turn(operator, "A", name="Wall left")
    seen = turn(operator, "B", name="Wall right")["screens"]
    assert [one["name"] for one in seen] == ["Wall left"]
    (right,) = turn(operator, "A", name="Wall left")["screens"]
    page = {"to": right["id"], "plan": "night", "points": ["c1", "c2", "nobody"], "tiles": 4}
    assert turn(operator, "A", handing=[page])["handed"] == []
    (handed,) = turn(operator, "B")["handed"]
    assert (handed["plan"], handed["points"], handed["tiles"]) == ("night", ["c1", "c2"], 4)
    assert handed["by"]
    assert turn(operator, "B")["handed"] == []
    turn(operator, "A", leaving=True)
    assert turn(operator, "B")["screens"] == []
    for bad in ({**page, "points": []}, {**page, "tiles": 99}, {**page, "dwell_s": 0}):
        body = {"console": "A", "handing": [bad]}
        url = f"{operator.server.url}/v1/patrol/turn"
        assert operator.http.post(url, json=body, timeout=60).status_code == 422
