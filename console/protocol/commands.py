"""Command bodies: what a console, a handheld or a gateway asks central to do.

Each is a msgspec struct with its type's name as tag; ids of new rows are made by whoever asks,
so that the same command sent twice makes one row.
"""

from __future__ import annotations

from datetime import datetime

from console.domain.assignments import AssignmentState, Means
from console.domain.catalogue import CatalogueItem, Grid
from console.domain.incidents import Report
from console.domain.places import Camera, Evidence, Jurisdiction
from console.domain.sensors import Sensor
from console.domain.units import Unit
from console.protocol.area_commands import PutAreas, TellAreaEvents
from console.protocol.body import Body
from console.protocol.case_commands import (
    CallBack,
    JoinIncidents,
    LinkIncident,
    PartIncidents,
    PauseIncident,
    PutCalendarDays,
    PutLimitRules,
    ReopenIncident,
    ResumeIncident,
    SplitReport,
)
from console.protocol.dispatch_commands import (
    AnswerHelp,
    AskHelp,
    CallUp,
    EndHelp,
    EscalateOrder,
    ExplainChoice,
    OpenEvent,
    PlaceInSector,
    PutPost,
    PutSector,
    TransferTask,
)
from console.protocol.duty_commands import (
    EndRollCall,
    MarkMessage,
    PrepareHandover,
    PutInstructions,
    PutRoster,
    ReadBack,
    ReplyMessage,
    SeeReply,
    SendMessage,
    SignHandover,
)
from console.protocol.intake_commands import NotePlace, TakeReport
from console.protocol.street_commands import (
    AnswerChecks,
    CheckAnswer,
    ConfirmInspection,
    IssuePaper,
    PayFine,
    RecordInspection,
    VoidPaper,
)
from console.protocol.watch_commands import AnswerRoll, MarkAlarm, PressPanic

__all__ = [
    "AddReport",
    "AmendIncident",
    "AnswerChecks",
    "AnswerHelp",
    "AnswerRoll",
    "AnyBody",
    "AskHelp",
    "AssignUnit",
    "AttachEvidence",
    "Body",
    "CallBack",
    "CallUp",
    "CancelIncident",
    "CheckAnswer",
    "CloseIncident",
    "ConfirmInspection",
    "EndHelp",
    "EndRollCall",
    "EscalateOrder",
    "ExplainChoice",
    "IssuePaper",
    "JoinIncidents",
    "LinkIncident",
    "MarkAlarm",
    "MarkMessage",
    "MoveAssignment",
    "NoteIncident",
    "NotePlace",
    "OpenEvent",
    "OpenIncident",
    "OrderByVoice",
    "PartIncidents",
    "PauseIncident",
    "PayFine",
    "PlaceInSector",
    "PrepareHandover",
    "PressPanic",
    "PutAreas",
    "PutCalendarDays",
    "PutCameras",
    "PutInstructions",
    "PutJurisdictions",
    "PutLimitRules",
    "PutPost",
    "PutRoster",
    "PutSector",
    "PutUnits",
    "ReadBack",
    "RecordInspection",
    "ReopenIncident",
    "ReplyMessage",
    "ReportOutcome",
    "ResumeIncident",
    "SeeReply",
    "SendMessage",
    "SetDuty",
    "SignHandover",
    "SplitReport",
    "TakeReport",
    "TellAreaEvents",
    "TransferTask",
    "VerifyIncident",
    "VoidPaper",
    "WithdrawAssignment",
    "name_of",
]


class OpenIncident(Body, frozen=True, kw_only=True):
    """Open an incident and file it (立案) in one step.

    Attributes:
        incident: New id, made by the sender.
        form: Code in the catalogue.
        level: 1–4, ``None`` for the form's usual level.
        reports: Ids of reports that it is made from.
    """

    incident: str
    form: str
    place: str
    summary: str
    channel: str
    level: int | None = None
    lat: float | None = None
    lon: float | None = None
    district: str | None = None
    street: str | None = None
    reports: tuple[str, ...] = ()


class AmendIncident(Body, frozen=True, kw_only=True):
    """Change what is known of an incident; ``None`` leaves a field as it is."""

    incident: str
    form: str | None = None
    level: int | None = None
    place: str | None = None
    summary: str | None = None
    lat: float | None = None
    lon: float | None = None


class NoteIncident(Body, frozen=True, kw_only=True):
    """Add a line to the log of an incident."""

    incident: str
    text: str


class AddReport(Body, frozen=True, kw_only=True):
    """A message came in on some channel; central files it under an incident, old or new.

    Attributes:
        incident: Id for the incident it opens if it belongs to none that is open.
    """

    report: Report
    incident: str


