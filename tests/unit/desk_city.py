"""A small real city for tests of the desk: a mirror with rows, and what is typed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from console.domain.assignments import Assignment, AssignmentState
from console.domain.ids import (
    AssignmentId,
    CommandId,
    EvidenceId,
    IncidentId,
    JurisdictionId,
    PersonId,
    ReportId,
    UnitId,
)
from console.domain.incidents import Incident, Report, Stage
from console.domain.levels import Channel, Level, Role
from console.domain.places import Evidence, EvidenceKind, Jurisdiction, JurisdictionLevel, LogEntry
from console.domain.units import Unit, UnitKind, UnitStatus
from console.protocol.codec import Row, kind_of
from console.protocol.commands import AnyBody, AssignUnit
from console.protocol.messages import Command, Result, Verdict
from console.store.outbox import EntryState, OutboxEntry
from console.sync.state import ChangeBatch, Contents, OutboxState, RowChange, Who
from console.ui.mirror import Mirror

NOW = datetime(2026, 11, 22, 8, 41, 7, tzinfo=UTC)
DETAILS = (Report, Evidence, LogEntry)


class Held:
    """Details of incidents, held in memory where a console reads its cache."""

    def __init__(self, rows: Sequence[Report | Evidence | LogEntry]) -> None:
        self.rows = list(rows)

    def reopen(self) -> None:
        return

    def report(self, row_id: str) -> Report | None:
        return next((r for r in self.rows if isinstance(r, Report) and r.id == row_id), None)

    def report_from(self, channel: str, external_id: str) -> Report | None:
        reports = [each for each in self.rows if isinstance(each, Report)]
        return next(
            (r for r in reports if (r.channel, r.external_id) == (channel, external_id)), None
        )

    def reports_by_phone(self, number: str) -> list[Report]:
        found = [r for r in self.rows if isinstance(r, Report) and r.phone == number]
        return sorted(found, key=lambda one: one.received_at, reverse=True)

    def evidence(self, row_id: str) -> Evidence | None:
        return next((r for r in self.rows if isinstance(r, Evidence) and r.id == row_id), None)

    def details_of(self, incident: str) -> list[Report | Evidence | LogEntry]:
        return [row for row in self.rows if row.incident == incident]


def incident(no: int, form: str, level: Level, place: str, left_s: float, **kw: object) -> Incident:
    values: dict[str, object] = {
        "id": IncidentId(f"i{no}"),
        "number": f"20261122-{no:05d}",
        "form": form,
        "level": level,
        "stage": Stage.FILE,
        "channel": Channel.HOTLINE,
        "summary": "居民反映夜间施工噪声扰民，要求制止。",
        "place": place,
        "opened_at": NOW - timedelta(seconds=130 + no),
        "due_at": NOW + timedelta(seconds=left_s),
        "district": JurisdictionId("D01"),
        "street": JurisdictionId("D01S01"),
        "lat": 39.93,
        "lon": 116.45,
        "reports": 2,
        "version": 3,
    }
    return Incident(**{**values, **kw})  # type: ignore[arg-type]  # a table of fields for tests


def unit(no: int, sign: str, status: UnitStatus, kind: UnitKind = UnitKind.OFFICER) -> Unit:
    return Unit(
        id=UnitId(f"u{no}"),
        no=no,
        call_sign=sign,
        kind=kind,
        name="王建国" if kind is UnitKind.OFFICER else None,
        district=JurisdictionId("D01" if no % 2 else "D02"),
        status=status,
        version=1,
    )


def districts() -> list[Jurisdiction]:
    def one(row_id: str, zh: str, en: str, level: JurisdictionLevel) -> Jurisdiction:
        parent = JurisdictionId("D01") if level is JurisdictionLevel.STREET else None
        return Jurisdiction(
            id=JurisdictionId(row_id), parent=parent, level=level, name_zh=zh, name_en=en
        )

    return [
        one("D01", "朝阳区", "Chaoyang", JurisdictionLevel.DISTRICT),
        one("D02", "海淀区", "Haidian", JurisdictionLevel.DISTRICT),
        one("D01S01", "三里屯街道", "Sanlitun", JurisdictionLevel.STREET),
    ]


def incidents() -> list[Incident]:
    handled = {"stage": Stage.REPORT_BACK, "outcome": "已责令停工，现场恢复。"}
    return [
        incident(317, "0301", Level.HIGH, "工体北路 4 号", 7200 - 130, stage=Stage.DISPATCH),
        incident(316, "0401", Level.CRITICAL, "望京西园三区 312 号楼底商燃气泄漏", -344),
        incident(315, "0502", Level.CAUTION, "三里屯路 19 号", 5400.0),
        incident(314, "0102", Level.ROUTINE, "朝阳门外大街 8 号院", 11_000.0),
        incident(313, "0303", Level.HIGH, "东三环辅路", 900.0, **handled),
        incident(312, "0501", Level.CAUTION, "团结湖公园南门", 3000.0, stage=Stage.VERIFY),
    ]


def units() -> list[Unit]:
    states = list(UnitStatus)
    return [
        unit(7, "K7", UnitStatus.ASSIGNED),
        unit(9, "K9", UnitStatus.AVAILABLE),
        unit(2, "C2", UnitStatus.EN_ROUTE, UnitKind.VEHICLE),
        *(unit(no, f"K{no}", states[no % len(states)]) for no in range(20, 60)),
    ]


def assignment(no: int, of_unit: str, of: str, *states: AssignmentState) -> Assignment:
    times = {state.value: NOW - timedelta(seconds=90 - 20 * k) for k, state in enumerate(states)}
    return Assignment(
        id=AssignmentId(f"a{no}"),
        incident=IncidentId(of),
        unit=UnitId(of_unit),
        state=states[-1],
        ordered_by=PersonId("p1"),
        changed_at=NOW,
        times=times,
        version=len(states),
    )


def assignments() -> list[Assignment]:
    state = AssignmentState
    return [
        assignment(1, "u7", "i317", state.ORDERED, state.DELIVERED, state.SEEN),
        assignment(2, "u2", "i317", state.ORDERED, state.DELIVERED, state.ACCEPTED, state.EN_ROUTE),
        assignment(3, "u9", "i313", state.ORDERED, state.ACCEPTED, state.ON_SCENE, state.CLEARED),
    ]


def details() -> list[Report | Evidence | LogEntry]:
    def report(no: int, channel: Channel, text: str, caller: str | None) -> Report:
        return Report(
            id=ReportId(f"r{no}"),
            channel=channel,
            received_at=NOW - timedelta(seconds=130 - no),
            text=text,
            place="工体北路 4 号",
            incident=IncidentId("i317"),
            caller=caller,
        )

    def log(no: int, verb: str, actor: str | None, detail: str | None = None) -> LogEntry:
        return LogEntry(
            id=f"l{no}",
            incident=IncidentId("i317"),
            at=NOW - timedelta(seconds=130 - 10 * no),
            actor=None if actor is None else PersonId(actor),
            verb=verb,
            detail=detail,
            unit=UnitId("u7") if verb == "assigned" else None,
        )

    photo = Evidence(
        id=EvidenceId("e1"),
        incident=IncidentId("i317"),
        kind=EvidenceKind.PHOTO,
        media_type="image/jpeg",
        sha256="ab" * 32,
        size=2048,
        captured_at=NOW - timedelta(seconds=30),
    )
    said = "工地夜里还在浇筑混凝土，已经是本周第三次了，孩子没法睡觉，请尽快派人来看。"
    return [
        report(1, Channel.HOTLINE, said, "李女士"),
        report(2, Channel.SENSOR, "82 dB(A), 22:41", None),
        log(1, "opened", None, "12345"),
        log(2, "filed", None),
        log(3, "assigned", "p1"),
        photo,
    ]


def filled_mirror(*, role: Role = Role.DISPATCHER) -> Mirror:
    """Return a mirror with six incidents, 43 units and their assignments."""
    mirror = Mirror(Held(details()), now=lambda: NOW)
    rows: tuple[Row, ...] = (*districts(), *units(), *incidents(), *assignments())
    mirror.take_contents(Contents(rev=1, rows=rows))
    mirror.take_who(Who(id=PersonId("p1"), name="李敏", role=role))
    return mirror


def change(mirror: Mirror, *rows: Row) -> None:
    """Bring changed rows as the bridge does."""
    changes = tuple(RowChange(kind=kind_of(row), id=row.id, row=row) for row in rows)
    mirror.take_changes(ChangeBatch(rev=2, rows=changes))


def typed(body: AnyBody, state: EntryState, *, reason: str | None = None) -> OutboxEntry:
    """Return a command as the outbox holds it."""
    command = Command(command_id="c1", console_id="main", seq=1, made_at=NOW, body=body)
    verdict = Verdict.CONFLICT if state is EntryState.CONFLICT else Verdict.REJECTED
    result = None if reason is None else Result(command_id="c1", verdict=verdict, reason=reason)
    return OutboxEntry(command=command, state=state, result=result)


def send(incident_id: str, unit_id: str) -> AssignUnit:
    return AssignUnit(assignment="a99", incident=incident_id, unit=unit_id)


class Desk:
    """Takes commands where the sync client would, and keeps them."""

    def __init__(self) -> None:
        self.bodies: list[AnyBody] = []

    def submit(self, body: AnyBody, base_version: int | None = None) -> CommandId:
        self.bodies.append(body)
        return CommandId(f"c{len(self.bodies)}")


def in_tray(*entries: OutboxEntry) -> OutboxState:
    return OutboxState(tray=entries)
