"""Rules of the site's tables and of the responsibility grids."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from typing import Any

from console.dispatch.checks import checked_id, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.details import check_details
from console.domain.catalogue import (
    DATED,
    DETAILS,
    PARENTS,
    SENSOR_ALARMS,
    TIMED_ALARMS,
    UNTIMED_ALARMS,
    CatalogueItem,
    CatalogueName,
    Grid,
    alarm_code,
    item_id,
)
from console.domain.errors import ConflictError, RejectedError
from console.domain.sensors import SensorKind
from console.protocol import commands as c

#: A grid has rarely more than a few hundred corners; a file of something else has millions.
_MOST_POINTS = 20_000
_MOST_SHAPE = 1_000_000


def put_catalogue(ask: Ask, body: c.PutCatalogue) -> Decision:
    """Enter, change or retire rows of the site's tables."""
    draft = Draft(ask)
    given = {item.id: item for item in body.items}
    if len(given) != len(body.items):
        raise RejectedError("The same row is given twice; send each once.")
    for item in body.items:
        _check_item(ask, item, given)
        earlier = ask.rows.get(CatalogueItem, item.id)
        check_base("row of the catalogue", item, earlier, item.name_en or item.code)
        entered = replace(item, version=earlier.version if earlier else 0)
        if entered != earlier:
            draft.put(entered)
    return draft.decision() if draft.has_rows else NOTHING_NEW


def put_grids(ask: Ask, body: c.PutGrids) -> Decision:
    """Enter, change or retire responsibility grids."""
    draft = Draft(ask)
    for grid in body.grids:
        checked_id(grid.id, "a grid")
        for words, what in ((grid.code, "code"), (grid.name_zh, "name"), (grid.name_en, "name")):
            checked_words(words, f"grid's {what}")
        if not grid.code.strip():
            raise RejectedError(f"The grid {grid.id} has no code; nobody could name it.")
        authority = ask.rows.get(CatalogueItem, item_id(CatalogueName.AUTHORITY, grid.authority))
        if authority is None:
            raise RejectedError(
                f"The grid {grid.code} is of the authority {grid.authority!r}, which the "
                "catalogue does not know; enter the authority first."
            )
        check_shape(grid.shape, grid.code)
        earlier = ask.rows.get(Grid, grid.id)
        check_base("grid", grid, earlier, grid.code)
        entered = replace(grid, version=earlier.version if earlier else 0)
        if entered != earlier:
            draft.put(entered)
    return draft.decision() if draft.has_rows else NOTHING_NEW


def check_base(kind: str, given: Any, earlier: Any, name: str) -> None:
    """Check that nobody changed a row since whoever sends it saw it; version 0 asks nothing.

    Raises:
        ConflictError: Somebody did.
    """
    present = 0 if earlier is None else earlier.version
    if given.version not in {0, present}:
        raise ConflictError(kind, given.id, present=present, based_on=given.version, name=name)


def check_shape(text: str, name: str) -> None:
    """Check a GeoJSON geometry: rings of places on the globe, each closed.

    Raises:
        RejectedError: It is none.
    """
    if len(text) > _MOST_SHAPE:
        raise RejectedError(f"The shape of {name} is larger than {_MOST_SHAPE} characters.")
    try:
        shape = json.loads(text)
        inside = shape["coordinates"]
        polygons = {"Polygon": [inside], "MultiPolygon": inside}[shape["type"]]
        rings = [ring for polygon in polygons for ring in polygon]
        points = [(float(one[0]), float(one[1])) for ring in rings for one in ring]
        is_closed = bool(rings) and all(len(ring) >= 4 and ring[0] == ring[-1] for ring in rings)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise RejectedError(
            f"The shape of {name} is no GeoJSON Polygon or MultiPolygon ({error})."
        ) from error
    if not is_closed:
        raise RejectedError(f"The shape of {name} has a ring that is not closed, or none at all.")
    if len(points) > _MOST_POINTS:
        raise RejectedError(f"The shape of {name} has more than {_MOST_POINTS} corners.")
    if not all(_on_globe(lon, lat) for lon, lat in points):
        raise RejectedError(f"The shape of {name} leaves the globe; send longitude, latitude.")


