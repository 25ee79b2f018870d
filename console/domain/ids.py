"""Ids: one `NewType` a kind, and time-ordered UUIDs (RFC 9562, version 7)."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import NewType

UnitId = NewType("UnitId", str)
IncidentId = NewType("IncidentId", str)
ReportId = NewType("ReportId", str)
AssignmentId = NewType("AssignmentId", str)
CameraId = NewType("CameraId", str)
EvidenceId = NewType("EvidenceId", str)
JurisdictionId = NewType("JurisdictionId", str)
PersonId = NewType("PersonId", str)
DeviceId = NewType("DeviceId", str)
CommandId = NewType("CommandId", str)


def new_id(at: datetime) -> str:
    """Return a new UUID version 7 as 32 hexadecimal digits.

    Args:
        at: The time it is made at, aware UTC; ids made later sort later.
    """
    unix_ms = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    rand_a = secrets.randbits(12)
    rand_b = secrets.randbits(62)
    value = (unix_ms << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b
    return f"{value:032x}"
