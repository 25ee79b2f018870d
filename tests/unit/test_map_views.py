"""Views of the map that a person has saved."""

from __future__ import annotations

from pathlib import Path

from test_map_ask import mirror as mirror  # noqa: PLC0414 - the fixture

from console.domain.ids import PersonId
from console.domain.levels import Role
from console.sync.state import Who
from console.ui.mapviews import MapViews, SavedView
from console.ui.mirror import Mirror


def test_that_views_are_kept_for_each_person(mirror: Mirror, tmp_path: Path) -> None:
    views = MapViews(mirror, tmp_path)
    views.save(SavedView(name=" 早高峰 ", lat=39.9, lon=116.4, zoom=14, hidden=("cameras",)))
    views.save(
        SavedView(name="早高峰", lat=39.91, lon=116.4, zoom=15, groups=False, known=("units",))
    )
    views.save(SavedView(name="  ", lat=39.9, lon=116.4, zoom=14))
    again = MapViews(mirror, tmp_path)
    assert again.views == [
        SavedView(name="早高峰", lat=39.91, lon=116.4, zoom=15.0, groups=False, known=("units",))
    ]
    other = Who(id=PersonId("p2"), name="李", role=Role.DISPATCHER)
    mirror.take_who(other)
    assert again.views == []
    again.save(SavedView(name="夜班", lat=39.9, lon=116.4, zoom=12))
    again.drop("夜班")
    assert again.views == []
    (path,) = tmp_path.glob("map-views-nobody.json")
    path.write_text("{broken", encoding="utf-8")
    mirror.who = None
    assert MapViews(mirror, tmp_path).views == []
