"""Who may do what, and where: one table, deny by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from console.domain.levels import Role


class Reach(StrEnum):
    """How far a permission reaches.

    Attributes:
        ANYWHERE: It is about no place.
        REMIT: Rows of the person's own districts; all of them for who has no limit.
        CITY: It touches every district: only for who is limited to none.
        OWN: The unit that is logged on, and nobody else.
    """

    ANYWHERE = "anywhere"
    REMIT = "remit"
    CITY = "city"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remit:
    """Where a person works (管辖范围): the whole city, or some of its districts.

    Attributes:
        districts: Ids of the districts; ``None`` for the whole city.
    """

    districts: frozenset[str] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole city."""
        return self.districts is None

    def covers(self, district: str | None) -> bool:
        """Whether what lies in ``district`` is within; what lies in none is the city's alone."""
        return self.districts is None or district in self.districts


#: The whole city.
WHOLE_CITY = Remit()

_ANYWHERE, _REMIT, _CITY, _OWN = Reach.ANYWHERE, Reach.REMIT, Reach.CITY, Reach.OWN
#: Names of things that can be done; commands bear the name of their message type.
_SEES: dict[str, Reach] = {"read:city": _ANYWHERE, "read:snapshot": _REMIT, "stream": _REMIT}
_DISPATCH: dict[str, Reach] = {
    **_SEES,
    "OpenIncident": _REMIT,
    "AmendIncident": _REMIT,
    "AddReport": _REMIT,
    "TakeReport": _REMIT,
    "NotePlace": _ANYWHERE,
    "AssignUnit": _REMIT,
    "ExplainChoice": _REMIT,
    "TransferTask": _REMIT,
    "CallUp": _REMIT,
    "EscalateOrder": _REMIT,
    "AskHelp": _REMIT,
    "AnswerHelp": _REMIT,
    "EndHelp": _REMIT,
    "PutSector": _REMIT,
    "PutPost": _REMIT,
    "PlaceInSector": _REMIT,
    "OpenEvent": _REMIT,
    "OrderByVoice": _REMIT,
    "WithdrawAssignment": _REMIT,
    "MoveAssignment": _REMIT,
    "CloseIncident": _REMIT,
    "CancelIncident": _REMIT,
    "VerifyIncident": _REMIT,
    "AttachEvidence": _REMIT,
    "NoteIncident": _REMIT,
    "PauseIncident": _REMIT,
    "ResumeIncident": _REMIT,
    "ReopenIncident": _REMIT,
    "CallBack": _REMIT,
    "JoinIncidents": _REMIT,
    "PartIncidents": _REMIT,
    "SplitReport": _REMIT,
    "LinkIncident": _REMIT,
    "PutAreas": _REMIT,
    "MarkAlarm": _REMIT,
    "AnswerRoll": _REMIT,
    # What a unit says by radio is entered at the desk.
    "SetDuty": _REMIT,
    "SendMessage": _REMIT,
    "MarkMessage": _REMIT,
    "SeeReply": _REMIT,
    "EndRollCall": _REMIT,
    "PutRoster": _REMIT,
    "PutInstructions": _REMIT,
    "PrepareHandover": _REMIT,
    "ReadBack": _REMIT,
    "SignHandover": _REMIT,
    "PayFine": _REMIT,
    "read:papers": _REMIT,
    "read:evidence": _REMIT,
    "read:trails": _REMIT,
    "write:evidence": _ANYWHERE,
    # Names and numbers of callers, and what they told before.
    "read:callers": _REMIT,
    # Who opens streams of cameras has to have what they ask for.
    "read:camera_passwords": _REMIT,
    # Leases and looks of points, and which plans there are.
    "patrol": _REMIT,
    "write:patrol": _REMIT,
}

