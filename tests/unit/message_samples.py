"""One of every message that is no command, for tests of who is heard."""

from __future__ import annotations

from datetime import UTC, datetime

from console.domain.assignments import AssignmentState
from console.domain.telling import MessageKind
from console.protocol.messages import (
    Ack,
    Beat,
    Change,
    Changes,
    Deliver,
    Forget,
    Hello,
    Message,
    Notice,
    Op,
    Refused,
    Result,
    Skip,
    Task,
    Tell,
    Verdict,
    Welcome,
)


def others() -> list[Message]:
    """Return one of every message that is no command."""
    now = datetime.now(UTC)
    change = Change("main", 1, "unit", "u1", 1, Op.PATCH, {"phone": "1"})
    task = Task(
        assignment="a", incident="i", unit="u1", number="1", form="0301", form_zh="", form_en="",
        level=1, state=AssignmentState.ORDERED, place="", summary="", ordered_at=now,
    )  # fmt: skip
    notice = Notice(message="m", unit="u1", kind=MessageKind.TEXT, text="t", sent_at=now)
    return [
        Hello(1, "made up", "c"),
        Welcome("e", {}, False, 0),
        Refused("no"),
        change,
        Changes((change,)),
        Skip("main", 1, 2),
        Forget("main", 1, "unit", "u1"),
        Result("c", Verdict.ACCEPTED),
        Deliver("d", 1, task),
        Tell("t", 1, notice),
        Ack("d", "u2", "a", AssignmentState.SEEN, now),
        Beat(),
    ]
