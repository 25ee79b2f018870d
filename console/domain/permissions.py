"""Who may do what: one table, deny by default."""

from __future__ import annotations

from console.domain.levels import Role

#: Names of things that can be done; commands bear the name of their message type.
_DISPATCH = {
    "OpenIncident", "AmendIncident", "AddReport", "AssignUnit", "OrderByVoice",
    "WithdrawAssignment",
    "MoveAssignment", "CloseIncident", "CancelIncident", "VerifyIncident", "AttachEvidence",
    "NoteIncident", "read:city", "read:snapshot", "read:evidence", "write:evidence", "stream",
}  # fmt: skip

#: Who opens streams of cameras has to have what they ask for.
_STREAMS = {"read:camera_passwords"}

ALLOWED: dict[Role, frozenset[str]] = {
    Role.DISPATCHER: frozenset(_DISPATCH | _STREAMS),
    Role.SHIFT_LEAD: frozenset(_DISPATCH | _STREAMS),
    Role.VIDEO_OPERATOR: frozenset(
        {"OpenIncident", "AddReport", "AttachEvidence", "NoteIncident", "read:city",
         "read:snapshot", "read:evidence", "write:evidence", "stream"} | _STREAMS
    ),
    Role.HOTLINE_SEAT: frozenset(
        {"OpenIncident", "AddReport", "NoteIncident", "read:city", "read:snapshot", "stream"}
    ),
    Role.SUPERVISOR: frozenset(
        {"VerifyIncident", "NoteIncident", "read:city", "read:snapshot", "read:evidence", "stream"}
    ),
    Role.OFFICER: frozenset(
        {"MoveAssignment", "ReportOutcome", "SetDuty", "AttachEvidence", "OpenIncident",
         "write:evidence", "write:positions", "handheld", "read:city"}
    ),
    Role.ADMINISTRATOR: frozenset({"PutUnits", "PutCameras", "PutJurisdictions", "read:city",
                                   "read:snapshot", "stream"}),
    Role.GATEWAY: frozenset(
        {"AddReport", "OpenIncident", "MoveAssignment", "ReportOutcome", "SetDuty",
         "AttachEvidence", "write:evidence", "write:positions", "handheld", "read:city",
         "PutUnits", "PutCameras"}
    ),
}  # fmt: skip


def may(role: Role, action: str) -> bool:
    """Whether ``role`` may do ``action`` (a message type's name, or a "read:…"/"write:…" word)."""
    return action in ALLOWED.get(role, frozenset())
