"""Lines of an incident's log in the language shown: who, and what is said beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from PySide6.QtCore import QCoreApplication

from console.domain.levels import Channel, Level, Role
from console.domain.places import LogEntry
from console.ui.words import (
    channel_word,
    evidence_word,
    form_word,
    level_word,
    means_word,
    role_word,
)


def _noop(context: str, source: str) -> str:
    return source


_FIELDS: Mapping[str, str] = {
    "form": _noop("LogTexts", "form"),
    "place": _noop("LogTexts", "place"),
    "summary": _noop("LogTexts", "what is known"),
    "level": _noop("LogTexts", "level"),
    "position": _noop("LogTexts", "position"),
}
#: One field as the rules write it: "level: 3 → 2".
_AMENDED = re.compile(rf"({'|'.join(_FIELDS)}): (.*) → (.*)", re.DOTALL)


def detail_text(entry: LogEntry) -> str:
    """Return what a person reads beside a step; codes become words, words stay as written."""
    detail = entry.detail or ""
    told = _TOLD.get(entry.verb)
    return detail if told is None else told(detail)


def _joined(detail: str) -> str:
    channel, colon, text = detail.partition(": ")
    why, stroke, said = text.partition(" | ")
    reasons = ", ".join(why_text(each) for each in why.split(", ")) if stroke else why
    return f"{_channel(channel)}{colon}{reasons}{stroke}{said}"


def _by_voice(detail: str) -> str:
    means, colon, words = detail.partition(": ")
    return f"{means_word(means)}{colon}{words}"


def _escalated(detail: str) -> str:
    role, _, seconds = detail.partition(" ")
    word = role_word(Role(role)) if role in list(Role) else role
    return f"{word} · {seconds} s"


#: Why a report was joined, as the merger writes it.
_WHY: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(\d+) min apart"), _noop("LogTexts", "{0} min apart")),
    (re.compile(r"same words for the place"), _noop("LogTexts", "same words for the place")),
    (re.compile(r"remarks that go together"), _noop("LogTexts", "remarks that go together")),
    (re.compile(r"same form"), _noop("LogTexts", "same form")),
    (re.compile(r"same form by its words"), _noop("LogTexts", "same form by its words")),
    (
        re.compile(r"same form by the words of one"),
        _noop("LogTexts", "same form by the words of one"),
    ),
    (re.compile(r"form not told"), _noop("LogTexts", "form not told")),
    (re.compile(r"chosen by the seat"), _noop("LogTexts", "chosen by the seat")),
)


def why_text(words: str) -> str:
    """Return one reason of the merger in the language shown."""
    for pattern, text in _WHY:
        match = pattern.fullmatch(words)
        if match is not None:
            return QCoreApplication.translate("LogTexts", text).format(*match.groups())
    return words


def _channel(code: str) -> str:
    return channel_word(Channel(code)) if code in list(Channel) else code


def _level(number: str) -> str:
    return level_word(Level(int(number))) if number in {str(int(one)) for one in Level} else number


def _amended(part: str) -> str:
    match = _AMENDED.fullmatch(part)
    if match is None:
        return part
    field, before, after = match.groups()
    words: Mapping[str, Callable[[str], str]] = {"form": form_word, "level": _level}
    word = words.get(field, str)
    name = QCoreApplication.translate("LogTexts", _FIELDS[field])
    return f"{name}: {word(before)} → {word(after)}"


#: Codes in the details of some steps, as words.
_TOLD: Mapping[str, Callable[[str], str]] = {
    "opened": _channel,
    "report_joined": _joined,
    "told_by_voice": _by_voice,
    "escalated": _escalated,
    "evidence_attached": evidence_word,
    "amended": lambda detail: "; ".join(_amended(part) for part in detail.split("; ")),
}
