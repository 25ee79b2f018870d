"""`zhihui admin`: the tables of administration against a running central, over its API."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from console.app.admin_base import (
    AdminRequestError,
    Central,
    secret_of,
    show,
    show_history,
    values_of,
    wanted_id,
)
from console.app.admin_cameras import discover_cameras
from console.app.admin_people import PEOPLE
from console.app.audit import asked_central, logged_on_central
from console.gateways.rows import ImportReport
from console.gateways.sectionfiles import read_section, write_section
from console.gateways.sections import (
    SECTIONS,
    Section,
    flat_row,
    row_from_flat,
    section_called,
)
from console.protocol.codec import Row

#: Tables that are no rows of the change log: accounts, PINs, devices, and what roles may.
OTHERS = ("users", "officers", "devices", "roles")


def admin(chosen: argparse.Namespace) -> int:
    """`zhihui admin TABLE VERB …`."""
    if chosen.table not in OTHERS and section_called(chosen.table) is None:
        known = ", ".join([*OTHERS, *(one.name for one in SECTIONS)])
        raise AdminRequestError(f"There is no table {chosen.table!r}; there are {known}.")
    with logged_on_central(chosen.home, asked_central(chosen)) as (url, http):
        central = Central(url=url, http=http)
        if chosen.table in OTHERS:
            verbs: Mapping[str, Callable[[Central, argparse.Namespace], int]] = PEOPLE[chosen.table]
        else:
            verbs = _VERBS
        verb = verbs.get(chosen.verb)
        if verb is None:
            raise AdminRequestError(
                f"{chosen.table} cannot be {chosen.verb}ed this way; there are {', '.join(verbs)}."
            )
        return verb(central, chosen)


def _list(central: Central, chosen: argparse.Namespace) -> int:
    section = _section(chosen)
    rows = [row for row in central.rows(section).values() if chosen.all or not row_retired(row)]
    flats = [flat_row(section, row) for row in rows]
    show(flats, [section.title, *(one.name for one in section.fields)], as_json=chosen.json)
    return 0


def _show(central: Central, chosen: argparse.Namespace) -> int:
    section = _section(chosen)
    row = one_of(section, central.rows(section), wanted_id(chosen))
    told = flat_row(section, row)
    if chosen.json:
        print(json.dumps(told, ensure_ascii=False))
        return 0
    for name, value in told.items():
        print(f"{name:>20}  {'' if value is None else value}")
    return 0


def _add(central: Central, chosen: argparse.Namespace) -> int:
    section = _section(chosen)
    row = row_from_flat(section, _typed(chosen.rest))
    if row.id in central.rows(section):
        raise AdminRequestError(f"There is {row.id} already; change it with “set”.")
    central.put(section, [row])
    print(f"Entered {row.id}.")
    return 0


def _set(central: Central, chosen: argparse.Namespace) -> int:
    section = _section(chosen)
    earlier = one_of(section, central.rows(section), wanted_id(chosen))
    row = row_from_flat(section, _typed(chosen.rest[1:]), earlier=earlier)
    if row.id != earlier.id:
        raise AdminRequestError(
            f"Code and first day make the id of a row; {earlier.id} keeps them. "
            "Retire it and add another."
        )
    central.put(section, [row])
    print(f"Changed {row.id}.")
    return 0


def _retire(central: Central, chosen: argparse.Namespace) -> int:
    section, retired = _section(chosen), chosen.verb == "retire"
    earlier = one_of(section, central.rows(section), wanted_id(chosen))
    row = row_from_flat(section, {"retired": "yes" if retired else "no"}, earlier=earlier)
    central.put(section, [row])
    print(f"{row.id} is {'retired' if retired else 'in use again'}; nothing was deleted.")
    return 0


def _import(central: Central, chosen: argparse.Namespace) -> int:
    section, report = _section(chosen), ImportReport()
    path = Path(wanted_id(chosen)).expanduser()
    rows = read_section(path, section, report, present=central.rows(section))
    if rows and not chosen.dry_run:
        central.put(section, rows)
    if chosen.dry_run:
        report.notes.append("Nothing was entered: --dry-run.")
    print(report.text())
    return 0 if report.taken or not report.bad else 1


def _export(central: Central, chosen: argparse.Namespace) -> int:
    section, path = _section(chosen), Path(wanted_id(chosen)).expanduser()
    rows = list(central.rows(section).values())
    write_section(path, section, rows)
    print(f"{len(rows)} rows are in {path}; passwords are not.")
    return 0


def _history(central: Central, chosen: argparse.Namespace) -> int:
    section = _section(chosen)
    show_history(central, section.kind, wanted_id(chosen))
    return 0


def _discover(central: Central, chosen: argparse.Namespace) -> int:
    section = _section(chosen)
    if section.name != "cameras":
        raise AdminRequestError("Only cameras can be discovered.")
    return discover_cameras(central, values_of(chosen.rest))


_VERBS: dict[str, Callable[[Central, argparse.Namespace], int]] = {
    "list": _list, "show": _show, "add": _add, "set": _set, "retire": _retire,
    "restore": _retire, "import": _import, "export": _export, "history": _history,
    "discover": _discover,
}  # fmt: skip


def _typed(pairs: Sequence[str]) -> dict[str, str]:
    """Return values typed as ``field=value``; a password is asked for, ``-`` takes it away."""
    values = values_of(pairs)
    if values.get("password") == "-":
        return {**values, "password": ""}
    password = secret_of(values, "password")
    return values if password is None else {**values, "password": password}


def _section(chosen: argparse.Namespace) -> Section:
    found = section_called(chosen.table)
    if found is None:
        raise AdminRequestError(f"There is no table {chosen.table!r}.")
    return found


def row_retired(row: Row) -> bool:
    """Whether a row is retired."""
    return bool(getattr(row, "retired", False))


def one_of(section: Section, rows: Mapping[str, Row], named: str) -> Row:
    """Return the row with this id, or the only one that is called so.

    Raises:
        AdminRequestError: There is none, or there are several.
    """
    if named in rows:
        return rows[named]
    called = [
        row for row in rows.values()
        if named in {str(flat_row(section, row).get(key)) for key in ("code", section.title)}
    ]  # fmt: skip
    if len(called) == 1:
        return called[0]
    if called:
        raise AdminRequestError(
            f"{named!r} are several: {', '.join(row.id for row in called[:10])}. Name one by id."
        )
    raise AdminRequestError(f"{section.name} have no {named!r}; “list --all” shows all.")
