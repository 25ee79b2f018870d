"""Every visible text has its Chinese one, and nothing is translated twice or for nothing."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from widgets.common.language import CatalogueError, load_catalogue

ROOT = Path(__file__).parents[2]
CHINESE = ROOT / "resources" / "i18n" / "zh_CN"
ROOMS = (ROOT / "widgets", ROOT / "console" / "ui", ROOT / "console" / "app")


def literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


class Texts(ast.NodeVisitor):
    """Finds the texts given to ``tr`` and ``translate``, with their contexts."""

    def __init__(self) -> None:
        self.classes: list[str] = []
        self.found: list[tuple[str, str, int]] = []
        self.odd: list[int] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.classes.append(node.name)
        self.generic_visit(node)
        self.classes.pop()

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name == "tr" and isinstance(called, ast.Attribute) and self.classes:
            self._take(self.classes[-1], node.args[0], node.lineno)
        elif name in {"translate", "_noop", "QT_TRANSLATE_NOOP"} and len(node.args) >= 2:
            context = literal(node.args[0])
            if context is not None:
                self._take(context, node.args[1], node.lineno)
        self.generic_visit(node)

    def _take(self, context: str, node: ast.expr, line: int) -> None:
        text = literal(node)
        if text is not None:
            self.found.append((context, text, line))
        elif not isinstance(node, ast.Name | ast.Subscript):  # from a table of marked texts
            self.odd.append(line)


def texts() -> Iterator[tuple[Path, Texts]]:
    for room in ROOMS:
        for path in sorted(room.rglob("*.py")):
            visitor = Texts()
            visitor.visit(ast.parse(path.read_text(encoding="utf-8")))
            yield path.relative_to(ROOT), visitor


def test_that_every_visible_text_has_a_chinese_one() -> None:
    catalogue = load_catalogue(CHINESE)
    missing = [
        f"{path}:{line} {context}: {text}"
        for path, visitor in texts()
        for context, text, line in visitor.found
        if not catalogue.get(context, {}).get(text)
    ]
    assert missing == []


def test_that_texts_are_literals_so_that_they_can_be_found() -> None:
    assert [f"{path}:{line}" for path, visitor in texts() for line in visitor.odd] == []


def test_that_both_texts_have_the_same_fields() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    odd = [
        (context, source, text)
        for context, known in load_catalogue(CHINESE).items()
        for source, text in known.items()
        if fields(source) != fields(text)
    ]
    assert odd == []


def test_that_two_files_may_not_translate_one_text_differently(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"Queue": {"Open": "打开"}}', encoding="utf-8")
    (tmp_path / "b.json").write_text('{"Queue": {"Open": "待办"}}', encoding="utf-8")
    with pytest.raises(CatalogueError, match="Open"):
        load_catalogue(tmp_path)
