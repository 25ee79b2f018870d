"""The bundle, built as `build.spec` says and started away from the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from living_city import LivingCity, Window, leftovers, own_screen, until

from tests.real_data import ROOT

pytestmark = [pytest.mark.xvfb, pytest.mark.timeout(1500)]
#: Enough to see the map, the wall's decoder and the link at work.
SMALL = ("--officers", "200", "--vehicles", "20", "--cameras", "8", "--complaints-a-year", "0")

#: Where the map and the wall lie in the dispatcher's workspace, pixels.
MAP, WALL = (550, 80, 1400, 650), (550, 720, 1080, 1000)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that PyInstaller makes; what it analysed is kept in `build` for the next time."""
    out = tmp_path_factory.mktemp("bundle")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR",
               "--distpath", str(out), "--workpath", str(ROOT / "build"),
               "build.spec"]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True)
    yield out / "zhihui-gpl"
    shutil.rmtree(out)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A directory with nothing of ours; no Python of ours is to be found from it."""
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_that_it_is_labelled_by_the_licences_it_carries(bundle: Path, elsewhere: Path) -> None:
    inside = bundle / "_internal"
    assert "x264" in (inside / "NOTICE").read_text(encoding="utf-8")
    assert (inside / "LICENSE").is_file()
    assert any((inside / "av.libs").glob("libx264*"))  # what the folder's name speaks of


def test_that_it_runs_the_city_and_opens_its_window(bundle: Path, elsewhere: Path) -> None:
    program = (str(bundle / "zhihui"),)
    city = LivingCity(elsewhere / "home", *SMALL, program=program)
    try:
        with (
            own_screen() as environment,
            Window(city, "bundled", {**os.environ, **environment}, program=program) as window,
        ):
            until(lambda: window.has_content(MAP), "the map")
            until(lambda: window.has_content(WALL), "pictures of cameras")
            window.picture(elsewhere / "bundle.png")
            assert window.close() == 0, window.log.read_text()
    finally:
        children = city.children
        ended = city.stop()
    assert ended == 0, city.log.read_text()
    assert leftovers(children) == []
