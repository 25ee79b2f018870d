"""Theme and language switched while widgets are on screen."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.domain.levels import Level
from console.ui.words import age_text, clock_text, form_word, level_word
from widgets.common.appearance import Appearance, interface_font
from widgets.common.labels import AgeLabel, LinkLabel
from widgets.common.shapes import Shape, paint_shape


def test_that_a_label_on_screen_changes_its_language(appearance: Appearance, qtbot: QtBot) -> None:
    now_s = [100.0]
    label = AgeLabel(clock=lambda: now_s[0])
    qtbot.addWidget(label)
    label.freshen()
    now_s[0] = 112.0
    label.show_age()
    assert label.text() == "12 s old"
    appearance.use_language("zh_CN")
    qtbot.waitUntil(lambda: label.text() == "12 秒前")
    assert (level_word(Level.HIGH), form_word("0301")) == ("紧急", "夜间施工")
    appearance.next_language()
    qtbot.waitUntil(lambda: label.text() == "12 s old")
    assert form_word("9999") == "Other (9999)"


def test_that_old_data_is_said_in_warning_tone(appearance: Appearance, qtbot: QtBot) -> None:
    now_s = [0.0]
    label = AgeLabel(late_after_s=10.0, clock=lambda: now_s[0])
    qtbot.addWidget(label)
    label.freshen()
    now_s[0] = 11.0
    label.show_age()
    assert label.property("tone") == "warn"


def test_that_a_dead_link_is_said_with_its_length(appearance: Appearance, qtbot: QtBot) -> None:
    label = LinkLabel(appearance)
    qtbot.addWidget(label)
    label.set_link(is_up=False, age_s=75.0, reason="Central does not answer.")
    assert label.text() == "offline for 75 s"
    label.set_link(is_up=True, age_s=0.4)
    assert label.text() == "link 0.4 s"


def test_that_the_style_sheet_carries_the_themes_colours(appearance: Appearance) -> None:
    app = cast(QApplication, QApplication.instance())
    assert "#12171D" in app.styleSheet()
    appearance.next_theme()
    assert appearance.theme.name == "light"
    assert "#FAFBFC" in app.styleSheet()
    assert "#12171D" not in app.styleSheet()


def test_that_digits_are_of_one_width(qapp: QApplication) -> None:
    metrics = QFontMetricsF(interface_font())
    assert len({round(metrics.horizontalAdvance(digit * 10), 1) for digit in "0123456789"}) == 1


def painted(shape: Shape) -> frozenset[tuple[int, int]]:
    image = QImage(16, 16, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_shape(painter, QRectF(0, 0, 16, 16), shape, QColor("white"))
    painter.end()
    return frozenset(
        (x, y) for x in range(16) for y in range(16) if image.pixelColor(x, y).alpha() > 127
    )


def test_that_shapes_differ_without_colour(qapp: QApplication) -> None:
    inks = {shape: painted(shape) for shape in Shape}
    for first in Shape:
        assert len(inks[first]) >= 20
        for second in Shape:
            if first < second:
                assert len(inks[first] ^ inks[second]) >= 20, (first, second)


@pytest.mark.parametrize(
    ("left_s", "text"),
    [(130, "02:10"), (-344, "+05:44"), (11_100, "3 h 05"), (None, "—"), (400_000, "4 d")],
)
def test_that_a_clock_counts_down_and_past(
    appearance: Appearance, left_s: float | None, text: str
) -> None:
    assert clock_text(left_s) == text


def test_that_ages_are_in_their_largest_sensible_unit(appearance: Appearance) -> None:
    ages = [age_text(age_s) for age_s in (0.42, 12, 200, 7300, 400_000, None)]
    assert ages == ["0.4 s", "12 s", "3 min", "2 h", "4 d", "—"]
