"""A handheld of the bench `commands`: takes tasks, says every step until it is settled."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from console.domain.assignments import AssignmentState
from console.protocol.codec import decode_text, encode_text
from console.protocol.commands import ReportOutcome
from console.protocol.messages import (
    PROTOCOL,
    Ack,
    Beat,
    Command,
    Deliver,
    Hello,
    Result,
    Verdict,
    Welcome,
    ack_command_id,
)

STEPS = (
    AssignmentState.DELIVERED,
    AssignmentState.SEEN,
    AssignmentState.ACCEPTED,
    AssignmentState.ON_SCENE,
    AssignmentState.CLEARED,
)
_AGAIN_S = 0.3
_SILENT_S = 3.0


class Handheld:
    """Speaks for units; what it said and was not answered is said again, after its death too."""

    def __init__(
        self,
        url: str,
        account: str,
        password: str,
        units: tuple[str, ...],
        note: Callable[..., None],
        say: Callable[..., None],
    ) -> None:
        self._url, self._account, self._password = url, account, password
        self._units = units
        self._note, self._say = note, say
        self._unit_of: dict[str, str] = {}
        self._next: dict[str, int] = {}
        self._token: str | None = None
        self._epoch: str | None = None
        self._is_told = False

    async def run(self, journal: Path) -> None:
        """Work until SIGTERM; begin where the journal ends."""
        self._read(journal)
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        while True:
            try:
                await self._speak()
            except (OSError, WebSocketException, TimeoutError, requests.RequestException) as error:
                self._note("link", trouble=str(error))
            self._is_told = False
            self._tell()
            await asyncio.sleep(_AGAIN_S)

    def _read(self, journal: Path) -> None:
        for line in journal.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):  # the last line may be cut short
                said = json.loads(line)
                if said["what"] == "told":
                    self._unit_of[said["assignment"]] = said["unit"]
                    self._next[said["assignment"]] = 0

    async def _speak(self) -> None:
        if self._token is None:
            self._token = await asyncio.to_thread(self._log_on)
        stream = f"ws{self._url.removeprefix('http')}/v1/handheld/stream"
        async with connect(
            stream, compression=None, proxy=None, open_timeout=_SILENT_S, close_timeout=0.5
        ) as socket:
            hello = Hello(PROTOCOL, self._token, "handheld", units=self._units)
            self._token = None  # logged on anew after each cut: the session may have ended
            await socket.send(encode_text(hello))
            for assignment in list(self._next):
                await self._step(socket, assignment)
            while True:
                async with asyncio.timeout(_SILENT_S * 2):
                    frame = await socket.recv()
                await self._hear(socket, frame)
                self._tell()

    def _log_on(self) -> str:
        answer = requests.post(
            f"{self._url}/v1/session",
            json={"name": self._account, "password": self._password,
                  "device": {"id": "handheld", "kind": "gateway", "label": ""}},
            timeout=_SILENT_S,
        )  # fmt: skip
        answer.raise_for_status()
        return str(answer.json()["token"])

    async def _hear(self, socket: ClientConnection, frame: str | bytes) -> None:
        message = decode_text(frame)
        if isinstance(message, Deliver):
            await self._take(socket, message)
        elif isinstance(message, Result):
            await self._settle(socket, message)
        elif isinstance(message, Welcome):
            self._epoch = message.epoch
        elif isinstance(message, Beat):
            self._is_told = True  # what it has to do came before
            await socket.send(encode_text(Beat()))

    async def _take(self, socket: ClientConnection, deliver: Deliver) -> None:
        task = deliver.task
        if task.state is AssignmentState.WITHDRAWN:
            return
        if task.assignment not in self._unit_of:
            self._note("told", assignment=task.assignment, unit=task.unit)
            self._unit_of[task.assignment] = task.unit
        self._next[task.assignment] = 0  # from the first step on: central may have been restored
        await self._step(socket, task.assignment)

    async def _step(self, socket: ClientConnection, assignment: str) -> None:
        state, unit = STEPS[self._next[assignment]], self._unit_of[assignment]
        at = datetime.now(UTC)
        if state is AssignmentState.CLEARED:
            body: Any = ReportOutcome(assignment=assignment, outcome="done", at=at)
            command = Command(ack_command_id(assignment, state), "handheld", 0, at, body)
            await socket.send(encode_text(command))
        else:
            ack = Ack(f"{assignment}-order", unit, assignment, state, at)
            await socket.send(encode_text(ack))

    async def _settle(self, socket: ClientConnection, result: Result) -> None:
        assignment, _, name = result.command_id.rpartition("-")
        if assignment not in self._next or STEPS[self._next[assignment]].value != name:
            return  # an answer to an earlier saying of it
        if result.verdict in {Verdict.ACCEPTED, Verdict.DUPLICATE}:
            self._note("stepped", id=result.command_id, assignment=assignment, state=name)
            self._next[assignment] += 1
            if self._next[assignment] < len(STEPS):
                await self._step(socket, assignment)
                return
        else:
            self._note("turned down", id=result.command_id, reason=result.reason)
        del self._next[assignment]

    def _tell(self) -> None:
        self._say(unsent=len(self._next), rev=0, tray=0, live=int(self._is_told), gives=0,
                  epoch=self._epoch)  # fmt: skip
