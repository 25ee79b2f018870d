"""What happened at an area before what a console keeps comes from central, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from central_parts import CentralServer, Database
from district_parts import EAST, WEST, closing_engine, of_the_east, seeded
from map_parts import ENGINE_TALK, FRAME, RESOURCES, Shown, exec_at_most, fill
from PySide6.QtCore import QEventLoop
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from test_map_ask import Kept, full_mirror

from console.domain.areas import AreaEvent, AreaId, FenceRule
from console.domain.ids import JurisdictionId, UnitId
from console.domain.levels import Role
from console.store.mapping import put_rows
from console.sync.http import LinkError
from console.sync.state import ChangeBatch, LinkPhase, LinkState, LinkTrouble, RowChange
from console.ui.actions import DeskActions
from console.ui.areapast import PAGE, AreaPast
from console.ui.mapareas import MapAreas
from console.ui.mapmodel import MapAnswers, MapModel
from widgets.map import MapWidget

if TYPE_CHECKING:
    from console.ui.mirror import Mirror

NOW = datetime(2026, 11, 28, 4, tzinfo=UTC)


def event(no: int, area: str = "a1", district: str = EAST) -> AreaEvent:
    """Return the event of so many hours ago; two each have the same time."""
    return AreaEvent(
        id=f"e{no:04d}", area=AreaId(area), rule=FenceRule.ENTER, unit=UnitId("u3"),
        at=NOW - timedelta(hours=no // 2), district=JurisdictionId(district), version=1,
    )  # fmt: skip


@pytest.mark.both_databases
def test_that_central_gives_all_of_an_area_page_by_page_within_ones_districts(
    tmp_path: Path, database: Database
) -> None:
    server = CentralServer(tmp_path / "home", database=database)
    seeded(server)
    mine = [event(no, district=WEST if no % 10 == 0 else EAST) for no in range(250)]
    with closing_engine(server) as engine, engine.begin() as connection:
        put_rows(connection, [*mine, event(900, area="a2")])
    server.start()
    url = f"{server.url}/v1/areas/a1/events"
    for client, wanted in (
        (server.client(), mine),
        (of_the_east(server, Role.DISPATCHER), [one for one in mine if one.district == EAST]),
    ):
        found: list[str] = []
        while True:
            asked = {"before": found[-1] if found else "", "limit": 70}
            page = [one["id"] for one in client.http.get(url, params=asked, timeout=60).json()]
            found += page
            if len(page) < 70:
                break
        newest_first = sorted(wanted, key=lambda one: (one.at, one.id), reverse=True)
        assert found == [one.id for one in newest_first]
    east = of_the_east(server, Role.DISPATCHER)
    for params, status in (
        ({"before": "gone"}, 404),
        ({"before": "e0900"}, 404),
        ({"limit": 101}, 422),
        ({"limit": 0}, 422),
    ):
        assert east.http.get(url, params=params, timeout=60).status_code == status, params
    assert east.http.get(url, params={"before": mine[0].id}, timeout=60).status_code == 404
    server.stop()


@dataclass
class Central:
    """Gives events as central would, or does not."""

    events: list[AreaEvent] = field(default_factory=list)
    asked: list[tuple[str, str, int]] = field(default_factory=list)
    is_there: bool = True

    def area_events(self, area: str, before: str, limit: int) -> Future[list[AreaEvent]]:
        self.asked.append((area, before, limit))
        done: Future[list[AreaEvent]] = Future()
        if not self.is_there:
            done.set_exception(LinkError(LinkTrouble.UNREACHABLE, "x"))
            return done
        ids = [one.id for one in self.events]
        first = ids.index(before) + 1 if before else 0
        done.set_result(self.events[first : first + limit])
        return done


def live(mirror: Mirror, phase: LinkPhase = LinkPhase.LIVE) -> None:
    mirror.take_link(LinkState(phase=phase, since=mirror.now(), url="x"))


def test_that_older_events_follow_those_held_here_until_there_are_none(qtbot: QtBot) -> None:
    mirror, central = full_mirror(), Central([event(no) for no in range(PAGE + 10)])
    past = AreaPast(mirror, central)
    recent = central.events[:5]
    past.begin("a1")
    past.ask(recent[-1])
    assert (past.is_refused, central.asked) == (True, []), "without a link nobody is asked"
    live(mirror)
    with qtbot.waitSignal(past.changed):
        past.ask(recent[-1])
    assert past.after(recent) == central.events[: PAGE + 5]
    assert (past.is_refused, past.is_whole) == (False, False)
    central.is_there = False
    with qtbot.waitSignal(past.changed):
        past.ask(past.after(recent)[-1])
    assert past.is_refused
    assert past.after(recent) == central.events[: PAGE + 5]
    central.is_there = True
    with qtbot.waitSignal(past.changed):
        past.ask(past.after(recent)[-1])
    assert past.after(recent) == central.events
    assert past.is_whole
    past.begin("a2")
    assert past.after([]) == []
    assert not past.is_whole


@pytest.fixture
def page(qapp: QApplication) -> Iterator[tuple[Shown, Mirror, Central]]:
    shown, mirror, central = Shown(qapp), full_mirror(), Central()
    shown.widget.deleteLater()
    shown.model.close()
    areas = MapAreas(mirror, DeskActions(mirror, Kept(mirror)), source=central)
    shown.model = MapModel(
        resources=RESOURCES, frame=FRAME, tiles=shown.tiles, feed=shown.feed,
        answers=MapAnswers(areas=areas),
    )  # fmt: skip
    shown.widget = MapWidget(shown.model, theme=shown.appearance.theme, language="en")
    shown.widget.resize(1000, 700)
    fill(shown)
    loop = QEventLoop()
    shown.widget.ready.connect(loop.quit)
    shown.widget.show()
    exec_at_most(loop)
    yield shown, mirror, central
    shown.widget.shutdown()
    shown.widget.close()
    shown.widget.deleteLater()
    shown.model.close()


@pytest.mark.xvfb
@pytest.mark.qt_log_ignore(*ENGINE_TALK, extend=True)
def test_that_the_list_of_an_area_goes_on_by_its_button(
    page: tuple[Shown, Mirror, Central], qtbot: QtBot
) -> None:
    shown, mirror, central = page
    areas = shown.model.areas
    assert areas is not None
    areas.draw([(39.9, 116.39), (39.91, 116.39), (39.91, 116.41)], {"name": "围"})
    area = areas.shown[0].area.id
    made = [event(no, area=area) for no in range(PAGE + 3)]
    central.events = sorted(made, key=lambda one: (one.at, one.id), reverse=True)
    rows = tuple(RowChange(kind="area_event", id=one.id, row=one) for one in central.events[:2])
    mirror.take_changes(ChangeBatch(rev=80, rows=rows))
    qtbot.waitUntil(lambda: shown.js("mapPage.areas.areas.length") == 1)
    shown.take_keys(qtbot)
    shown.js("document.querySelector('.area-label').click(); 0")
    lines = "document.querySelectorAll('.area-past > .area-line').length"
    button = "document.querySelector('.area-past .area-button')"
    qtbot.waitUntil(lambda: shown.js(lines) == 2)
    shown.js(f"{button}.focus(); 0")
    QTest.keyClick(shown.target(), " ")
    told = "document.querySelector('.area-past').textContent"
    qtbot.waitUntil(lambda: "Central is not reached" in shown.js(told))
    live(mirror)
    QTest.keyClick(shown.target(), " ")
    qtbot.waitUntil(lambda: shown.js(lines) == PAGE + 2)
    assert shown.js(f"document.activeElement === {button}")
    QTest.keyClick(shown.target(), " ")
    qtbot.waitUntil(lambda: shown.js(f"{button} === null"))
    assert shown.js(lines) == PAGE + 4, "all, and that nothing earlier is kept"
    assert "Nothing earlier is kept" in shown.js(told)
    assert shown.problems == []
