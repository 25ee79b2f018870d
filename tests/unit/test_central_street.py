"""What an officer's page asks of the city: the way to a task, open cases near, grids, cameras."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from central_parts import CentralClient, CentralServer, some_units
from city_parts import LAT0, LON0, STEP_DEG, write_small_pack
from rtsp_points import Point, RtspPoints, make_clip, serving

from console.app.cameralook import look_through
from console.central import looking
from console.domain.catalogue import Grid
from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.places import Camera, Jurisdiction, JurisdictionLevel
from console.media.nal import Codec
from console.protocol.commands import AssignUnit, OpenIncident, PutGrids
from console.protocol.messages import Verdict

HERE = {"lat": LAT0 + 2 * STEP_DEG, "lon": LON0 + 2 * STEP_DEG}
THERE = {"lat": LAT0 + 8 * STEP_DEG, "lon": LON0 + 2 * STEP_DEG}


def fresh() -> str:
    return new_id(datetime.now(UTC))


def opened(incident: str, lat: float | None, lon: float | None, **more: Any) -> OpenIncident:
    told = {"form": "0502", "place": "东长街", "summary": "占道", "channel": "12345", **more}
    return OpenIncident(incident=incident, lat=lat, lon=lon, **told)


@pytest.fixture(scope="module")
def points() -> Iterator[RtspPoints]:
    """A real camera that asks for its password."""
    with serving(live=Point(make_clip(Codec.H264), "auth")) as server:
        yield server


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, points: RtspPoints) -> Iterator[CentralServer]:
    folder = tmp_path_factory.mktemp("street")
    server = CentralServer(folder / "home", pack_path=write_small_pack(folder / "small.citypack"))
    server.change_settings(look=look_through)
    places = [("C", None, JurisdictionLevel.CITY)]
    places += [(one, "C", JurisdictionLevel.DISTRICT) for one in ("D01", "D02")]
    cameras = [
        Camera(id=name, name=f"点位{name}", main_url=f"rtsp://c/{name}", district=district, **place)
        for name, district, place in (("near", "D01", HERE), ("other", "D02", HERE))
    ]
    server.seed(
        [replace(one, district="D01" if one.no < 8 else "D02") for one in some_units()],
        cameras=[*cameras, replace(points.camera("live"), district="D01")],
        jurisdictions=[
            Jurisdiction(id=key, parent=parent, level=level, name_zh=key, name_en=key)
            for key, parent, level in places
        ],
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def dispatcher(city: CentralServer) -> Iterator[CentralClient]:
    client = city.client()
    yield client
    client.close()


@pytest.fixture(scope="module")
def officer(city: CentralServer) -> Iterator[CentralClient]:
    client = city.officer("K7")
    yield client
    client.close()


def ask(client: CentralClient, path: str, **values: object) -> tuple[int, dict[str, Any]]:
    answer = client.http.get(f"{client.server.url}/v1/handheld/{path}", params=values, timeout=60)
    return answer.status_code, answer.json()


def test_that_the_way_to_an_own_task_follows_the_roads_on_foot(
    dispatcher: CentralClient, officer: CentralClient
) -> None:
    incident, assignment = fresh(), fresh()
    dispatcher.post(
        opened(incident, **THERE),
        AssignUnit(assignment=assignment, incident=incident, unit="u7"),
    )
    status, way = ask(officer, "route", assignment=assignment, **HERE)
    assert status == 200, way
    assert way["mode"] == "foot"
    assert way["points"][0] == pytest.approx([HERE["lat"], HERE["lon"]])
    assert way["points"][-1] == pytest.approx([THERE["lat"], THERE["lon"]])
    assert way["metres"] == pytest.approx(6 * STEP_DEG * 111_195, rel=0.01)
    assert way["seconds"] == pytest.approx(way["metres"] / 1.35, rel=0.01)


def test_that_a_way_that_cannot_be_told_gets_a_sentence(
    city: CentralServer, dispatcher: CentralClient, officer: CentralClient
) -> None:
    incident, theirs = fresh(), fresh()
    dispatcher.post(
        opened(incident, None, None, place="不知何处"),
        AssignUnit(assignment=theirs, incident=incident, unit="u6"),
    )
    other = city.officer("K6")
    status, said = ask(other, "route", assignment=theirs, **HERE)
    other.close()
    assert (status, "Nobody knows yet where" in said["error"]) == (404, True)
    status, said = ask(officer, "route", assignment=theirs, **HERE)
    assert (status, "no task of yours" in said["error"]) == (404, True)
    assert ask(officer, "route", assignment=theirs, lat=91, lon=0)[0] == 422
    assert ask(officer, "route", assignment=theirs, lat="nan", lon=0)[0] == 422
    gateway = city.client(Role.GATEWAY)
    assert ask(gateway, "near", **HERE)[0] == 422
    gateway.close()


def test_that_near_are_the_open_cases_cameras_and_grids_of_the_own_district(
    city: CentralServer, dispatcher: CentralClient, officer: CentralClient
) -> None:
    near, far = fresh(), fresh()
    dispatcher.post(
        opened(near, HERE["lat"] + STEP_DEG, HERE["lon"]),
        opened(far, HERE["lat"] + 17.9 * STEP_DEG, HERE["lon"]),
    )
    lat, lon = HERE["lat"], HERE["lon"]
    ring = [[lon - 1e-3, lat - 1e-3], [lon + 1e-3, lat - 1e-3], [lon, lat + 2e-3]]
    shape = json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
    grid = Grid(
        id="g1", authority="cg", code="朝-114", name_zh="东街", name_en="East", shape=shape,
        holder="李四", phone="13800000000",
    )  # fmt: skip
    admin = city.client(Role.ADMINISTRATOR)
    assert admin.post(PutGrids(grids=(grid,)))[0].verdict is Verdict.ACCEPTED
    admin.close()
    _, found = ask(officer, "near", **HERE)
    ids = [one["incident"] for one in found["cases"]]
    assert near in ids
    assert far not in ids
    metres = [one["metres"] for one in found["cases"]]
    assert metres == sorted(metres)
    assert [one["id"] for one in found["cameras"]] == ["near"]
    assert [(one["code"], one["holder"]) for one in found["grids"]] == [("朝-114", "李四")]
    neighbour = city.officer("K8")
    _, other = ask(neighbour, "near", **HERE)
    neighbour.close()
    assert (other["cases"], [one["id"] for one in other["cameras"]]) == ([], ["other"])
    assert ask(officer, "near", lat=lat + 0.01, lon=lon)[1]["grids"] == []


def test_that_an_officer_raises_a_case_which_is_filed_where_it_lies(
    city: CentralServer, officer: CentralClient
) -> None:
    incident = fresh()
    (result,) = officer.post(opened(incident, **HERE, channel="officer"))
    assert result.verdict is Verdict.ACCEPTED
    assert result.numbers[incident]
    query = f"SELECT channel, district, opened_by, stage FROM incident WHERE id = '{incident}'"
    assert city.query(query) == [("officer", "D01", "u7", "file")]


def test_that_central_without_a_map_says_so(tmp_path: Path) -> None:
    server = CentralServer(tmp_path / "home")
    server.seed(some_units())
    server.start()
    try:
        dispatcher, officer = server.client(), server.officer("K1")
        incident, assignment = fresh(), fresh()
        dispatcher.post(
            opened(incident, **THERE),
            AssignUnit(assignment=assignment, incident=incident, unit="u1"),
        )
        status, said = ask(officer, "route", assignment=assignment, **HERE)
        assert (status, "no map of the city" in said["error"]) == (404, True)
        dispatcher.close()
        officer.close()
    finally:
        server.stop()


def test_that_a_camera_of_the_own_district_shows_how_it_looks_now_audited(
    city: CentralServer,
    officer: CentralClient,
    points: RtspPoints,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "SHARED_S", 3600.0)
    path = f"{city.url}/v1/handheld/cameras/{{}}/picture"
    answers = [officer.http.get(path.format("live"), timeout=60) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200], answers[0].text
    picture = cv2.imdecode(np.frombuffer(answers[0].content, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[1] == 640
    taken = datetime.fromisoformat(answers[0].headers["X-Zhihui-Taken-At"])
    assert abs((datetime.now(UTC) - taken).total_seconds()) < 30
    assert answers[0].content == answers[1].content, "who asks at once shares one picture"
    assert points.points["live"].opened <= 2
    dead = officer.http.get(path.format("near"), timeout=60)
    assert (dead.status_code, dead.json()["error"].endswith(".")) == (503, True)
    neighbour = city.officer("K8")
    refused = neighbour.http.get(path.format("live"), timeout=60)
    neighbour.close()
    assert (refused.status_code, "your district" in refused.json()["error"]) == (404, True)
    query = "SELECT subject_id, person FROM audit WHERE action = 'read:camera_picture'"
    end = time.monotonic() + 60
    while (found := set(city.query(query))) != {("live", "u7"), ("near", "u7")}:
        assert time.monotonic() < end, found
        time.sleep(0.05)
