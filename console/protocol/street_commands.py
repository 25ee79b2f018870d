"""Command bodies of officers' records: checklists, inspections, documents, fines."""

from __future__ import annotations

from datetime import datetime

import msgspec

from console.domain.streetwork import PaperKind, SubjectKind
from console.protocol.body import Body


class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a checklist.

    Attributes:
        check: Code of the question in the site's table.
        holds: Yes or no; ``None`` where it was not answered so.
        note: What was measured or seen besides.
    """

    check: str
    holds: bool | None = None
    note: str = ""


class AnswerChecks(Body, frozen=True, kw_only=True):
    """The checklist of a case's form, answered on the spot; kept in the case's log."""

    incident: str
    unit: str
    at: datetime
    answers: tuple[CheckAnswer, ...]


class RecordInspection(Body, frozen=True, kw_only=True):
    """Record a check of a person, vehicle, shop or site (移动核录).

    Attributes:
        inspection: New id, made by the handheld.
        second: Call sign or unit id of the second officer, who confirms it.
    """

    inspection: str
    unit: str
    kind: SubjectKind
    key: str
    name: str
    at: datetime
    place: str
    findings: str
    second: str
    incident: str | None = None
    lat: float | None = None
    lon: float | None = None


class ConfirmInspection(Body, frozen=True, kw_only=True):
    """The second officer confirms a check that was made together."""

    inspection: str
    unit: str
    at: datetime


class IssuePaper(Body, frozen=True, kw_only=True):
    """Make out a document; central numbers it.

    Attributes:
        paper: New id, made by the sender.
        signature: Strokes, "x,y x,y;x,y x,y", 0 to 1000; empty if the party refused to sign.
        unit: The officer's unit; ``None`` for a decision of the bureau.
    """

    paper: str
    kind: PaperKind
    incident: str
    party_kind: SubjectKind
    party: str
    facts: str
    law: str
    party_key: str = ""
    amount_fen: int | None = None
    signature: str = ""
    unit: str | None = None


class PayFine(Body, frozen=True, kw_only=True):
    """Enter that a fine was paid, by the number of its receipt."""

    paper: str
    receipt_no: str
    amount_fen: int
    at: datetime


class VoidPaper(Body, frozen=True, kw_only=True):
    """Say that a document does not hold any more (撤销); its number stays taken."""

    paper: str
    reason: str
