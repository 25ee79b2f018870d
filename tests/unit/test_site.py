"""A home whose word of its city is damaged still lets every command run."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.app.cli import main
from console.app.config import Config
from console.app.site import SiteError, pack_of_home, seed_marker, site_zone

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
