"""`zhihui audit`: verify the chain, read it, take it out; there is nothing that changes it."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import requests

from console.app import wiring
from console.app.config import Config
from console.app.served import (
    TIMEOUT_S,
    ServedError,
    device_code_of,
    log_on,
    password_of,
    running_central,
)
from console.domain.errors import ZhihuiError
from console.store.auditseal import PUBLIC_NAME, read_public_key
from console.store.auditverify import Verified, read_sealed, verify_chain
from console.store.engine import StoreError, open_engine, sqlite_url
from console.store.trust import pinned, verify_for

COLUMNS = (
    "seq", "at", "action", "outcome", "person", "role", "device", "address",
    "subject_kind", "subject_id", "rev", "command_id", "details", "hash",
)  # fmt: skip
FILTERS = ("person", "action", "outcome", "kind", "row_id", "since", "until")


class AuditRequestError(ZhihuiError):
    """Something was asked of the audit that cannot be given."""


def audit(chosen: argparse.Namespace) -> int:
    """`zhihui audit verify|show|export|key`."""
    jobs = {"verify": _verify, "show": _show, "export": _export, "key": _key}
    return jobs[chosen.what](chosen)


def _verify(chosen: argparse.Namespace) -> int:
    verified = verified_home(
        chosen.home,
        database=chosen.database,
        public_key=_path(chosen.public_key),
        checkpoints=_path(chosen.checkpoints),
    )
    print(verified.text())
    return 0 if verified.is_whole else 1


def verified_home(
    home: Path,
    *,
    database: str | None = None,
    public_key: Path | None = None,
    checkpoints: Path | None = None,
) -> Verified:
    """Verify the audit of a home, whether its central runs or not.

    Raises:
        StoreError: The database or the key cannot be read.
    """
    settings = wiring.central_settings(home, Config())
    path = settings.folder / "central.db"
    if database is None and not path.is_file():
        raise StoreError(f"There is no database {path}; name one with --database or --home.")
    key = read_public_key(public_key or settings.audit_folder / PUBLIC_NAME)
    sealed = read_sealed(settings.audit_folder, checkpoints=checkpoints)
    engine = open_engine(database or sqlite_url(path))
    try:
        with engine.connect() as connection:
            return verify_chain(connection, sealed, key)
    finally:
        engine.dispose()


def _show(chosen: argparse.Namespace) -> int:
    with logged_on_central(chosen.home, asked_central(chosen)) as (url, session):
        asked = {**_asked(chosen), "limit": chosen.limit}
        answer = session.get(f"{url}/v1/audit", params=asked, timeout=TIMEOUT_S)
        entries: list[dict[str, Any]] = checked(answer).json()["entries"]
    if chosen.json:
        print(json.dumps(entries, ensure_ascii=False))
        return 0
    for entry in reversed(entries):
        print(line_of(entry))
    print(f"{len(entries)} entries" if entries else "No entry is like that.")
    return 0


def line_of(entry: dict[str, Any]) -> str:
    """Return an entry as one line for a person."""
    who = f"{entry['person'] or 'central'}" + (f" ({entry['role']})" if entry["role"] else "")
    where = " ".join(one for one in (entry["device"], entry["address"]) if one)
    what = f"{entry['action']}" + ("" if entry["outcome"] == "done" else f" {entry['outcome']}")
    subject = f"{entry['subject_kind']} {entry['subject_id']}" if entry["subject_kind"] else ""
    told = json.dumps(entry["details"], ensure_ascii=False)
    return f"{entry['seq']:>8}  {entry['at'][:19]}  {what}  {subject}  {who}  {where}  {told}"


def _export(chosen: argparse.Namespace) -> int:
    out = Path(chosen.out).expanduser().resolve()
    part = out.with_suffix(out.suffix + ".part")
    with logged_on_central(chosen.home, asked_central(chosen)) as (url, session):
        answer = session.get(
            f"{url}/v1/audit/export", params=_asked(chosen), timeout=TIMEOUT_S, stream=True
        )
        with checked(answer), part.open("w", encoding="utf-8", newline="") as stream:
            count = _written(answer.iter_lines(), stream, as_csv=chosen.format == "csv")
    part.replace(out)
    print(f"{count} entries are in {out}. The export is itself in the audit.")
    return 0


def _written(lines: Iterable[bytes], stream: TextIO, *, as_csv: bool) -> int:
    rows = csv.writer(stream)
    if as_csv:
        rows.writerow(COLUMNS)
    count = 0
    for line in lines:
        count += 1
        if not as_csv:
            stream.write(line.decode() + "\n")
            continue
        entry = json.loads(line)
        entry["details"] = json.dumps(entry["details"], ensure_ascii=False)
        rows.writerow([_cell(entry[name]) for name in COLUMNS])
    return count


def _cell(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{value}"
    return value


def _key(chosen: argparse.Namespace) -> int:
    settings = wiring.central_settings(chosen.home, Config())
    path = settings.audit_folder / PUBLIC_NAME
    read_public_key(path)
    print(path.read_text(encoding="ascii"), end="")
    print("Keep this where central's machine cannot write; verify with --public-key.",
          file=sys.stderr)  # fmt: skip
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which central is asked, as whom.

    Attributes:
        server: Its address; ``None`` for the one that runs on this home.
        password_file: Where the password stands; ``None`` for the home's own accounts.
    """

    server: str | None = None
    account: str = "admin"
    password_file: str | None = None


def asked_central(chosen: argparse.Namespace) -> Asked:
    """Return which central the command line names."""
    return Asked(server=chosen.server, account=chosen.account, password_file=chosen.password_file)


@contextmanager
def logged_on_central(home: Path, asked: Asked) -> Iterator[tuple[str, requests.Session]]:
    """Log on at a running central for as long as something is asked of it.

    Raises:
        ServedError: None runs, or it does not let in.
    """
    served = running_central(home)
    url = asked.server or (served.url if served is not None else None)
    if url is None:
        raise ServedError(
            "No central runs on this home; start it, or name one with --server. "
            "Only verifying and the key need none."
        )
    password = _password(home, asked)
    ca = pinned(home, url, None)
    code = device_code_of(home)
    token = log_on(url, asked.account, password, code=code, ca=ca)
    with ExitStack() as closing:
        session = closing.enter_context(requests.Session())
        session.trust_env = False
        session.verify = verify_for(url, ca)
        session.headers["Authorization"] = f"Bearer {token}"
        closing.callback(lambda: session.delete(f"{url}/v1/session", timeout=TIMEOUT_S))
        yield url, session


def _password(home: Path, asked: Asked) -> str:
    if asked.password_file is None:
        return password_of(home, asked.account)
    path = Path(asked.password_file).expanduser()
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise AuditRequestError(f"{path} cannot be read ({error.strerror}).") from error


def checked(answer: requests.Response) -> requests.Response:
    """Return an answer that is good.

    Raises:
        ServedError: Central refused, with its own sentence.
    """
    if answer.ok:
        return answer
    with answer:
        try:
            told = str(answer.json()["error"])
        except (ValueError, KeyError, TypeError):
            told = f"HTTP {answer.status_code}"
    raise ServedError(f"Central refused: {told}")


def _asked(chosen: argparse.Namespace) -> dict[str, str]:
    asked = {name: value for name in FILTERS if (value := getattr(chosen, name)) is not None}
    for name in ("since", "until"):
        if name in asked:
            asked[name] = _as_utc(asked[name], name)
    return asked


def _as_utc(text: str, name: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise AuditRequestError(
            f"--{name} {text!r} is no time; write it like 2026-11-22 or 2026-11-22T08:30."
        ) from error
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser().resolve() if text else None
