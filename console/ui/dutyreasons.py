"""What the rules of messages, rosters and shifts say, as patterns for `reasons`."""

from __future__ import annotations


def _noop(context: str, source: str) -> str:
    return source


DUTY_PATTERNS: tuple[str, ...] = (
    _noop("Reasons", "A reply comes from a unit; write to units as text."),
    _noop("Reasons", "Nobody is named; choose whom the message goes to."),
    _noop("Reasons", "{0} units are named; {1} are the most."),
    _noop("Reasons", "{0} is retired and reads nothing."),
    _noop("Reasons", "A receipt says “delivered” or “read”; answers have a word of their own."),
    _noop("Reasons", "Only a roll call is answered so; write a reply to other messages."),
    _noop("Reasons", "Only a roll call is ended; other messages stay as they are."),
    _noop("Reasons", "The id of a message has 36 characters at most: send a UUID."),
    _noop("Reasons", "The message is empty; write what is to be read."),
    _noop("Reasons", "The message has {0} characters; {1} fit on a handheld."),
    _noop("Reasons", "The turn of {0} ends before it begins."),
    _noop("Reasons", "The turn of {0} is longer than 36 hours; part it."),
    _noop("Reasons", "{0} is given a beat that is not drawn."),
    _noop("Reasons", "{0} is planned twice at one time; take one turn out."),
    _noop("Reasons", "The instruction is empty; write what is to be done."),
    _noop("Reasons", "A shift began within the last 24 hours; say when yours began."),
    _noop("Reasons", "{0} words to hand over; {1} are the most."),
    _noop("Reasons", "Who hands over does not read back; whoever takes over does."),
    _noop("Reasons", "Somebody else reads this packet back already."),
    _noop("Reasons", "The packet has no item {0}."),
    _noop("Reasons", "{0} items are not read back yet; read them, then sign."),
    _noop("Reasons", "The packet is older than a day; prepare a new one."),
)
