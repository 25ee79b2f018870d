"""The bare keys of the incident card: what each does, and what it asks first."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, Qt

from console.domain.assignments import Means
from console.ui.card import IncidentCard
from console.ui.words import means_word

#: Key, command it gives, and how the button is named in `key_names`.
KEYS = (
    (Qt.Key.Key_V, "VerifyIncident", "verify"),
    (Qt.Key.Key_B, "VerifyIncident", "send_back"),
    (Qt.Key.Key_C, "CloseIncident", "close"),
    (Qt.Key.Key_T, "OrderByVoice", "voice"),
    (Qt.Key.Key_H, "TransferTask", "transfer"),
    (Qt.Key.Key_U, "CallUp", "call_up"),
    (Qt.Key.Key_O, "ExplainChoice", "why"),
    (Qt.Key.Key_G, "PutSector", "board"),
    (Qt.Key.Key_W, "WithdrawAssignment", "withdraw"),
    (Qt.Key.Key_X, "CancelIncident", "cancel"),
)
#: Keys that give a line of the command line, of the unit chosen and the words typed.
LINES: Mapping[str, str] = {
    "transfer": "/handover {0} {1}",
    "call_up": "/callup {0}",
    "why": "/why {0} {1}",
}


def _say(text: str) -> str:
    return QCoreApplication.translate("CardView", text)


def _noop(context: str, source: str) -> str:
    return source


_NAMES: Mapping[str, tuple[str, str]] = {
    "verify": (
        _noop("CardView", "V Verify"), _noop("CardView", "The outcome was checked and stands"),
    ),
    "send_back": (
        _noop("CardView", "B Back"), _noop("CardView", "The outcome does not stand; send again"),
    ),
    "close": (_noop("CardView", "C Close"), _noop("CardView", "Close the verified incident")),
    "voice": (
        _noop("CardView", "T Told"), _noop("CardView", "It was told by phone or radio, and goes"),
    ),
    "transfer": (
        _noop("CardView", "H Hand on"), _noop("CardView", "Another unit takes the task over"),
    ),
    "call_up": (
        _noop("CardView", "U Call up"), _noop("CardView", "Send a unit that stands by"),
    ),
    "why": (
        _noop("CardView", "O Why"), _noop("CardView", "Why another unit was sent than recommended"),
    ),
    "board": (
        _noop("CardView", "G Command"),
        _noop("CardView", "Plan, sectors, cases and log of a big incident"),
    ),
    "withdraw": (
        _noop("CardView", "W Recall"), _noop("CardView", "Call a unit back, with a reason"),
    ),
    "cancel": (
        _noop("CardView", "X Cancel"), _noop("CardView", "It was none; ends it, with a reason"),
    ),
}  # fmt: skip
_QUESTIONS: Mapping[str, str] = {
    "transfer": _noop("CardView", "Hand on {0} — to whom, and why (K9 shift ends)"),
    "call_up": _noop("CardView", "Call up {0}"),
    "why": _noop("CardView", "Why {0} and not the one recommended"),
}


def key_names() -> dict[str, tuple[str, str]]:
    """Return what each button says, and its hint."""
    return {name: (_say(text), _say(hint)) for name, (text, hint) in _NAMES.items()}


def line_question(name: str) -> str:
    """Return what is asked before a line is given."""
    return _say(_QUESTIONS[name])


def ways(card: IncidentCard) -> list[tuple[str, str]]:
    """Return how each unit that has not said yes may have been told: id and means, in words."""
    ways = []
    for line in card.unaccepted:
        numbers = {Means.PHONE: "", Means.RADIO: ""}
        if line.unit is not None:
            numbers = {Means.PHONE: line.unit.phone or "", Means.RADIO: line.unit.radio or ""}
        for means, number in numbers.items():
            words = (line.call_sign, means_word(means), number)
            ways.append((f"{line.assignment.unit} {means}", " ".join(filter(None, words))))
    return ways
