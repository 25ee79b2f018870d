"""What is said of a unit's task besides its steps, and of help across districts."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from console.domain.command import CommandPost, HelpState
from console.ui.card import AssignmentLine
from console.ui.words import time_text


def _noop(context: str, source: str) -> str:
    return source


def _say(text: str) -> str:
    return QCoreApplication.translate("CardCommand", text)


_HELP: Mapping[HelpState, str] = {
    HelpState.ASKED: _noop("CardCommand", "asked"),
    HelpState.ACCEPTED: _noop("CardCommand", "units are coming"),
    HelpState.DECLINED: _noop("CardCommand", "declined"),
    HelpState.WITHDRAWN: _noop("CardCommand", "taken back"),
}


def help_word(state: HelpState) -> str:
    """Return how far a request for help has come."""
    return _say(_HELP[state])


def post_text(post: CommandPost | None) -> str:
    """Return where a big incident is commanded from, by whom and since when; "" for nowhere."""
    if post is None:
        return ""
    parts = [_say("Command post: {0}").format(post.place)]
    if post.commander:
        who = _say("{0} commands since {1}")
        parts.append(who.format(post.commander, time_text(post.since, seconds=False)))
    else:
        parts.append(_say("nobody commands yet — W"))
    if post.set_up_at is not None:
        parts.append(_say("set up {0}").format(time_text(post.set_up_at, seconds=False)))
    if post.lat is None:
        parts.append(_say("no position on the map"))
    return " · ".join(parts)


def task_lines(line: AssignmentLine) -> list[tuple[str, str]]:
    """Return what is to be said of a unit's task besides, each with its tone."""
    assignment, found = line.assignment, []
    if line.sector:
        found.append((_say("Sector {0}").format(line.sector), "small"))
    if assignment.takes_over is not None and assignment.is_running:
        found.append((_say("Takes the task over"), "small"))
    if assignment.instead_of and assignment.because:
        text = _say("Not {0}, because: {1}")
        found.append((text.format(assignment.instead_of, assignment.because), "small"))
    elif assignment.instead_of:
        text = _say("Not {0}, who was recommended — O says why")
        found.append((text.format(assignment.instead_of), "warn"))
    return found