ALLOWED: dict[Role, Mapping[str, Reach]] = {
    Role.DISPATCHER: _DISPATCH,
    Role.SHIFT_LEAD: {**_DISPATCH, "IssuePaper": _REMIT, "VoidPaper": _REMIT},
    Role.VIDEO_OPERATOR: {
        **_SEES,
        "OpenIncident": _REMIT,
        "AddReport": _REMIT,
        "AttachEvidence": _REMIT,
        "NoteIncident": _REMIT,
        "read:evidence": _REMIT,
        "write:evidence": _ANYWHERE,
        "read:camera_passwords": _REMIT,
        "patrol": _REMIT,
        "write:patrol": _REMIT,
    },
    Role.HOTLINE_SEAT: {
        **_SEES,
        "OpenIncident": _REMIT,
        "AddReport": _REMIT,
        "TakeReport": _REMIT,
        "NotePlace": _ANYWHERE,
        "NoteIncident": _REMIT,
        "ReopenIncident": _REMIT,
        "CallBack": _REMIT,
        "read:callers": _REMIT,
    },
    Role.SUPERVISOR: {
        **_SEES,
        "read:callers": _REMIT,
        "EscalateOrder": _REMIT,
        "VerifyIncident": _REMIT,
        "NoteIncident": _REMIT,
        "ReopenIncident": _REMIT,
        "CallBack": _REMIT,
        "IssuePaper": _REMIT,
        "PayFine": _REMIT,
        "VoidPaper": _REMIT,
        "read:papers": _REMIT,
        "read:evidence": _REMIT,
        "read:trails": _REMIT,
    },
    Role.OFFICER: {
        "MoveAssignment": _OWN,
        "ReportOutcome": _OWN,
        "SetDuty": _OWN,
        "PressPanic": _OWN,
        "AnswerRoll": _OWN,
        "MarkMessage": _OWN,
        "ReplyMessage": _OWN,
        "AnswerChecks": _OWN,
        "RecordInspection": _OWN,
        "ConfirmInspection": _OWN,
        "IssuePaper": _OWN,
        "PayFine": _OWN,
        "AttachEvidence": _OWN,
        "OpenIncident": _OWN,
        "write:evidence": _ANYWHERE,
        "write:positions": _OWN,
        "handheld": _OWN,
        "read:city": _ANYWHERE,
    },
    # May neither dispatch nor change what was recorded.
    Role.ADMINISTRATOR: {
        **_SEES,
        "PutUnits": _REMIT,
        "PutCameras": _REMIT,
        "PutJurisdictions": _CITY,
        "PutLimitRules": _CITY,
        "PutCalendarDays": _CITY,
        "PutCatalogue": _CITY,
        "PutGrids": _CITY,
        "PutSensors": _CITY,
        # Refused unless central itself says it.
        "TellAreaEvents": _CITY,
        "read:audit": _CITY,
        "read:people": _CITY,
        "write:people": _CITY,
        "read:devices": _CITY,
        "write:devices": _CITY,
        "read:admin": _REMIT,
        "read:metrics": _ANYWHERE,
        "retention": _CITY,
    },
    Role.GATEWAY: {
        "AddReport": _REMIT,
        "OpenIncident": _REMIT,
        "MoveAssignment": _REMIT,
        "ReportOutcome": _REMIT,
        "SetDuty": _REMIT,
        "PressPanic": _REMIT,
        "AnswerRoll": _REMIT,
        "MarkMessage": _REMIT,
        "ReplyMessage": _REMIT,
        # The office that plans the turns may have a system of its own.
        "PutRoster": _REMIT,
        "AttachEvidence": _REMIT,
        "PutUnits": _REMIT,
        "PutCameras": _REMIT,
        "write:evidence": _ANYWHERE,
        "write:positions": _REMIT,
        "write:readings": _ANYWHERE,
        "handheld": _REMIT,
        "read:city": _ANYWHERE,
    },
}


def may(role: Role, action: str) -> bool:
    """Whether ``role`` may do ``action`` (a message type's name, or a "read:…"/"write:…" word)."""
    return reach_of(role, action) is not None


def reach_of(role: Role, action: str) -> Reach | None:
    """Return how far ``role`` may do ``action``; ``None`` if not at all."""
    return ALLOWED.get(role, {}).get(action)


def may_somewhere(role: Role, remit: Remit, action: str) -> bool:
    """Whether somebody with this role and remit may do ``action`` to anything at all."""
    reach = reach_of(role, action)
    return reach is not None and (reach is not Reach.CITY or remit.is_whole)
