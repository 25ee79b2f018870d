"""Messages on simulated handhelds: received at once, read later, the roll answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.city.handhelds_words import Word, WordBook
from console.domain.telling import MessageKind, ReceiptState
from console.protocol.commands import AnswerRoll, MarkMessage, ReplyMessage
from console.protocol.messages import Notice, Tell

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


def tell(kind: MessageKind, unit: str, *, is_ended: bool = False) -> Tell:
    notice = Notice(message="m", unit=unit, kind=kind, text="t", sent_at=NOW, is_ended=is_ended)
    return Tell(f"m:{unit}-notice", 1, notice)


def after(book: WordBook, kind: MessageKind, count: int = 400, **changed: bool) -> list[Word]:
    words = [one for no in range(count) for one in book.take(tell(kind, f"u{no}", **changed), NOW)]
    return [*words, *book.due(NOW + timedelta(hours=1))]


def marks(words: list[Word], state: ReceiptState) -> int:
    bodies = [one.body for one in words]
    return sum(isinstance(one, MarkMessage) and one.state is state for one in bodies)


def test_that_what_comes_is_received_at_once_and_nearly_all_of_it_read() -> None:
    words = after(WordBook(truth_seed=1), MessageKind.TEXT)
    assert marks(words[:400], ReceiptState.DELIVERED) == 400
    assert 380 <= marks(words, ReceiptState.READ) < 400
    assert 0 < sum(isinstance(one.body, ReplyMessage) for one in words) < 100
    assert len({one.command_id for one in words}) == len(words)


def test_that_the_roll_is_answered_unless_it_is_over() -> None:
    words = after(WordBook(truth_seed=1), MessageKind.ROLL_CALL)
    answers = sum(isinstance(one.body, AnswerRoll) for one in words)
    assert answers == marks(words, ReceiptState.READ) > 380
    over = after(WordBook(truth_seed=1), MessageKind.ROLL_CALL, is_ended=True)
    assert not any(isinstance(one.body, AnswerRoll) for one in over)


def test_that_what_is_told_again_is_received_again_and_read_once() -> None:
    book = WordBook(truth_seed=1, pace=10.0)
    for _ in range(3):
        assert len(book.take(tell(MessageKind.TEXT, "u1"), NOW)) == 1
    assert marks(book.due(NOW + timedelta(hours=1)), ReceiptState.READ) == 1
    assert book.next_at() is None
    assert book.due(NOW + timedelta(hours=2)) == []


def test_that_a_message_meets_the_same_fate_again() -> None:
    first = [one.at for one in after(WordBook(truth_seed=7), MessageKind.ROLL_CALL)]
    assert first == [one.at for one in after(WordBook(truth_seed=7), MessageKind.ROLL_CALL)]
