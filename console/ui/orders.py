"""The language of the command line: verbs, how each is written, what a line means.

Pure: words in, an `Order` or a sentence out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from PySide6.QtCore import QCoreApplication

from console.domain.assignments import AssignmentState, Means
from console.domain.errors import ZhihuiError
from console.domain.forms import FORMS, Form


def _noop(context: str, source: str) -> str:
    return source


def say(text: str) -> str:
    """Return a text of the command line in the language shown."""
    return QCoreApplication.translate("CommandLine", text)


class Verb(StrEnum):
    """What a line does, by its letter."""

    DISPATCH = "D"
    VOICE = "R"
    STEP = "S"
    WITHDRAW = "W"
    NEW = "N"
    LEVEL = "L"
    VERIFY = "V"
    CLOSE = "C"
    CANCEL = "X"
    NOTE = "T"
    FILE = "F"
    PICK = "P"
    GO = "G"


#: How each line is written.
USAGE: Mapping[Verb, str] = {
    Verb.DISPATCH: _noop("CommandLine", "D row units; why: send units — D 3 K7 K9"),
    Verb.VOICE: _noop("CommandLine", "R row unit phone: an order given by voice — R 3 K7 radio"),
    Verb.STEP: _noop("CommandLine", "S unit [row] step: what a unit said by radio — S K7 arrived"),
    Verb.WITHDRAW: _noop("CommandLine", "W unit [row] reason: call a unit back — W K7 not needed"),
    Verb.NEW: _noop("CommandLine", "N form @place; words: new incident — N 夜间施工 @工体北路 4"),
    Verb.LEVEL: _noop("CommandLine", "L row 1–4: set the level — L 3 1"),
    Verb.VERIFY: _noop("CommandLine", "V row [no reason]: verify the outcome — V 3"),
    Verb.CLOSE: _noop("CommandLine", "C row: close — C 3"),
    Verb.CANCEL: _noop("CommandLine", "X row reason: cancel — X 3 no violation found"),
    Verb.NOTE: _noop("CommandLine", "T row words: write into the log — T 3 caller rang again"),
    Verb.FILE: _noop("CommandLine", "F row path: attach a picture, film or sound — F 3 ~/clip.mp4"),
    Verb.PICK: _noop("CommandLine", "P row: pick an incident — P 3"),
    Verb.GO: _noop("CommandLine", "G unit: show a unit on the map — G K7"),
}
#: Words for steps, in both languages.
STEPS: Mapping[str, AssignmentState] = {
    "received": AssignmentState.DELIVERED,
    "送达": AssignmentState.DELIVERED,
    "seen": AssignmentState.SEEN,
    "已读": AssignmentState.SEEN,
    "accepted": AssignmentState.ACCEPTED,
    "接单": AssignmentState.ACCEPTED,
    "refused": AssignmentState.REFUSED,
    "拒单": AssignmentState.REFUSED,
    "going": AssignmentState.EN_ROUTE,
    "赶往": AssignmentState.EN_ROUTE,
    "arrived": AssignmentState.ON_SCENE,
    "到场": AssignmentState.ON_SCENE,
}
#: Words for how an order was given by voice, in both languages.
MEANS: Mapping[str, Means] = {
    "phone": Means.PHONE,
    "电话": Means.PHONE,
    "radio": Means.RADIO,
    "对讲机": Means.RADIO,
    "电台": Means.RADIO,
}
_NO_WORDS = frozenset({"no", "n", "不通过", "否"})


class OrderError(ZhihuiError):
    """A line that says nothing that can be done, with the sentence that helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a line means.

    Attributes:
        incident: Id of the incident it is about.
        units: Ids of the units.
        text: Reason, note or summary.
        passed: Of a verification: whether the outcome is good.
    """

    verb: Verb
    incident: str | None = None
    units: tuple[str, ...] = ()
    assignment: str | None = None
    text: str = ""
    level: int | None = None
    form: str | None = None
    place: str = ""
    state: AssignmentState | None = None
    means: Means | None = None
    passed: bool = True


class Names(Protocol):
    """Turns what people call things into ids."""

    def incident_named(self, word: str) -> str:
        """Return the id of the incident in a row of the queue, or with a running number.

        Raises:
            OrderError: There is none.
        """

    def unit_named(self, word: str) -> str:
        """Return the id of the unit with a call sign.

        Raises:
            OrderError: There is none.
        """

    def assignment_of(
        self,
        unit: str,
        *,
        incident: str | None = None,
        state: AssignmentState | None = None,
    ) -> str:
        """Return the id of the running assignment that is meant of a unit.

        Args:
            unit: Id of the unit.
            incident: Which incident, where the line names one.
            state: The step it takes; tasks that cannot take it are not meant.

        Raises:
            OrderError: It has nothing to do, or several tasks may be meant.
        """


def verb_of(word: str) -> Verb:
    """Return the verb with this letter.

    Raises:
        OrderError: No line begins so.
    """
    try:
        return Verb(word.upper())
    except ValueError as error:
        known = " ".join(Verb)
        raise OrderError(
            say("“{0}” begins no command; there are {1}.").format(word, known)
        ) from error


def forms_like(words: str) -> list[Form]:
    """Return the forms that words may mean: code, Chinese or English name, or part of one."""
    wanted = words.strip().casefold()

    def rank(form: Form) -> int | None:
        names = (form.code, form.name_zh, form.name_en.casefold())
        if wanted in names:
            return 0
        if any(name.startswith(wanted) for name in names):
            return 1
        return 2 if any(wanted in name for name in names) else None

    ranked = [(rank(form), form) for form in FORMS]
    fitting = [(place, form) for place, form in ranked if place is not None]
    return [form for _, form in sorted(fitting, key=lambda pair: pair[0])]


#: So many are offered to complete what is typed.
OFFERED = 8


def shortest(signs: Iterable[str], word: str) -> list[str]:
    """Return the call signs that begin with a word, the shortest first."""
    wanted = word.upper()
    fitting = [sign for sign in signs if sign.upper().startswith(wanted)]
    return sorted(fitting, key=lambda sign: (len(sign), sign))[:OFFERED]


def read_order(line: str, names: Names) -> Order:
    """Return what a line means.

    Raises:
        OrderError: It means nothing that can be done; the sentence says what is missing.
    """
    first, _, rest = line.strip().partition(" ")
    if not first:
        raise OrderError(say("Type a command; F1 lists them."))
    verb = verb_of(first)
    return _READERS[verb](verb, rest.strip(), names)


def _usage(verb: Verb) -> OrderError:
    return OrderError(say(USAGE[verb]))


def _head(verb: Verb, rest: str) -> tuple[str, str]:
    head, _, tail = rest.partition(" ")
    if not head:
        raise _usage(verb)
    return head, tail.strip()


def _dispatch(verb: Verb, rest: str, names: Names) -> Order:
    row, tail = _head(verb, rest)
    incident = names.incident_named(row)
    signs, _, why = tail.replace("；", ";").partition(";")
    units = tuple(dict.fromkeys(names.unit_named(word) for word in signs.replace(",", " ").split()))
    if not units:
        raise OrderError(say("Which units? Type their call signs, as in D 3 K7 K9."))
    return Order(verb=verb, incident=incident, units=units, text=why.strip())


def _voice(verb: Verb, rest: str, names: Names) -> Order:
    row, tail = _head(verb, rest)
    incident = names.incident_named(row)
    word, how_and_words = _head(verb, tail)
    unit = names.unit_named(word)
    how, _, words = how_and_words.partition(" ")
    means = MEANS.get(how.casefold())
    if means is None:
        raise OrderError(say("How was it told? phone or radio, as in R 3 K7 radio."))
    return Order(verb=verb, incident=incident, units=(unit,), means=means, text=words.strip())


def _step(verb: Verb, rest: str, names: Names) -> Order:
    word, tail = _head(verb, rest)
    unit = names.unit_named(word)
    step, _, note = tail.partition(" ")
    incident = None
    if step and step.casefold() not in STEPS and step.replace("-", "", 1).isdecimal():
        incident = names.incident_named(step)
        step, _, note = note.strip().partition(" ")
    state = STEPS.get(step.casefold())
    if state is None:
        steps = ", ".join(word for word in STEPS if word.isascii())
        raise OrderError(say("What did it say? One of: {0}.").format(steps))
    assignment = names.assignment_of(unit, incident=incident, state=state)
    return Order(verb=verb, units=(unit,), assignment=assignment, state=state, text=note.strip())


def _withdraw(verb: Verb, rest: str, names: Names) -> Order:
    word, reason = _head(verb, rest)
    unit = names.unit_named(word)
    row, _, words = reason.partition(" ")
    incident = None
    if words.strip() and row.replace("-", "", 1).isdecimal():
        incident, reason = names.incident_named(row), words.strip()
    assignment = names.assignment_of(unit, incident=incident)
    if not reason:
        raise OrderError(say("Why is it called back? The unit reads the reason."))
    return Order(verb=verb, units=(unit,), assignment=assignment, text=reason)


def _new(verb: Verb, rest: str, _names: Names) -> Order:
    words, at, where = rest.partition("@")
    if not words.strip():
        raise _usage(verb)
    forms = forms_like(words)
    if not forms:
        raise OrderError(say("No form of violation is called “{0}”.").format(words.strip()))
    place, _, summary = where.replace("；", ";").partition(";")
    if not at or not place.strip():
        raise OrderError(say("Where is it? Type @ and the place."))
    return Order(verb=verb, form=forms[0].code, place=place.strip(), text=summary.strip())


def _level(verb: Verb, rest: str, names: Names) -> Order:
    row, tail = _head(verb, rest)
    incident = names.incident_named(row)
    if tail not in {"1", "2", "3", "4"}:
        raise OrderError(say("Which level? 1 is critical, 4 is routine."))
    return Order(verb=verb, incident=incident, level=int(tail))


def _verify(verb: Verb, rest: str, names: Names) -> Order:
    row, tail = _head(verb, rest)
    incident = names.incident_named(row)
    word, _, reason = tail.partition(" ")
    passed = word.casefold() not in _NO_WORDS
    text = tail if passed else reason.strip()
    if not passed and not text:
        raise OrderError(say("Why is it not passed? The reason is kept in the log."))
    return Order(verb=verb, incident=incident, passed=passed, text=text)


def _with_words(verb: Verb, rest: str, names: Names) -> Order:
    row, words = _head(verb, rest)
    incident = names.incident_named(row)
    if not words:
        raise _usage(verb)
    return Order(verb=verb, incident=incident, text=words)


def _row_only(verb: Verb, rest: str, names: Names) -> Order:
    row, more = _head(verb, rest)
    if more:
        raise _usage(verb)
    return Order(verb=verb, incident=names.incident_named(row))


def _unit_only(verb: Verb, rest: str, names: Names) -> Order:
    word, more = _head(verb, rest)
    if more:
        raise _usage(verb)
    return Order(verb=verb, units=(names.unit_named(word),))


_READERS: Mapping[Verb, Callable[[Verb, str, Names], Order]] = {
    Verb.DISPATCH: _dispatch,
    Verb.VOICE: _voice,
    Verb.STEP: _step,
    Verb.WITHDRAW: _withdraw,
    Verb.NEW: _new,
    Verb.LEVEL: _level,
    Verb.VERIFY: _verify,
    Verb.CLOSE: _row_only,
    Verb.CANCEL: _with_words,
    Verb.NOTE: _with_words,
    Verb.FILE: _with_words,
    Verb.PICK: _row_only,
    Verb.GO: _unit_only,
}
