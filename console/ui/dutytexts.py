"""What commands about messages, rosters and shifts were to do, in words."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from console.domain.telling import MessageKind
from console.protocol import commands as c


def _noop(context: str, source: str) -> str:
    return source


_TEXTS: Mapping[type[c.Body], str] = {
    c.EndRollCall: _noop("Tray", "End the roll call"),
    c.SeeReply: _noop("Tray", "A reply was read"),
    c.MarkMessage: _noop("Tray", "Receipt of a message"),
    c.PutRoster: _noop("Tray", "Roster"),
    c.PutInstructions: _noop("Tray", "Standing instructions"),
    c.PrepareHandover: _noop("Tray", "Prepare the hand-over"),
    c.ReadBack: _noop("Tray", "Read back the hand-over"),
    c.SignHandover: _noop("Tray", "Sign the hand-over"),
}
_KINDS: Mapping[MessageKind, str] = {
    MessageKind.TEXT: _noop("Tray", "Message to {0}"),
    MessageKind.BROADCAST: _noop("Tray", "Broadcast to {0}"),
    MessageKind.ROLL_CALL: _noop("Tray", "Roll call of {0}"),
    MessageKind.REPLY: _noop("Tray", "Message to {0}"),
}


def duty_sentence(body: c.Body) -> str | None:
    """Return what a command was to do; ``None`` if it is none of these."""
    if isinstance(body, c.SendMessage):
        source = _KINDS[body.kind]
        text = QCoreApplication.translate("Tray", source)
        return text.format(body.addressed).replace("{", "{{").replace("}", "}}")
    known = _TEXTS.get(type(body))
    return None if known is None else QCoreApplication.translate("Tray", known)
