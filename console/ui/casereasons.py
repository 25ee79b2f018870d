"""What the rules of the case say, as patterns for `reasons`: clocks, joining, tables of limits."""

from __future__ import annotations


def _noop(context: str, source: str) -> str:
    return source


CASE_PATTERNS: tuple[str, ...] = (
    _noop("Reasons", "Write down what was said or where it is; nothing else is needed."),
    _noop("Reasons", "Say why the clocks are held; whoever checks the limits reads it."),
    _noop("Reasons", "The clocks of {0} are held already."),
    _noop("Reasons", "{0} is at “{1}”: its clocks cannot be held there."),
    _noop("Reasons", "Say why the case is opened again; the reason is kept in its log."),
    _noop("Reasons", "{0} is open; there is nothing to open again."),
    _noop("Reasons", "{0} went into another case; undo the joining instead."),
    _noop("Reasons", "{0} is not closed yet; call back when it is."),
    _noop("Reasons", "{0} is no rating; 1 (worst) to {1} (best) are."),
    _noop("Reasons", "A case cannot be joined to itself; name two."),
    _noop("Reasons", "{0} is closed; only open cases are joined."),
    _noop("Reasons", "{0} was not joined to another case."),
    _noop("Reasons", "It is the only report of {0}; nothing to part."),
    _noop("Reasons", "{0} is closed; open it again first."),
    _noop("Reasons", "Say why it is a big incident; whoever commands it reads it."),
    _noop("Reasons", "{0} is no open big incident; make it one first."),
    _noop("Reasons", "The catalogue has no form {0}."),
    _noop("Reasons", "{0} cannot be written: {1}. Choose another place."),
    _noop("Reasons", "Say why the alarm is put aside or over; whoever comes next reads it."),
    _noop("Reasons", "An alarm is put aside for twelve hours at most; look again then."),
    _noop("Reasons", "Only what a person raised is ended by a word; deal with the cause."),
    _noop("Reasons", "{0} is off duty and is not called."),
    _noop("Reasons", "Duty would end before it begins; say until when it really lasts."),
    _noop("Reasons", "{0} is no day; write 2027-02-06."),
    _noop(
        "Reasons",
        "“{0}” is no limit; write 2h (round the clock), 4wh (office hours) or 3wd (working days), "
        "more than 0 and at most 1000.",
    ),
)
