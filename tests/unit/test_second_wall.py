"""Another window's wall: every key of the first, its own words, out of sight while locked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import desk_city
import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from rtsp_points import Point, RtspPoints, make_clip, serving

from console.app.consolesettings import ConsoleSettings
from console.app.desktop_screens import WallScreens
from console.app.desktop_secondwall import SecondWall
from console.domain.places import Camera
from console.media.nal import Codec
from console.patrol.ledger import Look
from console.protocol.patrol import Handing, PlanSent
from console.ui.formnames import SiteForms
from console.ui.mirror import Mirror
from console.ui.planbook import PlanBook
from console.ui.wall_directory import CameraDirectory, DirectoryDesk
from console.ui.wall_feed import WallFeed
from console.ui.wall_values import TileKind
from console.video.live import Decoders, in_thread
from console.video.looks import LooksReader
from console.video.rtsp import Patience
from widgets.common.appearance import Appearance
from widgets.wall.handover import OWN_WINDOW
from widgets.wall.wall import WallWidget

RESOURCES = Path(__file__).parents[2] / "resources"
pytestmark = pytest.mark.xvfb


class Patrol(QObject):
    """What a console's patrol link tells its walls; nobody else patrols."""

    handed = Signal(object)
    screens: tuple[object, ...] = ()


@dataclass(kw_only=True)
class Models:
    mirror: Mirror
    settings: ConsoleSettings


@dataclass(kw_only=True)
class FirstWall:
    """The console's own wall, as far as others need it."""

    feed: WallFeed
    widget: WallWidget
    patrol: Patrol
    book: PlanBook
    directory: DirectoryDesk
    looks: LooksReader
    camera_key: None = None
    looked: list[Look] = field(default_factory=list)

    def looks_today(self) -> list[Look]:
        return []

    def note_look(self, look: Look) -> None:
        self.looked.append(look)


@pytest.fixture
def server() -> Iterator[RtspPoints]:
    points = {f"C{n:02d}": Point(make_clip(Codec.H264)) for n in range(6)}
    points["C03"].manner = "no_packets"
    with serving(**points) as running:
        yield running


@pytest.fixture
def screens(
    server: RtspPoints, appearance: Appearance, qtbot: QtBot, tmp_path: Path
) -> Iterator[WallScreens]:
    mirror = desk_city.filled_mirror()
    cameras: list[Camera] = [server.camera(name) for name in server.points]
    desk_city.change(mirror, *cameras)
    decoders = Decoders(1, Patience(), in_thread)
    feed = WallFeed(mirror.cameras(), tiles=4, decoders=decoders)
    source: Any = object()  # nothing is asked of central here
    book = PlanBook(mirror, SiteForms(mirror), source)
    first = FirstWall(
        feed=feed,
        widget=WallWidget(feed, appearance),
        patrol=Patrol(),
        book=book,
        directory=DirectoryDesk(CameraDirectory(cameras, {})),
        looks=LooksReader(tmp_path / "looks.db"),
    )
    qtbot.addWidget(first.widget)
    first.widget.set_plans(book)
    settings = ConsoleSettings(
        url="http://127.0.0.1:1", account="a", password="p", home=tmp_path, resources=RESOURCES
    )
    models: Any = Models(mirror=mirror, settings=settings)
    made = WallScreens(first, models, appearance, first.widget)  # type: ignore[arg-type]
    made.setProperty("first", first)
    yield made
    made.close()
    assert made.windows == []
    assert feed.stop()


def another(screens: WallScreens, qtbot: QtBot, *, tiles: int = 4) -> SecondWall:
    points = ("C00", "C01", "C02", "C03", "C04")
    handing = Handing(to=OWN_WINDOW, plan="night", points=points, tiles=tiles, first="C00")
    made = screens.open_window(handing)
    made.window.activateWindow()
    made.wall.setFocus()
    qtbot.waitUntil(made.wall.canvas.hasFocus)
    return made


def test_that_every_key_of_the_first_wall_works_in_the_second_window(
    screens: WallScreens, qtbot: QtBot
) -> None:
    made = another(screens, qtbot)
    wall, canvas = made.wall, made.wall.canvas
    assert made.feed.plan.name == "night"
    for key, panel in (
        (Qt.Key.Key_Slash, wall.directory),
        (Qt.Key.Key_E, wall.plans),
        (Qt.Key.Key_U, wall.unseen),
    ):
        assert panel is not None
        qtbot.keyClick(canvas, key)
        assert panel.isVisible()
        wall.close_panels()
    qtbot.keyClick(canvas, Qt.Key.Key_M)
    assert made.notice.text() == "Hints are off."
    with qtbot.waitSignal(wall.hand_wanted):
        qtbot.keyClick(canvas, Qt.Key.Key_H)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    menu.close()
    canvas.pick(3)  # which shows nothing, however long one waits
    qtbot.keyClick(canvas, Qt.Key.Key_S)
    assert made.notice.text().startswith("Tile 4: ")
    canvas.pick(0)
    qtbot.waitUntil(lambda: made.feed.tile(0).kind is TileKind.LIVE)
    first = screens.property("first")
    with qtbot.waitSignal(first.widget.evidence_taken) as taken:
        qtbot.keyClick(canvas, Qt.Key.Key_S)
    assert taken.args[0].camera == "C00"
    assert made.notice.text().startswith("Evidence of ")


