"""Rules of rosters, standing instructions and the change of shift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from console.dispatch.changed import Changed
from console.dispatch.checks import checked_id, checked_time, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.domain.areas import Area, AreaKind
from console.domain.errors import RejectedError, UnknownRowError
from console.domain.ids import JurisdictionId
from console.domain.incidents import Incident
from console.domain.shifts import (
    Handover,
    HandoverId,
    HandoverItem,
    HandoverKind,
    Instruction,
    RosterEntry,
)
from console.protocol import commands as c

LONGEST_TURN = timedelta(hours=36)
#: A shift is no longer, and a packet that nobody signed for so long is made anew.
LONGEST_SHIFT = timedelta(hours=24)
_MOST_WORDS = 20


def put_roster(ask: Ask, body: c.PutRoster) -> Decision:
    """Enter, change or take out turns of duty; a unit has one at a time."""
    draft = Draft(ask)
    given = {entry.id: entry for entry in body.entries}
    if len(given) != len(body.entries):
        raise RejectedError("The same row is given twice; send each once.")
    for entry in body.entries:
        _check_turn(ask, entry)
        earlier = ask.rows.get(RosterEntry, entry.id)
        planned = {one.id: one for one in ask.rows.of_unit(RosterEntry, entry.unit)}
        planned.update({one.id: one for one in body.entries if one.unit == entry.unit})
        if not entry.retired:
            _check_alone(ask, entry, list(planned.values()))
        entered = replace(entry, version=earlier.version if earlier else 0)
        if entered != earlier:
            draft.put(entered)
    return draft.decision() if draft.has_rows else NOTHING_NEW


def _check_turn(ask: Ask, entry: RosterEntry) -> None:
    checked_id(entry.id, "a turn of duty")
    unit = ask.unit(entry.unit)
    starts_at = checked_time(entry.starts_at, "a turn's begin")
    ends_at = checked_time(entry.ends_at, "a turn's end")
    for words, what in ((entry.post, "post"), (entry.note, "note")):
        checked_words(words or "", what)
    if ends_at <= starts_at:
        raise RejectedError(f"The turn of {unit.call_sign} ends before it begins.")
    if ends_at - starts_at > LONGEST_TURN:
        raise RejectedError(f"The turn of {unit.call_sign} is longer than 36 hours; part it.")
    if entry.beat is not None:
        beat = ask.rows.area(entry.beat)
        if not isinstance(beat, Area) or beat.kind is not AreaKind.BEAT:
            raise RejectedError(f"{unit.call_sign} is given a beat that is not drawn.")


def _check_alone(ask: Ask, entry: RosterEntry, planned: Sequence[RosterEntry]) -> None:
    for other in planned:
        if other.id == entry.id or other.retired:
            continue
        if other.starts_at < entry.ends_at and entry.starts_at < other.ends_at:
            sign = ask.unit(entry.unit).call_sign
            raise RejectedError(f"{sign} is planned twice at one time; take one turn out.")


def put_instructions(ask: Ask, body: c.PutInstructions) -> Decision:
    """Enter, change or take back standing instructions."""
    draft = Draft(ask)
    for one in body.instructions:
        checked_id(one.id, "an instruction")
        text = checked_words(one.text.strip(), "instruction")
        if not text:
            raise RejectedError("The instruction is empty; write what is to be done.")
        if one.until is not None:
            checked_time(one.until, "the instruction's end")
        if one.district is not None and ask.rows.jurisdiction(one.district) is None:
            raise UnknownRowError("jurisdiction", one.district)
        earlier = ask.rows.get(Instruction, one.id)
        since = ask.at if earlier is None else earlier.since
        by = ask.actor if earlier is None else earlier.by
        version = 0 if earlier is None else earlier.version
        entered = replace(one, text=text, since=since, by=by, version=version)
        if entered != earlier:
            draft.put(entered)
    return draft.decision() if draft.has_rows else NOTHING_NEW


def prepare_handover(ask: Ask, body: c.PrepareHandover) -> Decision:
    """Write the packet: what is open, what ended, what was done with each, what always holds."""
    checked_id(body.handover, "a hand-over")
    if ask.rows.get(Handover, body.handover) is not None:
        return NOTHING_NEW
    since = checked_time(body.since, "the shift's begin")
    if not timedelta() < ask.at - since <= LONGEST_SHIFT:
        raise RejectedError("A shift began within the last 24 hours; say when yours began.")
    if body.district is not None and ask.rows.jurisdiction(body.district) is None:
        raise UnknownRowError("jurisdiction", body.district)
    words = [checked_words(one.strip(), "word") for one in body.words if one.strip()]
    if len(words) > _MOST_WORDS:
        raise RejectedError(f"{len(words)} words to hand over; {_MOST_WORDS} are the most.")
    changed = ask.rows.changes_since(since)
    draft = Draft(ask)
    draft.put(
        Handover(
            id=HandoverId(body.handover),
            since=since,
            prepared_at=ask.at,
            given_by=ask.actor,
            items=(
                *_cases(ask, changed, body.district),
                *_instructions(ask, body.district),
                *(HandoverItem(kind=HandoverKind.WORD, text=one) for one in words),
            ),
            district=None if body.district is None else JurisdictionId(body.district),
            rev=changed.rev,
        )
    )
    return draft.decision()


def _cases(ask: Ask, changed: Changed, district: str | None) -> list[HandoverItem]:
    events: dict[str, list[str]] = {}
    for line in changed.lines:
        events.setdefault(line.incident, []).append(line.verb)
    cases = {one.id: one for one in (*changed.incidents, *ask.rows.open_incidents())}
    mine = [one for one in cases.values() if district in (None, one.district)]
    mine.sort(key=lambda one: (not one.is_open, one.level, one.opened_at, one.id))
    return [_case(ask, one, events.get(one.id, ()), one.id in changed.changed) for one in mine]


def _case(ask: Ask, incident: Incident, events: Sequence[str], is_changed: bool) -> HandoverItem:
    running = [one for one in ask.rows.assignments_of_incident(incident.id) if one.is_running]
    return HandoverItem(
        kind=HandoverKind.OPEN if incident.is_open else HandoverKind.ENDED,
        incident=incident.id,
        number=incident.number,
        form=incident.form,
        place=incident.place,
        level=incident.level,
        stage=incident.stage,
        events=tuple(events),
        is_changed=is_changed,
        units=tuple(one.unit for one in running),
    )


def _instructions(ask: Ask, district: str | None) -> list[HandoverItem]:
    held = [
        one
        for one in ask.rows.every(Instruction)
        if one.holds_at(ask.at) and (district is None or one.district in (None, district))
    ]
    held.sort(key=lambda one: (one.since, one.id))
    return [HandoverItem(kind=HandoverKind.INSTRUCTION, text=one.text) for one in held]


def read_back(ask: Ask, body: c.ReadBack) -> Decision:
    """Keep that who comes has read items back."""
    packet = _packet(ask, body.handover)
    if ask.actor == packet.given_by:
        raise RejectedError("Who hands over does not read back; whoever takes over does.")
    if packet.taken_by not in (None, ask.actor):
        raise RejectedError("Somebody else reads this packet back already.")
    for no in body.items:
        if not 0 <= no < len(packet.items):
            raise RejectedError(f"The packet has no item {no + 1}.")
    read = tuple(sorted({*packet.read_back, *body.items}))
    if read == packet.read_back:
        return NOTHING_NEW
    draft = Draft(ask)
    draft.put(replace(packet, read_back=read, taken_by=ask.actor))
    return draft.decision()


def sign_handover(ask: Ask, body: c.SignHandover) -> Decision:
    """Sign a packet, as who goes or as who comes."""
    packet = _packet(ask, body.handover)
    if ask.actor == packet.given_by:
        signed = replace(packet, given_at=packet.given_at or ask.at)
    elif packet.taken_by not in (None, ask.actor):
        raise RejectedError("Somebody else reads this packet back already.")
    elif not packet.is_read:
        left = len(packet.items) - len(packet.read_back)
        raise RejectedError(f"{left} items are not read back yet; read them, then sign.")
    else:
        signed = replace(packet, taken_by=ask.actor, taken_at=packet.taken_at or ask.at)
    if signed == packet:
        return NOTHING_NEW
    draft = Draft(ask)
    draft.put(signed)
    return draft.decision()


def _packet(ask: Ask, handover: str) -> Handover:
    found = ask.rows.get(Handover, handover)
    if found is None:
        raise UnknownRowError("hand-over", handover)
    if not found.is_signed and ask.at - found.prepared_at > LONGEST_SHIFT:
        raise RejectedError("The packet is older than a day; prepare a new one.")
    return found
