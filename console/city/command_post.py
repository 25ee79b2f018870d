"""Commands on their way to central: kept until it has answered, sent again under the same id."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from console.city.central_line import CentralLine, LineError, RefusedByCentralError
from console.protocol.commands import AnyBody, name_of
from console.protocol.messages import Command, Result, Verdict

_LOG = logging.getLogger("zhihui.city")
#: Commands in one request. Central decides a request at one go: an order given at the change of
#: shift must not wait for hundreds of reports for duty.
BATCH = 40


class CommandPost:
    """A queue of commands to central that forgets none until central has settled it.

    Args:
        line: Where they go.
        most: How many may wait; beyond it the oldest are given up, and the log says so.
    """

    def __init__(self, line: CentralLine, *, most: int = 50_000) -> None:
        self._line = line
        self._listener: Callable[[Command, Result], None] | None = None
        self._most = most
        self._waiting: OrderedDict[str, Command] = OrderedDict()
        self._seq = 0
        self._at_once = BATCH
        self._away = False

    def __len__(self) -> int:
        return len(self._waiting)

    def listen(self, listener: Callable[[Command, Result], None]) -> None:
        """Tell ``listener`` of each command that is settled from now on, with its result."""
        self._listener = listener

    def put(self, body: AnyBody, *, command_id: str, at: datetime) -> None:
        """Take a command to be sent; the same id is taken once.

        Args:
            body: What is asked.
            command_id: Made once for this command, however often it is sent.
            at: When it was made, aware UTC.
        """
        if command_id in self._waiting:
            return
        self._seq += 1
        device = self._line.account.device
        self._waiting[command_id] = Command(command_id, device, self._seq, at, body)
        if len(self._waiting) > self._most:
            _, lost = self._waiting.popitem(last=False)
            _LOG.warning("central has been away so long that a %s is given up", name_of(lost.body))

    async def pump(self) -> bool:
        """Send what waits, batch by batch; return whether nothing waits any more."""
        while self._waiting:
            batch = list(self._waiting.values())[: self._at_once]
            try:
                results = await asyncio.to_thread(self._line.send_commands, batch)
            except LineError as error:
                if not self._away:
                    _LOG.warning("%s %d commands wait.", error, len(self._waiting))
                self._away = True
                return False
            except RefusedByCentralError as error:
                self._refused(batch, error)
                continue
            self._at_once = BATCH
            if self._away:
                _LOG.info("central is back; sending %d commands", len(self._waiting))
            self._away = False
            if not self._settle(results):
                return False
        return True

    def _settle(self, results: list[Result]) -> bool:
        """Take settled commands off the queue; return whether any was."""
        settled = 0
        for result in results:
            command = self._waiting.pop(result.command_id, None)
            if command is None:
                continue
            settled += 1
            if result.verdict in (Verdict.REJECTED, Verdict.CONFLICT):
                _LOG.warning("%s was not accepted: %s", name_of(command.body), result.reason)
            if self._listener is not None:
                self._listener(command, result)
        return settled > 0

    def _refused(self, batch: list[Command], error: RefusedByCentralError) -> None:
        """Give up a command that central does not even look at; of many, find out which."""
        if len(batch) > 1:
            self._at_once = max(len(batch) // 2, 1)
            return
        command = self._waiting.pop(batch[0].command_id)
        _LOG.error("%s A %s is given up.", error, name_of(command.body))