def test_that_plans_kept_at_central_run_in_the_second_window(
    screens: WallScreens, qtbot: QtBot
) -> None:
    made = another(screens, qtbot)
    first = screens.property("first")
    first.book.take([PlanSent(id="p1", name="evening", points=("C05", "C04"), tiles=1)])
    qtbot.keyClick(made.wall.canvas, Qt.Key.Key_E)
    assert made.wall.plans is not None
    made.wall.plans.run_wanted.emit("p1")
    assert (made.feed.plan.name, made.feed.tiles) == ("evening", 1)
    assert first.feed.plan.name == "all"
    assert not made.wall.plans.isVisible()


def test_that_one_camera_in_full_is_on_its_main_stream_and_opens_once(
    screens: WallScreens, server: RtspPoints, qtbot: QtBot
) -> None:
    screens.open_full("C02")
    screens.open_full("C02")
    (made,) = screens.windows
    assert made.feed.tiles == 1
    qtbot.waitUntil(lambda: made.feed.tile(0).kind is TileKind.LIVE)
    assert made.feed.live_tiles()["C02"].main  # type: ignore[index]
    qtbot.keyClick(made.wall.canvas, Qt.Key.Key_Escape)
    assert screens.windows == []


def test_that_no_wall_is_in_sight_while_the_console_is_locked(
    screens: WallScreens, server: RtspPoints, qtbot: QtBot
) -> None:
    made = another(screens, qtbot)
    qtbot.waitUntil(lambda: server.points["C00"].playing == 1)
    screens.set_locked(True)
    assert not made.window.isVisible()
    qtbot.waitUntil(lambda: server.points["C00"].playing == 0)
    screens.set_locked(False)
    assert made.window.isVisible()


def test_that_a_minimised_window_decodes_nothing(
    screens: WallScreens, server: RtspPoints, qtbot: QtBot
) -> None:
    made = another(screens, qtbot)
    qtbot.waitUntil(lambda: server.points["C00"].playing == 1)
    made.window.showMinimized()
    qtbot.waitUntil(lambda: server.points["C00"].playing == 0)
    made.window.showNormal()
    qtbot.waitUntil(lambda: server.points["C00"].playing == 1)
    made.window.close()
    assert screens.windows == []
    qtbot.waitUntil(lambda: server.points["C00"].playing == 0)


def test_that_the_second_wall_fills_the_screen_and_comes_back_into_its_window(
    screens: WallScreens, qtbot: QtBot
) -> None:
    made = another(screens, qtbot)
    qtbot.keyClick(made.wall.canvas, Qt.Key.Key_F)
    assert made.wall.isFullScreen()
    qtbot.keyClick(made.wall.canvas, Qt.Key.Key_Escape)
    assert not made.wall.isWindow()
    assert made.window.isVisible()
    qtbot.waitUntil(lambda: made.wall.size() == made.window.size())
    assert made.feed.plan.name == "night", "Esc left the full screen, not the plan"


def test_that_a_wall_that_fills_the_screen_decodes_nothing_while_locked_or_closed(
    screens: WallScreens, server: RtspPoints, qtbot: QtBot
) -> None:
    made = another(screens, qtbot)
    qtbot.keyClick(made.wall.canvas, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: server.points["C00"].playing == 1)
    screens.set_locked(True)
    assert not made.wall.isVisible()
    qtbot.waitUntil(lambda: server.points["C00"].playing == 0)
    screens.set_locked(False)
    qtbot.waitUntil(lambda: server.points["C00"].playing == 1)
    made.wall.fill_screen(True)
    made.window.close()
    assert screens.windows == []
    assert not made.wall.isVisible()


def test_that_the_consoles_own_wall_decodes_nothing_behind_the_lock(
    screens: WallScreens, server: RtspPoints, qtbot: QtBot
) -> None:
    wall = screens.property("first").widget
    wall.show()
    qtbot.waitUntil(lambda: server.points["C00"].playing == 1)
    screens.set_locked(True)
    qtbot.waitUntil(lambda: server.points["C00"].playing == 0)
    screens.set_locked(False)
    qtbot.waitUntil(lambda: server.points["C00"].playing == 1)


def test_that_looks_that_cannot_be_counted_are_told(
    screens: WallScreens, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("disk gone")

    monkeypatch.setattr("console.app.desktop_screens.records", fails)
    wall = screens.property("first").widget
    wall.repairs.wanted.emit()
    qtbot.waitUntil(lambda: "The looks could not be counted" in wall.repairs.told.text())
