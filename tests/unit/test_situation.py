"""The three colours: judged by an area's own usual, told with their reason, true to who asks."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from central_parts import CentralServer, Database
from district_parts import EAST, WEST, closing_engine, of_the_east, seeded
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot
from scipy import stats
from test_map_binding import NoDetails, contents

from console.analysis.situation import FEWEST_WINDOWS, WINDOW, Tone, alike_days, judged
from console.domain.ids import IncidentId, JurisdictionId, PersonId
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level, Role
from console.protocol.situation import UsualLoad
from console.store.mapping import put_rows
from console.sync.state import Contents, Who
from console.ui.mapcolours import MapColours
from console.ui.mirror import Mirror

#: A Wednesday, noon in Beijing.
NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)


@given(st.integers(0, 40), st.lists(st.integers(0, 30), min_size=FEWEST_WINDOWS, max_size=20))
def test_that_the_chance_is_that_of_the_predictive_distribution(
    count: int, windows: list[int]
) -> None:
    found = judged(count, windows)
    assert found is not None
    mean, k = float(np.mean(windows)), len(windows)
    spread = max(1.0, float(np.var(windows, ddof=1)) / mean) if mean else 1.0
    scaled = int(np.ceil(count / spread))
    expected = stats.nbinom.sf(scaled - 1, (sum(windows) + 0.5) / spread, k / (k + 1))
    assert found.chance == pytest.approx(expected, abs=1e-9)


def test_that_a_colour_is_rare_where_nothing_is_unusual_and_sure_where_much_is() -> None:
    rng = np.random.default_rng(5)
    for rate in (0.5, 3.0, 20.0):
        tones = [
            judged(int(rng.poisson(rate)), rng.poisson(rate, 20).tolist()) for _ in range(3000)
        ]
        red = sum(one is not None and one.tone is Tone.RED for one in tones) / 3000
        yellow = sum(one is not None and one.tone is Tone.YELLOW for one in tones) / 3000
        assert red < 0.005
        assert yellow < 0.06
        tripled = judged(int(3 * rate) + 6, rng.poisson(rate, 20).tolist())
        assert tripled is not None
        assert tripled.tone is Tone.RED
    assert judged(50, [1, 2]) is None
    assert judged(1, [0] * 20) is not None
    assert judged(1, [0] * 20).tone is Tone.GREEN  # type: ignore[union-attr] # one alone is nothing


def test_that_working_days_are_held_against_working_days() -> None:
    back = alike_days(NOON, 14)
    assert back == [1, 2, 5, 6, 7, 8, 9, 12, 13, 14]  # Tuesday, Monday, Friday …
    assert alike_days(NOON + timedelta(days=3), 14) == [6, 7, 13, 14]


def incident(no: int, district: str, ago: timedelta, *, street: str | None = None) -> Incident:
    opened_at = datetime.now(UTC) - ago
    return Incident(
        id=IncidentId(f"past-{no}"), form="0301", level=Level.CAUTION, stage=Stage.EVALUATE,
        channel=Channel.HOTLINE, summary="夜间施工", place="东单", opened_at=opened_at,
        due_at=opened_at + timedelta(hours=2), district=JurisdictionId(district),
        street=JurisdictionId(street) if street else None, version=1,
    )  # fmt: skip


@pytest.mark.both_databases
def test_that_central_counts_the_same_hours_of_earlier_days(
    tmp_path: Path, database: Database
) -> None:
    server = CentralServer(tmp_path / "home", database=database)
    seeded(server)
    day, hour = timedelta(days=1), timedelta(hours=1)
    rows = [
        incident(1, EAST, 10 * day + 12 * hour),  # the first that is known, out of the window
        incident(2, EAST, 3 * day + 2 * hour, street="S1"),
        incident(3, EAST, 3 * day + 5 * hour),
        incident(4, WEST, 1 * day + 1 * hour),
        incident(5, EAST, 1 * day + 7 * hour),  # out of the window
        incident(6, EAST, hour),  # today
        replace(incident(7, WEST, 1 * day + 1 * hour), stage=Stage.CANCELLED),
    ]
    with closing_engine(server) as engine, engine.begin() as connection:
        put_rows(connection, rows)
    server.start()
    whole = json.loads(server.client().http.get(f"{server.url}/v1/situation", timeout=60).content)
    assert whole["counts"] == [[EAST, 3, 2], [WEST, 1, 1], ["S1", 3, 1]]
    assert whole["days"] == 10
    assert whole["hours"] == 6
    east = of_the_east(server, Role.DISPATCHER)
    seen = json.loads(east.http.get(f"{server.url}/v1/situation", timeout=60).content)
    assert seen["counts"] == [[EAST, 3, 2], ["S1", 3, 1]]
    server.stop()


class Usual:
    """Says what is usual, or fails as a dead link does."""

    def __init__(self) -> None:
        self.load: UsualLoad | Exception = UsualLoad(
            at_ms=0, hours=6, days=28, counts=[("D1", ago, 2) for ago in range(1, 29)]
        )

    def usual_load(self) -> Future[UsualLoad]:
        done: Future[UsualLoad] = Future()
        if isinstance(self.load, Exception):
            done.set_exception(self.load)
        else:
            done.set_result(self.load)
        return done


def test_that_an_area_is_told_with_its_reason(qtbot: QtBot) -> None:
    mirror, usual = Mirror(NoDetails()), Usual()
    hour = timedelta(hours=1)
    rows = [incident(no, "D1", 3 * hour, street="D1S1") for no in range(12)]
    rows[0] = replace(rows[0], stage=Stage.HANDLE)
    rows += [incident(20, "D2", hour), replace(incident(21, "D2", hour), stage=Stage.CANCELLED),
             incident(22, "D2", WINDOW + hour)]  # fmt: skip
    mirror.take_contents(Contents(rev=1, rows=(*contents().rows, *rows)))
    colours = MapColours(mirror, usual)
    with qtbot.waitSignal(colours.changed):
        colours.watch({"D1": "D1", "D1S1": "D1", "D2": "D2"})
    tones = {area: one.situation.tone.value for area, one in colours.tones.items()}
    assert tones == {"D1": "red", "D1S1": "red", "D2": "green"}
    reason = colours.reason("D1")
    assert reason.startswith("↑↑ Red: 12 incidents in 6 h, usually 2.0 (")
    assert "most: Night construction 12" in reason
    assert reason.endswith("past their limit: 1")
    assert colours.reason("D2").startswith("Green: 1 incidents in 6 h, usually 0.0")
    assert colours.reason("D9").startswith("No colour yet")

    # whoever works for one district is not told that the others are quiet
    mirror.take_who(Who(id=PersonId("p"), name="李", role=Role.DISPATCHER, districts=("D2",)))
    with qtbot.waitSignal(colours.changed):
        colours.count()
    assert set(colours.tones) == {"D2"}
    usual.load = UsualLoad(at_ms=0, hours=6, days=2, counts=[])
    with qtbot.waitSignal(colours.changed):
        colours.ask()
    assert colours.tones == {}
    colours.stop()
