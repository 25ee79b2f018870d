"""From the key to the incident: how long until central has accepted it with its picture.

A wall over the simulated city's cameras, a real central on the same machine, the commands of a
console: `S` is pressed on one live tile after another.
"""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest

from console.app import wiring
from console.app.bench._cameras import city_cameras
from console.app.bench._figures import machine, percentiles, plan_for, scratch_home, start_central
from console.app.bench.wall import wall_of
from console.app.config import Config, home_directory
from console.app.desktop_models import DeskModels
from console.app.processes import Family
from console.patrol.plans import PatrolPlan
from console.ui.wall_feed import WallFeed
from console.ui.wall_values import TileKind
from console.video.evidence import EvidenceShot
from widgets.wall.wall import WallWidget

_LIMIT_S = 30.0
_TILES = 9


def run(*, count: int = 60, cameras: int = 64) -> dict[str, Any]:
    """Measure; see the module's text.

    Args:
        count: How often the key is pressed.
        cameras: Points of the simulated city.
    """
    with city_cameras(cameras) as points, scratch_home() as home:
        config = Config(port=0, cameras=8, officers=20, vehicles=2)
        plan, pack = plan_for(home, config, home_directory(None))
        family = Family()
        try:
            url = start_central(family, plan, pack)
            patrol = PatrolPlan(name="bench", points=tuple(p.id for p in points), dwell_s=3600.0)
            with wall_of(points, patrol, _TILES) as (feed, wall):
                settings = wiring.console_settings(
                    home, config, server=url, account="dispatcher", password_file=None,
                    name="bench", pack=pack,
                )  # fmt: skip
                models = DeskModels(settings)
                try:
                    models.start()
                    _until(lambda: models.mirror.is_loaded and _is_live(feed))
                    taken = [_press(models, feed, wall, n % _TILES) for n in range(count)]
                finally:
                    models.stop()
        finally:
            family.stop()
    good = [one for one in taken if one is not None]
    return {
        **percentiles([one[1] for one in good], 50, 95, 99),
        **{f"secured_{k}": v for k, v in percentiles([one[0] for one in good], 50, 99).items()},
        "count": count,
        "failed": count - len(good),
        **machine(),
    }


def _is_live(feed: WallFeed) -> bool:
    return all(feed.tile(n).kind is TileKind.LIVE for n in range(feed.tiles))


def _press(
    models: DeskModels, feed: WallFeed, wall: WallWidget, tile: int
) -> tuple[float, float] | None:
    """Press the key on a tile; return milliseconds until secured, and until accepted."""
    shots: list[EvidenceShot] = []
    feed.evidence_taken.connect(shots.append)
    wall.canvas.pick(tile)
    began_s = time.perf_counter()
    QTest.keyClick(wall.canvas, Qt.Key.Key_S)
    _until(lambda: bool(shots))
    feed.evidence_taken.disconnect(shots.append)
    if not shots:
        return None
    secured_ms = (time.perf_counter() - began_s) * 1000
    incident = models.actions.open_incident_from_evidence(shots[0])
    _until(lambda: _is_settled(models, incident))
    if not _is_settled(models, incident):
        return None
    return secured_ms, (time.perf_counter() - began_s) * 1000


def _is_settled(models: DeskModels, incident: str | None) -> bool:
    """Whether central has accepted the incident and everything that belongs to it."""
    if incident is None or models.mirror.outbox.pending:
        return False
    row = models.mirror.incident(incident)
    return row is not None and row.number is not None


def _until(condition: Any) -> None:
    end = time.monotonic() + _LIMIT_S
    loop = QEventLoop()
    timer = QTimer(interval=2)
    timer.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > end else None)
    timer.start()
    loop.exec()
    timer.stop()