class AssignUnit(Body, frozen=True, kw_only=True):
    """Send one unit to one incident (派遣).

    Attributes:
        standby: It only stands by, and waits to be called up (待命).
        instead_of: Call signs of the units recommended where others are sent.
        because: Why others are sent, if that is said with the order.
    """

    assignment: str
    incident: str
    unit: str
    note: str | None = None
    standby: bool = False
    instead_of: str | None = None
    because: str | None = None


class OrderByVoice(Body, frozen=True, kw_only=True):
    """An order was given by voice (口头派单): the unit knows it and takes it.

    Attributes:
        assignment: New id, or that of an assignment the unit has not taken yet.
        means: How it was told.
        at: When it was told, aware UTC, by the sender's clock.
        words: What was said besides, ``None`` for nothing.
    """

    assignment: str
    incident: str
    unit: str
    means: Means
    at: datetime
    words: str | None = None


class WithdrawAssignment(Body, frozen=True, kw_only=True):
    """Call a unit back from an incident."""

    assignment: str
    reason: str


class MoveAssignment(Body, frozen=True, kw_only=True):
    """A unit's receipt or step: delivered, seen, accepted, refused, on the way, on scene."""

    assignment: str
    state: AssignmentState
    at: datetime
    note: str | None = None


class ReportOutcome(Body, frozen=True, kw_only=True):
    """A unit is done: the outcome in words; the assignment is cleared (反馈)."""

    assignment: str
    outcome: str
    at: datetime
    evidence: tuple[str, ...] = ()


class VerifyIncident(Body, frozen=True, kw_only=True):
    """Check an outcome (核查); not passed sends the incident back to be dispatched again."""

    incident: str
    passed: bool
    note: str | None = None


class CloseIncident(Body, frozen=True, kw_only=True):
    """Close a verified incident (结案)."""

    incident: str


class CancelIncident(Body, frozen=True, kw_only=True):
    """End an incident that was none (作废), with the reason."""

    incident: str
    reason: str


class AttachEvidence(Body, frozen=True, kw_only=True):
    """Name evidence whose bytes central already holds under their hash."""

    evidence: Evidence


class SetDuty(Body, frozen=True, kw_only=True):
    """A unit comes on duty or goes off (勤务报备), with what it carries, where, until when."""

    unit: str
    on_duty: bool
    at: datetime
    until: datetime | None = None
    vehicle: str | None = None
    radio: str | None = None
    handheld: str | None = None
    body_camera: str | None = None
    post: str | None = None


class PutUnits(Body, frozen=True, kw_only=True):
    """Enter or replace units in the register."""

    units: tuple[Unit, ...]


class PutCameras(Body, frozen=True, kw_only=True):
    """Enter or replace camera points in the directory."""

    cameras: tuple[Camera, ...]


class PutJurisdictions(Body, frozen=True, kw_only=True):
    """Enter or replace jurisdictions."""

    jurisdictions: tuple[Jurisdiction, ...]


class PutCatalogue(Body, frozen=True, kw_only=True):
    """Enter, change or retire rows of the site's tables; a version other than 0 is checked."""

    items: tuple[CatalogueItem, ...]


class PutGrids(Body, frozen=True, kw_only=True):
    """Enter, change or retire responsibility grids; a version other than 0 is checked."""

    grids: tuple[Grid, ...]


class PutSensors(Body, frozen=True, kw_only=True):
    """Enter, change or retire sensors; a version other than 0 is checked."""

    sensors: tuple[Sensor, ...]


AnyBody = (
    OpenIncident
    | AmendIncident
    | NoteIncident
    | AddReport
    | AssignUnit
    | OrderByVoice
    | WithdrawAssignment
    | MoveAssignment
    | ReportOutcome
    | VerifyIncident
    | CloseIncident
    | CancelIncident
    | AttachEvidence
    | SetDuty
    | PutUnits
    | PutCameras
    | PutJurisdictions
    | PutAreas
    | TellAreaEvents
    | PauseIncident
    | ResumeIncident
    | ReopenIncident
    | CallBack
    | JoinIncidents
    | PartIncidents
    | SplitReport
    | LinkIncident
    | PutLimitRules
    | PutCalendarDays
    | MarkAlarm
    | PressPanic
    | AnswerRoll
    | PutCatalogue
    | PutGrids
    | PutSensors
    | SendMessage
    | MarkMessage
    | ReplyMessage
    | SeeReply
    | EndRollCall
    | PutRoster
    | PutInstructions
    | PrepareHandover
    | ReadBack
    | SignHandover
    | TakeReport
    | NotePlace
    | AnswerChecks
    | RecordInspection
    | ConfirmInspection
    | IssuePaper
    | PayFine
    | VoidPaper
    | ExplainChoice
    | TransferTask
    | CallUp
    | EscalateOrder
    | AskHelp
    | AnswerHelp
    | EndHelp
    | PutSector
    | PutPost
    | PlaceInSector
    | OpenEvent
)


def name_of(body: Body) -> str:
    """Return the message type's name, as the table of permissions knows it."""
    return type(body).__name__
