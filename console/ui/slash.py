"""Commands about a case that begin with a stroke: held, opened again, joined, undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QCoreApplication

from console.protocol.commands import AnyBody
from console.ui.caseactions import CaseActions
from console.ui.dutyslash import USAGE as DUTY_USAGE
from console.ui.dutyslash import DutySlash, DutyWord
from console.ui.orders import Names, OrderError
from console.ui.paper import LISTS
from console.ui.slashdispatch import CHINESE, DispatchLines, DispatchSlash, slash_of, usage_of
from console.ui.words import is_chinese

Named = Callable[[str], str]
#: Makes what understands lines about messages, roll calls, calls and duty.
DutyWords = Callable[[Names], DutySlash]


def _noop(context: str, source: str) -> str:
    return source


def _say(text: str) -> str:
    return QCoreApplication.translate("Slash", text)


class Slash(StrEnum):
    """The words after the stroke."""

    UNDO = "undo"
    HOLD = "hold"
    RESUME = "resume"
    JOIN = "join"
    PART = "part"
    SPLIT = "split"
    REOPEN = "reopen"
    RATE = "rate"
    MAJOR = "major"
    CHILD = "child"
    PRINT = "print"
    EXPORT = "export"
    FINE = "fine"
    PAID = "paid"


_CHINESE: Mapping[str, Slash] = {
    "撤销": Slash.UNDO,
    "挂起": Slash.HOLD,
    "恢复": Slash.RESUME,
    "并案": Slash.JOIN,
    "拆案": Slash.PART,
    "拆分": Slash.SPLIT,
    "重开": Slash.REOPEN,
    "回访": Slash.RATE,
    "重大": Slash.MAJOR,
    "子案": Slash.CHILD,
    "打印": Slash.PRINT,
    "导出": Slash.EXPORT,
    "处罚": Slash.FINE,
    "缴款": Slash.PAID,
}
USAGE: Mapping[Slash, str] = {
    Slash.UNDO: _noop("Slash", "/undo: take back what was done last here"),
    Slash.HOLD: _noop("Slash", "/hold row reason: hold the clocks — /hold 3 waits for a permit"),
    Slash.RESUME: _noop("Slash", "/resume row: let the clocks go on"),
    Slash.JOIN: _noop("Slash", "/join row row words: the first goes into the second"),
    Slash.PART: _noop("Slash", "/part number: undo a joining"),
    Slash.SPLIT: _noop("Slash", "/split row: the last report becomes a case of its own"),
    Slash.REOPEN: _noop("Slash", "/reopen number reason: open a closed case again"),
    Slash.MAJOR: _noop("Slash", "/major row reason: make a big incident of a case"),
    Slash.PRINT: _noop("Slash", "/print row file: the case as PDF — /print 3 ~/317.pdf"),
    Slash.EXPORT: _noop(
        "Slash",
        "/export [list] file: queue, near, alarms, board, roster … as CSV, XLSX — /export ~/q.xlsx",
    ),
    Slash.FINE: _noop(
        "Slash",
        "/fine row law yuan party; facts: decide a penalty — /fine 3 dq-81 600 Wang; …",
    ),
    Slash.PAID: _noop("Slash", "/paid document receipt: a fine was paid — /paid 12 R-2026-1"),
    Slash.CHILD: _noop("Slash", "/child row row: the first becomes part of the second"),
    Slash.RATE: _noop("Slash", "/rate number 1–5 words: what the caller said when called back"),
}
_SENTENCES: Mapping[Slash, str] = {
    Slash.HOLD: _noop("Slash", "Hold the clocks of {what}: {words}"),
    Slash.RESUME: _noop("Slash", "Let the clocks of {what} go on"),
    Slash.JOIN: _noop("Slash", "{what} goes into {into}"),
    Slash.PART: _noop("Slash", "{what} becomes its own case again"),
    Slash.SPLIT: _noop("Slash", "The last report of {what} becomes a case of its own"),
    Slash.REOPEN: _noop("Slash", "Open {what} again: {words}"),
    Slash.MAJOR: _noop("Slash", "{what} becomes a big incident: {words}"),
    Slash.PRINT: _noop("Slash", "{what} goes into {words}"),
    Slash.CHILD: _noop("Slash", "{what} becomes part of {into}"),
    Slash.RATE: _noop("Slash", "{what}: the caller said {words}"),
}


class Paper(Protocol):
    """Writes into files; says itself what could not be written."""

    def print_case(self, incident: str, path: Path) -> bool:
        """Write a case as PDF."""

    def export(self, path: Path, name: str = "queue") -> bool:
        """Write a list as a table."""


class SlashCommands:
    """Understands lines that begin with a stroke.

    Args:
        names: Turns rows and numbers into ids of open incidents.
        any_number: The same for a whole or running number, closed incidents as well.
        actions: What carries them out.
        named: What an incident is called.
        told: What a command was, in a sentence.
        paper: Writes cases and lists into files.
        duty: Understands lines about messages, roll calls, calls and duty.
        lines: Reads lines about units.
    """

    def __init__(
        self,
        names: Names,
        any_number: Named,
        actions: CaseActions,
        *,
        named: Named,
        told: Callable[[AnyBody], str],
        paper: Paper,
        duty: DutyWords | None = None,
        lines: DispatchLines | None = None,
    ) -> None:
        self._names, self._any_number, self._lines = names, any_number, lines
        self._actions, self._named, self._told, self._paper = actions, named, told, paper
        self._duty = None if duty is None else duty(names)

    def completions(self, text: str) -> Sequence[str]:
        """Return whole lines that the text may become."""
        word, space, rest = text[1:].partition(" ")
        duty = self._duty
        about_units = slash_of(word)
        if space and about_units is not None and self._lines is not None:
            return [f"/{word} {one}" for one in self._lines.completions(about_units, rest)]
        if space:
            return duty.completions(word, rest) if duty is not None and duty.word(word) else []
        in_chinese = is_chinese() and not (word and word.isascii())
        offered = (
            [*_CHINESE, *CHINESE] if in_chinese else [*map(str, Slash), *map(str, DispatchSlash)]
        )
        offered += [] if duty is None else duty.words(in_chinese=in_chinese)
        return [f"/{one} " for one in offered if one.startswith(word.casefold())]

    def preview(self, text: str) -> tuple[str, bool]:
        """Return a sentence, what the text would do or what is wrong, and whether it can be."""
        word, space, _ = text[1:].partition(" ")
        known, about_units = _slash(word), slash_of(word)
        of_duty = None if self._duty is None else self._duty.word(word)
        if about_units is not None and not space:
            return usage_of(about_units), False
        if known is not None and not space and known is not Slash.UNDO:
            return _say(USAGE[known]), False
        if of_duty is not None and not space and of_duty is not DutyWord.END_ROLL:
            return QCoreApplication.translate("DutySlash", DUTY_USAGE[of_duty]), False
        try:
            sentence, _ = self._read(text)
        except OrderError as error:
            return str(error), False
        return sentence, True

    def run(self, text: str) -> tuple[str, bool]:
        """Carry out what is typed; return what `preview` said and whether it was done."""
        try:
            sentence, do = self._read(text)
        except OrderError as error:
            return str(error), False
        return sentence, do()

    def _read(self, text: str) -> tuple[str, Callable[[], bool]]:
        word, _, rest = text[1:].strip().partition(" ")
        slash, about_units = _slash(word), slash_of(word)
        if about_units is not None and self._lines is not None:
            return self._lines.read(about_units, rest.strip())
        if self._duty is not None and (of_duty := self._duty.word(word)) is not None:
            return self._duty.read(of_duty, rest.strip())
        if slash is None:
            every = [*Slash, *DispatchSlash, *(() if self._duty is None else DutyWord)]
            known = " ".join(f"/{one}" for one in every)
            raise OrderError(_say("“/{0}” is no command; there are {1}.").format(word, known))
        whole: Mapping[Slash, Callable[[str], tuple[str, Callable[[], bool]]]] = {
            Slash.UNDO: lambda _rest: self._undo(),
            Slash.PAID: self._paid,
            Slash.EXPORT: self._export,
        }
        if slash in whole:
            return whole[slash](rest.strip())
        head, _, words = rest.strip().partition(" ")
        if not head:
            raise OrderError(_say(USAGE[slash]))
        finds = self._any_number if slash in _CLOSED else self._names.incident_named
        if slash is Slash.FINE:
            return self._fine(finds(head), words.strip())
        return self._about(slash, finds(head), words.strip())

    def _about(self, slash: Slash, incident: str, words: str) -> tuple[str, Callable[[], bool]]:
        actions, into = self._actions, ""
        if slash in {Slash.HOLD, Slash.REOPEN, Slash.MAJOR} and not words:
            raise OrderError(_say("Why? The reason is kept in the log."))
        if slash is Slash.PRINT and not words:
            raise OrderError(_say(USAGE[slash]))
        if slash in {Slash.JOIN, Slash.CHILD}:
            head, _, words = words.partition(" ")
            if not head:
                raise OrderError(_say(USAGE[slash]))
            into = self._names.incident_named(head)
        rating, _, note = words.partition(" ")
        if slash is Slash.RATE and rating not in {"1", "2", "3", "4", "5", "—", "-"}:
            raise OrderError(
                _say("How did the caller rate it? 1 (worst) to 5, or - for no answer.")
            )
        number = int(rating) if rating.isdecimal() else None
        does: Mapping[Slash, Callable[[], bool]] = {
            Slash.HOLD: lambda: actions.hold(incident, words),
            Slash.RESUME: lambda: actions.go_on(incident),
            Slash.JOIN: lambda: actions.join(incident, into, words.strip()),
            Slash.MAJOR: lambda: actions.make_major(incident, words),
            Slash.CHILD: lambda: actions.make_part_of(incident, into),
            Slash.PRINT: lambda: self._paper.print_case(incident, Path(words).expanduser()),
            Slash.PART: lambda: actions.part(incident),
            Slash.SPLIT: lambda: actions.split_last(incident),
            Slash.REOPEN: lambda: actions.reopen(incident, words),
            Slash.RATE: lambda: actions.rate(incident, number, note),
        }
        sentence = _say(_SENTENCES[slash])
        what, target = self._named(incident), self._named(into) if into else ""
        return sentence.format(what=what, into=target, words=words), does[slash]

    def _export(self, file: str) -> tuple[str, Callable[[], bool]]:
        if not file:
            raise OrderError(_say(USAGE[Slash.EXPORT]))
        word, space, rest = file.partition(" ")
        name = LISTS.get(word.casefold()) if space else None
        path = Path(rest.strip() if name is not None else file).expanduser()
        text = _say("The queue goes into {0}") if name is None else _say("{1} goes into {0}")
        return text.format(path, word), lambda: self._paper.export(path, name or "queue")

    def _fine(self, incident: str, words: str) -> tuple[str, Callable[[], bool]]:
        """Read law, amount and party, and behind a semicolon the facts."""
        head, _, facts = words.replace("；", ";").partition(";")
        law, _, rest = head.strip().partition(" ")
        amount, _, party = rest.strip().partition(" ")
        fen = fen_of(amount)
        if fen is None or not party.strip() or not facts.strip():
            raise OrderError(_say(USAGE[Slash.FINE]))
        text = _say("{0}: {1} pays {2} yuan by {3}")
        told = text.format(self._named(incident), party.strip(), f"{fen / 100:.2f}", law)
        return told, lambda: self._actions.decide_fine(
            incident, law=law, fen=fen, party=party.strip(), facts=facts.strip()
        )

    def _paid(self, rest: str) -> tuple[str, Callable[[], bool]]:
        number, _, receipt = rest.partition(" ")
        if not number or not receipt.strip():
            raise OrderError(_say(USAGE[Slash.PAID]))
        due = self._actions.fines_due(number)
        if len(due) != 1:
            told = ", ".join(one.number or "" for one in due)
            nothing = _say("No fine that is due has the number {0}.").format(number)
            which = _say("Which of them: {0}? Write its whole number.").format(told)
            raise OrderError(which if due else nothing)
        text = _say("{0} is paid, receipt {1}")
        told = text.format(due[0].number, receipt.strip())
        return told, lambda: self._actions.enter_paid(due[0], receipt.strip())

    def _undo(self) -> tuple[str, Callable[[], bool]]:
        last = self._actions.undo_of()
        if last is None:
            raise OrderError(_say("There is nothing here that could be taken back."))
        return _say("Take back: {0}").format(self._told(last)), self._actions.undo


def fen_of(text: str) -> int | None:
    """Return an amount in yuan as it is typed in fen, ``None`` if it is none."""
    try:
        fen = round(float(text) * 100)
    except (ValueError, OverflowError):
        return None
    return fen if 0 < fen < 10**12 else None


_CLOSED = frozenset({Slash.PART, Slash.REOPEN, Slash.RATE})


def _slash(word: str) -> Slash | None:
    if word in _CHINESE:
        return _CHINESE[word]
    return next((one for one in Slash if one == word.casefold()), None)
