"""What the commands of administration share: a central, and how rows are shown."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import requests

from console.app.audit import checked, line_of
from console.app.served import TIMEOUT_S, ServedError
from console.domain.errors import ZhihuiError
from console.domain.ids import new_id
from console.gateways.sections import Section, belongs, bodies_for
from console.protocol.codec import Row, row_from_builtins
from console.protocol.messages import Command, Result, Verdict

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


def show_history(central: Central, kind: str, row_id: str) -> None:
    """Print what the audit says of a row, the oldest first."""
    entries = central.get("/v1/audit", kind=kind, row_id=row_id, limit=500)["entries"]
    for entry in reversed(entries):
        print(line_of(entry))
    if not entries:
        print("The audit has nothing of it: it came with the program.")


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


def secret_of(asked: Mapping[str, str], name: str, *, called: str = "password") -> str | None:
    """Return a secret that is to be asked for, as ``name=`` says; ``None`` where it stands not.

    Args:
        asked: What was typed on the command line.
        name: Of the secret among it.
        called: What a person calls it.

    Raises:
        AdminRequestError: It stands on the command line, where ``ps`` and the shell's history
            show it, or nothing was typed.
    """
    if asked.get(name):
        raise AdminRequestError(
            f"A {called} does not belong on the command line, where others read it: type “{name}=” "
            "and enter it when asked, or pipe it in. Nothing was changed."
        )
    return typed_password(called) if name in asked else None


def typed_password(called: str = "password") -> str:
    """Return a secret typed twice at the terminal, or a line of what is piped in.

    Raises:
        AdminRequestError: It was not the same both times, or is empty.
    """
    first = _typed_twice(called) if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not first:
        raise AdminRequestError(f"No {called} came; nothing was changed.")
    return first


def _typed_twice(called: str) -> str:
    first = getpass.getpass(f"New {called}: ")
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
