"""What the intake shows, in words."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from console.dispatch.classify import Suggestion
from console.dispatch.intake import History, PastCase, PastReport, PlaceNote
from console.dispatch.merge import Likeness
from console.domain.incidents import Stage
from console.ui.logtexts import why_text
from console.ui.queuetexts import short_number
from console.ui.words import channel_word, form_word, level_word, moment_text, stage_word


def _noop(context: str, source: str) -> str:
    return source


def _say(text: str) -> str:
    return QCoreApplication.translate("Intake", text)


_KINDS: Mapping[str, str] = {
    "hazard": _noop("Intake", "Hazard"),
    "access": _noop("Intake", "Way in"),
    "contact": _noop("Intake", "Contact"),
    "note": _noop("Intake", "Note"),
}


def note_kind_word(kind: str) -> str:
    """Return what a note is about."""
    return _say(_KINDS.get(kind, kind))


def suggestion_text(found: Suggestion) -> str:
    """Return what the words suggest and which words those are; "" if they suggest nothing."""
    parts = []
    if found.form is not None:
        words = _quoted(found.because)
        told = _say("{0} because of {1}")
        parts.append(told.format(form_word(found.form), words))
    if found.urgent_because:
        told = _say("{0} because of {1}")
        parts.append(told.format(level_word(found.level), _quoted(found.urgent_because)))
    return _say("Suggested: {0}").format(" · ".join(parts)) if parts else ""


def past_report_text(one: PastReport) -> str:
    """Return an earlier message in two lines."""
    parts = [moment_text(one.received_at), channel_word(one.channel)]
    if one.form:
        parts.append(form_word(one.form))
    if one.number:
        parts.append(one.number)
    if one.stage:
        parts.append(stage_word(Stage(one.stage)))
    if one.rating is not None:
        parts.append(f"{one.rating}/5")
    return f"{' · '.join(parts)}\n{one.place}  {one.text[:80]}"


def past_case_text(one: PastCase) -> str:
    """Return an incident of the place's history in one or two lines."""
    metres = "" if one.metres is None else f"{one.metres:.0f} m"
    number = one.number or _say("no number yet")
    stage = stage_word(Stage(one.stage))
    head = [moment_text(one.opened_at), number, form_word(one.form), stage, metres]
    tail = f"{one.place}  {one.outcome or ''}".strip()
    return f"{' · '.join(each for each in head if each)}\n{tail}"


def note_text(one: PlaceNote) -> str:
    """Return what is written down about a place."""
    return f"{note_kind_word(one.kind)} · {one.name} · {one.metres:.0f} m\n{one.text}"


def same_text(one: Likeness) -> str:
    """Return an incident that it may be about, with what speaks for it."""
    case = one.incident
    reasons = ", ".join(why_text(each) for each in one.reasons)
    head = f"{short_number(case)} {form_word(case.form)} · {case.place}"
    return f"{head}\n{_say('because')}: {reasons}"


def caller_heading(history: History) -> str:
    """Return the heading of a caller's history: how often, and whether that is all."""
    if not history.caller:
        return _say("CALLER: no earlier message")
    text = (
        _say("CALLER: {0} earlier") if history.is_whole else _say("CALLER: {0} earlier kept here")
    )
    return text.format(len(history.caller))


def place_heading(history: History) -> str:
    """Return the heading of a place's history."""
    if not history.place:
        return _say("PLACE, 200 m: nothing before")
    text = (
        _say("PLACE, 200 m: {0} before")
        if history.is_whole
        else _say("PLACE, 200 m: {0} kept here")
    )
    return text.format(len(history.place))


def _quoted(words: tuple[str, ...]) -> str:
    return _say(", ").join(f"“{word}”" for word in words)
