"""The simulated city against a real central: duty, positions, tasks to the outcome."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from central_parts import CentralClient, CentralServer
from city_parts import CityThread, Watcher, city_settings, send_one

from console.city.life import City
from console.city.memory import recall
from console.domain.levels import Role


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    """A real central that knows nobody yet."""
    server = CentralServer(tmp_path_factory.mktemp("home"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def city(central: CentralServer) -> Iterator[City]:
    """A small city that lives on it."""
    with CityThread(city_settings(central, central.home)) as running:
        yield running.city


@pytest.fixture
def watching(central: CentralServer) -> Iterator[tuple[CentralClient, Watcher]]:
    """A dispatcher with a watcher."""
    client = central.client(Role.DISPATCHER)
    watcher = Watcher(client)
    yield client, watcher
    watcher.close()
    client.close()


def test_that_the_force_reports_for_duty_and_is_seen_moving(
    city: City, watching: tuple[CentralClient, Watcher]
) -> None:
    _, watcher = watching
    reported: set[int] = set()

    def all_report() -> bool:
        on_duty = {row["no"] for row in watcher.of("unit") if row["status"] == "available"}
        reported.update(on_duty)
        # Asked anew each time: at a change of shifts there are others every few seconds.
        return len(on_duty) == int(city.duty._roster.on_duty(datetime.now(UTC)).sum())

    watcher.until(lambda: len(watcher.of("unit")) == 66)
    watcher.until(all_report)
    watcher.until(lambda: all_report() and len(watcher.fixes) > len(reported) / 2)
    assert watcher.fixes.keys() <= reported


def test_that_a_task_goes_from_order_to_outcome_with_a_picture(
    central: CentralServer, city: City, watching: tuple[CentralClient, Watcher]
) -> None:
    client, watcher = watching
    watcher.until(lambda: len(watcher.on_duty()) > 2)
    unit = watcher.on_duty()[0]
    incident, assignment = send_one(client, unit)
    watcher.until(lambda: watcher.row("incident", incident).get("stage") == "report_back")
    watcher.until(lambda: watcher.row("unit", unit)["status"] == "available")
    task = watcher.row("assignment", assignment)
    steps = ["ordered", "delivered", "seen", "accepted", "en_route", "on_scene", "cleared"]
    assert list(task["times"]) == steps
    assert sorted(task["times"].values()) == [task["times"][step] for step in steps]
    assert watcher.row("incident", incident)["outcome"] == task["note"]
    (photo,) = [one for one in watcher.of("evidence") if one["incident"] == incident]
    assert (photo["unit"], photo["kind"]) == (unit, "photo")
    supervisor = central.client(Role.SUPERVISOR)
    kept = supervisor.http.get(f"{central.url}/v1/evidence/{photo['sha256']}", timeout=60)
    supervisor.close()
    assert kept.content[:2] == b"\xff\xd8"
    assert len(kept.content) == photo["size"] > 10_000


def test_that_an_incident_without_a_position_is_searched_for_and_reported(
    city: City, watching: tuple[CentralClient, Watcher]
) -> None:
    client, watcher = watching
    watcher.until(lambda: len(watcher.on_duty()) > 2)
    incident, _ = send_one(client, watcher.on_duty()[0], place=False)
    watcher.until(lambda: watcher.row("incident", incident).get("stage") == "report_back")
    assert city.handhelds.finished > 0


def test_that_what_was_remembered_wrongly_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "memory.npz"
    assert recall(path, force="x") is None
    path.write_bytes(b"PK\x03\x04 cut short")
    assert recall(path, force="x") is None
