"""In which district rows lie, and that nobody changes what lies outside their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from console.dispatch.decision import Rows
from console.domain.areas import Area, AreaEvent
from console.domain.assignments import Assignment
from console.domain.command import CommandPost, HelpRequest, HelpSide, Sector, help_id
from console.domain.errors import RejectedError
from console.domain.incidents import Incident, Report
from console.domain.levels import Role
from console.domain.permissions import Reach, Remit, reach_of
from console.domain.places import Camera, Evidence, LogEntry
from console.domain.sensors import Sensor
from console.domain.shifts import Handover, RosterEntry
from console.domain.streetwork import Inspection, Paper
from console.domain.telling import Receipt, TextMessage
from console.domain.units import Unit
from console.domain.watch import AlarmMark, DutyReport
from console.protocol import commands as c
from console.protocol.codec import Row
from console.protocol.commands import AnyBody, name_of

#: Kinds that everybody who sees rows sees: the names of the city's parts, areas, tables of rules.
#: What is in neither this nor `district_of` is the whole city's alone.
PUBLIC_KINDS = frozenset(
    {
        "jurisdiction",
        "area",
        "limit_rule",
        "calendar_day",
        "catalogue",
        "grid",
        "instruction",
        "sensor",
    }
)
#: Rows that say their own district.
_PLACED = (Incident, Unit, Camera, TextMessage, Handover, AreaEvent, Inspection, Paper, HelpRequest)


#: What may change an incident across the border: reports of it, and units sent there on request.
_ACROSS = (c.AddReport, c.TakeReport, c.AnswerHelp)


class OutsideRemitError(RejectedError):
    """A command about what lies outside the districts of whoever gave it.

    Attributes:
        district: Where it lies, ``None`` if in no district that is known.
    """

    def __init__(self, what: str, district: str | None, place: str) -> None:
        super().__init__(
            f"{what} lies in {place}, outside the districts you work for; nothing was done. "
            "Ask that district, or somebody who commands the whole city."
        )
        self.district = district


def district_of(row: Row, rows: Rows) -> str | None:
    """Return the district a row lies in; what belongs to an incident lies where that does."""
    if isinstance(row, _PLACED):
        return row.district
    if isinstance(row, Assignment | CommandPost | Evidence | LogEntry | Report | Sector):
        incident = None if row.incident is None else rows.incident(row.incident)
        return None if incident is None else incident.district
    if isinstance(row, DutyReport | Receipt | RosterEntry):
        return _unit_district(row.unit, rows)
    if isinstance(row, AlarmMark):
        return _alarm_district(row.id, rows)
    return None


def _unit_district(unit_id: str, rows: Rows) -> str | None:
    unit = rows.unit(unit_id)
    return None if unit is None else unit.district


def _alarm_district(alarm: str, rows: Rows) -> str | None:
    """Return where the unit, task, case, event or sensor is that an alarm's id ends with."""
    about = alarm.partition(":")[2]
    found: Row | None = (
        rows.unit(about) or rows.incident(about) or rows.assignment(about) or rows.area_event(about)
    )
    found = found or rows.camera(about)
    if found is None and (sensor := rows.get(Sensor, about)) is not None:
        return sensor.district
    return None if found is None else district_of(found, rows)


def check_named(body: AnyBody, rows: Rows, *, role: Role, remit: Remit) -> None:
    """Check that everything a command names lies where whoever gave it may change things.

    It is asked before anything is decided: what is said of a refused command, or of one that
    meets a newer row, would else tell of other districts.

    Raises:
        OutsideRemitError: Something lies elsewhere.
    """
    if not _is_limited(body, role, remit):
        return
    for row in _named(body, rows):
        if isinstance(row, Area):
            _check_area(row, rows, remit)
        else:
            _check(row, rows, remit)
    if isinstance(body, c.MarkAlarm):
        sensor = rows.get(Sensor, body.alarm.partition(":")[2])
        if sensor is not None:
            _check_district(sensor.name, sensor.district, rows, remit)
    elif isinstance(body, c.PrepareHandover):
        _check_district("The hand-over", body.district, rows, remit)
    elif isinstance(body, c.PutInstructions):
        for one in body.instructions:
            _check_district("The instruction", one.district, rows, remit)


def check_made(body: AnyBody, made: Iterable[Row], rows: Rows, *, role: Role, remit: Remit) -> None:
    """Check that what a command comes to lies within, as it would be afterwards.

    Raises:
        OutsideRemitError: Something lies elsewhere.
    """
    if not _is_limited(body, role, remit):
        return
    registers = isinstance(body, c.PutUnits | c.PutCameras)
    for row in made:
        filed = isinstance(body, _ACROSS) and isinstance(row, Incident)
        if filed and rows.incident(row.id):
            continue  # a report of what happens across the border is filed there, nothing is told
        if isinstance(row, Area):
            _check_area(row, rows, remit)
        elif isinstance(row, Incident) or (registers and isinstance(row, Unit | Camera)):
            _check(row, rows, remit)


