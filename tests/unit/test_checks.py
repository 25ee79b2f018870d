"""The checks themselves: what fails by chance is told apart from what is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from console.app.checks import MOST_UNSTEADY, Check, run_check

UNSTEADY = """
from pathlib import Path

def test_steady():
    pass

def test_unsteady():
    tried = Path(__file__).with_name("tried")
    was_tried = tried.exists()
    tried.touch()
    assert was_tried
"""
WRONG = "def test_wrong():\n    assert 1 == 2\n"
MANY = "".join(f"def test_{at}():\n    assert 1 == 2\n" for at in range(MOST_UNSTEADY + 1))
BROKEN_OFF = "import os\n\ndef test_that_ends_it_all():\n    os._exit(1)\n"


def outcome_of(folder: Path, text: str, *more: str) -> tuple[bool, tuple[str, ...]]:
    """Run one file of tests as a step of the checks does."""
    file = folder / "test_it.py"
    file.write_text(text, encoding="utf-8")
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "xdist",
        "--rootdir",
        str(folder),
        str(file),
    )
    alone = (("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"),)  # they are read for seconds, and not used
    return run_check(Check(name="it", command=command, environment=alone), more)


def test_that_a_test_that_passes_when_tried_again_is_named_and_stops_nothing(
    tmp_path: Path,
) -> None:
    passed, unsteady = outcome_of(tmp_path, UNSTEADY)
    assert passed
    assert [name.partition("::")[2] for name in unsteady] == ["test_unsteady"]


@pytest.mark.parametrize("text", [BROKEN_OFF, UNSTEADY + WRONG])
def test_that_what_breaks_off_or_fails_twice_fails(tmp_path: Path, text: str) -> None:
    assert outcome_of(tmp_path, text) == (False, ())


def test_that_many_failures_are_not_tried_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert outcome_of(tmp_path, MANY) == (False, ())
    assert "tried once more" not in capfd.readouterr().out


def test_that_who_looks_for_something_gets_one_try(tmp_path: Path) -> None:
    assert outcome_of(tmp_path, UNSTEADY, "-k", "unsteady") == (False, ())
    assert outcome_of(tmp_path, UNSTEADY, "-k", "unsteady") == (True, ())
