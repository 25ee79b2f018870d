"""What the rules of dispatch beyond one order say, as patterns for `reasons`."""

from __future__ import annotations


def _noop(context: str, source: str) -> str:
    return source


DISPATCH_PATTERNS: tuple[str, ...] = (
    _noop("Reasons", "Say why another unit was sent; the reason is kept with the task."),
    _noop("Reasons", "The unit recommended was sent; there is nothing to explain."),
    _noop("Reasons", "{0} has ended this task (“{1}”); send {2} anew."),
    _noop("Reasons", "Say why the task is handed on; both units read the reason."),
    _noop("Reasons", "{0} does not stand by for this incident."),
    _noop("Reasons", "There is no step of escalation called {0}."),
    _noop("Reasons", "Say what help is needed for; the other district reads it."),
    _noop("Reasons", "{0} units cannot be asked for; 1 to {1} can."),
    _noop("Reasons", "There is no district with the id {0}."),
    _noop("Reasons", "The incident lies in that very district; send its units."),
    _noop("Reasons", "{0} is closed; it needs no help."),
    _noop("Reasons", "Each unit that goes needs an id of its own for its task."),
    _noop("Reasons", "Say why no help can be sent; the other district reads it."),
    _noop("Reasons", "There is no request for help with the id {0}."),
    _noop("Reasons", "This request for help is “{0}” already."),
    _noop("Reasons", "A sector needs a name that can be said on the radio."),
    _noop("Reasons", "Say where the command post is."),
    _noop("Reasons", "Whoever commands needs a name that can be said on the radio."),
    _noop("Reasons", "A big incident has one command post, with the incident's id."),
    _noop("Reasons", "There is no such sector; make it first."),
    _noop("Reasons", "“{0}” is a sector of another incident."),
    _noop("Reasons", "There is no event plan called {0}."),
    _noop("Reasons", "The plan has {0} tasks and {1} sectors by now; look at it again."),
    _noop("Reasons", "Say where it is and why the plan is opened; whoever commands reads it."),
)
