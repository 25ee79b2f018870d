"""The central server of a home: is it running, where, and with which accounts."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.domain.errors import ZhihuiError
from console.store.trust import verify_for

TIMEOUT_S = 30.0


class ServedError(ZhihuiError):
    """Central is not there, or would not do it; says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A central server that runs on this home."""

    url: str
    pid: int


def running_central(home: Path) -> Served | None:
    """Return the central server that runs on this home, ``None`` when none does."""
    path = home / "central" / "server.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        served = Served(url=str(said["url"]), pid=int(said["pid"]))
        os.kill(served.pid, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return served


def own_ca(home: Path) -> Path | None:
    """Return the authority of the central of this home, ``None`` if it has none."""
    path = home / "central" / "tls" / "ca.pem"
    return path if path.is_file() else None


def is_healthy(url: str, ca: Path | None = None) -> bool:
    """Whether a central server answers at ``url``."""
    import requests  # noqa: PLC0415 - not needed where a process only reads the home

    try:
        answer = requests.get(f"{url}/v1/health", timeout=2.0, verify=verify_for(url, ca))
    except requests.RequestException:
        return False
    return bool(answer.status_code == requests.codes.ok)


def password_of(home: Path, account: str) -> str:
    """Return an account's password on embedded defaults.

    Raises:
        ServedError: The home has no such account.
    """
    path = home / "central" / "accounts.json"
    try:
        accounts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ServedError(
            f"{path} cannot be read ({error}). Start the server once on this home, or name a "
            "password file with --password-file."
        ) from error
    if account not in accounts:
        raise ServedError(f"{path} has no account “{account}”; it has {', '.join(accounts)}.")
    return str(accounts[account])


def device_code_of(home: Path) -> str:
    """Return what admits devices of whoever can read this home; empty where central is not."""
    try:
        return (home / "central" / "devices.code").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def log_on(
    url: str,
    account: str,
    password: str,
    *,
    kind: str = "console",
    code: str = "",
    ca: Path | None = None,
) -> str:
    """Return a session's token.

    Args:
        url: Central's address.
        account: Log-on name.
        password: Its password.
        kind: Kind of device.
        code: Admits a device that is not known.
        ca: File of the authority whose certificates are believed, for an https:// address.

    Raises:
        TrustError: Nothing may be sent to this address as it is.
        ServedError: The server is not there, or the password is wrong.
    """
    import requests  # noqa: PLC0415

    body = {
        "name": account,
        "password": password,
        "device": {
            "id": f"cli-{os.getpid()}",
            "kind": kind,
            "label": "zhihui command line",
            "code": code,
        },
    }
    try:
        answer = requests.post(
            f"{url}/v1/session", json=body, timeout=TIMEOUT_S, verify=verify_for(url, ca)
        )
    except requests.RequestException as error:
        raise ServedError(f"No central server answers at {url} ({error}).") from error
    if answer.status_code != requests.codes.ok:
        raise ServedError(f"Central did not let “{account}” in: {answer.text[:200]}")
    return str(answer.json()["token"])
