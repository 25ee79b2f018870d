"""The command line: what lines mean, what is said while they are typed, what they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk_city import filled_mirror, in_tray, send, typed
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from console.domain.assignments import AssignmentState, Means
from console.domain.ids import CommandId
from console.domain.places import Evidence, EvidenceKind
from console.protocol import commands as c
from console.protocol.commands import AnyBody
from console.store.outbox import EntryState, OutboxError
from console.sync.evidence import EvidenceError
from console.ui.actions import DeskActions
from console.ui.commandline import CommandLine
from console.ui.mirror import Mirror
from console.ui.orders import OrderError, forms_like, read_order
from console.ui.places import FoundPlace
from console.ui.queue import IncidentQueueModel
from widgets.common.appearance import Appearance

RESOURCES = Path(__file__).parents[2] / "resources"


class Sent:
    """Keeps commands where the outbox would."""

    def __init__(self) -> None:
        self.bodies: list[tuple[AnyBody, int | None]] = []
        self.evidence: list[tuple[bytes, Evidence]] = []
        self.is_full = False
        self.dropped: list[str] = []

    def submit(self, body: AnyBody, base_version: int | None = None) -> CommandId:
        if self.is_full:
            raise OutboxError(Path("outbox.db"), "the disk is full")
        self.bodies.append((body, base_version))
        return CommandId(f"c{len(self.bodies)}")

    def submit_voice_order(
        self, body: c.OrderByVoice, base_version: int | None = None
    ) -> CommandId:
        return self.submit(body, base_version)

    def submit_evidence(self, data: bytes, evidence: Evidence) -> CommandId:
        self.evidence.append((data, evidence))
        return CommandId("e")

    def submit_with_evidence(
        self, pieces: Sequence[tuple[bytes, Evidence]], opening: c.OpenIncident | None = None
    ) -> list[CommandId]:
        if opening is not None:
            self.submit(opening)
        self.evidence += pieces
        return [CommandId("e")]

    def retry(self, command_id: str) -> CommandId | None:
        return None

    def discard(self, command_id: str) -> bool:
        self.dropped.append(command_id)
        return True


class Places:
    """Two places of a city pack."""

    def find(self, text: str, limit: int = 8) -> Sequence[FoundPlace]:
        known = [
            FoundPlace(text="工体北路 4号", lat=39.93, lon=116.44),
            FoundPlace(text="工体北路 8号", lat=39.931, lon=116.45),
        ]
        return [place for place in known if text and place.text.startswith(text)][:limit]


@pytest.fixture
def mirror(qapp: QApplication) -> Mirror:
    return filled_mirror()


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def actions(mirror: Mirror, sent: Sent) -> DeskActions:
    return DeskActions(mirror, sent)


@pytest.fixture
def line(mirror: Mirror, actions: DeskActions) -> CommandLine:
    return CommandLine(mirror, IncidentQueueModel(mirror), actions, places=Places())


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    shown = Appearance(qapp, RESOURCES, theme="dark", language="zh_CN")
    yield
    shown.use_language("en")


class Seen:
    """What a camera's picture is to the desk."""

    camera, captured_at = "cam-unknown", datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    jpeg, jpeg_sha256, original, original_sha256 = b"j", "aa" * 32, b"o", "bb" * 32
    original_type = "video/H264"


