"""The command line: completes, previews and carries out what is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from console.domain.assignments import NEXT_STATES, UNACCEPTED_STATES, AssignmentState
from console.domain.forms import form_of
from console.domain.incidents import Stage
from console.domain.levels import Level
from console.ui.byair import nearest_by_air
from console.ui.caseactions import CaseActions
from console.ui.dispatchactions import DispatchActions
from console.ui.linewords import SENTENCES, in_language, paths_like
from console.ui.mirror import Mirror
from console.ui.near import NearUnitsModel
from console.ui.orders import (
    MEANS,
    OFFERED,
    STEPS,
    USAGE,
    Order,
    OrderError,
    Verb,
    forms_like,
    read_order,
    say,
    shortest,
)
from console.ui.paper import DeskPaper
from console.ui.places import FoundPlace, PlaceFinder
from console.ui.queue import IncidentQueueModel
from console.ui.queuetexts import short_number
from console.ui.slash import DutyWords, SlashCommands
from console.ui.slashdispatch import DispatchLines
from console.ui.tray import command_sentence
from console.ui.words import form_word, is_chinese, level_word, means_word, step_word

_BY_ROW = frozenset(
    {
        Verb.DISPATCH,
        Verb.VOICE,
        Verb.LEVEL,
        Verb.VERIFY,
        Verb.CLOSE,
        Verb.CANCEL,
        Verb.NOTE,
        Verb.FILE,
        Verb.PICK,
    }
)
_UNDER_WAY = frozenset({Stage.FILE, Stage.DISPATCH, Stage.HANDLE, Stage.REPORT_BACK})
#: Stages in which a verb on an incident makes sense; others are not offered.
_STAGES: Mapping[Verb, frozenset[Stage]] = {
    Verb.DISPATCH: _UNDER_WAY,
    Verb.VOICE: _UNDER_WAY,
    Verb.VERIFY: frozenset({Stage.REPORT_BACK}),
    Verb.CLOSE: frozenset({Stage.VERIFY}),
    Verb.CANCEL: frozenset({Stage.FILE, Stage.DISPATCH}),
}


class CommandLine(QObject):
    """Understands what is typed; rows are the numbers that the queue shows.

    Signals:
        incident_wanted: Id of the incident to be picked.
        unit_wanted: Id of the unit to be shown.
    """

    incident_wanted = Signal(str)
    unit_wanted = Signal(str)

    def __init__(
        self,
        mirror: Mirror,
        queue: IncidentQueueModel,
        actions: CaseActions,
        *,
        near: NearUnitsModel | None = None,
        places: PlaceFinder | None = None,
        duty: DutyWords | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._queue = queue
        self._actions = actions
        self._near = near
        self._places = places
        self.paper = DeskPaper(mirror, queue, actions.refused.emit, self)
        lines = None
        if isinstance(actions, DispatchActions):
            lines = DispatchLines(mirror, self, actions, named=self._named, places=places)
        self._slash = SlashCommands(
            self,
            self._numbered,
            actions,
            named=self._named,
            told=partial(command_sentence, mirror=mirror),
            paper=self.paper,
            duty=duty,
            lines=lines,
        )

    # what is asked while typing

    def completions(self, text: str) -> Sequence[str]:
        """Return whole lines that the text may become, likeliest first."""
        head, space, rest = text.lstrip().partition(" ")
        if head.startswith("/"):
            return self._slash.completions(text.lstrip())
        if not space:
            return [f"{verb} " for verb in Verb if verb.startswith(head.upper())]
        try:
            verb = Verb(head.upper())
        except ValueError:
            return []
        return [f"{verb} {tail}" for tail in self._tails(verb, rest)][:OFFERED]

    def preview(self, text: str) -> tuple[str, bool]:
        """Return a sentence, what the text would do or what is wrong, and whether it can be."""
        if text.lstrip().startswith("/"):
            return self._slash.preview(text.lstrip())
        usage = {str(verb): sentence for verb, sentence in USAGE.items()}
        if text.strip().upper() in usage:
            return say(usage[text.strip().upper()]), False
        try:
            order = read_order(text, self)
        except OrderError as error:
            return str(error), False
        return self._sentence(order), True

    def run(self, text: str) -> tuple[str, bool]:
        """Carry out what is typed.

        Returns:
            The sentence that was previewed, or what is wrong, and whether it was done.
        """
        if text.lstrip().startswith("/"):
            return self._slash.run(text.lstrip())
        try:
            order = read_order(text, self)
        except OrderError as error:
            return str(error), False
        sentence = self._sentence(order)
        return sentence, self._do[order.verb](self, order)

    # names

    def incident_named(self, word: str) -> str:
        """Return the id of the incident in a row of the queue, or with a running number."""
        whole = word.replace("-", "", 1)
        if not (word.isascii() and whole.isdecimal()):
            raise OrderError(say("“{0}” is no row number of the queue.").format(word))
        found = self._queue.incident_at(int(word) - 1) if word == whole and len(word) < 5 else None
        if found is not None:
            return found
        numbers = {one.number or "": one.id for one in self._mirror.open_incidents()}
        fitting = [each for each in numbers if each == word or each.endswith(f"-{word}")]
        if len(fitting) > 1:
            text = say("Several incidents bear the number {0}; type the row or {1}.")
            raise OrderError(text.format(word, " / ".join(sorted(fitting))))
        if not fitting:
            raise OrderError(
                say("There is no row {0}; the queue has {1}.").format(word, self._queue.rowCount())
            )
        return numbers[fitting[0]]

    def _numbered(self, word: str) -> str:
        """Return the id of the incident with a whole or running number, or in a row."""
        found = self._mirror.incidents_numbered(word)
        return found[0].id if len(found) == 1 else self.incident_named(word)

    def unit_named(self, word: str) -> str:
        """Return the id of the unit with a call sign."""
        unit = self._mirror.unit_called(word)
        if unit is None:
            raise OrderError(say("No unit is called {0}.").format(word))
        return unit.id

    def assignment_of(
        self,
        unit: str,
        *,
        incident: str | None = None,
        state: AssignmentState | None = None,
    ) -> str:
        """Return the id of the running assignment that is meant of a unit."""
        running = [one for one in self._mirror.assignments_of_unit(unit) if one.is_running]
        if not running:
            raise OrderError(say("{0} has no task.").format(self._call_sign(unit)))
        meant = [one for one in running if incident in (None, one.incident)]
        if not meant:
            text = say("{0} has no task at {1}.")
            raise OrderError(text.format(self._call_sign(unit), self._named(incident or "")))
        reaching = [one for one in meant if state is None or state in NEXT_STATES[one.state]]
        fitting = reaching or meant
        if len(fitting) > 1:
            numbers = [self._number(one.incident) for one in fitting]
            text = say("{0} has {1} tasks; say which: {2}, as in S {0} {3} arrived.")
            sign, every = self._call_sign(unit), " / ".join(numbers)
            raise OrderError(text.format(sign, len(fitting), every, numbers[0]))
        return fitting[0].id

    def _number(self, incident_id: str) -> str:
        incident = self._mirror.incident(incident_id)
        return incident_id if incident is None else short_number(incident)

    # completing

    def _tails(self, verb: Verb, rest: str) -> Iterable[str]:
        if verb is Verb.NEW:
            return self._new_tails(rest)
        *done, word = rest.split(" ")
        before = "".join(f"{one} " for one in done)
        if not done:
            return self._rows(verb, word) if verb in _BY_ROW else self._call_signs(verb, word)
        return [f"{before}{one}" for one in self._next_words(verb, done, word)]

    def _next_words(self, verb: Verb, done: Sequence[str], word: str) -> Iterable[str]:
        """Return what the word after those that are done may become."""
        if verb is Verb.DISPATCH:
            return [f"{sign} " for sign in self._free_signs(word, done[0], set(done[1:]))]
        words: Mapping[tuple[Verb, int], Callable[[], Iterable[str]]] = {
            (Verb.VOICE, 1): lambda: [f"{one} " for one in self._to_be_told(word, done[0])],
            (Verb.VOICE, 2): lambda: in_language(MEANS, word),
            (Verb.STEP, 1): lambda: in_language(STEPS, word),
            (Verb.FILE, len(done)): lambda: paths_like(" ".join([*done[1:], word]), word),
            (Verb.LEVEL, 1): lambda: [f"{level:d}" for level in Level],
        }
        return words.get((verb, len(done)), tuple)()

    def _rows(self, verb: Verb, word: str) -> list[str]:
        stages = _STAGES.get(verb)
        found = []
        for row in range(self._queue.rowCount()):
            incident = self._mirror.incident(self._queue.incident_at(row) or "")
            if incident is None or (stages is not None and incident.stage not in stages):
                continue
            if str(row + 1).startswith(word):
                found.append(f"{row + 1} ")
            if len(found) == OFFERED:
                break
        return found

    def _call_signs(self, verb: Verb, word: str) -> list[str]:
        if verb is Verb.GO:
            units = (unit.call_sign for unit in self._mirror.units())
        else:
            running = {one.unit for one in self._mirror.running_assignments()}
            units = (self._call_sign(unit) for unit in running)
        return [f"{sign} " for sign in shortest(units, word)]

    def _to_be_told(self, word: str, row: str) -> list[str]:
        """Return the units sent that have not said yes, then those that are free."""
        try:
            incident = self.incident_named(row)
        except OrderError:
            return []
        waiting = [
            self._call_sign(one.unit)
            for one in self._mirror.assignments_of(incident)
            if one.state in UNACCEPTED_STATES
        ]
        signs = [*shortest(waiting, word), *self._free_signs(word, row, set())]
        return list(dict.fromkeys(signs))[:OFFERED]

    def _free_signs(self, word: str, row: str, named: set[str]) -> list[str]:
        """Return free units, those first that are near to the incident in the row named."""
        try:
            incident = self.incident_named(row)
        except OrderError:
            return []
        near = []
        if self._near is not None and self._near.incident == incident:
            rows = range(self._near.rowCount())
            near = [self._call_sign(self._near.unit_at(row) or "") for row in rows]
        free = [unit for unit in self._mirror.units() if unit.is_free]
        wanted = word.upper()
        first = near or nearest_by_air(self._mirror, incident, free, OFFERED + len(named))
        fitting = [sign for sign in first if sign.upper().startswith(wanted)]
        every = dict.fromkeys([*fitting, *shortest((unit.call_sign for unit in free), word)])
        return [sign for sign in every if sign not in named][:OFFERED]

    def _new_tails(self, rest: str) -> list[str]:
        words, at, place = rest.partition("@")
        if not at:
            names = (one.name_zh if is_chinese() else one.name_en for one in forms_like(words))
            return [f"{name} @" for name in names]
        if ";" in place or self._places is None:
            return []
        return [f"{words}@{found.text}" for found in self._places.find(place.strip(), OFFERED)]

    # previewing

    def _sentence(self, order: Order) -> str:
        units = " ".join(self._call_sign(unit) for unit in order.units)
        what = self._named(order.incident) if order.incident is not None else ""
        if order.verb is Verb.NEW:
            return self._new_sentence(order)
        if order.verb is Verb.STEP and order.state is not None:
            held = self._mirror.assignment(order.assignment or "")
            about = "" if held is None else self._named(held.incident)
            return say("{0}: {1} — {2}").format(units, step_word(order.state), about)
        if order.verb is Verb.VOICE and order.means is not None:
            text = say("Told {0} by {1}: {2}")
            return text.format(units, means_word(order.means), what)
        if order.verb is Verb.LEVEL and order.level is not None:
            return say("{0} becomes {1}").format(what, level_word(Level(order.level)))
        if order.verb is Verb.VERIFY and not order.passed:
            return say("Send back {0}: {1}").format(what, order.text)
        return say(SENTENCES[order.verb]).format(what=what, units=units, text=order.text)

    def _new_sentence(self, order: Order) -> str:
        found = self._found(order.place)
        form = form_word(order.form or "")
        if found is None:
            return say("New: {0} at {1} — not found on the map").format(form, order.place)
        return say("New: {0} at {1}").format(form, found.text)

    def _named(self, incident_id: str) -> str:
        incident = self._mirror.incident(incident_id)
        if incident is None:
            return incident_id
        return f"{short_number(incident)} {form_word(incident.form)} · {incident.place}"

    def _call_sign(self, unit_id: str) -> str:
        unit = self._mirror.unit(unit_id)
        return unit.call_sign if unit is not None else unit_id

    def _found(self, place: str) -> FoundPlace | None:
        found = self._places.find(place, 1) if self._places is not None else ()
        return found[0] if found else None

    # carrying out

    def _open(self, order: Order) -> bool:
        found = self._found(order.place)
        form = form_of(order.form or "")
        opened = self._actions.open_incident(
            form.code,
            order.place,
            order.text or f"{form_word(form.code)} {order.place}",
            lat=found.lat if found is not None else None,
            lon=found.lon if found is not None else None,
        )
        return opened is not None

    def _dispatch(self, order: Order) -> bool:
        incident, near = order.incident or "", self._near
        others = {} if near is None else near.instead_of(incident, order.units)
        sent = self._actions.dispatch(
            incident, order.units, instead_of=others, because=order.text or None
        )
        return len(sent) == len(order.units)

    def _pick(self, order: Order) -> bool:
        self.incident_wanted.emit(order.incident)
        return True

    def _go(self, order: Order) -> bool:
        self.unit_wanted.emit(order.units[0])
        return True

    def _voice(self, order: Order) -> bool:
        if order.incident is None or order.means is None:
            return False
        return self._actions.tell_by_voice(
            order.incident, order.units[0], order.means, order.text or None
        )

    def _step(self, order: Order) -> bool:
        if order.assignment is None or order.state is None:
            return False
        return self._actions.move(order.assignment, order.state, order.text or None)

    _do: Mapping[Verb, Callable[[CommandLine, Order], bool]] = {
        Verb.DISPATCH: _dispatch,
        Verb.VOICE: _voice,
        Verb.STEP: _step,
        Verb.WITHDRAW: lambda self, o: self._actions.withdraw(o.assignment or "", o.text),
        Verb.NEW: _open,
        Verb.LEVEL: lambda self, o: self._actions.set_level(o.incident or "", o.level or 0),
        Verb.VERIFY: lambda self, o: self._actions.verify(
            o.incident or "", passed=o.passed, note=o.text or None
        ),
        Verb.CLOSE: lambda self, o: self._actions.close(o.incident or ""),
        Verb.CANCEL: lambda self, o: self._actions.cancel(o.incident or "", o.text),
        Verb.NOTE: lambda self, o: self._actions.note(o.incident or "", o.text),
        Verb.FILE: lambda self, o: self._actions.attach_file(
            o.incident or "", Path(o.text).expanduser()
        ),
        Verb.PICK: _pick,
        Verb.GO: _go,
    }
