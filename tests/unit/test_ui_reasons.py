"""Reasons of central's own rules are told in Chinese; none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from console.domain.errors import (
    ConflictError,
    IllegalTransitionError,
    UnknownRowError,
    ZhihuiError,
)
from console.ui.reasons import reason_text
from widgets.common.appearance import Appearance

RESOURCES = Path(__file__).parents[2] / "resources"


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    shown = Appearance(qapp, RESOURCES, theme="dark", language="zh_CN")
    yield
    shown.use_language("en")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            ConflictError("unit", "u3", present=4, based_on=None, name="unit K3"),
            "力量 K3 此间已被他人更改（版本 4）。请查看后再决定。",
        ),
        (
            ConflictError("incident", "i", present=4, based_on=2, name="20261122-00317"),
            "20261122-00317 此间已被他人更改（现版本 4，您所见为 2）。请查看后再决定。",
        ),
        (
            IllegalTransitionError("20261122-00317", "file", "evaluate"),
            "20261122-00317 处于“立案”，不能直接变为“结案”。",
        ),
        (UnknownRowError("incident", "x"), "没有编号为 x 的 案件。"),
    ],
)
def test_that_what_the_rules_say_is_told_in_chinese(
    chinese: None, error: ZhihuiError, text: str
) -> None:
    assert reason_text(str(error)) == text


def test_that_a_reason_that_is_not_known_is_told_as_written(chinese: None) -> None:
    assert reason_text("The moon is full {0}.") == "The moon is full {0}."


def test_that_english_stays_as_written_but_codes_are_words(qapp: QApplication) -> None:
    said = str(IllegalTransitionError("20261122-00317", "file", "evaluate"))
    assert reason_text(said) == "20261122-00317 is “Filed” and cannot become “Closed” from there."
