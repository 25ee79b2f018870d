"""The outbox: durable, in order, settled once, nothing lost."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.domain.ids import CommandId, new_id
from console.protocol.commands import CloseIncident, NoteIncident
from console.protocol.messages import Result, Verdict
from console.store.outbox import KEPT, Draft, EntryState, Outbox, OutboxError, open_outbox

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def draft(text: str = "x", *, minute: int = 0, not_after: datetime | None = None) -> Draft:
    at = AT + timedelta(minutes=minute)
    return Draft(
        command_id=CommandId(new_id(at)),
        made_at=at,
        body=NoteIncident(incident="i1", text=text),
        not_after=not_after,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "console" / "outbox.db"


@pytest.fixture
def outbox(path: Path):
    opened = open_outbox(path).outbox
    yield opened
    opened.close()


def test_that_commands_keep_their_order_and_a_second_add_changes_nothing(outbox: Outbox) -> None:
    drafts = [draft(str(i)) for i in range(5)]
    entries = [outbox.add(one) for one in drafts]
    assert outbox.add(drafts[2]) == entries[2]
    waiting = outbox.in_state(EntryState.WAITING)
    assert [e.command.body.text for e in waiting] == ["0", "1", "2", "3", "4"]
    assert [e.command.seq for e in waiting] == [1, 2, 3, 4, 5]


def test_that_a_process_killed_after_add_has_lost_nothing(path: Path) -> None:
    code = (
        "import os, sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from console.domain.ids import CommandId\n"
        "from console.protocol.commands import CloseIncident\n"
        "from console.store.outbox import Draft, open_outbox\n"
        "box = open_outbox(Path(sys.argv[1])).outbox\n"
        "for n in range(20):\n"
        "    box.add(Draft(command_id=CommandId(f'c{n}'), made_at=datetime.now(UTC),\n"
        "                  body=CloseIncident(incident='i')))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -9
    box = open_outbox(path).outbox
    assert [e.command_id for e in box.in_state(EntryState.WAITING)] == [f"c{n}" for n in range(20)]
    box.close()


def test_that_an_answer_is_taken_once(outbox: Outbox) -> None:
    one = outbox.add(draft())
    outbox.mark_sent([one.command_id])
    assert outbox.in_state(EntryState.SENT)[0].was_sent
    outbox.settle(Result(one.command_id, Verdict.CONFLICT, reason="taken"), at=AT)
    entry = outbox.settle(Result(one.command_id, Verdict.ACCEPTED, rev=9), at=AT)
    assert entry is not None
    assert (entry.state, entry.result.reason) == (EntryState.CONFLICT, "taken")
    assert outbox.settle(Result("unknown", Verdict.ACCEPTED), at=AT) is None


def test_that_a_command_past_its_time_asks_before_it_is_sent(outbox: Outbox) -> None:
    late = outbox.add(draft("late", not_after=AT + timedelta(minutes=5)))
    sent = outbox.add(draft("sent", not_after=AT + timedelta(minutes=5)))
    outbox.add(draft("any time"))
    outbox.mark_sent([sent.command_id])
    expired = outbox.expire(now=AT + timedelta(minutes=6))
    assert [e.command_id for e in expired] == [late.command_id]
    assert [e.command.body.text for e in outbox.in_state(EntryState.NEEDS_ASKING)] == ["late"]
    outbox.confirm(late.command_id, not_after=AT + timedelta(minutes=20))
    assert outbox.expire(now=AT + timedelta(minutes=7)) == []
    assert outbox.entry(late.command_id).state is EntryState.WAITING


def test_that_only_what_central_cannot_have_may_be_discarded(outbox: Outbox) -> None:
    fresh, sent, refused = outbox.add(draft()), outbox.add(draft()), outbox.add(draft())
    outbox.mark_sent([sent.command_id, refused.command_id])
    outbox.settle(Result(refused.command_id, Verdict.REJECTED, reason="no"), at=AT)
    assert outbox.discard(fresh.command_id)
    assert outbox.discard(refused.command_id)
    assert not outbox.discard(sent.command_id)
    assert [e.command_id for e in outbox.in_state(*EntryState)] == [sent.command_id]


def test_that_what_was_thrown_away_meanwhile_is_not_sent(outbox: Outbox) -> None:
    going, thrown, late = (outbox.add(draft()) for _ in range(3))
    read = [one.command_id for one in outbox.in_state(EntryState.WAITING)]
    assert outbox.discard(thrown.command_id)
    assert outbox.mark_sent(read) == {going.command_id, late.command_id}


def test_that_accepted_commands_are_kept_72_hours_to_be_offered_again(outbox: Outbox) -> None:
    old, new = outbox.add(draft("old")), outbox.add(draft("new"))
    outbox.settle(Result(old.command_id, Verdict.ACCEPTED, rev=1), at=AT)
    outbox.settle(Result(new.command_id, Verdict.DUPLICATE, rev=2), at=AT + timedelta(hours=2))
    assert outbox.forget_settled(now=AT + KEPT + timedelta(hours=1)) == 1
    assert outbox.offer_again() == 1
    assert [e.command_id for e in outbox.in_state(EntryState.WAITING)] == [new.command_id]


def test_that_a_damaged_file_is_set_aside_and_a_new_one_begun(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, it is a letter" * 200)
    opened = open_outbox(path)
    assert opened.damaged is not None
    assert opened.damaged.read_bytes().startswith(b"this is no database")
    opened.outbox.add(draft())
    opened.outbox.close()


def test_that_a_second_console_of_the_same_name_is_told_so(path: Path) -> None:
    first = open_outbox(path).outbox
    with pytest.raises(OutboxError, match="another console of this name"):
        open_outbox(path)
    first.close()


def test_that_the_console_keeps_its_id_and_numbers_over_restarts(path: Path) -> None:
    first = open_outbox(path).outbox
    name, one = first.console_id, first.add(draft())
    first.discard(one.command_id)
    first.close()
    second = open_outbox(path).outbox
    assert second.console_id == name
    assert second.add(draft()).command.seq == 2
    second.close()


def test_that_evidence_waits_for_its_bytes(outbox: Outbox) -> None:
    body = CloseIncident(incident="i")
    outbox.add(
        Draft(
            command_id=CommandId("e"), made_at=AT, body=body, upload="ab", media_type="image/jpeg"
        )
    )
    assert outbox.entry("e").upload == "ab"
    outbox.mark_uploaded("ab")
    assert outbox.entry("e").upload is None


def test_that_a_command_takes_the_place_of_one_never_sent_or_comes_last(outbox: Outbox) -> None:
    first, second, third = (outbox.add(draft(text)) for text in "123")
    instead = outbox.put_in_place(second.command_id, draft("2b"))
    outbox.mark_sent([third.command_id])
    last = outbox.put_in_place(third.command_id, draft("3b"))
    waiting = outbox.in_state(EntryState.WAITING, EntryState.SENT)
    ids = [first.command_id, instead.command_id, third.command_id, last.command_id]
    assert [one.command_id for one in waiting] == ids
    assert instead.command.seq == second.command.seq
    assert outbox.entry(second.command_id) is None


def test_that_asking_anew_puts_one_in_the_place_of_the_answered_or_leaves_it(
    outbox: Outbox,
) -> None:
    first, second, third = draft("first"), draft("second", minute=1), draft("third", minute=2)
    outbox.add(first)
    refusal = Result(command_id=first.command_id, verdict=Verdict.REJECTED, reason="no")
    assert not outbox.ask_anew(first.command_id, second), "it is not answered yet"
    outbox.settle(refusal, at=AT)
    outbox._do(lambda db: db.execute(
        "CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'disk'); END"
    ))  # fmt: skip
    with pytest.raises(OutboxError):
        outbox.ask_anew(first.command_id, second)
    assert [one.command_id for one in outbox.in_state(EntryState.REJECTED)] == [first.command_id]
    outbox._do(lambda db: db.execute("DROP TRIGGER full"))
    assert outbox.ask_anew(first.command_id, second)
    assert not outbox.ask_anew(first.command_id, third)
    assert [one.command_id for one in outbox.in_state(*EntryState)] == [second.command_id]


def test_that_commands_that_belong_together_are_kept_together_or_not_at_all(
    outbox: Outbox,
) -> None:
    first, second, third = draft("first"), draft("second"), draft("third")
    kept = outbox.add_all([first, second])
    assert [one.command.seq for one in kept] == [1, 2]
    outbox._do(lambda db: db.execute(
        "CREATE TRIGGER full BEFORE INSERT ON entry WHEN NEW.seq > 3 "
        "BEGIN SELECT RAISE(ABORT, 'disk'); END"
    ))  # fmt: skip
    with pytest.raises(OutboxError):
        outbox.add_all([third, draft("fourth")])
    waiting = outbox.in_state(EntryState.WAITING)
    assert [one.command_id for one in waiting] == [first.command_id, second.command_id]
    assert outbox.add_all([first, third])[1].command.seq == 3, "what is kept is not kept twice"