def test_that_what_was_seen_is_opened_with_its_picture_and_without_where_that_cannot_be_kept(
    actions: DeskActions, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    actions.refused.connect(told.append)
    opened = actions.open_incident_from_evidence(Seen())
    ((body, _),) = sent.bodies
    assert isinstance(body, c.OpenIncident)
    assert body.incident == opened
    assert [(data, one.kind) for data, one in sent.evidence] == [
        (b"j", EvidenceKind.FRAME), (b"o", EvidenceKind.VIDEO)
    ]  # fmt: skip
    assert {one.incident for _, one in sent.evidence} == {opened}

    def no_room(*_: object) -> list[CommandId]:
        raise EvidenceError("aa" * 32, "the disk is full")

    monkeypatch.setattr(sent, "submit_with_evidence", no_room)
    again = actions.open_incident_from_evidence(Seen())
    assert [one.incident for one, _ in sent.bodies] == [opened, again]
    assert told == ["The evidence cannot be kept: the disk is full."]


def test_that_units_are_sent_to_the_row_shown(line: CommandLine, sent: Sent) -> None:
    assert line.preview("D 3 K7 K9") == (
        "Send K7 K9 to 00317 Night construction · 工体北路 4 号", True
    )  # fmt: skip
    assert line.run("d 3 k9")[1]
    body, version = sent.bodies[0]
    assert isinstance(body, c.AssignUnit)
    assert (body.incident, body.unit, version) == ("i317", "u9", None)


def test_that_a_busy_unit_is_sent_as_it_was_seen(line: CommandLine, sent: Sent) -> None:
    line.run("D 1 K7")
    assert sent.bodies[0][1] == 1


def test_that_a_running_number_names_an_incident_too(line: CommandLine, sent: Sent) -> None:
    assert line.run("C 00312")[1]
    assert sent.bodies == [(c.CloseIncident(incident="i312"), 3)]


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("V 2", c.VerifyIncident(incident="i313", passed=True)),
        (
            "V 2 no picture too dark",
            c.VerifyIncident(incident="i313", passed=False, note="picture too dark"),
        ),
        ("X 5 nothing found", c.CancelIncident(incident="i315", reason="nothing found")),
        ("L 6 1", c.AmendIncident(incident="i314", level=1)),
        ("T 1 rang again", c.NoteIncident(incident="i316", text="rang again")),
        ("W K7 not needed", c.WithdrawAssignment(assignment="a1", reason="not needed")),
    ],
)
def test_that_each_verb_gives_its_command(
    line: CommandLine, sent: Sent, text: str, body: AnyBody
) -> None:
    sentence, is_done = line.run(text)
    assert is_done, sentence
    assert [kept for kept, _ in sent.bodies] == [body]


def test_that_what_a_unit_said_by_radio_is_entered(line: CommandLine, sent: Sent) -> None:
    line.run("S C2 arrived")
    body = sent.bodies[0][0]
    assert isinstance(body, c.MoveAssignment)
    assert (body.assignment, body.state) == ("a2", AssignmentState.ON_SCENE)
    assert line.run("S C2 到场")[1]


def test_that_a_new_incident_takes_its_place_from_the_map(line: CommandLine, sent: Sent) -> None:
    assert line.preview("N 夜间施工 @工体北路 4")[0] == "New: Night construction at 工体北路 4号"
    line.run("N 夜间施工 @工体北路 4; 82 dB")
    body = sent.bodies[0][0]
    assert isinstance(body, c.OpenIncident)
    assert (body.form, body.place, body.summary) == ("0301", "工体北路 4", "82 dB")
    assert (body.lat, body.lon) == (39.93, 116.44)
    assert "not found on the map" in line.preview("N 0301 @nowhere")[0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Type a command; F1 lists them."),
        ("Q 3", "“Q” begins no command"),
        ("D", "D row units"),
        ("D x K7", "“x” is no row number of the queue."),
        ("D 99 K7", "There is no row 99; the queue has 6."),
        ("D 3", "Which units?"),
        ("D 3 K999", "No unit is called K999."),
        ("S K9 arrived", "K9 has no task."),
        ("S K7 dancing", "What did it say?"),
        ("W K7", "Why is it called back?"),
        ("N nonsense @x", "No form of violation is called “nonsense”."),
        ("N 夜间施工", "Where is it?"),
        ("L 3 9", "Which level?"),
        ("V 2 no", "Why is it not passed?"),
        ("C 3 please", "C row: close"),
    ],
)
def test_that_what_is_wrong_is_said_in_a_sentence(
    line: CommandLine, sent: Sent, text: str, sentence: str
) -> None:
    said, is_done = line.run(text)
    assert not is_done
    assert said.startswith(sentence)
    assert line.preview(text)[1] is False
    assert sent.bodies == []


def test_that_lines_are_completed(line: CommandLine) -> None:
    assert "D " in line.completions("")
    assert line.completions("D ")[0] == "D 1 "
    assert line.completions("V ") == ["V 2 "]
    assert line.completions("C ") == ["C 4 "]
    assert line.completions("D 3 K9") == ["D 3 K9 "]
    assert line.completions("D 3 K9 K9") == []
    assert line.completions("S ") == ["S C2 ", "S K7 "]
    assert line.completions("S K7 a") == ["S K7 accepted", "S K7 arrived"]
    assert line.completions("N night c") == ["N Night construction @"]
    assert line.completions("N x @工体") == ["N x @工体北路 4号", "N x @工体北路 8号"]
    assert line.completions("L 3 ") == ["L 3 1", "L 3 2", "L 3 3", "L 3 4"]
    assert line.completions("G K7") == ["G K7 "]
    assert line.completions("? x") == []


