"""The wall's words: troubles, findings and ages in the language shown now."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from console.domain.hints import Hint, HintKind, Measured
from console.ui.wall_values import Finding, TileKind, TileView, Trouble
from console.ui.words import age_text, time_text


def _noop(context: str, source: str) -> str:
    """Mark a text to be translated when it is shown."""
    return source


_TROUBLES: Mapping[Trouble, tuple[str, str]] = {
    Trouble.REFUSED: (
        _noop("Wall", "Connection refused"),
        _noop("Wall", "The camera is off, or its address is another. Tried again by itself."),
    ),
    Trouble.UNREACHABLE: (
        _noop("Wall", "Cannot be reached"),
        _noop("Wall", "Check the address and the network. Tried again by itself."),
    ),
    Trouble.TIMED_OUT: (
        _noop("Wall", "No answer"),
        _noop("Wall", "Check the camera's network, or restart it. Tried again by itself."),
    ),
    Trouble.UNAUTHORISED: (
        _noop("Wall", "Password not accepted"),
        _noop("Wall", "Have the administrator enter the camera's user name and password again."),
    ),
    Trouble.NOT_FOUND: (
        _noop("Wall", "No such stream"),
        _noop("Wall", "The camera does not know this address. Have it corrected."),
    ),
    Trouble.REDIRECTED: (
        _noop("Wall", "Leads only to other addresses"),
        _noop("Wall", "No stream is where the address leads. Have the right one entered."),
    ),
    Trouble.BUSY: (
        _noop("Wall", "No room for another viewer"),
        _noop("Wall", "Close the camera elsewhere, or wait. Tried again by itself."),
    ),
    Trouble.GARBAGE: (
        _noop("Wall", "Not a video stream"),
        _noop("Wall", "Something else answers at this address. Have it checked."),
    ),
    Trouble.UNPROVEN: (
        _noop("Wall", "Certificate not trusted"),
        _noop("Wall", "It may be another device. Have its certificate checked before it is used."),
    ),
    Trouble.UNSUPPORTED: (
        _noop("Wall", "Stream of another kind"),
        _noop("Wall", "Have the camera set to H.264 or H.265 over TCP."),
    ),
    Trouble.NO_PICTURE: (
        _noop("Wall", "Connected, no picture"),
        _noop("Wall", "The camera sends nothing that can be shown. Restart it."),
    ),
    Trouble.LOST: (
        _noop("Wall", "Connection lost"),
        _noop("Wall", "The camera stopped sending. Tried again by itself."),
    ),
}
_FINDINGS: Mapping[Finding, str] = {
    Finding.BLACK: _noop("Wall", "black"),
    Finding.FROZEN: _noop("Wall", "frozen"),
    Finding.BLURRED: _noop("Wall", "blurred"),
    Finding.COLOUR_CAST: _noop("Wall", "colour cast"),
    Finding.OCCLUDED: _noop("Wall", "occluded"),
    Finding.LOW_LIGHT: _noop("Wall", "low light"),
    Finding.TOO_BRIGHT: _noop("Wall", "too bright"),
    Finding.NOISE: _noop("Wall", "noise"),
    Finding.WRONG_CLOCK: _noop("Wall", "wrong clock"),
}


_HINTS: Mapping[HintKind, str] = {
    HintKind.MOTION: _noop("Wall", "motion"),
    HintKind.CROWD: _noop("Wall", "crowd?"),
    HintKind.PARKED: _noop("Wall", "parked?"),
    HintKind.DETECTED: _noop("Wall", "found"),
}


def _text(source: str) -> str:
    return QCoreApplication.translate("Wall", source)


def trouble_title(trouble: Trouble) -> str:
    """Return what happened, in a few words."""
    return _text(_TROUBLES[trouble][0])


def trouble_advice(trouble: Trouble) -> str:
    """Return what it means and what can be done."""
    return _text(_TROUBLES[trouble][1])


def finding_word(finding: Finding) -> str:
    """Return what the diagnosis found."""
    return _text(_FINDINGS[finding])


def hint_word(hint: Hint) -> str:
    """Return what a hint says is there: the model's own word, or the kind's."""
    return hint.word or _text(_HINTS[hint.kind])


def hint_kind_word(kind: HintKind) -> str:
    """Return what a kind of hint is called."""
    return _text(_HINTS[kind])


def precision_text(measured: Measured | None) -> str:
    """Return how often hints of a kind were right where the truth was known."""
    if measured is None:
        return QCoreApplication.translate("Wall", "not measured")
    text = QCoreApplication.translate("Wall", "right {0} of {1}")
    return text.format(f"{measured.precision:.2f}", measured.hints)


def time_of(view: TileView) -> str:
    """Return the picture's time: a clock while it is live, else its age."""
    if view.kind is TileKind.LIVE:
        return time_text(view.taken_at)
    if view.kind is TileKind.STALE:
        text = QCoreApplication.translate("Wall", "stopped {0} ago")
        return text.format(age_text(view.age_s))
    if view.kind is TileKind.LOOK:
        text = QCoreApplication.translate("Wall", "sweep, {0} ago")
        return text.format(age_text(view.age_s))
    return ""


def tag_of(view: TileView) -> str:
    """Return what is written over a picture that is not live."""
    if view.kind not in (TileKind.LOOK, TileKind.STALE):
        return ""
    if view.trouble is not None:
        return trouble_title(view.trouble)
    if view.kind is TileKind.LOOK:
        return QCoreApplication.translate("Wall", "Not live yet")
    return QCoreApplication.translate("Wall", "No new picture")


def connecting_text() -> str:
    """Return what a tile says before anything has come."""
    return QCoreApplication.translate("Wall", "Connecting…")
