"""The camera directory: found as typed, by branch, favourites; the panel's keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.domain.ids import CameraId, JurisdictionId, UnitId
from console.domain.places import Camera
from console.ui.wall_directory import MOST_ROWS, CameraDirectory, DirectoryModel, Group
from widgets.common.appearance import Appearance
from widgets.wall.directory import DirectoryPanel, group_name

RESOURCES = Path(__file__).parents[2] / "resources"
DISTRICTS = {"cy": ("朝阳区", "Chaoyang"), "hd": ("海淀区", "Haidian")}


def camera(number: int, name: str, **more: object) -> Camera:
    return Camera(id=CameraId(f"C{number:04d}"), name=name, main_url=f"rtsp://h/{number}", **more)  # type: ignore[arg-type]


@pytest.fixture
def directory() -> CameraDirectory:
    chaoyang, haidian = JurisdictionId("cy"), JurisdictionId("hd")
    return CameraDirectory(
        [
            camera(1, "工体北路与新东路路口", district=chaoyang, owner="police"),
            camera(2, "中关村大街与北四环路口", district=haidian, owner="police"),
            camera(3, "工体南路工地", district=chaoyang, owner="site"),
            camera(4, "京A12345 车载", owner="vehicle", unit=UnitId("u1")),
            camera(5, "Mikonkatu / Vilhonkatu", owner="bureau"),
            camera(6, "退役点位", retired=True),
        ],
        DISTRICTS,
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("工体", ["C0001", "C0003"]),
        ("gongti", ["C0001", "C0003"]),
        ("gtbl", ["C0001"]),
        ("haidian", ["C0002"]),
        ("C0005", ["C0005"]),
        ("vilhon", ["C0005"]),
        ("退役", []),
    ],
)
def test_that_a_point_is_found_as_people_type_it(
    directory: CameraDirectory, text: str, found: list[str]
) -> None:
    assert sorted(one.id for one in directory.find(text)) == found


def test_that_branches_hold_what_belongs_to_them(directory: CameraDirectory) -> None:
    groups = {(one.kind, one.key): one for one in directory.groups([CameraId("C0003")])}
    assert groups["all", ""].points == 5
    assert groups["favourites", ""].points == 1
    assert groups["moving", ""].points == 1
    assert groups["district", "cy"].name == "朝阳区"
    chaoyang = groups["district", "cy"]
    assert [one.id for one in directory.find("", chaoyang)] == ["C0001", "C0003"]
    assert [one.id for one in directory.find("北路", chaoyang)] == ["C0001"]
    favourites = Group(kind="favourites")
    assert [one.id for one in directory.find("", favourites, [CameraId("C0003")])] == ["C0003"]


def test_that_a_large_directory_shows_its_first_rows_and_changes_rows_only() -> None:
    many = CameraDirectory([camera(n, f"朝阳路 {n}") for n in range(3 * MOST_ROWS)], {})
    model = DirectoryModel(many)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert model.rowCount() == MOST_ROWS
    for text in ("朝阳路 1", "朝阳路 12", "朝阳路 123", "nothing", ""):
        model.search(text)
        assert model.rowCount() == min(MOST_ROWS, len(many.find(text)))
    assert tester.model() is model


pytestmark = pytest.mark.xvfb


@pytest.fixture
def panel(qapp: QApplication, qtbot: QtBot, directory: CameraDirectory) -> Iterator[DirectoryPanel]:
    appearance = Appearance(qapp, RESOURCES, theme="dark", language="en")
    shown = DirectoryPanel(DirectoryModel(directory))
    qtbot.addWidget(shown)
    shown.show()
    yield shown
    appearance.use_language("en")


def test_that_keys_choose_show_and_mark(panel: DirectoryPanel, qtbot: QtBot) -> None:
    panel.open()
    qtbot.keyClicks(panel.search, "gongti")
    with qtbot.waitSignal(panel.points_wanted) as wanted:
        qtbot.keyClick(panel.search, Qt.Key.Key_Down)
        qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    first = wanted.args
    assert first[1] == "gongti"
    with qtbot.waitSignal(panel.points_wanted) as wanted:
        qtbot.keyClick(panel.search, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert sorted(wanted.args[0]) == ["C0001", "C0003"]
    model = panel.list.model()
    assert isinstance(model, DirectoryModel)
    with qtbot.waitSignal(model.favourites_changed) as kept:
        qtbot.keyClick(panel.search, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert len(kept.args[0]) == 1
    with qtbot.waitSignal(panel.closed):
        qtbot.keyClick(panel.search, Qt.Key.Key_Escape)


def test_that_nothing_found_says_what_to_do(panel: DirectoryPanel, qtbot: QtBot) -> None:
    qtbot.keyClicks(panel.search, "zzzz")
    assert panel.count.text().startswith("Nothing found.")
    assert group_name(Group(kind="owner", key="site", points=1200)) == (
        "Owner: construction sites  1,200"
    )
