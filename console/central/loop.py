"""The crossing between central's event loop and its writer's thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from console.central.acts import Actor
from console.central.rows import LiveRows
from console.central.sequencer import GROUP_COMMANDS, Job, Sequencer, Submission
from console.central.settings import CentralError
from console.protocol.messages import Command, Result
from console.store.engine import as_store_error

T = TypeVar("T")


class WriterLink:
    """What coroutines ask of the writer, answered in the event loop."""

    def __init__(self, sequencer: Sequencer, engine: Engine) -> None:
        self._sequencer = sequencer
        self._engine = engine

    async def submit(self, commands: Sequence[Command], actor: Actor) -> list[Result]:
        """Have commands decided and committed, in order; many go as several groups.

        Raises:
            CentralError: Central is closing, or cannot write.
        """
        results: list[Result] = []
        for first in range(0, len(commands), GROUP_COMMANDS):
            results += await self._submit(commands[first : first + GROUP_COMMANDS], actor)
        return results

    def post(
        self,
        command: Command,
        actor: Actor,
        told: Callable[[Result | CentralError], None],
    ) -> None:
        """Have one command decided without waiting; ``told`` is called in the event loop.

        Raises:
            CentralError: Central is closing.
        """
        loop = asyncio.get_running_loop()

        def done(answer: list[Result] | CentralError) -> None:
            one = answer if isinstance(answer, CentralError) else answer[0]
            loop.call_soon_threadsafe(told, one)

        self._sequencer.put(Submission(commands=(command,), actor=actor, done=done))

    async def in_writer(
        self,
        run: Callable[[Connection, LiveRows], T],
        then: Callable[[T], None] | None = None,
    ) -> T:
        """Run something in the writer's thread, in a transaction of its own.

        Args:
            run: What is run there.
            then: Called in the event loop with what ``run`` gave, before anything is published
                that was committed after it; whoever awaits goes on later than that.

        Raises:
            CentralError: Central is closing, or cannot write.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settled(answer: T | CentralError) -> None:
            if then is not None and not future.done() and not isinstance(answer, CentralError):
                then(answer)
            _settle(future, answer)

        def done(answer: T | CentralError) -> None:
            loop.call_soon_threadsafe(settled, answer)

        self._sequencer.put(Job(run=run, done=done))
        return await future

    async def reading(self, run: Callable[[Connection], T]) -> T:
        """Run something that only reads in a thread of its own.

        Raises:
            CentralError: The database cannot be read.
        """

        def read() -> T:
            try:
                with self._engine.connect() as connection:
                    return run(connection)
            except DBAPIError as error:
                raise CentralError(str(as_store_error(self._engine, error))) from error

        return await asyncio.to_thread(read)

    @contextmanager
    def connected(self) -> Generator[Connection, None, None]:
        """Give a connection to whoever reads for long in a thread of its own."""
        with self._engine.connect() as connection:
            yield connection

    async def _submit(self, commands: Sequence[Command], actor: Actor) -> list[Result]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Result]] = loop.create_future()

        def done(answer: list[Result] | CentralError) -> None:
            loop.call_soon_threadsafe(_settle, future, answer)

        self._sequencer.put(Submission(commands=commands, actor=actor, done=done))
        return await future


def _settle(future: asyncio.Future[T], answer: T | CentralError) -> None:
    if future.done():
        return  # whoever asked has gone
    if isinstance(answer, CentralError):
        future.set_exception(answer)
    else:
        future.set_result(answer)
