"""The city's line to central: what waits, what is given up, what is said about it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from central_parts import CentralServer

from console.city.central_line import Account, CentralLine, LineError
from console.city.command_post import CommandPost
from console.city.known_ids import known_id
from console.domain.incidents import Report
from console.domain.levels import Channel
from console.protocol.commands import AddReport, AmendIncident
from console.protocol.messages import Command, Result, Verdict

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    """A real central."""
    server = CentralServer(tmp_path_factory.mktemp("home"))
    server.start()
    yield server
    server.stop()


def line_to(server: CentralServer, *, password: str | None = None) -> CentralLine:
    right = server.password("city")
    return CentralLine(
        Account(url=server.url, name="city", password=password or right, device="city-test")
    )


def a_report(number: int) -> AddReport:
    report_id = known_id(NOW, "r", number)
    report = Report(
        id=report_id, channel=Channel.APP, received_at=NOW, text=f"第{number}件", place="东街",
        external_id=f"x{number}", form="0102",
    )  # fmt: skip
    return AddReport(report=report, incident=known_id(NOW, "i", number))


def test_that_known_ids_are_uuids_of_version_7_that_come_out_the_same() -> None:
    one = known_id(NOW, "a", 1)
    assert one == known_id(NOW, "a", 1) != known_id(NOW, "a", 2)
    assert len(one) == 32
    assert one[12] == "7"
    assert one[16] in "89ab"
    assert known_id(NOW.replace(hour=5), "a", 1) > one


def test_that_commands_are_settled_once_each_and_their_results_told(
    central: CentralServer,
) -> None:
    told: list[tuple[Command, Result]] = []
    post = CommandPost(line_to(central))
    post.listen(lambda command, result: told.append((command, result)))
    for number in (1, 2, 2, 3):
        post.put(a_report(number), command_id=known_id(NOW, "c", number), at=NOW)
    assert asyncio.run(post.pump())
    post.put(a_report(1), command_id=known_id(NOW, "c", 1), at=NOW)
    assert asyncio.run(post.pump())
    verdicts = [result.verdict for _, result in told]
    assert verdicts == [Verdict.ACCEPTED] * 3 + [Verdict.DUPLICATE]


def test_that_one_command_central_refuses_takes_no_other_with_it(
    central: CentralServer, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Result] = []
    post = CommandPost(line_to(central))
    post.listen(lambda _, result: told.append(result))
    for number in range(10, 15):
        post.put(a_report(number), command_id=known_id(NOW, "c", number), at=NOW)
    forbidden = AmendIncident(incident=known_id(NOW, "i", 10), summary="x")
    post.put(forbidden, command_id=known_id(NOW, "amend"), at=NOW)
    with caplog.at_level(logging.WARNING, "zhihui.city"):
        assert asyncio.run(post.pump())
    assert len(post) == 0
    assert [one.verdict for one in told].count(Verdict.ACCEPTED) == 5
    assert "AmendIncident" in caplog.text


def test_that_commands_wait_while_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    line = CentralLine(Account(url=f"http://127.0.0.1:{port}", name="c", password="p", device="d"))
    post = CommandPost(line)
    post.put(a_report(1), command_id="c1", at=NOW)
    with caplog.at_level(logging.WARNING, "zhihui.city"):
        assert not asyncio.run(post.pump())
        assert not asyncio.run(post.pump())
    assert len(post) == 1
    assert caplog.text.count("cannot be reached") == 1


def test_that_a_wrong_password_is_said_and_nothing_is_given_up(central: CentralServer) -> None:
    line = line_to(central, password="wrong")
    with pytest.raises(LineError, match="does not let “city” log on"):
        line.send_commands([])
    post = CommandPost(line)
    post.put(a_report(99), command_id="c99", at=NOW)
    assert not asyncio.run(post.pump())
    assert len(post) == 1
