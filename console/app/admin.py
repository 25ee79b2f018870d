"""`zhihui admin`: the tables of administration against a running central, over its API."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import requests

from console.app.audit import asked_central, checked, line_of, logged_on_central
from console.app.served import TIMEOUT_S, ServedError
from console.domain.errors import ZhihuiError
from console.domain.ids import new_id
from console.gateways.rows import ImportReport
from console.gateways.sectionfiles import read_section, write_section
from console.gateways.sections import (
    SECTIONS,
    Section,
    belongs,
    bodies_for,
    flat_row,
    row_from_flat,
    section_called,
)
from console.protocol.codec import Row, row_from_builtins
from console.protocol.messages import Command, Result, Verdict

#: Tables that are no rows of the change log: accounts, devices, and what roles may.
OTHERS = ("users", "devices", "roles")
_DONE = frozenset({Verdict.ACCEPTED, Verdict.DUPLICATE})


class AdminRequestError(ZhihuiError):
    """Something was asked of the administration that cannot be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Central:
    """A running central that an administrator is logged on at."""

    url: str
    http: requests.Session

    def get(self, path: str, **asked: Any) -> Any:
        """Return what central answers."""
        return checked(self.http.get(self.url + path, params=asked, timeout=TIMEOUT_S)).json()

    def send(self, method: str, path: str, body: Any) -> Any:
        """Have central change something that is no row."""
        answer = checked(self.http.request(method, self.url + path, json=body, timeout=TIMEOUT_S))
        return answer.json()

    def rows(self, section: Section) -> dict[str, Row]:
        """Return the rows of a table by id, retired ones too."""
        asked = {} if section.catalogue is None else {"catalogue": section.catalogue.value}
        found = self.get(f"/v1/admin/rows/{section.kind}", **asked)["rows"]
        rows = [row_from_builtins(section.kind, one) for one in found]
        return {row.id: row for row in rows if belongs(section, row)}

    def put(self, section: Section, rows: list[Row]) -> int:
        """Have rows entered; return how many commands that took.

        Raises:
            ServedError: Central refused one; those before it are entered.
        """
        bodies = bodies_for(section, rows)
        for seq, body in enumerate(bodies):
            at = datetime.now(UTC)
            command = Command(new_id(at), "admin", seq, at, body)
            answer = checked(
                self.http.post(
                    f"{self.url}/v1/commands",
                    data=msgspec.json.encode(command),
                    headers={"Content-Type": "application/json"},
                    timeout=TIMEOUT_S,
                )
            )
            result = msgspec.json.decode(answer.content, type=Result)
            if result.verdict not in _DONE:
                raise ServedError(f"Central did not take it: {result.reason}")
        return len(bodies)


def admin(chosen: argparse.Namespace) -> int:
    """`zhihui admin TABLE VERB …`."""
    if chosen.table not in OTHERS and section_called(chosen.table) is None:
        known = ", ".join([*OTHERS, *(one.name for one in SECTIONS)])
        raise AdminRequestError(f"There is no table {chosen.table!r}; there are {known}.")
    with logged_on_central(chosen.home, asked_central(chosen)) as (url, http):
        central = Central(url=url, http=http)
        if chosen.table in OTHERS:
            from console.app.admin_people import PEOPLE  # noqa: PLC0415 - it imports this module

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
    flat = values_of(chosen.rest)
    row = row_from_flat(section, flat)
    if row.id in central.rows(section):
        raise AdminRequestError(f"There is {row.id} already; change it with “set”.")
    central.put(section, [row])
    print(f"Entered {row.id}.")
    return 0


def _set(central: Central, chosen: argparse.Namespace) -> int:
    section = _section(chosen)
    earlier = one_of(section, central.rows(section), wanted_id(chosen))
    row = row_from_flat(section, values_of(chosen.rest[1:]), earlier=earlier)
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


def show_history(central: Central, kind: str, row_id: str) -> None:
    """Print what the audit says of a row, the oldest first."""
    entries = central.get("/v1/audit", kind=kind, row_id=row_id, limit=500)["entries"]
    for entry in reversed(entries):
        print(line_of(entry))
    if not entries:
        print("The audit has nothing of it: it came with the program.")


_VERBS: dict[str, Callable[[Central, argparse.Namespace], int]] = {
    "list": _list, "show": _show, "add": _add, "set": _set, "retire": _retire,
    "restore": _retire, "import": _import, "export": _export, "history": _history,
}  # fmt: skip


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


def wanted_id(chosen: argparse.Namespace) -> str:
    """Return the id or file that a verb needs.

    Raises:
        AdminRequestError: None was named.
    """
    if not chosen.rest:
        raise AdminRequestError(f"“{chosen.verb}” needs an id or a file: name it.")
    return str(chosen.rest[0])


def values_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return values typed as ``field=value``.

    Raises:
        AdminRequestError: One has no ``=``.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise AdminRequestError(f"{pair[:60]!r} is no field=value.")
        found[name.strip()] = value
    return found


def typed_password() -> str:
    """Return a password typed twice at the terminal, or a line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    first = getpass.getpass("New password: ")
    if getpass.getpass("Once more: ") != first:
        raise AdminRequestError("Both times were not the same; nothing was changed.")
    return first


def show(rows: Sequence[Mapping[str, Any]], names: Sequence[str], *, as_json: bool) -> None:
    """Print rows as a table, or as JSON."""
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    shown = [name for name in dict.fromkeys(["id", *names]) if name not in {"shape", "password"}]
    for row in rows:
        cells = [f"{name}={row[name]}" for name in shown[1:] if row.get(name) not in {None, ""}]
        state = "  (retired)" if row.get("retired") else ""
        print(f"{row['id']}  {'  '.join(cells)}{state}")
    print(f"{len(rows)} rows")
