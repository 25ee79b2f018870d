"""Reasons central gives, told in the language shown; one that is not known is told as written.

Central speaks English on the wire. Its sentences are patterns here, so that what stands in their
fields (call signs, numbers, stages) is carried over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QCoreApplication

from console.domain.assignments import AssignmentState
from console.domain.incidents import Stage
from console.domain.levels import Role
from console.ui.words import role_word, stage_word, step_word


def _noop(context: str, source: str) -> str:
    return source


_PATTERNS: tuple[str, ...] = (
    _noop(
        "Reasons",
        "The unit {0} was changed by someone else meanwhile (version {1}). Look at it again and "
        "decide.",
    ),
    _noop(
        "Reasons",
        "The unit {0} was changed by someone else meanwhile (version {1}, yours was {2}). Look at "
        "it again and decide.",
    ),
    _noop(
        "Reasons",
        "The {0} was changed by someone else meanwhile (version {1}, yours was {2}). Look at it "
        "again and decide.",
    ),
    _noop("Reasons", "{0} is “{1}” and cannot become “{2}” from there."),
    _noop("Reasons", "{0} is at “{1}”: nobody can be sent to it there."),
    _noop("Reasons", "{0} is off duty; choose another unit."),
    _noop("Reasons", "{0} was sent to this incident already."),
    _noop("Reasons", "{0} is not among the things a {1} may do."),
    _noop("Reasons", "A {1} may not do {0}."),
    _noop("Reasons", "Who handled an incident may not verify it; somebody else has to."),
    _noop("Reasons", "{0} has no outcome yet that could be sent back."),
    _noop("Reasons", "{0} is closed; what is known of it stays as it is."),
    _noop("Reasons", "The note is empty; write what is to be kept."),
    _noop("Reasons", "Say why the incident was none; the reason is kept in its log."),
    _noop("Reasons", "There is no {0} with the id {1}."),
    _noop(
        "Reasons",
        "The command waited longer than it was meant to; nothing was done. Look at the situation "
        "as it is now and give it again if it still holds.",
    ),
    _noop("Reasons", "Name and password do not belong together; nobody was logged on."),
    _noop("Reasons", "Too many wrong passwords for {0}; wait two minutes, then try again."),
    _noop("Reasons", "Your session has ended; log on again."),
    _noop("Reasons", "Central is closing and takes no more; send it again in a moment."),
)
_FIELD = re.compile(r"\\\{(\d)\\\}")


def _reader(pattern: str) -> re.Pattern[str]:
    return re.compile(_FIELD.sub(r"(?P<f\1>.+?)", re.escape(pattern)) + r"\Z")


_READERS = [(_reader(pattern), pattern) for pattern in _PATTERNS]
_KINDS: Mapping[str, str] = {
    "incident": _noop("Reasons", "incident"),
    "assignment": _noop("Reasons", "task"),
    "unit": _noop("Reasons", "unit"),
    "report": _noop("Reasons", "report"),
}
_CODES: Mapping[str, Callable[[], str]] = {
    **{state.value: partial(step_word, state) for state in AssignmentState},
    **{stage.value: partial(stage_word, stage) for stage in Stage},
    **{role.value: partial(role_word, role) for role in Role},
    **{kind: partial(QCoreApplication.translate, "Reasons", word) for kind, word in _KINDS.items()},
}


def reason_text(reason: str) -> str:
    """Return a reason in the language shown."""
    for reader, pattern in _READERS:
        match = reader.match(reason)
        if match is None:
            continue
        fields = {name: _word(value) for name, value in match.groupdict().items()}
        text = QCoreApplication.translate("Reasons", pattern)
        return text.format(*(fields.get(f"f{number}", "") for number in range(3)))
    return reason


def _word(value: str) -> str:
    """Return a code in words; names and numbers stay as they are."""
    return _CODES[value]() if value in _CODES else value
