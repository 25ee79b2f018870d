"""Folders whose names mean something in an address: they are folders like any other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from central_parts import CentralServer, some_units
from sync_parts import console, opened

from console.central.backup import make_backup, restore_backup
from console.central.settings import CentralSettings


@pytest.mark.parametrize("name", ["50%20off?mode=ro#a", "指挥 中心"])
def test_that_a_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    server = CentralServer(tmp_path / name / "home")
    server.seed(some_units())
    server.start()
    try:
        password = server.password("dispatcher")
        with console(server.url, password, tmp_path / name / "desk") as (client, recorder):
            recorder.live()
            incident = opened("from here")
            recorder.open(client, incident)
            recorder.settled()
        settings = CentralSettings(home=server.home, resources_dir=server.home)
        made = make_backup(settings, tmp_path / name / "backups", at=datetime.now(UTC))
        with console(server.url, password, tmp_path / name / "new desk") as (_, second):
            second.live()
            assert ("incident", incident.incident) in second.rows
    finally:
        server.stop()
    restore_backup(settings, made.folder, at=datetime.now(UTC), replace=True)
    assert [one.name for one in tmp_path.iterdir()] == [name]
    assert (server.home / "central" / "central.db").stat().st_size > 0
