"""Rules of areas: what may be drawn."""

from __future__ import annotations

from dataclasses import replace

from console.dispatch.checks import checked_id, checked_position, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.domain.areas import Area, AreaKind, FenceRule
from console.domain.errors import ConflictError, RejectedError, UnknownRowError
from console.protocol import commands as c

MOST_CORNERS = 5000
_LONGEST_S = 30 * 86_400


def put_areas(ask: Ask, body: c.PutAreas) -> Decision:
    """Enter, change or retire areas."""
    draft = Draft(ask)
    for area in body.areas:
        check_area(area, ask.rows.area(area.plan) if area.plan is not None else None)
        earlier = ask.rows.area(area.id)
        held = earlier.version if earlier is not None else 0
        if area.version not in (0, held):
            raise ConflictError(
                "area", area.id, present=held, based_on=area.version, name=f"“{area.name}”"
            )
        # Where it lies is for central to find, not for whoever draws it to say.
        stayed = earlier is not None and earlier.outline == area.outline
        entered = replace(
            area,
            version=held,
            districts=earlier.districts if earlier is not None and stayed else (),
        )
        if entered != earlier:
            draft.put(entered)
    return draft.decision() if draft.has_rows else NOTHING_NEW


def tell_area_events(ask: Ask, body: c.TellAreaEvents) -> Decision:
    """Enter what happened at areas; what was told already is passed over."""
    if ask.actor is not None:
        raise RejectedError("Only central itself tells what happened at areas; it finds that out.")
    draft = Draft(ask)
    for event in body.events:
        checked_id(event.id, "an event")
        if ask.rows.area(event.area) is None:
            raise UnknownRowError("area", event.area)
        if ask.rows.area_event(event.id) is None:
            draft.put(replace(event, version=0))
    return draft.decision() if draft.has_rows else NOTHING_NEW


def check_area(area: Area, plan: Area | None) -> None:
    """Check that an area makes sense.

    Args:
        area: As it is to be.
        plan: What it names as the event it belongs to, if there is such an area.

    Raises:
        RejectedError: It does not; says why.
    """
    checked_id(area.id, "an area")
    if not area.name.strip():
        raise RejectedError("An area needs a name, so that people can speak of it.")
    checked_words(area.name, "name of the area")
    checked_words(area.response or "", "response")
    corners = set(area.outline)
    if len(corners) < 3:
        raise RejectedError(f"“{area.name}” has {len(corners)} corners; an area has three or more.")
    if len(area.outline) > MOST_CORNERS:
        raise RejectedError(
            f"“{area.name}” has {len(area.outline)} corners; {MOST_CORNERS} are the most. Draw it "
            "more simply."
        )
    for lat, lon in area.outline:
        checked_position(lat, lon)
    if area.starts_at and area.ends_at and area.ends_at <= area.starts_at:
        raise RejectedError(f"“{area.name}” ends before it begins.")
    _check_rules(area)
    if area.plan is not None and (plan is None or plan.kind is not AreaKind.EVENT):
        raise RejectedError(f"“{area.name}” belongs to an event that does not exist.")


def _check_rules(area: Area) -> None:
    for rule, seconds in ((FenceRule.DWELL, area.dwell_s), (FenceRule.ABSENCE, area.absence_s)):
        if rule in area.rules and (seconds is None or not 0 < seconds <= _LONGEST_S):
            raise RejectedError(
                f"“{area.name}” tells of {rule.value}, but not after how long; give 1 second to 30 "
                "days."
            )
    if area.need is not None and not 0 <= area.need <= 100_000:
        raise RejectedError(f"“{area.name}” needs {area.need} people; that cannot be.")
