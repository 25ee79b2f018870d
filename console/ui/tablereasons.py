"""What the rules of tables, areas and the register say, as patterns for `reasons`."""

from __future__ import annotations


def _noop(context: str, source: str) -> str:
    return source


TABLE_PATTERNS: tuple[str, ...] = (
    _noop("Reasons", "{0} has the field {1}, which its table has not."),
    _noop("Reasons", "{0} lacks “{1}”."),
    _noop("Reasons", "“{0}” of {1} cannot be {2}: {3}."),
    _noop("Reasons", "An area needs a name, so that people can speak of it."),
    _noop(
        "Reasons",
        "Only central itself tells what happened at areas; it finds that out.",
    ),
    _noop("Reasons", "No unit is called {0}."),
    _noop("Reasons", "“{0}” belongs to an event that does not exist."),
    _noop("Reasons", "“{0}” ends before it begins."),
    _noop("Reasons", "“{0}” has {1} corners; {2} are the most. Draw it more simply."),
    _noop("Reasons", "“{0}” has {1} corners; an area has three or more."),
    _noop("Reasons", "“{0}” needs {1} people; that cannot be."),
    _noop("Reasons", "“{0}” tells of {1}, but not after how long; give 1 second to 30 days."),
    _noop("Reasons", "{0} belongs to {1}, which is itself a minor class."),
    _noop("Reasons", "{0} belongs to {1}, which is retired."),
    _noop("Reasons", "{0} belongs to {1}, which the catalogue has not."),
    _noop("Reasons", "{0} belongs to no class of forms; name one."),
    _noop("Reasons", "{0} cannot be a code: up to {1} visible characters."),
    _noop("Reasons", "{0} ends ({1}) before it begins."),
    _noop("Reasons", "{0} has no first day; rules hold from a day on."),
    _noop("Reasons", "{0} is for the district {1}, which is not known."),
    _noop("Reasons", "{0} is of a table whose rows belong to no other row."),
    _noop("Reasons", "{0} is of a table without days; leave them empty."),
    _noop("Reasons", "{0} of {1} is no day; write 2027-01-01."),
    _noop("Reasons", "The grid {0} has no code; nobody could name it."),
    _noop(
        "Reasons",
        "The grid {0} is of the authority {1}, which the catalogue does not know; enter the "
        "authority first.",
    ),
    _noop("Reasons", "The sensor {0} has no name; nobody could find it."),
    _noop("Reasons", "The limit of {0} is no number."),
    _noop("Reasons", "The upper limit of {0} is not above its lower one."),
    _noop("Reasons", "{0} has no limit that an alarm could tell of."),
    _noop("Reasons", "{0} measures no noise and has no class of it."),
    _noop("Reasons", "{0} is of the class {1}, for which no noise limits are entered."),
    _noop(
        "Reasons",
        "When an order nobody accepts is said, and to whom, stands in the table of escalations.",
    ),
    _noop("Reasons", "{0} is about {1}, which is no alarm; there are {2}."),
    _noop("Reasons", "{0} needs value and unit (s, min or h), or neither."),
    _noop("Reasons", "{0}: {1} has no time that could be set; leave value and unit."),
    _noop("Reasons", "{0} would raise an alarm after {1} s; enter 0 to {2}."),
    _noop("Reasons", "{0} sends every {1} s; {2} s without a reading are no alarm yet."),
    _noop("Reasons", "The hours of {0}'s alarm lack their beginning or end."),
    _noop("Reasons", "{0} is no time of day; write 22:00."),
    _noop("Reasons", "The alarm of {0} has the priority {1}; it is 1 (high), 2 or 3 (low)."),
    _noop("Reasons", "{0} would send every {1} s; enter 1 to {2}."),
    _noop("Reasons", "{0} lies in {1}, which is not known."),
    _noop("Reasons", "The row {0} has no name in any language."),
    _noop("Reasons", "The row {0} must have the id {1}."),
    _noop("Reasons", "The same row is given twice; send each once."),
    _noop("Reasons", "The shape of {0} has a ring that is not closed, or none at all."),
    _noop("Reasons", "The shape of {0} has more than {1} corners."),
    _noop("Reasons", "The shape of {0} is larger than {1} characters."),
    _noop("Reasons", "The shape of {0} is no GeoJSON Polygon or MultiPolygon ({1})."),
    _noop("Reasons", "The shape of {0} leaves the globe; send longitude, latitude."),
    _noop("Reasons", "{0} is a {1} and cannot be part of a {2}."),
    _noop("Reasons", "{0} is part of {1}, which is retired."),
    _noop("Reasons", "{0} is retired; enter it again before it comes on duty."),
    _noop("Reasons", "{0} still has a task; withdraw it, then retire it."),
    _noop("Reasons", "The jurisdiction {0} has no name in any language."),
)
