"""The simulated city when things go wrong: refusals, recalls, central or the city gone and back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from central_parts import CentralClient, CentralServer
from city_parts import (
    LAT0,
    LON0,
    WILLING,
    CityThread,
    Watcher,
    city_settings,
    send_one,
    write_small_pack,
)

from console.city.memory import recall
from console.city.movement_gps import GpsHabits
from console.city.run import CitySettings, run_city
from console.domain.levels import Role
from console.geo.distance import flat_distance_m
from console.protocol.commands import WithdrawAssignment
from console.protocol.messages import Verdict

pytestmark = pytest.mark.e2e
#: Where `send_one` sends a unit.
SCENE = (LAT0 + 0.006, LON0 + 0.006)


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

        def is_called_back() -> bool:
            seen = watcher.row("assignment", assignment)["version"]  # it may move meanwhile
            body = WithdrawAssignment(assignment=assignment, reason="已解决")
            (result,) = client.post(body, base_version=seen)
            return result.verdict is Verdict.ACCEPTED

        watcher.until(is_called_back)
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
        again.until(lambda: len(again.of("report")) > max(before, 50))
        again.until(lambda: incident in {row["incident"] for row in again.of("evidence")})
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
    memory = recall(tmp_path / "city" / "memory.npz", force=first.city._force_key())
    assert memory is not None
    on = int(memory.is_on.sum())
    watcher.until(lambda: sum(row["status"] != "off_duty" for row in watcher.of("unit")) == on)
    with CityThread(city_settings(central, tmp_path)):
        watcher.until(lambda: watcher.row("incident", incident).get("stage") == "report_back")
    log = [row["verb"] for row in watcher.of("log") if row["incident"] == incident]
    assert [log.count(verb) for verb in ("accepted", "en_route", "on_scene", "cleared")] == [1] * 4


def test_that_a_unit_is_seen_on_its_way_and_then_at_the_place(
    central: CentralServer, watching: tuple[CentralClient, Watcher], tmp_path: Path
) -> None:
    client, watcher = watching
    steady = GpsHabits(outlier_chance=0.0, late_chance=0.0, gap_every_s=1e9)
    with CityThread(city_settings(central, tmp_path, pace=60.0, gps=steady)):
        watcher.until(lambda: len(watcher.on_duty()) > 2)
        unit = watcher.on_duty()[0]
        number = watcher.row("unit", unit)["no"]
        _, assignment = send_one(client, unit)
        times = lambda: watcher.row("assignment", assignment).get("times", ())  # noqa: E731
        watcher.until(lambda: "en_route" in times())
        begun = len(watcher.fixes.get(number, ()))
        watcher.until(lambda: "on_scene" in times())
        arrived = len(watcher.fixes[number])
        watcher.until(lambda: len(watcher.fixes[number]) > arrived + 1)
    way = watcher.fixes[number]
    off_m = [float(flat_distance_m(*where, *SCENE)) for where in way]
    assert off_m[-1] < 40.0
    assert max(off_m[max(begun - 1, 0) :]) > off_m[-1]  # from where it set out


def test_that_a_new_central_is_told_of_the_force_and_its_duty_again(
    central: CentralServer, watching: tuple[CentralClient, Watcher], tmp_path: Path
) -> None:
    _, watcher = watching
    with CityThread(city_settings(central, tmp_path)):
        watcher.until(lambda: len(watcher.on_duty()) > 2)
        on_duty = set(watcher.on_duty())
        watcher.close()
        central.stop()
        for part in central.database.parent.glob("central.db*"):
            part.unlink()
        central.start()
        again = Watcher(central.client(Role.DISPATCHER))
        again.until(lambda: on_duty <= set(again.on_duty()))
        again.close()


def test_that_imported_complaints_are_replayed_into_the_queue(
    central: CentralServer, watching: tuple[CentralClient, Watcher], tmp_path: Path
) -> None:
    _, watcher = watching
    path = tmp_path / "boston.jsonl"
    rows = [
        {"received_at": f"2015-03-01T{hour:02d}:{minute:02d}:00Z", "text": f"case {hour}:{minute}",
         "channel": "app", "form": "0104", "external_id": f"b{hour}-{minute}"}
        for hour in range(24) for minute in range(0, 60, 2)
    ]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)) + "\nno json\n", encoding="utf-8")
    settings = city_settings(central, tmp_path, replay=path, replay_speed=1e6)
    with CityThread(settings):
        watcher.until(lambda: len(watcher.of("report")) == len(rows) == 720)
    with CityThread(settings) as again:
        replay, post = again.city._replay, again.city._report_post
        assert replay is not None
        watcher.until(lambda: replay.left == 0 and len(post) == 0)
    numbered = [(row["channel"], row["external_id"]) for row in watcher.of("report")]
    assert len(numbered) == len(set(numbered)) == 720


def test_that_the_process_ends_cleanly_when_told_to(central: CentralServer, tmp_path: Path) -> None:
    write_small_pack(tmp_path / "small.citypack")
    program = (
        "import sys; from pathlib import Path; from console.city.run import *\n"
        "url, password, home = sys.argv[1:]\n"
        "sys.exit(run_city(CitySettings(url=url, password=password, home=Path(home),"
        " pack_path=Path(home) / 'small.citypack', officers=60, vehicles=6)))"
    )
    arguments = [central.url, central.password("city"), str(tmp_path)]
    with subprocess.Popen([sys.executable, "-c", program, *arguments]) as process:
        client = central.client(Role.DISPATCHER)
        watcher = Watcher(client)
        watcher.until(lambda: len(watcher.on_duty()) > 2)
        watcher.close()
        client.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
    assert (tmp_path / "city" / "memory.npz").exists()


def test_that_a_pack_that_is_none_ends_the_city_with_a_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pack = tmp_path / "no.citypack"
    pack.write_bytes(b"nothing of the kind")
    settings = CitySettings(
        url="http://127.0.0.1:1", password="x", home=tmp_path, pack_path=pack, nice=0
    )
    assert run_city(settings) == 1
    assert "cannot be used" in caplog.text
