"""A case becomes a big incident at the desk, by keyboard alone, and is commanded from its sheet."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from test_desk import Desk, desk

__all__ = ["desk"]
pytestmark = [pytest.mark.e2e, pytest.mark.xvfb]


def answered(desk: Desk, key: Qt.Key, words: str) -> None:
    """Press a key on the sheet, type what is asked, Enter."""
    sheet = desk.console.desk.major
    desk.press(key, QApplication.focusWidget())
    assert sheet.words.hasFocus()
    sheet.words.insert(words)  # as an input method hands them over
    desk.press(Qt.Key.Key_Return, sheet.words)


def test_that_a_case_is_made_big_by_a_plan_and_commanded_by_keyboard(desk: Desk) -> None:
    case = desk.new("0401", "工体北路 4号")
    card, sheet = desk.console.desk.card, desk.console.desk.major
    card.setFocus()
    desk.press(Qt.Key.Key_G, card)
    desk.until(sheet.isVisible)
    names = [sheet.plans.item(at).text() for at in range(sheet.plans.count())]
    for _ in range(names.index("Gas leak")):
        desk.press(Qt.Key.Key_Down, sheet.plans)
    assert "Evacuation" in sheet.preview.text()
    answered(desk, Qt.Key.Key_Return, "leak under the street")
    sectors = f"SELECT name, task FROM sector WHERE incident = '{case.id}' ORDER BY id"
    parts = f"SELECT COUNT(*) FROM incident WHERE parent = '{case.id}'"
    desk.until(lambda: len(desk.rows(sectors)) == 3 and desk.rows(parts) == [(3,)])
    desk.until(lambda: sheet.sectors.count() == 3 and sheet.cases.count() == 3)
    answered(desk, Qt.Key.Key_P, "东门")
    post = f"SELECT place, commander FROM command_post WHERE incident = '{case.id}'"
    desk.until(lambda: desk.rows(post) == [("东门", None)])
    desk.until(lambda: "东门" in sheet.post.text())
    answered(desk, Qt.Key.Key_W, "王局")
    desk.until(lambda: desk.rows(post) == [("东门", "王局")])
    desk.until(lambda: "王局" in sheet.post.text())
    desk.until(lambda: "command_taken" in desk.log(case.id))
    desk.until(lambda: len(desk.second.mirror.details_of(case.id)) >= 8)
    answered(desk, Qt.Key.Key_M, "fire brigade is here")
    desk.until(lambda: "noted" in desk.log(case.id))
    sheet.cases.setFocus()
    desk.press(Qt.Key.Key_Return, sheet.cases)
    desk.until(lambda: not sheet.isVisible())
    picked = desk.console.models.card.card
    assert picked is not None
    assert picked.incident.parent == case.id
