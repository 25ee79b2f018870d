"""Lines that begin with a stroke: what they mean, what they do, what takes them back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from desk_city import change, filled_mirror
from PySide6.QtWidgets import QApplication
from test_ui_command_line import Places, Sent

from console.domain.ids import IncidentId
from console.domain.incidents import Stage
from console.domain.streetwork import Paper, PaperId, PaperKind, SubjectKind
from console.protocol import commands as c
from console.protocol.commands import AnyBody
from console.ui.caseactions import CaseActions
from console.ui.commandline import CommandLine
from console.ui.mirror import Mirror
from console.ui.queue import IncidentQueueModel
from console.ui.queuetexts import QueueColumn, QueueRole


@pytest.fixture
def mirror(qapp: QApplication) -> Mirror:
    return filled_mirror()


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def line(mirror: Mirror, sent: Sent) -> CommandLine:
    actions = CaseActions(mirror, sent)
    return CommandLine(mirror, IncidentQueueModel(mirror), actions, places=Places())


@pytest.mark.parametrize(
    ("text", "body", "base"),
    [
        ("/hold 3 waits for a permit",
         c.PauseIncident(incident="i317", reason="waits for a permit"), True),
        ("/挂起 3 等许可", c.PauseIncident(incident="i317", reason="等许可"), True),
        ("/resume 00317", c.ResumeIncident(incident="i317"), True),
        ("/join 3 2 same site",
         c.JoinIncidents(incident="i317", into="i313", reason="same site"), True),
        ("/rate 00312 4 content", c.CallBack(incident="i312", rating=4, note="content"), False),
        ("/rate 00312 -", c.CallBack(incident="i312"), False),
        ("/reopen 00312 works again",
         c.ReopenIncident(incident="i312", reason="works again"), True),
        ("/part 00312", c.PartIncidents(incident="i312"), True),
    ],
)  # fmt: skip
def test_that_a_stroke_and_a_word_make_a_command(
    line: CommandLine, sent: Sent, mirror: Mirror, text: str, body: AnyBody, base: bool
) -> None:
    assert line.preview(text)[1]
    assert line.run(text)[1]
    version = mirror.incident(body.incident).version if base else None
    assert sent.bodies == [(body, version)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/hold 3", "Why?"),
        ("/hold", "hold the clocks"),
        ("/fly 3", "is no command"),
        ("/join 3", "/join row row"),
        ("/rate 00312 nine", "How did the caller"),
        ("/undo", "nothing here"),
        ("/resume 77", "no row 77"),
        ("/", "is no command"),
    ],
)
def test_that_what_cannot_be_done_is_told_and_nothing_sent(
    line: CommandLine, sent: Sent, text: str, said: str
) -> None:
    assert said in line.preview(text)[0]
    sentence, done = line.run(text)
    assert not done
    assert sentence
    assert sent.bodies == []


def test_that_words_after_the_stroke_are_completed(line: CommandLine) -> None:
    assert line.completions("/re") == ["/resume ", "/reopen "]
    assert line.completions("/hold 3") == []


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("L 3 1", c.AmendIncident(incident="i317", level=2)),
        ("C 00312", c.ReopenIncident(incident="i312", reason="taken back by the desk")),
        ("/hold 3 waits", c.ResumeIncident(incident="i317")),
        ("/join 3 2", c.PartIncidents(incident="i317")),
    ],
)
def test_that_undo_takes_back_what_was_done_last(
    line: CommandLine, sent: Sent, text: str, back: AnyBody
) -> None:
    assert line.run(text)[1]
    assert line.preview("/undo")[0].startswith("Take back: ")
    assert line.run("/undo")[1]
    assert sent.bodies[-1][0] == back
    assert not line.run("/undo")[1]


def test_that_a_unit_just_sent_is_called_back_by_undo(line: CommandLine, sent: Sent) -> None:
    line.run("D 3 K9")
    assert line.run("/撤销")[1]
    ordered, recall = sent.bodies[0][0], sent.bodies[1][0]
    assert isinstance(recall, c.WithdrawAssignment)
    assert recall.assignment == ordered.assignment


def test_that_the_report_joined_last_becomes_a_case_of_its_own(
    line: CommandLine, sent: Sent
) -> None:
    assert line.run("/split 3")[1]
    body = sent.bodies[0][0]
    assert isinstance(body, c.SplitReport)
    assert body.report == "r2"
    assert line.run("/undo")[1]
    assert sent.bodies[1][0] == c.JoinIncidents(
        incident=body.incident, into="i317", reason="taken back by the desk"
    )


def test_that_held_clocks_and_running_out_ones_are_told_on_the_row(mirror: Mirror) -> None:
    queue = IncidentQueueModel(mirror)
    case = mirror.incident("i315")
    now = mirror.now()

    soon = replace(
        case, stage=Stage.FILE, stage_at=now - timedelta(minutes=25),
        stage_due_at=now + timedelta(minutes=5), version=9,
    )  # fmt: skip
    change(mirror, soon)
    row = queue.row_of("i315")
    assert queue.index(row, QueueColumn.CLOCK).data() == "05:00"
    assert queue.index(row, QueueColumn.CLOCK).data(QueueRole.SOON)
    change(mirror, replace(soon, paused_at=now, pause_reason="等许可", version=10))
    row = queue.row_of("i315")
    assert queue.index(row, QueueColumn.CLOCK).data() == "held"
    assert not queue.index(row, QueueColumn.CLOCK).data(QueueRole.LATE)


def test_that_a_fine_is_decided_and_entered_as_paid_by_a_line(
    line: CommandLine, sent: Sent, mirror: Mirror
) -> None:
    assert not line.preview("/fine 3 dq-81 x Wang; facts")[1]
    assert not line.preview("/fine 3 dq-81 600 Wang")[1]
    assert line.run("/处罚 3 dq-81 600.5 老王烧烤；门前露天烧烤")[1]
    body = sent.bodies[-1][0]
    assert isinstance(body, c.IssuePaper)
    assert (body.incident, body.law, body.amount_fen) == ("i317", "dq-81", 60_050)
    assert (body.party, body.facts) == ("老王烧烤", "门前露天烧烤")
    papers = [
        Paper(
            id=PaperId(name), kind=PaperKind.DECISION, incident=IncidentId("i317"), form="0105",
            party_kind=SubjectKind.SHOP, party="p", place="p", facts="f", law="dq-81",
            issued_at=mirror.now(), amount_fen=60_050, running=12, number=f"{name}12号", version=1,
        )
        for name in ("东", "西")
    ]  # fmt: skip
    assert "12" in line.preview("/paid 12 R-1")[0]
    for one in papers:
        change(mirror, one)
    assert not line.preview("/paid 12 R-1")[1]
    assert line.run("/paid 东12号 R-1")[1]
    paid = sent.bodies[-1][0]
    assert isinstance(paid, c.PayFine)
    assert (paid.paper, paid.receipt_no, paid.amount_fen) == ("东", "R-1", 60_050)
