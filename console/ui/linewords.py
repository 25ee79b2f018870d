"""What a word of a line may become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from console.ui.orders import OFFERED, Verb
from console.ui.words import is_chinese


def _noop(context: str, source: str) -> str:
    return source


SENTENCES: Mapping[Verb, str] = {
    Verb.DISPATCH: _noop("CommandLine", "Send {units} to {what}"),
    Verb.WITHDRAW: _noop("CommandLine", "Call back {units}: {text}"),
    Verb.VERIFY: _noop("CommandLine", "Verify the outcome of {what}"),
    Verb.CLOSE: _noop("CommandLine", "Close {what}"),
    Verb.CANCEL: _noop("CommandLine", "Cancel {what}: {text}"),
    Verb.NOTE: _noop("CommandLine", "Into the log of {what}: {text}"),
    Verb.FILE: _noop("CommandLine", "Attach to {what}: {text}"),
    Verb.PICK: _noop("CommandLine", "Show {what}"),
    Verb.GO: _noop("CommandLine", "Show {units} on the map"),
}


def in_language(words: Iterable[str], begun: str) -> list[str]:
    """Return the words of the language shown that begin so."""
    shown = (one for one in words if one.isascii() is not is_chinese())
    return [one for one in shown if one.startswith(begun)]


def paths_like(begun: str, word: str) -> list[str]:
    """Return what the last word of a path may become; folders end in a stroke."""
    whole = Path(begun).expanduser()
    folder, start = (whole, "") if begun.endswith("/") else (whole.parent, whole.name)
    try:
        inside = sorted(one for one in folder.iterdir() if one.name.startswith(start))[:OFFERED]
    except OSError:
        return []
    shown = [one for one in inside if start or not one.name.startswith(".")]
    typed = word[: len(word) - len(start)]
    return [f"{typed}{one.name}{'/' if one.is_dir() else ''}" for one in shown]
