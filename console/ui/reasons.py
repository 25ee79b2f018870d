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
from console.ui.casereasons import CASE_PATTERNS
from console.ui.dispatchreasons import DISPATCH_PATTERNS
from console.ui.dutyreasons import DUTY_PATTERNS
from console.ui.hintreasons import HINT_PATTERNS
from console.ui.streetreasons import STREET_PATTERNS
from console.ui.tablereasons import TABLE_PATTERNS
from console.ui.words import role_word, stage_word, step_word


def _noop(context: str, source: str) -> str:
    return source


_PATTERNS: tuple[str, ...] = (
    _noop(
        "Reasons",
        "The unit {0} was changed by someone else meanwhile (version {1}, yours was {2}). Look at "
        "it again and decide.",
    ),
    _noop(
        "Reasons",
        "The unit {0} was changed by someone else meanwhile (version {1}). Look at it again and "
        "decide.",
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
    _noop(
        "Reasons",
        "{0} had ended this task (“{1}”) before the order by voice came here; call it again, and "
        "send it anew if it goes.",
    ),
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
    _noop(
        "Reasons",
        "Too many wrong passwords for {0}: wait {1} s, or ask an administrator to unlock it.",
    ),
    _noop(
        "Reasons",
        "Central lost its database ({0}) and does not know whether this was done. Send it again: "
        "what was done is not done twice.",
    ),
    _noop(
        "Reasons",
        "The command holds a value that cannot be kept (a number too large, a text too long, or a "
        "NUL character in it); nothing was done.",
    ),
    _noop("Reasons", "The request holds more than {0} bytes; nothing was done."),
    _noop("Reasons", "Too much at once from here: wait {0} s, then send it again."),
    _noop(
        "Reasons",
        "This device ({0}, number {1}) waits for an administrator's yes. Ask for it, or for a "
        "one-time code; then log on again.",
    ),
    _noop(
        "Reasons",
        "This device ({0}, number {1}) was shut out by an administrator; nobody can log on with "
        "it.",
    ),
    _noop(
        "Reasons",
        "This device ({0}, number {1}) does not have the key that central knows it by. Ask an "
        "administrator for a one-time code, then log on with it.",
    ),
    _noop("Reasons", "Your session was renewed from elsewhere and has ended; log on again."),
    _noop("Reasons", "That is not your password; the screen stays covered."),
    _noop("Reasons", "A PIN has {0} to {1} digits or letters; choose another."),
    _noop("Reasons", "The new PIN is the old one; choose another."),
    _noop(
        "Reasons",
        "This PIN is guessed at once (a row, one digit only, the call sign); choose another.",
    ),
    _noop("Reasons", "This PIN was given to you: choose one of your own to log on."),
    _noop("Reasons", "There is no unit {0} that may log on."),
    _noop("Reasons", "Your session has ended; log on again."),
    _noop("Reasons", "Your account was changed just now; log on again."),
    _noop("Reasons", "Central is closing and takes no more; send it again in a moment."),
    _noop(
        "Reasons",
        "Evidence of more than {0} MB is not taken in one piece; nothing was kept. Send a "
        "shorter recording or a smaller picture.",
    ),
    _noop(
        "Reasons",
        "The bytes that came are not those of this hash; they were damaged on the way or the "
        "hash is another's. Nothing was kept: send them again.",
    ),
    _noop(
        "Reasons",
        "Evidence of {0} MB is more than a {1} may send ({2} MB); nothing was kept. Cut the "
        "recording into shorter pieces and send each.",
    ),
    _noop(
        "Reasons",
        "More bytes came than the evidence was said to have; the rest was not kept.",
    ),
    _noop("Reasons", "The part begins at byte {0}, but {1} bytes are here; go on from there."),
    _noop(
        "Reasons",
        "You have begun {0} pieces of evidence and ended none of them; go on with those first.",
    ),
    _noop(
        "Reasons",
        "The {0} holds a character that cannot be kept (U+0000); type it again.",
    ),
    _noop(
        "Reasons",
        "A number or a word in the request is none that could be kept here; correct it.",
    ),
    _noop("Reasons", "The {0} is no number."),
    _noop("Reasons", "The {0} {1} is larger than can be kept."),
    _noop("Reasons", "The evidence cannot be kept: its bytes here have changed since."),
    _noop(
        "Reasons", "The bytes of this evidence have not come yet; send them first, then name it."
    ),
    _noop("Reasons", "The command's last time has no zone: send it as UTC."),
    _noop("Reasons", "The evidence is said to have {0} bytes; {1} were received."),
    _noop(
        "Reasons",
        "Central could not write to its database ({0}); nothing was done. Its disk may be full "
        "or failing: see central's log, then send it again.",
    ),
    _noop("Reasons", "Central is closing; nothing was done. Send it again in a moment."),
    _noop(
        "Reasons",
        "Central stumbled over this command ({0}); nothing was done. Its log says why: tell an "
        "administrator.",
    ),
    _noop("Reasons", "A {0} may not use this stream."),
    _noop("Reasons", "No hello came; say hello first."),
    _noop("Reasons", "The first message must be hello."),
    _noop("Reasons", "This handheld does not speak for that unit."),
    _noop("Reasons", "{0} speaks for one unit only."),
    _noop("Reasons", "Some of these units belong to districts that are not yours."),
    _noop(
        "Reasons",
        "{0} lies in {1}, outside the districts you work for; nothing was done. Ask that district, "
        "or somebody who commands the whole city.",
    ),
    _noop("Reasons", "{0} touches the whole city; who works for some districts only may not."),
    _noop(
        "Reasons",
        "You speak version {0} of the protocol, central speaks {1}: install the same version "
        "of the program as central has.",
    ),
    _noop("Reasons", "A position needs both latitude and longitude."),
    _noop("Reasons", "The {0} has {1} characters; {2} are the most."),
    _noop("Reasons", "The time of {0} has no zone: send it as UTC, ending in Z."),
    _noop("Reasons", "There is no channel {0}; known are {1}."),
    _noop("Reasons", "There is no level {0}; the levels are 1 to 4."),
    _noop("Reasons", "{0} cannot be the id of {1}: send a UUID."),
    _noop("Reasons", "{0}, {1} is no place on the globe (latitude, longitude)."),
    _noop("Reasons", "Only {0} itself can say this; log on as that unit."),
    _noop("Reasons", "An assignment with this id exists already; make a new id."),
    _noop("Reasons", "The outcome is empty; say in words what was found and done."),
    _noop("Reasons", "An incident with this id was opened before; make a new id."),
    _noop("Reasons", "Evidence with this id is kept already, and evidence never changes."),
    _noop("Reasons", "Evidence without a single byte cannot be kept."),
    _noop("Reasons", "The evidence's hash is no SHA-256 in 64 small hexadecimal digits."),
    _noop("Reasons", "There is no report with the id {0}."),
    _noop("Reasons", "The report {0} belongs to another incident already."),
    _noop("Reasons", "{0} is not a task of yours; evidence goes to one you were sent to."),
    _noop("Reasons", "The address of {0} holds a user name; send it in its own field."),
    _noop("Reasons", "The call sign {0} belongs to another unit."),
    _noop("Reasons", "The number {0} belongs to {1} for ever."),
    _noop("Reasons", "The number {0} or the call sign {1} is given twice."),
    _noop("Reasons", "The stream of {0} is no RTSP address: {1}."),
    _noop("Reasons", "The ONVIF service of {0} is no web address: {1}."),
    _noop(
        "Reasons",
        "{0} is to move with the unit {1}, which nobody knows; enter the unit first.",
    ),
    _noop("Reasons", "The ONVIF service at {0} has no media profile, so nothing to show."),
    _noop("Reasons", "The ONVIF service at {0} has no media profile, so nothing that moves."),
    _noop(
        "Reasons",
        "The ONVIF service at {0} does not accept this user name and password; enter them again.",
    ),
    _noop("Reasons", "The ONVIF service at {0} has no preset “{1}”; it has {2}."),
    _noop("Reasons", "The ONVIF service at {0} cannot be used: {1}"),
    _noop("Reasons", "The unit {0} has no call sign; nobody could call it."),
    _noop("Reasons", "{0} has the number {1}; 0 to 2³² − 1 are allowed."),
    _noop("Reasons", "{0} keeps the number {1} for ever."),
    _noop(
        "Reasons", "{0} still has a task; it can go off duty when that is reported or withdrawn."
    ),
    _noop("Reasons", "“{0}” is no step a unit takes; report an outcome, or withdraw the task."),
    _noop(
        "Reasons",
        "The city pack {0} cannot be used: {1}. Fetch it again from central, or make it again "
        "with “zhihui import osm” or from the simulated city.",
    ),
    _noop("Reasons", "Commands cannot be kept in {0}: {1}."),
    _noop("Reasons", "The evidence cannot be kept: {0}."),
    *CASE_PATTERNS,
    *DISPATCH_PATTERNS,
    *TABLE_PATTERNS,
    *DUTY_PATTERNS,
    *STREET_PATTERNS,
    *HINT_PATTERNS,
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
    "message": _noop("Reasons", "message"),
    "hand-over": _noop("Reasons", "hand-over"),
    "note": _noop("Reasons", "note"),
    "reason": _noop("Reasons", "reason"),
    "outcome": _noop("Reasons", "outcome"),
    "summary": _noop("Reasons", "summary"),
    "place": _noop("Reasons", "place"),
    "form": _noop("Reasons", "form"),
    "a command": _noop("Reasons", "command"),
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
        return text.format(*(fields.get(f"f{number}", "") for number in range(5)))
    return reason


def _word(value: str) -> str:
    """Return a code in words; names and numbers stay as they are."""
    return _CODES[value]() if value in _CODES else value
