"""Commands about units that begin with a stroke: handed over, in stand-by, lent, in sectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from PySide6.QtCore import QCoreApplication

from console.domain.command import HelpRequest, HelpSide
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.ui.dispatchactions import DispatchActions
from console.ui.mirror import Mirror
from console.ui.orders import Names, OrderError
from console.ui.places import PlaceFinder
from console.ui.words import is_chinese, place_word

Read = tuple[str, Callable[[], bool]]


def _noop(context: str, source: str) -> str:
    return source


def _say(text: str) -> str:
    return QCoreApplication.translate("SlashDispatch", text)


class DispatchSlash(StrEnum):
    """The words after the stroke."""

    HANDOVER = "handover"
    STANDBY = "standby"
    CALLUP = "callup"
    WHY = "why"
    HELP = "help"
    LEND = "lend"
    DECLINE = "decline"
    ENDHELP = "endhelp"
    SECTOR = "sector"
    EVENT = "event"
    BOARD = "board"


CHINESE: Mapping[str, DispatchSlash] = {
    "转交": DispatchSlash.HANDOVER,
    "待命": DispatchSlash.STANDBY,
    "启用": DispatchSlash.CALLUP,
    "原因": DispatchSlash.WHY,
    "求援": DispatchSlash.HELP,
    "增援": DispatchSlash.LEND,
    "谢绝": DispatchSlash.DECLINE,
    "撤援": DispatchSlash.ENDHELP,
    "分区": DispatchSlash.SECTOR,
    "启动": DispatchSlash.EVENT,
    "指挥": DispatchSlash.BOARD,
}
USAGE: Mapping[DispatchSlash, str] = {
    DispatchSlash.HANDOVER: _noop(
        "SlashDispatch", "/handover unit unit reason: hand a task on — /handover K7 K9 shift ends"
    ),
    DispatchSlash.STANDBY: _noop(
        "SlashDispatch", "/standby row units: have units stand by — /standby 3 K7 K9"
    ),
    DispatchSlash.CALLUP: _noop("SlashDispatch", "/callup unit: send a unit that stands by"),
    DispatchSlash.WHY: _noop(
        "SlashDispatch", "/why unit reason: why it was sent and not the one recommended"
    ),
    DispatchSlash.HELP: _noop(
        "SlashDispatch", "/help row district number reason: ask for units — /help 3 Haidian 2 crowd"
    ),
    DispatchSlash.LEND: _noop(
        "SlashDispatch", "/lend units words: send own units to who asked first — /lend K2 K4 coming"
    ),
    DispatchSlash.DECLINE: _noop("SlashDispatch", "/decline reason: no help for who asked first"),
    DispatchSlash.ENDHELP: _noop("SlashDispatch", "/endhelp reason: take the last request back"),
    DispatchSlash.SECTOR: _noop(
        "SlashDispatch", "/sector row name units: a sector of a big incident — /sector 1 inner K7"
    ),
    DispatchSlash.EVENT: _noop(
        "SlashDispatch", "/event plan @place; reason: open a big incident from a plan"
    ),
    DispatchSlash.BOARD: _noop(
        "SlashDispatch", "/board row: plan, sectors, cases and log of a big incident"
    ),
}


def slash_of(word: str) -> DispatchSlash | None:
    """Return what a word after the stroke does, ``None`` if it is none of these."""
    if word in CHINESE:
        return CHINESE[word]
    return next((one for one in DispatchSlash if one == word.casefold()), None)


def usage_of(slash: DispatchSlash) -> str:
    """Return how a line is written, in the language shown."""
    return _say(USAGE[slash])


class DispatchLines:
    """Reads lines about units.

    Args:
        mirror: Where names are looked up.
        names: Turns rows and call signs into ids.
        actions: What carries them out.
        named: What an incident is called.
        places: Finds places by words.
    """

    def __init__(
        self,
        mirror: Mirror,
        names: Names,
        actions: DispatchActions,
        *,
        named: Callable[[str], str],
        places: PlaceFinder | None,
    ) -> None:
        self._mirror, self._names, self._actions = mirror, names, actions
        self._named, self._places = named, places

    def read(self, slash: DispatchSlash, rest: str) -> Read:
        """Return what a line would do, in a sentence, and what does it.

        Raises:
            OrderError: It says nothing that can be done.
        """
        readers: Mapping[DispatchSlash, Callable[[str], Read]] = {
            DispatchSlash.HANDOVER: self._handover,
            DispatchSlash.STANDBY: self._standby,
            DispatchSlash.CALLUP: self._callup,
            DispatchSlash.WHY: self._why,
            DispatchSlash.HELP: self._help,
            DispatchSlash.LEND: self._lend,
            DispatchSlash.DECLINE: self._decline,
            DispatchSlash.ENDHELP: self._endhelp,
            DispatchSlash.SECTOR: self._sector,
            DispatchSlash.EVENT: self._event,
            DispatchSlash.BOARD: self._board,
        }
        if not rest:
            raise OrderError(usage_of(slash))
        return readers[slash](rest)

    def completions(self, slash: DispatchSlash, rest: str) -> list[str]:
        """Return what the rest of a line may become."""
        head, space, tail = rest.partition(" ")
        if slash is DispatchSlash.EVENT and not space:
            codes = [one.code for one in self._actions.plans()]
            return [f"{code} @" for code in codes if code.startswith(head)]
        if slash is DispatchSlash.HELP and space and " " not in tail:
            names = [place_word(one) for one in self._districts()]
            fitting = [name for name in names if name.casefold().startswith(tail.casefold())]
            return [f"{head} {name} " for name in fitting][:8]
        return []

    def _handover(self, rest: str) -> Read:
        first, second, reason = _words(rest, 2, DispatchSlash.HANDOVER)
        if not reason:
            raise OrderError(_say("Why? Both units read the reason."))
        unit = self._names.unit_named(second)
        held = self._names.assignment_of(self._names.unit_named(first))
        text = _say("{0} hands its task to {1}: {2}").format(first, second, reason)
        return text, lambda: self._actions.transfer(held, unit, reason)

    def _standby(self, rest: str) -> Read:
        row, _, signs = rest.partition(" ")
        incident = self._names.incident_named(row)
        units = [self._names.unit_named(word) for word in signs.replace(",", " ").split()]
        if not units:
            raise OrderError(usage_of(DispatchSlash.STANDBY))
        text = _say("{0} stand by for {1}").format(signs.strip(), self._named(incident))
        return text, lambda: self._actions.stand_by(incident, units)

    def _callup(self, rest: str) -> Read:
        unit = self._names.unit_named(rest)
        waiting = [
            one for one in self._mirror.assignments_of_unit(unit) if one.is_running and one.standby
        ]
        if not waiting:
            raise OrderError(_say("{0} does not stand by.").format(rest))
        held = waiting[-1]
        text = _say("{0} goes to {1}").format(rest, self._named(held.incident))
        return text, lambda: self._actions.call_up(held.id)

    def _why(self, rest: str) -> Read:
        sign, _, reason = rest.partition(" ")
        unit = self._names.unit_named(sign)
        sent = [one for one in self._mirror.assignments_of_unit(unit) if one.instead_of]
        if not sent:
            raise OrderError(_say("{0} was recommended; there is nothing to explain.").format(sign))
        if not reason.strip():
            raise OrderError(usage_of(DispatchSlash.WHY))
        held = sent[-1]
        text = _say("{0} and not {1}: {2}").format(sign, held.instead_of, reason.strip())
        return text, lambda: self._actions.explain(held.id, reason.strip())

    def _help(self, rest: str) -> Read:
        row, name, tail = _words(rest, 2, DispatchSlash.HELP)
        number, _, reason = tail.partition(" ")
        incident, district = self._names.incident_named(row), self._district(name)
        if not number.isdecimal() or not reason.strip():
            raise OrderError(usage_of(DispatchSlash.HELP))
        text = _say("Ask {0} for {1} units for {2}: {3}")
        sentence = text.format(place_word(district), number, self._named(incident), reason.strip())
        wanted = int(number)
        return sentence, lambda: self._actions.ask_help(
            incident, district.id, wanted, reason.strip()
        )

    def _lend(self, rest: str) -> Read:
        asked = self._first(HelpSide.ASKED)
        units, words = self._units_then_words(rest)
        if not units:
            raise OrderError(usage_of(DispatchSlash.LEND))
        signs = " ".join(rest.split()[: len(units)])
        text = _say("Send {0} to {1} ({2})")
        sentence = text.format(signs, asked.place, self._district_word(asked.other))
        return sentence, lambda: self._actions.lend(asked.help, units, words)

    def _decline(self, rest: str) -> Read:
        asked = self._first(HelpSide.ASKED)
        text = _say("No help for {0} ({1}): {2}")
        sentence = text.format(asked.place, self._district_word(asked.other), rest)
        return sentence, lambda: self._actions.decline(asked.help, rest)

    def _endhelp(self, rest: str) -> Read:
        asked = self._actions.open_requests(HelpSide.ASKING)
        if not asked:
            raise OrderError(_say("Nobody here has asked for help."))
        last = asked[-1]
        text = _say("No help is needed any more at {0}: {1}").format(last.place, rest)
        return text, lambda: self._actions.end_help(last.help, rest)

    def _sector(self, rest: str) -> Read:
        row, name, signs = _words(rest, 2, DispatchSlash.SECTOR)
        incident = self._names.incident_named(row)
        units = [self._names.unit_named(word) for word in signs.replace(",", " ").split()]
        text = _say("Sector {0} of {1}: {2}").format(name, self._named(incident), signs or "—")
        return text, lambda: self._actions.put_sector(incident, name, units)

    def _board(self, rest: str) -> Read:
        incident = self._names.incident_named(rest)
        text = _say("Command of {0}").format(self._named(incident))
        return text, lambda: self._actions.show_board(incident)

    def _event(self, rest: str) -> Read:
        code, at, where = rest.partition("@")
        place, _, reason = where.replace("；", ";").partition(";")
        plans = self._actions.plans()
        wanted = code.strip()
        plan = next((one for one in plans if wanted in (one.code, one.name_zh, one.name_en)), None)
        if plan is None:
            known = " ".join(one.code for one in plans)
            raise OrderError(_say("“{0}” is no event plan; there are {1}.").format(wanted, known))
        if not at or not place.strip() or not reason.strip():
            raise OrderError(usage_of(DispatchSlash.EVENT))
        found = self._places.find(place.strip(), 1) if self._places is not None else ()
        spot = (found[0].lat, found[0].lon) if found else None
        name = plan.name_zh if is_chinese() else plan.name_en
        text = _say("Big incident by plan: {0} at {1}")
        return text.format(
            name, place.strip()
        ), lambda: self._actions.open_event(plan, place.strip(), reason.strip(), spot) is not None

    def _first(self, side: HelpSide) -> HelpRequest:
        asked = self._actions.open_requests(side)
        if not asked:
            raise OrderError(_say("Nobody waits for help from here."))
        return asked[0]

    def _units_then_words(self, rest: str) -> tuple[list[str], str]:
        units: list[str] = []
        words = rest.split()
        for place, word in enumerate(words):
            unit = self._mirror.unit_called(word)
            if unit is None:
                return units, " ".join(words[place:])
            units.append(unit.id)
        return units, ""

    def _districts(self) -> Sequence[Jurisdiction]:
        every = self._mirror.jurisdictions()
        return [one for one in every if one.level is JurisdictionLevel.DISTRICT]

    def _district(self, name: str) -> Jurisdiction:
        wanted = name.casefold()
        for one in self._districts():
            names = (one.id, one.name_zh, one.name_zh.removesuffix("区"), one.name_en)
            if wanted in {each.casefold() for each in names}:
                return one
        raise OrderError(_say("There is no district called {0}.").format(name))

    def _district_word(self, district: str | None) -> str:
        found = None if district is None else self._mirror.jurisdiction(district)
        return "—" if found is None else place_word(found)


def _words(rest: str, count: int, slash: DispatchSlash) -> tuple[str, str, str]:
    parts = rest.split(maxsplit=count)
    if len(parts) < count:
        raise OrderError(usage_of(slash))
    return parts[0], parts[1], parts[2].strip() if len(parts) > count else ""