def test_that_chinese_is_spoken(chinese: None, line: CommandLine) -> None:
    assert line.preview("D 3 K9")[0] == "派 K9 前往 00317 夜间施工 · 工体北路 4 号"
    assert line.completions("S K7 到") == ["S K7 到场"]
    assert line.run("D 99 K7")[0] == "没有第 99 行；队列共 6 行。"


def test_that_looking_at_things_gives_no_command(line: CommandLine, sent: Sent) -> None:
    shown: list[tuple[str, str]] = []
    line.incident_wanted.connect(lambda row_id: shown.append(("incident", row_id)))
    line.unit_wanted.connect(lambda row_id: shown.append(("unit", row_id)))
    assert line.run("P 3")[1]
    assert line.run("G k7")[1]
    assert shown == [("incident", "i317"), ("unit", "u7")]
    assert sent.bodies == []


def test_that_a_command_that_cannot_be_kept_is_said(
    line: CommandLine, actions: DeskActions, sent: Sent
) -> None:
    said: list[str] = []
    actions.refused.connect(said.append)
    sent.is_full = True
    assert not line.run("D 3 K9")[1]
    assert "the disk is full" in said[0]


@given(st.text(max_size=40))
def test_that_any_text_means_something_or_says_why(text: str) -> None:
    class Nobody:
        def incident_named(self, word: str) -> str:
            return word

        unit_named = assignment_of = incident_named

    said = ""
    try:
        order = read_order(text, Nobody())
    except OrderError as error:
        said = str(error)
    assert said or order.verb == text.strip()[0].upper()


def test_that_forms_are_found_by_code_name_and_part() -> None:
    assert forms_like("0301")[0].name_zh == "夜间施工"
    assert forms_like("illegal")[0].name_en.startswith("Illegal")
    assert [form.code for form in forms_like("夜间")] == ["0301"]


def test_that_an_order_by_voice_is_one_line_and_belongs_to_the_order_that_was_sent(
    line: CommandLine, sent: Sent, mirror: Mirror
) -> None:
    row = 1 + [line._queue.incident_at(at) for at in range(6)].index("i317")
    assert line.completions(f"R {row} ")[0] == f"R {row} K7 "
    assert line.completions(f"R {row} K7 ") == [f"R {row} K7 phone", f"R {row} K7 radio"]
    assert line.preview(f"R {row} K7 shouted") == (
        "How was it told? phone or radio, as in R 3 K7 radio.",
        False,
    )
    assert line.run(f"R {row} K7 radio goes round the back")[1]
    body, version = sent.bodies[-1]
    assert body == c.OrderByVoice(
        assignment="a1",
        incident="i317",
        unit="u7",
        means=Means.RADIO,
        at=mirror.now(),
        words="goes round the back",
    )
    assert version is None
    assert line.run(f"R {row} K9 电话")[1]
    body, version = sent.bodies[-1]
    assert isinstance(body, c.OrderByVoice)
    assert (body.unit, body.means, body.words, version) == ("u9", Means.PHONE, None, None)
    busy = mirror.unit("u2")
    assert busy is not None
    assert line.run("R 00316 C2 phone")[1]
    assert sent.bodies[-1][1] == busy.version


def test_that_what_is_dropped_from_the_tray_leaves_its_reason_in_the_log(
    actions: DeskActions, sent: Sent, mirror: Mirror
) -> None:
    entry = typed(send("i317", "u9"), EntryState.CONFLICT)
    mirror.take_outbox(in_tray(entry))
    assert actions.drop(entry.command_id, "K9 went home")
    assert sent.bodies == [
        (c.NoteIncident(incident="i317", text="Not done: Send K9 to 00317 — K9 went home"), None)
    ]
    assert sent.dropped == [entry.command_id]
    sent.is_full = True
    assert not actions.drop(entry.command_id, "again")
    assert sent.dropped == [entry.command_id]
    assert not actions.drop("nothing", "at all")
