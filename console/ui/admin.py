"""The console's administration: tables read from central, rows changed there, never offline."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode

from PySide6.QtCore import QObject, Qt, Signal, Slot

from console.domain.catalogue import DetailField, DetailKind
from console.domain.errors import ZhihuiError
from console.domain.ids import new_id
from console.domain.levels import Role
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
from console.ui.adminlines import (
    FlatRow,
    entry_row,
    history_line_text,
    person_row,
    rights_text,
)
from console.ui.reasons import reason_text

#: Entries of the audit that are shown, and lines of a row's history.
AUDIT_SHOWN, HISTORY_SHOWN = 1000, 200
_DONE = frozenset({Verdict.ACCEPTED, Verdict.DUPLICATE})
_log = logging.getLogger("zhihui.console")
_K = DetailKind
T = TypeVar("T")


class AdminSource(Protocol):
    """Asks central for the administrator: the sync client."""

    def administer(
        self, method: str, path: str, kind: type[Any], body: object = None
    ) -> Future[Any]:
        """Return central's answer to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminTableSpec:
    """One table as the screen shows it.

    Attributes:
        name: As the command line calls it too.
        fields: What its form has, in order.
        columns: What its list shows, from the left.
        can_add: Whether rows can be entered.
        can_edit: Whether rows can be changed.
        has_files: Whether it is imported and exported.
    """

    name: str
    fields: tuple[DetailField, ...]
    columns: tuple[str, ...]
    can_add: bool = True
    can_edit: bool = True
    has_files: bool = True


def _field(name: str, kind: DetailKind = _K.TEXT, **more: Any) -> DetailField:
    return DetailField(name=name, kind=kind, **more)


_USERS = AdminTableSpec(
    name="users",
    fields=(
        _field("login", required=True), _field("name", required=True),
        _field("role", _K.CHOICE, required=True, choices=tuple(role.value for role in Role)),
        _field("districts", _K.WORDS), _field("password", _K.SECRET),
    ),
    columns=("login", "name", "role", "districts", "locked_until"),
    has_files=False,
)  # fmt: skip
_OFFICERS = AdminTableSpec(
    name="officers",
    fields=(_field("pin", _K.SECRET),),
    columns=("call_sign", "name", "district", "pin_state", "set_at", "locked_until"),
    can_add=False,
    has_files=False,
)
_DEVICES = AdminTableSpec(
    name="devices",
    fields=(_field("state", _K.CHOICE, required=True, choices=("admitted", "blocked")),),
    columns=("state", "kind", "label", "last_person", "last_seen_at", "id"),
    can_add=False,
    has_files=False,
)
_ROLES = AdminTableSpec(
    name="roles", fields=(_field("rights", _K.LONG_TEXT),), columns=("id", "rights"),
    can_add=False, can_edit=False, has_files=False,
)  # fmt: skip
_AUDIT = AdminTableSpec(
    name="audit",
    fields=(_field("details", _K.LONG_TEXT), _field("command_id"), _field("hash")),
    columns=("seq", "at", "action", "outcome", "person", "role", "subject", "device", "address"),
    can_add=False, can_edit=False, has_files=False,
)  # fmt: skip


def _columns(section: Section) -> tuple[str, ...]:
    left_out = {
        "shape", "username", "password", "onvif_url", "text_zh", "text_en", "response_zh",
        "response_en", "main_url", "sub_url",
    }  # fmt: skip
    first = [section.title, *(one.name for one in section.fields)]
    return tuple(name for name in dict.fromkeys(first) if name not in left_out)


SPECS: tuple[AdminTableSpec, ...] = (
    _USERS, _OFFICERS, _ROLES, _DEVICES,
    *(AdminTableSpec(name=one.name, fields=one.fields, columns=_columns(one)) for one in SECTIONS),
    _AUDIT,
)  # fmt: skip


def spec_called(name: str) -> AdminTableSpec:
    """Return the table with this name."""
    return next(one for one in SPECS if one.name == name)


