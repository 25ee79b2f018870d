"""Reasons of central's own rules are told in Chinese; none is lost."""

from __future__ import annotations

import ast
import re
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
from tests.real_data import ROOT
from widgets.common.appearance import Appearance

RESOURCES = ROOT / "resources"


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
            ConflictError("unit", "u3", present=4, based_on=2, name="unit K3"),
            "力量 K3 此间已被他人更改（现版本 4，您所见为 2）。请查看后再决定。",
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


#: Where sentences begin that a person at a console may come to read.
SPEAKERS = (
    *sorted((ROOT / "console" / "dispatch").glob("*.py")),
    *(ROOT / "console" / "central" / f"{name}.py" for name in
      ("credentials", "devices", "door", "evidence", "failures", "gate", "group", "pins",
       "streams", "tries")),
    ROOT / "console" / "store" / "outbox.py",
    ROOT / "console" / "sync" / "evidence.py",
)  # fmt: skip


def sentences(path: Path) -> Iterator[str]:
    """Yield the sentences a module says, a sign in each field."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        for said in (*node.args, *(keyword.value for keyword in node.keywords)):
            parts = said.values if isinstance(said, ast.JoinedStr) else [said]
            text = "".join(
                one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) else "K7"
                for one in parts
            )
            if " " in text and text.endswith(".") and (text[0].isupper() or text[0] == "“"):
                yield text


def test_that_every_sentence_of_the_rules_and_of_central_is_told_in_chinese(chinese: None) -> None:
    said = {text for path in SPEAKERS for text in sentences(path)}
    assert len(said) > 50
    untold = [text for text in sorted(said) if not re.search("[\u4e00-\u9fff]", reason_text(text))]
    assert untold == []


def test_that_a_reason_that_is_not_known_is_told_as_written(chinese: None) -> None:
    assert reason_text("The moon is full {0}.") == "The moon is full {0}."


def test_that_english_stays_as_written_but_codes_are_words(qapp: QApplication) -> None:
    said = str(IllegalTransitionError("20261122-00317", "file", "evaluate"))
    assert reason_text(said) == "20261122-00317 is “Filed” and cannot become “Closed” from there."
