import ast
import re
import subprocess
from pathlib import Path

from tests.real_data import ROOT

MOST_LINES = 400


def tracked(*patterns: str) -> list[Path]:
    """Files git tracks, or would: a source archive has no git and counts everything."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_that_no_file_is_longer_than_400_lines() -> None:
    sources = tracked("*.py", "*.js", "*.css")
    assert len(sources) > 20
    long = {
        str(path.relative_to(ROOT)): count
        for path in sources
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_that_no_exception_is_swallowed() -> None:
    bad = []
    for path in tracked("console/*.py", "widgets/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                silent = len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
                if silent or node.type is None:
                    bad.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert bad == []


def test_that_nothing_leans_on_except_star() -> None:
    """Debian's Python 3.11.2 wraps what is raised in `except*` in a group of its own."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in tracked("console/*.py", "widgets/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.TryStar)
    ]
    assert found == []


def test_that_every_module_says_what_it_is_for() -> None:
    lacking = [
        str(path.relative_to(ROOT))
        for path in tracked("console/*.py", "widgets/*.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert lacking == []


def test_that_constraints_are_plain_pins() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) > 30
    assert [
        line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)
    ] == []


def test_that_only_known_things_lie_at_the_top() -> None:
    known = {
        "console", "widgets", "resources", "tests", "docs", "pyproject.toml", "build.spec",
        "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "NOTICE", "constraints.txt",
        ".ci", ".gitignore",
    }  # fmt: skip
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert top - known == set()