def _is_limited(body: AnyBody, role: Role, remit: Remit) -> bool:
    """Whether it has to be asked where the rows lie.

    Raises:
        RejectedError: The command touches every district, and the person works for some only.
    """
    if remit.is_whole:
        return False
    reach = reach_of(role, name_of(body))
    if reach is Reach.CITY:
        raise RejectedError(
            f"{name_of(body)} touches the whole city; who works for some districts only may not."
        )
    return reach is Reach.REMIT


def _named(body: Any, rows: Rows) -> list[Row]:
    """Return the rows that a command names and that exist."""
    found: list[Row | None] = []
    if isinstance(body, c.PutUnits):
        found += [rows.unit(one.id) for one in body.units]
    elif isinstance(body, c.PutCameras):
        found += [rows.camera(one.id) for one in body.cameras]
    elif isinstance(body, c.PutAreas):
        found += [rows.area(one.id) for one in body.areas]
    elif isinstance(body, c.AttachEvidence):
        found.append(rows.incident(body.evidence.incident))
    elif isinstance(body, c.OpenIncident):
        found += [rows.report(one) for one in body.reports]
    elif isinstance(body, c.JoinIncidents | c.TakeReport) and body.into is not None:
        found.append(rows.incident(body.into))
    elif isinstance(body, c.LinkIncident) and body.parent is not None:
        found.append(rows.incident(body.parent))
    elif isinstance(body, c.MarkAlarm):
        # An alarm's id ends with that of the unit, task, incident or event it is about.
        about = body.alarm.partition(":")[2]
        found += [rows.unit(about), rows.assignment(about), rows.incident(about)]
        found += [rows.area_event(about), rows.camera(about)]
    elif isinstance(body, c.SplitReport):
        found.append(rows.report(body.report))
    found += _named_by_duty(body, rows)
    found += _named_by_command(body, rows)
    if isinstance(assignment := getattr(body, "assignment", None), str):
        found.append(rows.assignment(assignment))
    if isinstance(incident := getattr(body, "incident", None), str):
        found.append(rows.incident(incident))
    if isinstance(unit := getattr(body, "unit", None), str):
        found.append(rows.unit(unit))
    return [row for row in found if row is not None]


def _named_by_duty(body: Any, rows: Rows) -> list[Row | None]:
    """Return what commands about messages, rosters and shifts name."""
    if isinstance(body, c.SendMessage):
        return [rows.unit(one) for one in body.units]
    if isinstance(body, c.PutRoster):
        earlier = [rows.get(RosterEntry, one.id) for one in body.entries]
        return [*earlier, *(rows.unit(one.unit) for one in body.entries)]
    if isinstance(body, c.EndRollCall | c.SeeReply):
        return [rows.get(TextMessage, body.message)]
    if isinstance(body, c.PayFine | c.VoidPaper):
        return [rows.get(Paper, body.paper)]
    if isinstance(body, c.ReadBack | c.SignHandover):
        return [rows.get(Handover, body.handover)]
    return []


def _named_by_command(body: Any, rows: Rows) -> list[Row | None]:
    """Return what commands about help and sectors name."""
    if isinstance(body, c.AnswerHelp):
        asked = rows.get(HelpRequest, help_id(body.help, HelpSide.ASKED))
        return [asked, *(rows.unit(one) for one in body.units)]
    if isinstance(body, c.EndHelp):
        return [rows.get(HelpRequest, help_id(body.help, HelpSide.ASKING))]
    if isinstance(body, c.PutSector):
        return [rows.get(Sector, body.sector.id), rows.incident(body.sector.incident)]
    if isinstance(body, c.PutPost):
        return [rows.get(CommandPost, body.post.id), rows.incident(body.post.incident)]
    if isinstance(body, c.PlaceInSector) and body.sector is not None:
        return [rows.get(Sector, body.sector)]
    return []


def _check_area(area: Area, rows: Rows, remit: Remit) -> None:
    """Check that no part of an area lies in a district of others; everybody sees all areas."""
    outside = [one for one in area.districts or (None,) if not remit.covers(one)]
    if outside:
        raise OutsideRemitError(f"“{area.name}”", outside[0], _place(outside[0], rows))


def _check(row: Row, rows: Rows, remit: Remit) -> None:
    _check_district(_called(row), district_of(row, rows), rows, remit)


def _check_district(what: str, district: str | None, rows: Rows, remit: Remit) -> None:
    if remit.covers(district):
        return
    raise OutsideRemitError(what, district, _place(district, rows))


def _place(district: str | None, rows: Rows) -> str:
    if district is None:
        return "no district that is known"
    held = rows.jurisdiction(district)
    return held.name_en or held.name_zh if held is not None else district


def _called(row: Row) -> str:
    if isinstance(row, Unit):
        return row.call_sign
    if isinstance(row, Camera):
        return row.name
    if isinstance(row, Incident):
        return "The incident" if row.number is None else f"Incident {row.number}"
    return "What this is about"
