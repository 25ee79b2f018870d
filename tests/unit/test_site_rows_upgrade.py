"""A central that is brought up to date has the rows a new one begins with, and keeps its own."""

from __future__ import annotations

import json
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from console.domain.catalogue import CatalogueName
from console.domain.catalogue_seed import seeded
from console.store.engine import open_engine, sqlite_url
from console.store.upgrade import _SCRIPTS, upgrade

TABLES = (CatalogueName.NOISE_LIMIT, CatalogueName.ALARM_RULE)


def test_that_an_older_central_gets_the_rows_it_lacks_and_keeps_its_own(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "central.db"))
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0024")
        connection.execute(text(
            "DELETE FROM catalogue WHERE catalogue IN ('noise_limit', 'alarm_rule') "
            "AND code NOT IN ('site', '4a', 'stopped')"
        ))  # fmt: skip
        connection.execute(text(
            "UPDATE catalogue SET id = 'noise_limit:4a@2020-01-01', valid_from = '2020-01-01', "
            "retired = TRUE WHERE code = '4a'"
        ))  # fmt: skip
        connection.execute(text(
            """UPDATE catalogue SET details = '{"level": 1}' WHERE code = 'stopped'"""
        ))  # fmt: skip
    upgrade(engine)
    upgrade(engine)
    with engine.connect() as connection:
        rows = connection.execute(text(
            "SELECT id, code, details, retired FROM catalogue "
            "WHERE catalogue IN ('noise_limit', 'alarm_rule')"
        )).all()  # fmt: skip
    wanted = {one.id: dict(one.details) for one in seeded() if one.catalogue in TABLES}
    found = {row.id: json.loads(row.details) for row in rows}
    wanted["alarm_rule:stopped@2026-01-01"] = {"level": 1}
    wanted["noise_limit:4a@2020-01-01"] = wanted.pop("noise_limit:4a@2008-10-01")
    assert found == wanted
    assert [row.code for row in rows if row.retired] == ["4a"]
    engine.dispose()
