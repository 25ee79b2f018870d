"""What is handed to the writer: commands to be decided, and other work of its thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from console.central.acts import Actor
from console.central.rows import LiveRows
from console.central.settings import CentralError
from console.protocol.messages import Command, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Commands of one sender, answered together.

    Attributes:
        done: Called in the writer's thread, after the commit, with a result for each command in
            order, or with the error that kept all of them from being decided.
        put_at: Monotonic seconds when it was handed in.
    """

    commands: Sequence[Command]
    actor: Actor
    done: Callable[[list[Result] | CentralError], None]
    put_at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something else that reads or writes in the writer's thread, in a transaction of its own.

    Attributes:
        done: Called in the writer's thread, after the commit, with what ``run`` gave.
    """

    run: Callable[[Connection, LiveRows], Any]
    done: Callable[[Any | CentralError], None]


class Meter(Protocol):
    """Told by the writer how long things take."""

    def committed(self, took_s: float, verdicts: Mapping[str, int]) -> None:
        """Take note of a group that is on disk."""

    def answered(self, took_s: float) -> None:
        """Take note of how long a submission waited for its answer."""

    def failed(self, cause: str) -> None:
        """Take note of a transaction that was rolled back."""
