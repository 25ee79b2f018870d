import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from console.launcher import environment, system
from tests.real_data import ROOT


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_that_the_launcher_needs_nothing_but_the_standard_library() -> None:
    files = [ROOT / "console/__init__.py", ROOT / "console/__main__.py"]
    files += sorted((ROOT / "console/launcher").glob("*.py"))
    assert len(files) > 4
    for path in files:
        foreign = {
            name
            for name in imported(path)
            if name.split(".")[0] not in sys.stdlib_module_names
            and not name.startswith("console.launcher")
        }
        assert foreign <= {"console.app.cli"}, path


def test_that_a_package_that_is_not_installed_is_found_missing() -> None:
    if shutil.which("dpkg-query") is None:
        assert system.missing_packages(["no-such-package-of-ours"]) == []
        return
    assert system.missing_packages(["dpkg", "no-such-package-of-ours"]) == [
        "no-such-package-of-ours"
    ]


def test_that_without_root_the_one_line_to_type_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(system.SystemPackagesError) as caught:
        system.install_packages(["libegl1", "xvfb"])
    lines = [line for line in str(caught.value).splitlines() if "apt-get" in line]
    assert lines == ["  apt-get update && apt-get install -y --no-install-recommends libegl1 xvfb"]


def test_that_a_changed_pin_asks_for_a_new_environment(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    before = environment.wanted_stamp(tmp_path, extras="")
    assert environment.wanted_stamp(tmp_path, extras="") == before
    assert environment.wanted_stamp(tmp_path, extras="test") != before
    with (tmp_path / "constraints.txt").open("a") as pins:
        pins.write("something==1.0\n")
    assert environment.wanted_stamp(tmp_path, extras="") != before
    assert not environment.is_ready(tmp_path, extras="")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--city", "nowhere.osm.pbf", "--no-window"], "no file"),
        (["run", "--city", "pyproject.toml", "--no-window"], "no city"),
        (["run", "--port", "99999"], "65535"),
        (["import", "cameras", "nowhere.csv"], "no file"),
        (["import", "complaints", "pyproject.toml"], "--mapping"),
        (["bench", "nothing"], "There is no bench"),
    ],
)
def test_that_wrong_use_gets_a_sentence_and_no_traceback(
    tmp_path: Path, words: list[str], said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "console.app", *words, "--home", str(tmp_path)]
        if words[0] != "bench"
        else [sys.executable, "-m", "console.app", "bench", "--home", str(tmp_path), words[1]],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_that_central_city_import_and_doctor_run_without_qt(tmp_path: Path) -> None:
    """On a server Qt may not even be installed: an import of it there is an error."""
    script = (
        "import sys\n"
        "class NoQt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'PySide6', 'PySide6QtAds', 'shiboken6'}:\n"
        "            raise ImportError(f'{name} was imported')\n"
        "sys.meta_path.insert(0, NoQt())\n"
        "import console.app.cli, console.app.commands, console.app.imports, console.app.run\n"
        "import console.central.server, console.city.run, console.city.cameras.server\n"
        "import console.video.sweep, console.gateways.osm, console.app.ground\n"
        "console.app.cli.main(['doctor', '--home', sys.argv[1]])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Python" in done.stdout


def test_that_the_installed_command_starts_too() -> None:
    command = Path(sys.executable).with_name("zhihui")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("zhihui ")
