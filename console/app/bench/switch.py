"""Turning pages: whether any tile is ever black, and how soon a page is there.

Pages turn over the simulated city's cameras that make their viewers wait, a share of them dead. The
widget's own pixels are judged after each paint that follows a turn.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage, QPaintEvent

from console.app.bench._cameras import city_cameras, with_dead
from console.app.bench._figures import machine, percentiles
from console.app.bench._sweeping import sweeping
from console.app.bench.wall import wall_of
from console.city.cameras.settings import stream_facts
from console.domain.ids import CameraId
from console.patrol.plans import PatrolPlan
from console.ui.wall_feed import WallFeed
from console.ui.wall_values import TileKind
from console.video.looks import LooksReader
from widgets.wall.wall import WallWidget

#: A picture, and words on a tile, have light in them; a black tile has none.
_BLACK_MAX, _BLACK_STD = 40, 2.0
_PATIENCE_S = 3.0
_SEEN_S, _SEEN_SHARE = 120.0, 0.98
_TOLD_EVERY = 10


class _Judge:
    """Looks at the wall's pixels after each paint that follows a turn of the page."""

    def __init__(self, feed: WallFeed, wall: WallWidget, dead: frozenset[CameraId]) -> None:
        self._feed, self._wall, self._dead = feed, wall, dead
        self._turned_s: float | None = None
        self.switch_ms: list[float] = []
        self.black = self.tiles = self.dead_tiles = 0
        self.kinds: Counter[TileKind] = Counter()
        self.living: Counter[TileKind] = Counter()
        self.late_pages: set[int] = set()
        self._paint = wall.canvas.paintEvent
        wall.canvas.paintEvent = self._painted  # type: ignore[method-assign]  # the bench's eye
        self._judging = False
        feed.page_turned.connect(self._turn)

    @property
    def pages(self) -> int:
        """How many pages were judged."""
        return len(self.switch_ms)

    def _turn(self) -> None:
        self._turned_s = time.perf_counter()

    def _painted(self, event: QPaintEvent) -> None:
        self._paint(event)
        if self._judging or self._turned_s is None:
            return
        late_s = time.perf_counter() - self._turned_s
        if self._all_there() or late_s > _PATIENCE_S:
            self.switch_ms.append(late_s * 1000)
            self._turned_s = None
            QTimer.singleShot(0, self._judge)

    def _all_there(self) -> bool:
        points = self._feed.points_on()
        return all(
            point is None or self._feed.tile(n).camera == point for n, point in enumerate(points)
        )

    def _judge(self) -> None:
        self._judging = True
        shot = _pixels(self._wall.canvas.grab().toImage())
        self._judging = False
        for number, frame in enumerate(self._wall.canvas.frames()):
            view, box = self._feed.tile(number), frame.picture
            if view.kind is TileKind.EMPTY:
                continue
            part = shot[box.top() : box.bottom() + 1, box.left() : box.right() + 1]
            self.black += bool(part.max() < _BLACK_MAX and part.std() < _BLACK_STD)
            self.tiles += 1
            self.dead_tiles += view.camera in self._dead
            self.kinds[view.kind] += 1
            if view.camera not in self._dead and view.kind is not TileKind.LIVE:
                self.living[view.kind] += 1
                self.late_pages.add(self.pages)


def run(
    *, pages: int = 40, tiles: int = 16, dwell_s: float = 3.0, cameras: int = 1_000,
    dead: float = 0.02, source: str = "wait", sweep: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Measure; see the module's text.

    Args:
        pages: How many turns are judged.
        tiles: 1 to 36.
        dwell_s: How long a page stays.
        cameras: Points of the simulated city.
        dead: Share of them that nobody answers for.
        source: "gop", "wait" or "mixed", as in the bench of the sweep.
        sweep: Whether a sweep runs beside, whose last pictures stand in.
    """
    joining = None if source == "mixed" else source
    with city_cameras(cameras, joining=joining) as living:
        points, gone = with_dead(living, dead)
        plan = PatrolPlan(name="bench", points=tuple(one.id for one in points), dwell_s=dwell_s)
        if not sweep:
            figures = _turned(points, plan, tiles, pages, gone, None)
        else:
            with sweeping(points) as swept:
                _wait_seen(LooksReader(swept.looks), len(points) - len(gone))
                figures = _turned(points, plan, tiles, pages, gone, LooksReader(swept.looks))
    return {**figures, "tiles": tiles, "dwell_s": dwell_s, "source": source,
            **stream_facts(), **machine()}  # fmt: skip


def _turned(
    points: list[Any],
    plan: PatrolPlan,
    tiles: int,
    pages: int,
    gone: frozenset[CameraId],
    looks: LooksReader | None,
) -> dict[str, Any]:
    with wall_of(points, plan, tiles, looks=looks) as (feed, wall):
        _run_for(plan.dwell_s * 2)  # the first page has had nobody to open it ahead
        judge = _Judge(feed, wall, gone)
        loop = QEventLoop()
        timer = QTimer(interval=50)
        timer.timeout.connect(lambda: loop.quit() if judge.pages >= pages else None)
        timer.start()
        feed.page_turned.connect(lambda: _tell(judge, pages, plan.dwell_s))
        loop.exec()
        timer.stop()
    not_live = judge.tiles - judge.kinds[TileKind.LIVE]
    total = max(1, judge.tiles)
    return {
        "pages": judge.pages,
        "black_tiles": judge.black,
        "stale_share": round(not_live / total, 4),
        "dead_share": round(judge.dead_tiles / total, 4),
        **{f"switch_{k}": value for k, value in percentiles(judge.switch_ms, 50, 99).items()},
        "kinds": {kind.value: count for kind, count in judge.kinds.items()},
        "living_not_live": {
            kind.value: count for kind, count in judge.living.items() if kind is not TileKind.LIVE
        },
    }


def _tell(judge: _Judge, pages: int, dwell_s: float) -> None:
    """Say how far it is: a page stays as long as on a wall, two hundred take ten minutes."""
    if judge.pages % _TOLD_EVERY == 0:
        left_s = (pages - judge.pages) * dwell_s
        late = judge.living.total()
        words = (
            f"{judge.pages} of {pages} pages, {late} living tiles not live, {left_s:.0f} s to go"
        )
        print(words, file=sys.stderr, flush=True)


def _wait_seen(looks: LooksReader, living: int) -> None:
    """Wait until the sweep has been round once: a wall is not turned on before its sweep."""
    end = time.monotonic() + _SEEN_S
    while time.monotonic() < end:
        if sum(look.picture_at is not None for look in looks.states()) >= _SEEN_SHARE * living:
            return
        time.sleep(0.5)


def _run_for(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def _pixels(image: QImage) -> NDArray[np.uint8]:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return rows[:, : image.width(), :3].copy()
