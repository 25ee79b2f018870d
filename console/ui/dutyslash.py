"""Lines of the command line about units as people: messages, roll calls, calls, duty."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QCoreApplication

from console.domain.places import Jurisdiction
from console.domain.telling import MessageKind, TextMessage
from console.domain.units import Unit
from console.protocol.commands import SetDuty
from console.ui.calls import Caller
from console.ui.dutyactions import Audience, DutyActions
from console.ui.mirror import Mirror
from console.ui.orders import Names, OrderError, shortest
from console.ui.words import place_word

Does = tuple[str, Callable[[], bool]]


def _noop(context: str, source: str) -> str:
    return source


def _say(text: str) -> str:
    return QCoreApplication.translate("DutySlash", text)


class DutyWord(StrEnum):
    """The words after the stroke."""

    MESSAGE = "msg"
    ALL = "all"
    ROLL = "roll"
    HERE = "here"
    END_ROLL = "endroll"
    CALL = "call"
    ON = "on"
    OFF = "off"


CHINESE: Mapping[str, DutyWord] = {
    "消息": DutyWord.MESSAGE,
    "广播": DutyWord.ALL,
    "点名": DutyWord.ROLL,
    "到": DutyWord.HERE,
    "结束点名": DutyWord.END_ROLL,
    "呼叫": DutyWord.CALL,
    "上岗": DutyWord.ON,
    "下岗": DutyWord.OFF,
}
USAGE: Mapping[DutyWord, str] = {
    DutyWord.MESSAGE: _noop("DutySlash", "/msg unit,unit words — /msg K7,K9 …, or #3 for row 3"),
    DutyWord.ALL: _noop("DutySlash", "/all district, street, area or city, then words"),
    DutyWord.ROLL: _noop("DutySlash", "/roll district, street or city: call the roll"),
    DutyWord.HERE: _noop("DutySlash", "/here unit: it answered the roll call by radio"),
    DutyWord.END_ROLL: _noop("DutySlash", "/endroll: end the roll call"),
    DutyWord.CALL: _noop("DutySlash", "/call unit: call it by phone or SIP"),
    DutyWord.ON: _noop("DutySlash", "/on unit post: it comes on duty, as it said by radio"),
    DutyWord.OFF: _noop("DutySlash", "/off unit: it goes off duty, as it said by radio"),
}
_CITY_WORDS = ("全市", "全员", "city")


class DutySlash:
    """Understands these lines.

    Args:
        mirror: Where units, places and areas are looked up.
        actions: What carries them out.
        caller: Begins calls.
        names: Turns call signs and rows into ids.
    """

    def __init__(self, mirror: Mirror, actions: DutyActions, caller: Caller, names: Names) -> None:
        self._mirror, self._actions, self._caller = mirror, actions, caller
        self._names = names

    def word(self, text: str) -> DutyWord | None:
        """Return the word that a line begins with, ``None`` if it is none of these."""
        typed = text.partition(" ")[0]
        if typed in CHINESE:
            return CHINESE[typed]
        return next((one for one in DutyWord if one == typed.casefold()), None)

    def words(self, *, in_chinese: bool) -> Sequence[str]:
        """Return the words of one language."""
        return list(CHINESE) if in_chinese else [str(one) for one in DutyWord]

    def completions(self, typed: str, rest: str) -> list[str]:
        """Return what the word after the first may become."""
        word = self.word(typed)
        if word in (DutyWord.ALL, DutyWord.ROLL):
            names = [name for name, _ in self._groups()]
            fitting = [one for one in names if one.casefold().startswith(rest.casefold())]
            return [f"/{typed} {one} " for one in fitting]
        head, comma, last = rest.rpartition(",")
        fitting = shortest((one.call_sign for one in self._actions.on_duty()), last)
        return [f"/{typed} {head}{comma}{one} " for one in fitting]

    def read(self, word: DutyWord, rest: str) -> Does:
        """Return what a line would do, in words, and what does it.

        Raises:
            OrderError: It means nothing that can be done.
        """
        readers: Mapping[DutyWord, Callable[[str], Does]] = {
            DutyWord.MESSAGE: self._message,
            DutyWord.ALL: self._all,
            DutyWord.ROLL: self._roll,
            DutyWord.HERE: self._here,
            DutyWord.END_ROLL: lambda _rest: self._end_roll(),
            DutyWord.CALL: self._call,
            DutyWord.ON: lambda text: self._duty(text, on_duty=True),
            DutyWord.OFF: lambda text: self._duty(text, on_duty=False),
        }
        if not rest and word is not DutyWord.END_ROLL:
            raise OrderError(_say(USAGE[word]))
        return readers[word](rest)

    def _message(self, rest: str) -> Does:
        head, _, words = rest.partition(" ")
        if not words.strip():
            raise OrderError(_say("What is the message? It stands after the call signs."))
        incident = None
        if head.startswith("#"):
            incident = self._names.incident_named(head[1:])
            audience = self._actions.at_incident(incident, head)
            if not audience.units:
                raise OrderError(_say("Nobody works on this case; name units."))
        else:
            found = [self._unit(one) for one in head.split(",") if one]
            audience = Audience(
                name=" ".join(one.call_sign for one in found), units=tuple(dict.fromkeys(found))
            )
        sentence = _say("Message to {0}: {1}").format(_told(audience), words.strip())
        return sentence, lambda: bool(
            self._actions.send(audience, words.strip(), incident=incident)
        )

    def _all(self, rest: str) -> Does:
        audience, words = self._group(rest)
        if not words:
            raise OrderError(_say("What is the message? It stands after the district or area."))
        kind = MessageKind.BROADCAST
        sentence = _say("Broadcast to {0}: {1}").format(_told(audience), words)
        return sentence, lambda: bool(self._actions.send(audience, words, kind=kind))

    def _roll(self, rest: str) -> Does:
        audience, words = self._group(rest)
        text = words or _say("Roll call: answer, please.")
        kind = MessageKind.ROLL_CALL
        sentence = _say("Call the roll of {0}").format(_told(audience))
        return sentence, lambda: bool(self._actions.send(audience, text, kind=kind))

    def _here(self, rest: str) -> Does:
        unit, call = self._unit(rest.split(" ", maxsplit=1)[0]), self._open_call()
        sentence = _say("{0} answered the roll call by radio").format(unit.call_sign)
        return sentence, lambda: self._actions.heard(call.id, unit.id)

    def _end_roll(self) -> Does:
        call = self._open_call()
        sentence = _say("End the roll call of {0}").format(call.addressed)
        return sentence, lambda: self._actions.end_call(call.id)

    def _call(self, rest: str) -> Does:
        unit = self._unit(rest.split(" ", maxsplit=1)[0])
        address = self._caller.address_of(unit)
        if address is None:
            raise OrderError(_say("{0} has no phone number.").format(unit.call_sign))
        sentence = _say("Call {0}: {1}").format(unit.call_sign, address)
        return sentence, lambda: self._caller.call(unit)

    def _duty(self, rest: str, *, on_duty: bool) -> Does:
        sign, _, post = rest.partition(" ")
        unit = self._unit(sign)
        body = SetDuty(
            unit=unit.id,
            on_duty=on_duty,
            at=self._mirror.now(),
            radio=unit.radio if on_duty else None,
            post=post.strip() or None,
        )
        text = _say("{0} comes on duty") if on_duty else _say("{0} goes off duty")
        return text.format(unit.call_sign), lambda: self._actions.log_on(body)

    def _group(self, rest: str) -> tuple[Audience, str]:
        """Return whom the beginning of a line names, and what stands behind it.

        Raises:
            OrderError: It names nobody.
        """
        wanted = rest.casefold()
        fitting = [
            (name, one) for name, one in self._groups() if wanted.startswith(name.casefold())
        ]
        if not fitting:
            known = " ".join(name for name, _ in self._groups()[:8])
            raise OrderError(
                _say("No district, street or area begins so; there are {0} …").format(known)
            )
        name, make = max(fitting, key=lambda one: len(one[0]))
        audience = make()
        if not audience.units:
            raise OrderError(_say("Nobody of “{0}” is on duty.").format(name))
        return audience, rest[len(name) :].strip()

    def _groups(self) -> list[tuple[str, Callable[[], Audience]]]:
        actions = self._actions
        found: list[tuple[str, Callable[[], Audience]]] = [
            (name, partial(actions.of_jurisdiction, None, name)) for name in _CITY_WORDS
        ]
        found += [
            (area.name, partial(actions.in_area, area))
            for area in self._mirror.areas()
            if not area.retired
        ]
        found += [
            (name, partial(actions.of_jurisdiction, place, place_word(place)))
            for place in self._mirror.jurisdictions()
            for name in _names_of(place)
        ]
        return found

    def _open_call(self) -> TextMessage:
        calls = [one for one in self._mirror.every(TextMessage) if one.is_open_call]
        if not calls:
            raise OrderError(_say("No roll call runs; /roll begins one."))
        return max(calls, key=lambda one: one.sent_at)

    def _unit(self, word: str) -> Unit:
        unit = self._mirror.unit(self._names.unit_named(word))
        if unit is None:
            raise OrderError(_say("No unit is called {0}.").format(word))
        return unit


def _names_of(place: Jurisdiction) -> list[str]:
    names = {place.name_zh, place.name_en}
    names |= {name.removesuffix(" District").removesuffix(" Subdistrict") for name in names}
    return sorted((name for name in names if name), key=len)


def _told(audience: Audience) -> str:
    count = len(audience.units)
    if count == 1:
        return audience.units[0].call_sign
    return _say("{0} ({1} units)").format(audience.name, count)
