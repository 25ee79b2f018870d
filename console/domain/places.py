"""Jurisdictions (辖区), camera points (点位), evidence (证据) and the incident's log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from console.domain.ids import (
    CameraId,
    EvidenceId,
    IncidentId,
    JurisdictionId,
    PersonId,
    UnitId,
)

#: IANA name of the zone of a city that names none.
USUAL_ZONE = "Asia/Shanghai"


class JurisdictionLevel(StrEnum):
    """Level of a jurisdiction: city 市, district 区, street or town 街道/乡镇."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """One node of the jurisdiction tree; ``lat``/``lon`` is a point inside it (WGS-84)."""

    id: JurisdictionId
    parent: JurisdictionId | None
    level: JurisdictionLevel
    name_zh: str
    name_en: str
    lat: float | None = None
    lon: float | None = None
    retired: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One camera point: one view of one place.

    Attributes:
        bearing_deg: Where it looks, degrees clockwise from north; ``None`` if not known.
        main_url: RTSP address of the main stream (主码流), without credentials.
        sub_url: RTSP address of the sub stream (子码流), without credentials.
        username: For RTSP and ONVIF; sealed like the password in every row that is kept or sent.
        onvif_url: Its ONVIF device service, with the media profile's token after a ``#`` if it has
            several; ``None`` where it speaks no ONVIF.
        owner: Whose it is: "police", "site", "bureau", "vehicle".
        unit: The unit it moves with, if it moves.
        is_key: Whether it must never be blind (重点点位); an alarm tells when it gives no picture.
    """

    id: CameraId
    name: str
    main_url: str
    sub_url: str | None = None
    lat: float | None = None
    lon: float | None = None
    bearing_deg: float | None = None
    district: JurisdictionId | None = None
    street: JurisdictionId | None = None
    owner: str | None = None
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    unit: UnitId | None = None
    onvif_url: str | None = None
    is_key: bool = False
    retired: bool = False
    version: int = 0


class EvidenceKind(StrEnum):
    """What the bytes of a piece of evidence are."""

    PHOTO = "photo"
    FRAME = "frame"
    VIDEO = "video"
    SOUND = "sound"
    PAPER = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Original bytes with hash, time and place (证据); the bytes lie content-addressed.

    Attributes:
        sha256: Hash of the bytes as captured, 64 hexadecimal digits.
        size: Bytes.
        captured_at: Device time of capture, aware UTC.
        received_at: When central had all the bytes; ``None`` before.
        original: Of a marked copy: the evidence that it is a copy of.
        derived_from: Of a marked copy: that evidence's hash.
        done: Of a marked copy: what was done to it, in codes ("blur 2, box 1").
    """

    id: EvidenceId
    incident: IncidentId
    kind: EvidenceKind
    media_type: str
    sha256: str
    size: int
    captured_at: datetime
    received_at: datetime | None = None
    camera: CameraId | None = None
    unit: UnitId | None = None
    taken_by: PersonId | None = None
    lat: float | None = None
    lon: float | None = None
    original: EvidenceId | None = None
    derived_from: str | None = None
    done: str | None = None
    version: int = 0

    @property
    def is_copy(self) -> bool:
        """Whether it is a marked copy of other evidence."""
        return self.original is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One step of an incident: what was done, by whom, when.

    Attributes:
        verb: Past tense code: "opened", "filed", "assigned", "accepted", "verified", "closed" …
        detail: What a person needs to read beside it, or ``None``.
    """

    id: str
    incident: IncidentId
    at: datetime
    actor: PersonId | None
    verb: str
    detail: str | None = None
    unit: UnitId | None = None
    version: int = 0
