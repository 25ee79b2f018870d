"""The camera directory: found as typed, a tree by district and owner; the panel's keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.domain.ids import CameraId, JurisdictionId, UnitId
from console.domain.places import Camera
from console.ui.wall_directory import CameraDirectory, DirectoryDesk
from console.ui.wall_tree import CHUNK, NAME, ONLINE, POINTS, DirectoryTree
from widgets.common.appearance import Appearance
from widgets.wall.directory import DirectoryPanel

RESOURCES = Path(__file__).parents[2] / "resources"
DISTRICTS = {"cy": ("朝阳区", "Chaoyang"), "hd": ("海淀区", "Haidian")}


def camera(number: int, name: str, **more: object) -> Camera:
    return Camera(id=CameraId(f"C{number:04d}"), name=name, main_url=f"rtsp://h/{number}", **more)  # type: ignore[arg-type]


@pytest.fixture
def desk(qapp: QApplication) -> Iterator[DirectoryDesk]:
    appearance = Appearance(qapp, RESOURCES, theme="dark", language="en")
    chaoyang, haidian = JurisdictionId("cy"), JurisdictionId("hd")
    directory = CameraDirectory(
        [
            camera(1, "工体北路与新东路路口", district=chaoyang, owner="police"),
            camera(2, "中关村大街与北四环路口", district=haidian, owner="police"),
            camera(3, "工体南路工地", district=chaoyang, owner="site"),
            camera(4, "京A12345 车载", owner="vehicle", unit=UnitId("u1")),
            camera(5, "Mikonkatu / Vilhonkatu", owner="bureau"),
            camera(6, "退役点位", retired=True),
            camera(7, "工体东路", district=chaoyang, owner="police"),
        ],
        DISTRICTS,
    )
    answers = {CameraId("C0001"): True, CameraId("C0007"): False, CameraId("C0003"): True}
    yield DirectoryDesk(directory, lambda: answers)
    appearance.use_language("en")


def many(count: int) -> DirectoryDesk:
    district = JurisdictionId("cy")
    points = [camera(n, f"朝阳路 {n:05d}", district=district, owner="police") for n in range(count)]
    return DirectoryDesk(CameraDirectory(points, DISTRICTS))


def watched(model: DirectoryTree) -> QAbstractItemModelTester:
    return QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)


def lines(model: DirectoryTree, parent: QModelIndex | None = None, depth: int = 0) -> list[str]:
    """Return the whole tree in words: name, points and share online, indented."""
    found = []
    for row in range(model.rowCount(parent)):
        index = model.index(row, NAME, parent)
        cells = [index.siblingAtColumn(n).data() for n in (NAME, POINTS, ONLINE)]
        found.append("  " * depth + " | ".join(one for one in cells if one))
        found += lines(model, index, depth + 1) if model.hasChildren(index) else []
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("工体", ["C0001", "C0003", "C0007"]),
        ("gongti", ["C0001", "C0003", "C0007"]),
        ("gtbl", ["C0001"]),
        ("haidian", ["C0002"]),
        ("C0005", ["C0005"]),
        ("vilhon", ["C0005"]),
        ("工体 朝阳 c0003", ["C0003"]),
        ("退役", []),
    ],
)
def test_that_a_point_is_found_as_people_type_it(
    desk: DirectoryDesk, text: str, found: list[str]
) -> None:
    directory = desk.directory
    assert sorted(one.id for one in desk.find(text)) == found
    assert sorted(directory.camera(row).id for row in directory.matching(text)) == found


def test_that_points_stand_under_their_owners_and_those_under_their_districts(
    desk: DirectoryDesk,
) -> None:
    desk.set_favourites([CameraId("C0003"), CameraId("C9999")])
    model = DirectoryTree(desk)
    tester = watched(model)
    assert lines(model) == [
        "★ Favourites | 1 | 100 %",
        "  ★ 工体南路工地",
        "On vehicles and people | 1 | —",
        "  vehicles | 1 | —",
        "    京A12345 车载",
        "Chaoyang | 3 | 66.6 %",
        "  police | 2 | 50.0 %",
        "    工体东路 | no picture",
        "    工体北路与新东路路口",
        "  construction sites | 1 | 100 %",
        "    ★ 工体南路工地",
        "Haidian | 1 | —",
        "  police | 1 | —",
        "    中关村大街与北四环路口",
        "No district | 1 | —",
        "  the bureau | 1 | —",
        "    Mikonkatu / Vilhonkatu",
    ]
    assert tester.model() is model


def test_that_a_search_keeps_matching_branches_and_puts_the_likeliest_on_top(
    desk: DirectoryDesk,
) -> None:
    model = DirectoryTree(desk)
    watched(model)
    model.search("gongti  北")
    assert lines(model) == [
        "Best matches | 1 | 100 %",
        "  工体北路与新东路路口",
        "Chaoyang | 1 | 100 %",
        "  police | 1 | 100 %",
        "    工体北路与新东路路口",
    ]
    model.search("nothing of the kind")
    assert (model.matches, lines(model)) == (0, [])
    model.search("")
    assert model.matches == 6


def test_that_a_large_branch_has_rows_as_far_as_somebody_looks() -> None:
    desk = many(2 * CHUNK + 1)
    model = DirectoryTree(desk)
    watched(model)
    owner = model.index(0, NAME, model.index(0, NAME))
    assert model.rowCount(owner) == CHUNK + 1
    last = model.index(CHUNK, NAME, owner)
    assert model.is_more(last)
    assert last.data() == f"… {CHUNK + 1} more"
    assert len(model.points_of(owner)) == 2 * CHUNK + 1
    model.bring_more(last)
    assert model.rowCount(owner) == 2 * CHUNK + 1
    last = model.index(2 * CHUNK, NAME, owner)
    assert last.data() == "… 1 more"
    model.bring_more(last)
    assert model.rowCount(owner) == 2 * CHUNK + 1
    assert not model.is_more(model.index(2 * CHUNK, NAME, owner))
    assert model.camera(model.index(2 * CHUNK, NAME, owner)) == f"C{2 * CHUNK:04d}"


def test_that_who_answers_changes_words_and_no_rows(desk: DirectoryDesk) -> None:
    model = DirectoryTree(desk)
    changed: list[str] = []
    model.dataChanged.connect(lambda first, _last: changed.append(first.parent().data() or ""))
    model.modelReset.connect(lambda: changed.append("RESET"))
    model.look_again()
    assert changed == []
    desk.answering = lambda: {CameraId("C0001"): True, CameraId("C0007"): True}
    model.look_again()
    assert {"", "Chaoyang", "police"} <= set(changed)
    assert "RESET" not in changed
    assert "Chaoyang | 3 | 100 %" in lines(model)


pytestmark = pytest.mark.xvfb


@pytest.fixture
def panel(qtbot: QtBot, desk: DirectoryDesk) -> DirectoryPanel:
    shown = DirectoryPanel(desk)
    qtbot.addWidget(shown)
    shown.resize(shown.width(), 700)
    shown.show()
    shown.activateWindow()
    shown.open()
    qtbot.waitUntil(shown.search.hasFocus)
    return shown


def press(qtbot: QtBot, panel: DirectoryPanel, key: Qt.Key, *, control: bool = False) -> None:
    """Press a key where the focus is."""
    held = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(panel.focusWidget() or panel.search, key, held)


def chosen(panel: DirectoryPanel) -> str:
    return str(panel.tree.currentIndex().data())


def test_that_enter_shows_the_likeliest_and_control_enter_all(
    panel: DirectoryPanel, qtbot: QtBot
) -> None:
    qtbot.keyClicks(panel.search, "gtbl")
    assert chosen(panel) == "工体北路与新东路路口"
    with qtbot.waitSignal(panel.points_wanted) as wanted:
        press(qtbot, panel, Qt.Key.Key_Return)
    assert wanted.args == [["C0001"], "gtbl"]
    panel.search.setText("gongti")
    with qtbot.waitSignal(panel.points_wanted) as wanted:
        press(qtbot, panel, Qt.Key.Key_Return, control=True)
    assert sorted(wanted.args[0]) == ["C0001", "C0003", "C0007"]
    with qtbot.waitSignal(panel.closed):
        press(qtbot, panel, Qt.Key.Key_Escape)


def test_that_arrows_walk_the_tree_and_letters_go_on_searching(
    panel: DirectoryPanel, qtbot: QtBot
) -> None:
    assert chosen(panel) == "On vehicles and people"
    press(qtbot, panel, Qt.Key.Key_Down)
    assert panel.tree.hasFocus()
    assert chosen(panel) == "Chaoyang"
    press(qtbot, panel, Qt.Key.Key_Right)
    press(qtbot, panel, Qt.Key.Key_Down)
    assert chosen(panel) == "police"
    press(qtbot, panel, Qt.Key.Key_Right)
    press(qtbot, panel, Qt.Key.Key_Down)
    assert chosen(panel) == "工体东路"
    press(qtbot, panel, Qt.Key.Key_M)
    assert panel.search.hasFocus()
    assert panel.search.text() == "m"
    panel.search.clear()
    assert panel.tree.isExpanded(panel.model.index(1, NAME))  # what was open is open again
    panel.tree.setFocus()
    press(qtbot, panel, Qt.Key.Key_Up)
    assert panel.search.hasFocus()


def test_that_a_branch_is_patrolled_planned_and_shown_on_the_map(
    panel: DirectoryPanel, qtbot: QtBot
) -> None:
    panel.search.setText("工体")
    chaoyang = panel.model.index(1, NAME)
    assert chaoyang.data() == "Chaoyang"
    panel.tree.setCurrentIndex(panel.model.index(0, NAME, chaoyang))
    both = [["C0007", "C0001"], "Chaoyang · police · 工体"]
    with qtbot.waitSignal(panel.patrol_wanted) as wanted:
        press(qtbot, panel, Qt.Key.Key_Return)
    assert wanted.args == both
    with qtbot.waitSignal(panel.plan_wanted) as wanted:
        press(qtbot, panel, Qt.Key.Key_P, control=True)
    assert wanted.args == both
    with qtbot.waitSignal(panel.map_wanted) as wanted:
        press(qtbot, panel, Qt.Key.Key_G, control=True)
    assert wanted.args == both[:1]
    assert not panel.buttons["star"].isEnabled()


def test_that_a_point_becomes_a_favourite_and_stays_chosen(
    panel: DirectoryPanel, desk: DirectoryDesk, qtbot: QtBot
) -> None:
    qtbot.keyClicks(panel.search, "haidian")
    with qtbot.waitSignal(desk.favourites_changed) as kept:
        press(qtbot, panel, Qt.Key.Key_D, control=True)
    assert kept.args == [["C0002"]]
    assert chosen(panel) == "★ 中关村大街与北四环路口"
    press(qtbot, panel, Qt.Key.Key_D, control=True)
    assert desk.favourites == []


def test_that_the_last_row_of_a_chunk_brings_the_next(qapp: QApplication, qtbot: QtBot) -> None:
    appearance = Appearance(qapp, RESOURCES, theme="dark", language="en")
    panel = DirectoryPanel(many(3 * CHUNK))
    qtbot.addWidget(panel)
    panel.resize(panel.width(), 500)
    panel.show()
    owner = panel.model.index(0, NAME, panel.model.index(0, NAME))
    panel.tree.expand(panel.model.index(0, NAME))
    panel.tree.expand(owner)
    panel.tree.setCurrentIndex(panel.model.index(CHUNK - 1, NAME, owner))
    panel.tree.setFocus()
    press(qtbot, panel, Qt.Key.Key_Down)
    assert chosen(panel) == f"朝阳路 {CHUNK:05d}"
    assert panel.model.rowCount(owner) == 2 * CHUNK + 1
    qtbot.waitUntil(lambda: panel.tree.verticalScrollBar().maximum() > 0)
    panel.tree.scrollToBottom()
    assert panel.model.rowCount(owner) == 3 * CHUNK
    assert appearance.language == "en"


def test_that_nothing_found_says_what_to_do(panel: DirectoryPanel, qtbot: QtBot) -> None:
    qtbot.keyClicks(panel.search, "zzzz")
    assert panel.told.text().startswith("Nothing found.")


def test_that_names_and_owners_follow_the_language(
    panel: DirectoryPanel, qapp: QApplication
) -> None:
    appearance = Appearance(qapp, RESOURCES, theme="dark", language="en")
    appearance.use_language("zh_CN")
    assert [line for line in lines(panel.model) if line.startswith("朝阳区")] == [
        "朝阳区 | 3 | 66.6 %"
    ]
    assert "  公安 | 2 | 50.0 %" in lines(panel.model)
    appearance.use_language("en")
