"""A card that changes keeps the widgets that show the same; nothing of an older one is left."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from widgets.desk.kept_parts import KeptParts, Part, section, words_part

pytestmark = pytest.mark.xvfb


def shown(column: QVBoxLayout) -> list[QLabel]:
    widgets = [item.widget() for at in range(column.count()) if (item := column.itemAt(at))]
    return [one for one in widgets if isinstance(one, QLabel)]


def texts(column: QVBoxLayout) -> list[str]:
    return [one.text() for one in shown(column)]


def test_that_what_shows_the_same_stays_and_the_rest_comes_and_goes_in_order(
    qapp: QApplication,
) -> None:
    holder = QWidget()
    column = QVBoxLayout(holder)
    parts = KeptParts(column)
    log: list[Part] = [words_part("assigned")]
    parts.show([words_part("北京路 4"), *section("LOG", log), *section("NONE", [])])
    place, heading, line = shown(column)
    assert texts(column) == ["北京路 4", "LOG", "assigned"]
    parts.show([words_part("北京路 4"), *section("LOG", [words_part("accepted"), *log])])
    assert texts(column) == ["北京路 4", "LOG", "accepted", "assigned"]
    assert [shown(column)[at] for at in (0, 1, 3)] == [place, heading, line]
    parts.show([*section("LOG", log), words_part("北京路 5"), words_part("北京路 5")])
    assert texts(column) == ["LOG", "assigned", "北京路 5", "北京路 5"], "a key twice is two parts"
    assert place.isHidden()
    parts.forget()
    assert texts(column) == []
    parts.show(section("LOG", log))
    assert line not in shown(column), "in another language nothing is kept"
    holder.deleteLater()
