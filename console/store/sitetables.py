"""Tables of the site's own: its catalogue, the responsibility grids, the sensors."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, Integer, MetaData, String, Table, Text

from console.domain.catalogue import CatalogueName
from console.domain.sensors import SensorKind
from console.store.types import Details, Word


def site_tables(metadata: MetaData) -> dict[str, Table]:
    """Return the tables by the name the wire gives their rows."""
    catalogue = Table(
        "catalogue",
        metadata,
        Column("id", String(120), primary_key=True),
        Column("catalogue", Word(CatalogueName), nullable=False),
        Column("code", String(60), nullable=False),
        Column("name_zh", Text, nullable=False),
        Column("name_en", Text, nullable=False),
        Column("parent", String(60)),
        Column("district", String(80)),
        Column("valid_from", String(10)),
        Column("valid_until", String(10)),
        Column("details", Details, nullable=False),
        Column("retired", Boolean, nullable=False),
        Column("version", Integer, nullable=False),
    )
    grid = Table(
        "grid",
        metadata,
        Column("id", String(80), primary_key=True),
        Column("authority", String(60), nullable=False),
        Column("code", Text, nullable=False),
        Column("name_zh", Text, nullable=False),
        Column("name_en", Text, nullable=False),
        Column("shape", Text, nullable=False),
        Column("district", String(80)),
        Column("street", String(80)),
        Column("holder", Text),
        Column("phone", Text),
        Column("unit", String(80)),
        Column("retired", Boolean, nullable=False),
        Column("version", Integer, nullable=False),
    )
    sensor = Table(
        "sensor",
        metadata,
        Column("id", String(80), primary_key=True),
        Column("kind", Word(SensorKind), nullable=False),
        Column("name", Text, nullable=False),
        Column("lat", Double),
        Column("lon", Double),
        Column("district", String(80)),
        Column("street", String(80)),
        Column("limit", Double),
        Column("low_limit", Double),
        Column("period_s", Integer, nullable=False),
        Column("owner", Text),
        Column("alarm_after_s", Integer),
        Column("alarm_silent_s", Integer),
        Column("alarm_from", String(5)),
        Column("alarm_until", String(5)),
        Column("alarm_priority", Integer),
        Column("response", Text),
        Column("noise_class", String(60)),
        Column("retired", Boolean, nullable=False),
        Column("version", Integer, nullable=False),
    )
    return {"catalogue": catalogue, "grid": grid, "sensor": sensor}