def _on_globe(lon: float, lat: float) -> bool:
    return math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90


def _check_item(ask: Ask, item: CatalogueItem, given: dict[str, CatalogueItem]) -> None:
    name = item.name_en or item.name_zh or item.code
    if not item.code.strip() or not item.code.isprintable() or len(item.code) > 60:
        raise RejectedError(f"{item.code[:60]!r} cannot be a code: up to 60 visible characters.")
    wanted = item_id(item.catalogue, item.code, item.valid_from)
    if item.id != wanted:
        raise RejectedError(f"The row {item.id[:80]!r} must have the id {wanted!r}.")
    if not item.name_zh.strip() and not item.name_en.strip():
        raise RejectedError(f"The row {item.code} has no name in any language.")
    for words in (item.name_zh, item.name_en):
        checked_words(words, "name")
    _check_days(item, name)
    _check_parent(ask, item, given, name)
    if item.district is not None and ask.rows.jurisdiction(item.district) is None:
        raise RejectedError(f"{name} is for the district {item.district!r}, which is not known.")
    check_details(DETAILS[item.catalogue], item.details, name)
    if item.catalogue is CatalogueName.ALARM_RULE and not item.retired:
        _check_alarm_rule(item, name)


def _check_alarm_rule(item: CatalogueItem, name: str) -> None:
    code = alarm_code(item.code)
    if code == "not-accepted":
        raise RejectedError(
            "When an order nobody accepts is said, and to whom, stands in the table of escalations."
        )
    of_sensors = {f"{one}-{kind.value}" for one in SENSOR_ALARMS for kind in SensorKind}
    timed = TIMED_ALARMS | SENSOR_ALARMS | of_sensors
    if code not in timed | UNTIMED_ALARMS:
        raise RejectedError(
            f"{name} is about {code!r}, which is no alarm; there are "
            f"{', '.join(sorted(timed | UNTIMED_ALARMS))}."
        )
    has_value, has_unit = (item.details.get(one) is not None for one in ("value", "unit"))
    if has_value is not has_unit:
        raise RejectedError(f"{name} needs value and unit (s, min or h), or neither.")
    if has_value and code not in timed:
        raise RejectedError(f"{name}: {code} has no time that could be set; leave value and unit.")


def _check_days(item: CatalogueItem, name: str) -> None:
    if item.catalogue not in DATED:
        if item.valid_from is not None or item.valid_until is not None:
            raise RejectedError(f"{name} is of a table without days; leave them empty.")
        return
    if item.valid_from is None:
        raise RejectedError(f"{name} has no first day; rules hold from a day on.")
    days = [_day(one, name) for one in (item.valid_from, item.valid_until) if one is not None]
    if days != sorted(days):
        raise RejectedError(f"{name} ends ({item.valid_until}) before it begins.")


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise RejectedError(f"{text[:20]!r} of {name} is no day; write 2027-01-01.") from error


def _check_parent(
    ask: Ask, item: CatalogueItem, given: dict[str, CatalogueItem], name: str
) -> None:
    table = PARENTS.get(item.catalogue)
    if item.parent is None:
        if item.catalogue is CatalogueName.FORM:
            raise RejectedError(f"{name} belongs to no class of forms; name one.")
        return
    if table is None:
        raise RejectedError(f"{name} is of a table whose rows belong to no other row.")
    parent_id = item_id(table, item.parent)
    parent = given.get(parent_id) or ask.rows.get(CatalogueItem, parent_id)
    if parent is None or parent.id == item.id:
        raise RejectedError(f"{name} belongs to {item.parent!r}, which the catalogue has not.")
    if parent.parent is not None:
        raise RejectedError(f"{name} belongs to {item.parent!r}, which is itself a minor class.")
    if parent.retired and not item.retired:
        raise RejectedError(f"{name} belongs to {item.parent!r}, which is retired.")
