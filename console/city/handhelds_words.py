"""Messages on simulated handhelds: when each is read, whether the roll is answered, what is said.

Nothing here reads a clock or a socket: times come in, commands go out.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from console.city.known_ids import known_id, seed_of
from console.domain.telling import MessageKind, ReceiptState
from console.protocol.commands import AnswerRoll, AnyBody, MarkMessage, ReplyMessage
from console.protocol.messages import Notice, Tell, mark_command_id

#: Mean seconds until a message is read, by what it is; a roll call rings.
_READ_S = {MessageKind.ROLL_CALL: 8.0, MessageKind.BROADCAST: 20.0, MessageKind.TEXT: 15.0}
#: Part of all officers who do not look at their handheld at all, and who write a word back.
_NEVER, _WRITES_BACK = 0.02, 0.08
_WORDS = ("收到。", "收到，马上处理。", "收到，正在路上。", "已通知本组人员。")
#: A message told again within this time is the same one.
_REMEMBERED = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A command that a handheld sends about a message."""

    command_id: str
    body: AnyBody
    at: datetime


class WordBook:
    """The messages of all handhelds.

    Args:
        truth_seed: The same message and unit meet the same fate.
        pace: How many times faster than life officers read.
    """

    def __init__(self, *, truth_seed: int, pace: float = 1.0) -> None:
        self._seed, self._pace = truth_seed, max(pace, 1e-6)
        self._heap: list[tuple[datetime, str, Notice]] = []
        self._known: dict[str, datetime] = {}

    def next_at(self) -> datetime | None:
        """Return when `due` has something to do again, or ``None``."""
        return self._heap[0][0] if self._heap else None

    def take(self, tell: Tell, now: datetime) -> list[Word]:
        """Take a message, new or repeated; that it came is always said."""
        notice = tell.notice
        received = self._mark(notice, ReceiptState.DELIVERED, now)
        key = f"{notice.message}:{notice.unit}"
        if key in self._known:
            return [received]
        self._known[key] = now
        self._forget(now)
        rng = np.random.default_rng(seed_of(self._seed, "read", key))
        if float(rng.random()) >= _NEVER:
            seconds = 1.0 + float(rng.exponential(_READ_S.get(notice.kind, 15.0)))
            due_at = now + timedelta(seconds=seconds / self._pace)
            heapq.heappush(self._heap, (due_at, key, notice))
        return [received]

    def due(self, now: datetime) -> list[Word]:
        """Return what is said now, in order of time."""
        words: list[Word] = []
        while self._heap and self._heap[0][0] <= now:
            at, key, notice = heapq.heappop(self._heap)
            words.append(self._mark(notice, ReceiptState.READ, at))
            if notice.kind is MessageKind.ROLL_CALL and not notice.is_ended:
                body = AnswerRoll(unit=notice.unit, at=at, message=notice.message)
                words.append(Word(command_id=f"{key}-answered", body=body, at=at))
            elif notice.kind is MessageKind.TEXT:
                words += self._reply(notice, key, at)
        return words

    def _reply(self, notice: Notice, key: str, at: datetime) -> list[Word]:
        rng = np.random.default_rng(seed_of(self._seed, "reply", key))
        if float(rng.random()) >= _WRITES_BACK:
            return []
        body = ReplyMessage(
            message=known_id(notice.sent_at, "reply", key),
            unit=notice.unit,
            text=_WORDS[int(rng.integers(len(_WORDS)))],
            at=at,
            reply_to=notice.message,
        )
        return [Word(command_id=f"{key}-reply", body=body, at=at)]

    @staticmethod
    def _mark(notice: Notice, state: ReceiptState, at: datetime) -> Word:
        body = MarkMessage(message=notice.message, unit=notice.unit, state=state, at=at)
        command_id = mark_command_id(notice.message, notice.unit, state)
        return Word(command_id=command_id, body=body, at=at)

    def _forget(self, now: datetime) -> None:
        oldest = next(iter(self._known))
        if now - self._known[oldest] > _REMEMBERED:
            del self._known[oldest]
