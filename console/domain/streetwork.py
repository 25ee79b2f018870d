"""What officers record on the street: inspections (移动核录), documents (文书), fines paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from console.domain.ids import IncidentId, JurisdictionId, PersonId, UnitId

InspectionId = NewType("InspectionId", str)
PaperId = NewType("PaperId", str)


class SubjectKind(StrEnum):
    """Whom or what an officer checks: a person, a vehicle, a shop, a site."""

    PERSON = "person"
    VEHICLE = "vehicle"
    SHOP = "shop"
    SITE = "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One check in the street, made by two officers.

    Attributes:
        key: What identifies it: number of an identity card, plate, credit code, permit.
        name: What it is called.
        second: The unit of the second officer.
        confirmed_at: When the second officer confirmed it, aware UTC; ``None`` before.
        incident: The case it belongs to, if it belongs to one.
    """

    id: InspectionId
    unit: UnitId
    kind: SubjectKind
    key: str
    name: str
    at: datetime
    place: str
    findings: str
    second: UnitId
    incident: IncidentId | None = None
    lat: float | None = None
    lon: float | None = None
    district: JurisdictionId | None = None
    confirmed_at: datetime | None = None
    version: int = 0


class PaperKind(StrEnum):
    """What a document is.

    Attributes:
        ORDER: An order to put something right (责令改正通知书).
        PENALTY: A penalty decided on the spot (当场行政处罚决定书).
        DECISION: A penalty decided after a case (行政处罚决定书).
    """

    ORDER = "order"
    PENALTY = "penalty"
    DECISION = "decision"


#: Documents with a fine.
FINES = frozenset({PaperKind.PENALTY, PaperKind.DECISION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One document, numbered without gaps within its kind, district and year.

    Attributes:
        running: Its number; ``None`` until central has given one.
        number: How it is written, "东城区当罚〔2026〕00012号".
        code: What its QR code leads to; nobody guesses it.
        party_kind: Whom it is made out to.
        party: That one's name.
        party_key: That one's number: identity card, plate, credit code, permit.
        law: Code of its legal basis in the site's table.
        amount_fen: The fine in fen (1/100 yuan); ``None`` without one.
        signature: Strokes on the handheld's field, "x,y x,y;x,y x,y", 0 to 1000; empty if the party
            refused to sign.
        issued_at: When central numbered it, aware UTC.
        receipt_no: Number of the receipt for the fine that was paid.
        void_reason: Why it does not hold any more; its number stays taken.
    """

    id: PaperId
    kind: PaperKind
    incident: IncidentId
    form: str
    party_kind: SubjectKind
    party: str
    place: str
    facts: str
    law: str
    issued_at: datetime
    party_key: str = ""
    amount_fen: int | None = None
    signature: str = ""
    unit: UnitId | None = None
    issued_by: PersonId | None = None
    district: JurisdictionId | None = None
    year: int | None = None
    running: int | None = None
    number: str | None = None
    code: str | None = None
    paid_at: datetime | None = None
    receipt_no: str | None = None
    voided_at: datetime | None = None
    void_reason: str | None = None
    version: int = 0

    @property
    def evidence_id(self) -> str:
        """Id of the evidence that is its PDF."""
        return f"{self.id}-pdf"
