"""What the rules of inspections, documents and fines say, as patterns for `reasons`."""

from __future__ import annotations


def _noop(context: str, source: str) -> str:
    return source


STREET_PATTERNS: tuple[str, ...] = (
    _noop("Reasons", "The checklist has no answer; answer what you have checked."),
    _noop("Reasons", "A checklist has {0} answers at most."),
    _noop("Reasons", "The site's checklists have no question {0}."),
    _noop("Reasons", "An inspection is made by two: name somebody else as the second."),
    _noop("Reasons", "The inspection has no finding; write what was found."),
    _noop("Reasons", "{0} is not the second officer of this inspection."),
    _noop("Reasons", "{0} is not a task of yours; records go into one you were sent to."),
    _noop("Reasons", "Nobody is named; write a name or a number."),
    _noop("Reasons", "A vehicle is named by its number plate; write it."),
    _noop("Reasons", "The name or number is too long; {0} and {1} characters are the most."),
    _noop("Reasons", "The document has no facts; write what was found, when and where."),
    _noop("Reasons", "The site's laws have no {0} in force; choose another."),
    _noop("Reasons", "Write the number of the receipt, {0} characters at most."),
    _noop("Reasons", "{0} has no fine that could be paid."),
    _noop("Reasons", "{0} was made out by somebody else; its officer enters it."),
    _noop("Reasons", "{0} was voided; its fine is not due any more."),
    _noop("Reasons", "{0} was paid already, receipt {1}."),
    _noop("Reasons", "{0} is over {1} yuan, and {2} were paid; look at the receipt again."),
    _noop("Reasons", "The receipt {0} belongs to {1} already."),
    _noop("Reasons", "Say why the document is void; the reason is kept with it."),
    _noop("Reasons", "The fine of {0} is paid; pay it back by another document."),
    _noop("Reasons", "An officer makes out documents for the own unit; name it."),
    _noop("Reasons", "A decision after a case is the bureau's; an officer proposes it."),
    _noop("Reasons", "Documents on the spot are made out by the officer who is there."),
    _noop("Reasons", "An order carries no fine; make out a penalty for that."),
    _noop("Reasons", "Say how high the fine is."),
    _noop(
        "Reasons",
        "{0} yuan is more than {1}, the most on the spot; it takes the bureau's decision.",
    ),
    _noop("Reasons", "{0} has fines from {1} yuan on, not {2}."),
    _noop("Reasons", "{0} has fines up to {1} yuan, not {2}."),
    _noop("Reasons", "The signature has too many strokes; let it be written again."),
    _noop("Reasons", "The signature is no strokes of points; let it be written again."),
)
