"""A home whose word of its city is damaged still lets every command run; a sweep's zone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from console.app.cli import main
from console.app.config import Config
from console.app.consolesettings import ConsoleSettings
from console.app.desktop_models import DeskModels
from console.app.site import SiteError, pack_of_home, seed_marker, site_zone
from console.app.wiring import RESOURCES, sweep_settings
from console.video.points import write_zone
from console.video.sweep import Sweep

DAMAGED = [b"", b"{", b"\xff\xfe{}", b"[]", b"7", b'"city"', b"null", b'{"seed": 1}']


def a_home(folder: Path, content: bytes) -> Path:
    marker = seed_marker(folder)
    marker.parent.mkdir(parents=True)
    marker.write_bytes(content)
    return folder


@pytest.mark.parametrize("content", DAMAGED)
def test_that_a_damaged_word_of_the_city_leaves_the_usual_zone_and_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    home = a_home(tmp_path / "home", content)
    assert site_zone(Config(), home) == "Asia/Shanghai"
    assert str(seed_marker(home)) in caplog.text
    assert "Asia/Shanghai" in caplog.text
    with pytest.raises(SiteError, match=r"seeded\.json"):
        pack_of_home(home)
    assert site_zone(Config(time_zone="Asia/Tokyo"), home) == "Asia/Tokyo"


def test_that_commands_run_in_a_home_whose_word_of_the_city_is_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = a_home(tmp_path / "home", b'{"pack"')
    assert main(["repairs", "--home", str(home), "--out", str(tmp_path / "list.csv")]) == 0
    assert "0 camera points" in capsys.readouterr().out


def test_that_a_sweep_goes_by_the_zone_that_central_told_its_console(
    tmp_path: Path, qtbot: QtBot
) -> None:
    """The console's machine has no city of its own; the sweep may have begun before it was told."""
    config = Config(cache_key="file")
    settings = sweep_settings(tmp_path, config, "main")
    sweep = Sweep(settings)
    zones = []
    desk = ConsoleSettings(
        url="http://127.0.0.1:9", account="dispatcher", password="", home=tmp_path,
        resources=RESOURCES, cache_key="file",
    )  # fmt: skip
    assert desk.zone_path == settings.zone_path
    for told in ("", "Europe/Helsinki", "Mars/Olympus"):
        write_zone(desk.zone_path, told)
        asyncio.run(sweep.once())
        zones.append(str(sweep._clocks.zone))
    sweep.close()
    assert zones == ["Asia/Shanghai", "Europe/Helsinki", "Asia/Shanghai"]
    models = DeskModels(desk)
    models.use_zone("Asia/Shanghai")
    models.stop()
    assert desk.zone_path.read_text() == "Asia/Shanghai"
    own = sweep_settings(tmp_path, Config(cache_key="file", time_zone="Asia/Tokyo"), "main")
    assert (str(own.zone), own.zone_path) == ("Asia/Tokyo", None), "what the site has set wins"
