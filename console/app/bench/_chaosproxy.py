"""A wire that can be cut, slowed down, or swallow everything: a TCP proxy in its own thread."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any

_BLOCK = 1 << 16


class ChaosProxy:
    """Passes connections on to a port, until it is told otherwise."""

    def __init__(self, target_port: int) -> None:
        """Begin to listen on a free loopback port; `close` ends it."""
        self.target_port = target_port
        self.port = 0
        self._delay_s = 0.0
        self._open = asyncio.Event()
        self._pipes: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._do(self._listen())

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break every connection there is; new ones are passed on."""
        self._do(self._cut())

    def swallow(self) -> None:
        """Take everything and pass on nothing, without a word, until `heal`."""
        self._do(self._set_open(False))

    def maim(self) -> None:
        """Pass on new connections; those that were swallowed stay so until somebody gives up."""
        self._do(self._maim())

    def slow(self, delay_s: float) -> None:
        """Pass on every block so much later."""
        self._delay_s = delay_s

    def heal(self) -> None:
        """Pass on everything at once again."""
        self._delay_s = 0.0
        self._do(self._set_open(True))

    def close(self) -> None:
        """Break everything and end."""
        self._do(self._cut())
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _set_open(self, is_open: bool) -> None:
        if is_open:
            self._open.set()
        else:
            self._open.clear()

    async def _maim(self) -> None:
        self._open = asyncio.Event()  # who waits for the old one waits for ever
        self._open.set()

    async def _listen(self) -> None:
        self._open.set()
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _cut(self) -> None:
        pipes = list(self._pipes)
        for pipe in pipes:
            pipe.cancel()
        await asyncio.gather(*pipes, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._pipes.add(task)
        task.add_done_callback(self._pipes.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.ExitStack() as closing:
            closing.callback(writer.transport.abort)
            try:
                there = await asyncio.open_connection("127.0.0.1", self.target_port)
            except OSError:
                return  # nobody listens there: whoever came is hung up on
            closing.callback(there[1].transport.abort)
            ways = (
                asyncio.ensure_future(self._pass(reader, there[1])),
                asyncio.ensure_future(self._pass(there[0], writer)),
            )
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                # What is on its way when one side ends still arrives.
                await asyncio.wait(ways, timeout=0.2)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while block := await reader.read(_BLOCK):
                await self._open.wait()
                if self._delay_s:
                    await asyncio.sleep(self._delay_s)
                writer.write(block)
                await writer.drain()
