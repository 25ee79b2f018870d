"""Bringing a database to the present schema, or saying why that cannot be done."""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from console.store.engine import APPLICATION_ID, StoreError

_SCRIPTS = Path(__file__).parent / "migrations"
_log = logging.getLogger("zhihui.store")


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, in one transaction.

    Raises:
        StoreError: The database was made by a newer version, or a migration failed; the
            database is then as it was.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells its plugins at every start
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
    except CommandError as error:
        raise StoreError(
            f"The database was made by a newer version of this program ({error}); "
            "nothing in it was touched. Install that version, or use another --home."
        ) from error
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StoreError(f"The database could not be brought up to date: {cause}.") from error
    _log.debug("schema is up to date")
