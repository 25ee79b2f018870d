"""Rules of documents: made out, paid, voided."""

from __future__ import annotations

import re
from dataclasses import replace

from console.dispatch.checks import checked_id, checked_time, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.rules_street import checked_subject, own_case
from console.domain.catalogue import CatalogueItem, CatalogueName, item_id
from console.domain.errors import RejectedError, UnknownRowError
from console.domain.levels import Role
from console.domain.streetwork import FINES, Paper, PaperId, PaperKind, SubjectKind
from console.protocol import commands as c

#: A signature of a few seconds has some hundred points.
_MOST_SIGNATURE = 40_000
_STROKES = re.compile(r"(\d{1,4},\d{1,4}( \d{1,4},\d{1,4})*(;|$))*")
_MOST_RECEIPT = 60


def issue_paper(ask: Ask, body: c.IssuePaper) -> Decision:
    """Make out a document on a case."""
    if ask.rows.get(Paper, checked_id(body.paper, "a document")) is not None:
        return NOTHING_NEW
    incident = own_case(ask, body.incident)
    unit = None if body.unit is None else ask.unit(body.unit)
    if unit is not None:
        ask.check_speaks_for(unit.id, unit.call_sign)
    _check_kind(ask, body)
    key, party = checked_subject(body.party_kind, body.party_key, body.party)
    facts = checked_words(body.facts.strip(), "facts")
    if not facts:
        raise RejectedError("The document has no facts; write what was found, when and where.")
    law = ask.rows.get(CatalogueItem, item_id(CatalogueName.LAW, body.law))
    if law is None or law.retired:
        raise RejectedError(f"The site's laws have no {body.law[:40]!r} in force; choose another.")
    _check_amount(ask, body, law)
    paper = Paper(
        id=PaperId(body.paper),
        kind=body.kind,
        incident=incident.id,
        form=incident.form,
        party_kind=body.party_kind,
        party=party,
        party_key=key,
        place=incident.place,
        facts=facts,
        law=body.law,
        amount_fen=body.amount_fen,
        signature=_checked_signature(body.signature),
        issued_at=ask.at,
        unit=None if unit is None else unit.id,
        issued_by=ask.actor,
        district=incident.district if unit is None else unit.district,
    )
    draft = Draft(ask)
    draft.put(paper)
    fine = "" if body.amount_fen is None else f" {body.amount_fen / 100:.2f} 元"
    detail = f"{body.kind} {party}{fine}"
    draft.log(incident.id, "paper_issued", detail=detail, unit=paper.unit)
    return draft.decision()


def pay_fine(ask: Ask, body: c.PayFine) -> Decision:
    """Enter that a fine was paid."""
    paper = _paper(ask, body.paper)
    receipt = body.receipt_no.strip()
    if not receipt or len(receipt) > _MOST_RECEIPT:
        raise RejectedError(f"Write the number of the receipt, {_MOST_RECEIPT} characters at most.")
    if paper.amount_fen is None:
        raise RejectedError(f"{paper.number} has no fine that could be paid.")
    if ask.role is Role.OFFICER and str(paper.unit) != str(ask.actor):
        raise RejectedError(f"{paper.number} was made out by somebody else; its officer enters it.")
    if paper.receipt_no == receipt:
        return NOTHING_NEW
    if paper.voided_at is not None:
        raise RejectedError(f"{paper.number} was voided; its fine is not due any more.")
    if paper.paid_at is not None:
        raise RejectedError(f"{paper.number} was paid already, receipt {paper.receipt_no}.")
    if body.amount_fen != paper.amount_fen:
        raise RejectedError(
            f"{paper.number} is over {paper.amount_fen / 100:.2f} yuan, and "
            f"{body.amount_fen / 100:.2f} were paid; look at the receipt again."
        )
    other = ask.rows.paper_paid_with(receipt)
    if other is not None:
        raise RejectedError(f"The receipt {receipt} belongs to {other.number} already.")
    paid_at = max(ask.device_time(checked_time(body.at, "the payment")), paper.issued_at)
    draft = Draft(ask)
    draft.put(replace(paper, paid_at=paid_at, receipt_no=receipt))
    draft.log(paper.incident, "fine_paid", detail=f"{paper.number}: {receipt}", unit=paper.unit)
    return draft.decision()


def void_paper(ask: Ask, body: c.VoidPaper) -> Decision:
    """Say that a document does not hold any more; its number stays taken."""
    paper = _paper(ask, body.paper)
    reason = checked_words(body.reason.strip(), "reason")
    if not reason:
        raise RejectedError("Say why the document is void; the reason is kept with it.")
    if paper.paid_at is not None:
        raise RejectedError(f"The fine of {paper.number} is paid; pay it back by another document.")
    if paper.voided_at is not None:
        return NOTHING_NEW
    draft = Draft(ask)
    draft.put(replace(paper, voided_at=ask.at, void_reason=reason))
    draft.log(paper.incident, "paper_voided", detail=f"{paper.number}: {reason}", unit=paper.unit)
    return draft.decision()


def _check_kind(ask: Ask, body: c.IssuePaper) -> None:
    if ask.role is Role.OFFICER:
        if body.unit is None:
            raise RejectedError("An officer makes out documents for the own unit; name it.")
        if body.kind is PaperKind.DECISION:
            raise RejectedError("A decision after a case is the bureau's; an officer proposes it.")
    elif body.kind is not PaperKind.DECISION:
        raise RejectedError("Documents on the spot are made out by the officer who is there.")


def _check_amount(ask: Ask, body: c.IssuePaper, law: CatalogueItem) -> None:
    """Check a fine against what its document and its legal basis allow."""
    if body.kind not in FINES:
        if body.amount_fen is not None:
            raise RejectedError("An order carries no fine; make out a penalty for that.")
        return
    if body.amount_fen is None or body.amount_fen <= 0:
        raise RejectedError("Say how high the fine is.")
    yuan = body.amount_fen / 100
    least, most = law.details.get("fine_least"), law.details.get("fine_most")
    table = ask.rows.get(CatalogueItem, item_id(CatalogueName.PAPER, body.kind))
    name = "most_person" if body.party_kind is SubjectKind.PERSON else "most_other"
    on_spot = None if table is None else table.details.get(name)
    if isinstance(on_spot, int | float) and yuan > on_spot:
        raise RejectedError(
            f"{yuan:.2f} yuan is more than {on_spot:g}, the most on the spot; it "
            "takes the bureau's decision."
        )
    if isinstance(least, int | float) and body.kind is PaperKind.DECISION and yuan < least:
        raise RejectedError(f"{law.name_zh} has fines from {least:g} yuan on, not {yuan:.2f}.")
    if isinstance(most, int | float) and yuan > most:
        raise RejectedError(f"{law.name_zh} has fines up to {most:g} yuan, not {yuan:.2f}.")


def _checked_signature(strokes: str) -> str:
    if len(strokes) > _MOST_SIGNATURE:
        raise RejectedError("The signature has too many strokes; let it be written again.")
    if not _STROKES.fullmatch(strokes):
        raise RejectedError("The signature is no strokes of points; let it be written again.")
    return strokes


def _paper(ask: Ask, row_id: str) -> Paper:
    found = ask.rows.get(Paper, row_id)
    if found is None:
        raise UnknownRowError("document", row_id)
    return found
