"""The simulated city when things go wrong: refusals, recalls, central or the city gone and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from central_parts import CentralClient, CentralServer
from city_parts import WILLING, CityThread, Watcher, city_settings, send_one

from console.city.memory import recall
from console.domain.levels import Role
from console.protocol.commands import WithdrawAssignment
from console.protocol.messages import Verdict

pytestmark = pytest.mark.e2e


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    """A real central that knows nobody yet."""
    server = CentralServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def watching(central: CentralServer) -> Iterator[tuple[CentralClient, Watcher]]:
    """A dispatcher with a watcher."""
    client = central.client(Role.DISPATCHER)
    watcher = Watcher(client)
    yield client, watcher
    watcher.close()
    client.close()


def test_that_a_refusal_comes_with_its_reason(
    central: CentralServer, watching: tuple[CentralClient, Watcher], tmp_path: Path
) -> None:
    client, watcher = watching
    unwilling = type(WILLING)(refuse=1.0, never=0.0, late=0.0, forget=0.0)
    with CityThread(city_settings(central, tmp_path, habits=unwilling)):
        watcher.until(lambda: len(watcher.on_duty()) > 2)
        incident, assignment = send_one(client, watcher.on_duty()[0])
        watcher.until(lambda: watcher.row("assignment", assignment).get("state") == "refused")
    assert watcher.row("assignment", assignment)["note"]
    assert watcher.row("incident", incident)["stage"] == "file"


def test_that_a_unit_called_back_leaves(
    central: CentralServer, watching: tuple[CentralClient, Watcher], tmp_path: Path
) -> None:
    client, watcher = watching
    with CityThread(city_settings(central, tmp_path, pace=30.0)) as running:
        watcher.until(lambda: len(watcher.on_duty()) > 2)
        unit = watcher.on_duty()[0]
        _, assignment = send_one(client, unit)
        watcher.until(lambda: "en_route" in watcher.row("assignment", assignment).get("times", ()))
        assert running.city.handhelds.book.is_busy(unit)
        version = watcher.row("assignment", assignment)["version"]
        (result,) = client.post(
            WithdrawAssignment(assignment=assignment, reason="已解决"), base_version=version
        )
        assert result.verdict is Verdict.ACCEPTED
        watcher.until(lambda: watcher.row("unit", unit)["status"] == "available")
        watcher.until(lambda: not running.city.handhelds.book.is_busy(unit))


def test_that_central_gone_and_back_loses_nothing_and_doubles_nothing(
    central: CentralServer, watching: tuple[CentralClient, Watcher], tmp_path: Path
) -> None:
    client, watcher = watching
    with CityThread(city_settings(central, tmp_path, pace=400.0, rate=1e7)):
        watcher.until(lambda: len(watcher.on_duty()) > 2)
        incident, assignment = send_one(client, watcher.on_duty()[0])
        watcher.until(lambda: "accepted" in watcher.row("assignment", assignment).get("times", ()))
        watcher.close()
        central.stop()
        central.start()
        again = Watcher(central.client(Role.DISPATCHER))
        again.until(lambda: again.row("incident", incident).get("stage") == "report_back")
        before = len(again.of("report"))
        again.until(lambda: len(again.of("report")) > before)
    outcomes = [row for row in again.of("log") if row["incident"] == incident]
    again.close()
    assert [row["verb"] for row in outcomes].count("cleared") == 1
    assert len([row for row in again.of("evidence") if row["incident"] == incident]) == 1
    reports = [(row["channel"], row["external_id"]) for row in again.of("report")]
    assert len(set(reports)) == len(reports) > 50


def test_that_a_city_started_again_goes_on_with_its_tasks_and_places(
    central: CentralServer, watching: tuple[CentralClient, Watcher], tmp_path: Path
) -> None:
    client, watcher = watching
    slow = city_settings(central, tmp_path, pace=20.0)
    with CityThread(slow) as first:
        watcher.until(lambda: len(watcher.on_duty()) > 2)
        unit = watcher.on_duty()[0]
        incident, assignment = send_one(client, unit)
        watcher.until(lambda: "en_route" in watcher.row("assignment", assignment).get("times", ()))
    duty_entries = len([row for row in watcher.of("unit") if row["status"] != "off_duty"])
    memory = recall(tmp_path / "city" / "memory.npz", force=first.city._force_key())
    assert memory is not None
    assert memory.is_on.sum() == duty_entries
    with CityThread(city_settings(central, tmp_path)):
        watcher.until(lambda: watcher.row("incident", incident).get("stage") == "report_back")
    log = [row["verb"] for row in watcher.of("log") if row["incident"] == incident]
    assert [log.count(verb) for verb in ("accepted", "en_route", "on_scene", "cleared")] == [1] * 4
