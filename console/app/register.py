"""Entering rows in the register of a home, whether its server runs or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import requests

from console.app import wiring
from console.app.config import Config
from console.app.served import (
    TIMEOUT_S,
    ServedError,
    device_code_of,
    log_on,
    own_ca,
    password_of,
    running_central,
)
from console.central.server import seed_registry
from console.domain.ids import new_id
from console.protocol.codec import decode_text
from console.protocol.commands import PutCameras
from console.protocol.messages import Command, Result, Verdict
from console.store.trust import verify_for

_CARRIED_OUT = {Verdict.ACCEPTED, Verdict.DUPLICATE}


def carry_out(home: Path, bodies: Sequence[PutCameras]) -> str:
    """Have central carry out commands as the administrator; returns a sentence for the report.

    A running server gets them over HTTP; with none running they go through its own writer here.

    Raises:
        ServedError: Central refused one.
    """
    served = running_central(home)
    if served is None:
        return _in_process(home, bodies)
    token = log_on(
        served.url, "admin", password_of(home, "admin"), code=device_code_of(home), ca=own_ca(home)
    )
    for seq, body in enumerate(bodies):
        _post(served.url, token, body, seq, verify=verify_for(served.url, own_ca(home)))
    return f"Entered at the running server ({served.url}); every console sees it now."


def _post(url: str, token: str, body: PutCameras, seq: int, *, verify: str | bool) -> None:
    now = datetime.now(UTC)
    command = Command(new_id(now), "import", seq, now, body)
    answer = requests.post(
        f"{url}/v1/commands",
        data=msgspec.json.encode(command),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        timeout=TIMEOUT_S,
        verify=verify,
    )
    if answer.status_code != requests.codes.ok:
        raise ServedError(f"Central refused: {answer.text[:300]}")
    result = decode_text(answer.content)
    if not isinstance(result, Result) or result.verdict not in _CARRIED_OUT:
        raise ServedError(f"Central did not take it: {answer.text[:300]}")


def _in_process(home: Path, bodies: Sequence[PutCameras]) -> str:
    cameras = [camera for body in bodies for camera in body.cameras]
    seed_registry(wiring.central_settings(home, Config()), cameras=cameras, replace=True)
    return "Entered in this home's database; no server was running."
