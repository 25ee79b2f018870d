"""Central's streams: real sockets, a real database."""

from __future__ import annotations

from datetime import UTC, datetime

from central_parts import CentralServer

from console.domain.assignments import AssignmentState
from console.domain.ids import new_id
from console.domain.levels import Role
from console.protocol.commands import AssignUnit, OpenIncident
from console.protocol.messages import Ack, Changes, Deliver, Result, Verdict


def opened(incident: str) -> OpenIncident:
    return OpenIncident(
        incident=incident,
        form="0301",
        place="工体北路 4号",
        summary="夜间施工",
        channel="12345",
        lat=39.93,
        lon=116.44,
    )


def test_that_a_command_reaches_other_consoles_and_the_handheld(
    central_server: CentralServer,
) -> None:
    dispatcher = central_server.client()
    other = central_server.client(Role.SHIFT_LEAD)
    officer = central_server.officer("K3")
    with other.stream() as watching, officer.handheld("u3") as handheld:
        assert watching.welcomed.need_snapshot
        incident, assignment = (new_id(datetime.now(UTC)) for _ in range(2))
        results = dispatcher.post(
            opened(incident), AssignUnit(assignment=assignment, incident=incident, unit="u3")
        )
        assert [one.verdict for one in results] == [Verdict.ACCEPTED] * 2
        changes = watching.until(Changes).changes
        assert changes[-1].rev == results[-1].rev
        task = handheld.until(Deliver)
        assert task.task.assignment == assignment
        handheld.send(
            Ack(task.command_id, "u3", assignment, AssignmentState.ACCEPTED, datetime.now(UTC))
        )
        assert handheld.until(Result).verdict is Verdict.ACCEPTED
        moved = watching.until(Changes).changes
        assert {change.row_kind for change in moved} == {"assignment", "incident", "unit", "log"}
    for client in (dispatcher, other, officer):
        client.close()