class Administration(QObject):
    """Asks central in a thread of its own, one thing after the other; tells in Qt's.

    Signals:
        loaded: Name of a table and its flat rows.
        history_loaded: Id of a row and the lines of its history, the newest first.
        done: A sentence: what was done.
        failed: A sentence: why something was not.
    """

    loaded = Signal(str, list)
    history_loaded = Signal(str, list)
    done = Signal(str)
    failed = Signal(str)
    _came = Signal(object)

    def __init__(self, source: AdminSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="administration")
        self._came.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def stop(self) -> None:
        """End; what is asked already is answered to nobody."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def load(self, table: str) -> None:
        """Read a table anew; `loaded` gives it."""
        self._read(lambda: self._rows(table), lambda rows: self.loaded.emit(table, rows))

    def ask_history(self, table: str, row: FlatRow) -> None:
        """Read who changed a row and how; `history_loaded` gives it."""
        kind, row_id = _subject(table, row)
        self._read(
            lambda: self._history(kind, row_id),
            lambda lines: self.history_loaded.emit(str(row["id"]), lines),
        )

    def save(self, table: str, values: Mapping[str, str], row: FlatRow | None) -> None:
        """Enter a new row, or change one; ``values`` are as they were typed."""
        self._change(table, lambda: self._saved(table, dict(values), row))

    def set_retired(self, table: str, row: FlatRow, *, retired: bool) -> None:
        """Retire a row, or take it into use again; nothing is deleted."""
        self._change(table, lambda: self._retired(table, row, retired))

    def import_file(self, table: str, path: Path) -> None:
        """Enter the rows of a file; bad ones are told by line and reason."""
        self._change(table, lambda: self._imported(table, path))

    def export_file(self, table: str, path: Path) -> None:
        """Write the table into a file."""
        self._read(lambda: self._exported(table, path), self.done.emit)

    def verify_audit(self) -> None:
        """Have central go through the whole audit."""
        self._read(lambda: str(self._get("/v1/audit/verify")["text"]), self.done.emit)

    def unlock(self, row: FlatRow) -> None:
        """Let somebody try again at once who typed wrong passwords."""
        table, name = ("users", "login") if "login" in row else ("officers", "call_sign")
        path = f"/v1/people/{quote(str(row[name]), safe='')}/unlock"
        self._change(table, lambda: self._sent("POST", path, {}, self.tr("May try again.")))

    def give_pin(self, row: FlatRow, typed: str = "") -> None:
        """Give an officer a new PIN, the typed one or one by chance; it is told this once."""
        self._change("officers", lambda: self._given(row, typed))

    # in the thread of its own

    def _read(self, ask: Callable[[], T], tell: Callable[[T], None]) -> None:
        def job() -> Callable[[], None]:
            answer = ask()
            return lambda: tell(answer)

        self._do(job)

    def _do(self, job: Callable[[], Callable[[], None]]) -> None:
        self._pool.submit(self._run, job)

    def _run(self, job: Callable[[], Callable[[], None]]) -> None:
        try:
            tell = job()
        except ZhihuiError as error:
            sentence = str(getattr(error, "detail", "") or error)
            self._came.emit(lambda: self.failed.emit(reason_text(sentence)))
        except Exception as error:  # noqa: BLE001 - said on the screen, whatever it is
            _log.exception("the administration stumbled")
            told = f"{type(error).__name__}: {error}"
            self._came.emit(lambda: self.failed.emit(told))
        else:
            self._came.emit(tell)

    @Slot(object)
    def _tell(self, tell: Callable[[], None]) -> None:
        tell()

    def _change(self, table: str, change: Callable[[], str]) -> None:
        def job() -> Callable[[], None]:
            sentence, rows = change(), self._rows(table)

            def tell() -> None:
                self.loaded.emit(table, rows)
                self.done.emit(sentence)

            return tell

        self._do(job)

    def _get(self, path: str, **asked: Any) -> Any:
        query = f"?{urlencode(asked)}" if asked else ""
        return self._source.administer("GET", path + query, dict[str, Any]).result()

    def _sent(self, method: str, path: str, body: object, told: str) -> str:
        self._source.administer(method, path, dict[str, Any], body).result()
        return told

    def _rows(self, table: str) -> list[FlatRow]:
        if table == "users":
            return [person_row(one) for one in self._get("/v1/people")["people"]]
        if table == "officers":
            return [self._officer(one) for one in self._get("/v1/officers")["officers"]]
        if table == "devices":
            return [dict(one) for one in self._get("/v1/devices")["devices"]]
        if table == "roles":
            found = self._get("/v1/admin/roles")["roles"]
            return [{"id": one["id"], "rights": rights_text(one["rights"])} for one in found]
        if table == "audit":
            found = self._get("/v1/audit", limit=AUDIT_SHOWN)["entries"]
            return [entry_row(one) for one in found]
        section = _section(table)
        return [flat_row(section, row) for row in self._held(section).values()]

    def _held(self, section: Section) -> dict[str, Row]:
        asked = {} if section.catalogue is None else {"catalogue": section.catalogue.value}
        found = self._get(f"/v1/admin/rows/{section.kind}", **asked)["rows"]
        rows = [row_from_builtins(section.kind, one) for one in found]
        return {row.id: row for row in rows if belongs(section, row)}

    def _history(self, kind: str, row_id: str) -> list[str]:
        asked = {"kind": kind, "row_id": row_id, "limit": HISTORY_SHOWN}
        return [history_line_text(one) for one in self._get("/v1/audit", **asked)["entries"]]

    def _saved(self, table: str, values: dict[str, str], row: FlatRow | None) -> str:
        told = self.tr("Saved.")
        if table == "users":
            return self._saved_person(values, row, told)
        if table == "officers" and row is not None:
            return self._given(row, values["pin"])
        if table == "devices" and row is not None:
            path = f"/v1/devices/{quote(str(row['id']), safe='')}"
            return self._sent("PATCH", path, {"state": values["state"]}, told)
        section = _section(table)
        held = self._held(section)
        earlier = None if row is None else held.get(str(row["id"]))
        made = row_from_flat(section, values, earlier=earlier)
        if row is None and made.id in held:
            raise ZhihuiError(f"There is {made.id} already; pick it in the list to change it.")
        self._put(section, [made])
        return told

    def _saved_person(self, values: dict[str, str], row: FlatRow | None, told: str) -> str:
        body: dict[str, Any] = {key: value for key, value in values.items() if value}
        named = str(body.pop("districts", "")).replace(",", " ").split()
        if row is None:
            if named:
                body["districts"] = named
            return self._sent("POST", "/v1/people", body, told)
        body |= {"districts": named} if named else {"whole_city": True}
        del body["login"]
        if body.get("role") == row["role"]:
            del body["role"]
        return self._sent("PATCH", f"/v1/people/{row['id']}", body, told)

    def _officer(self, one: Mapping[str, Any]) -> FlatRow:
        states = {
            "first": self.tr("first, to be replaced"),
            "given": self.tr("given, to be replaced"),
            "own": self.tr("the officer's own"),
        }
        set_at = str(one["set_at"] or "")[:16].replace("T", " ")
        return {**one, "pin_state": states[one["state"]], "set_at": set_at}

    def _given(self, row: FlatRow, typed: str) -> str:
        path = f"/v1/officers/{quote(str(row['call_sign']), safe='')}/pin"
        told = self.tr(
            "{0}: the PIN is {1}, for one log-on; it is shown this once. Sessions ended: {2}."
        )
        body = {"pin": typed or None}
        answer = self._source.administer("POST", path, dict[str, Any], body).result()
        return told.format(answer["call_sign"], answer["pin"], answer["ended_sessions"])

    def _retired(self, table: str, row: FlatRow, retired: bool) -> str:
        word = self.tr("Retired; nothing was deleted.") if retired else self.tr("In use again.")
        if table == "users":
            return self._sent("PATCH", f"/v1/people/{row['id']}", {"active": not retired}, word)
        section = _section(table)
        earlier = self._held(section).get(str(row["id"]))
        if earlier is None:
            raise ZhihuiError(f"There is no {row['id']} any more.")
        flat = {"retired": "yes" if retired else "no"}
        self._put(section, [row_from_flat(section, flat, earlier=earlier)])
        return word

    def _imported(self, table: str, path: Path) -> str:
        section, report = _section(table), ImportReport()
        rows = read_section(path, section, report, present=self._held(section))
        self._put(section, rows)
        return report.text()

    def _exported(self, table: str, path: Path) -> str:
        section = _section(table)
        rows = list(self._held(section).values())
        write_section(path, section, rows)
        return self.tr("{0} rows are in {1}.").format(len(rows), path)

    def _put(self, section: Section, rows: Sequence[Row]) -> None:
        for seq, body in enumerate(bodies_for(section, list(rows))):
            at = datetime.now(UTC)
            command = Command(new_id(at), "console-administration", seq, at, body)
            result = self._source.administer("POST", "/v1/commands", Result, command).result()
            if result.verdict not in _DONE:
                raise ZhihuiError(result.reason or str(result.verdict))


def _section(table: str) -> Section:
    found = section_called(table)
    if found is None:
        raise ZhihuiError(f"{table} cannot be changed here.")
    return found


def _subject(table: str, row: FlatRow) -> tuple[str, str]:
    kinds = {"users": "person", "officers": "unit", "devices": "device"}
    if table == "audit":
        return str(row.get("subject_kind") or ""), str(row.get("subject_id") or "")
    section = section_called(table)
    kind = kinds.get(table) or (section.kind if section is not None else table)
    return kind, str(row["id"])
