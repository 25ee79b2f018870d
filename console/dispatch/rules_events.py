"""Rules of big incidents: sectors, command post, a plan opened with its tasks."""

from __future__ import annotations

from dataclasses import replace

from console.dispatch.checks import checked_id, checked_position, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.eventplans import EventPlan, plan_from
from console.dispatch.forms import form_in, is_form
from console.dispatch.rules_case import name_of_incident
from console.dispatch.time_rules import with_case_limit
from console.domain.catalogue import CatalogueItem, CatalogueName, item_id
from console.domain.command import CommandPost, Sector
from console.domain.errors import ConflictError, RejectedError
from console.domain.ids import IncidentId
from console.domain.incidents import Incident, Stage
from console.domain.levels import Channel, Level
from console.protocol import commands as c

_MOST_NAME = 60


def put_sector(ask: Ask, body: c.PutSector) -> Decision:
    """Make, change or end a sector of a big incident."""
    sector = body.sector
    checked_id(sector.id, "a sector")
    incident = ask.incident(sector.incident)
    if not incident.is_major or not incident.is_open:
        raise RejectedError(
            f"{name_of_incident(incident)} is no open big incident; make it one first."
        )
    name = sector.name.strip()
    if not 0 < len(name) <= _MOST_NAME:
        raise RejectedError("A sector needs a name that can be said on the radio.")
    task = checked_words(sector.task.strip(), "task") if sector.task else None
    lead = None if sector.lead is None else ask.unit(sector.lead).id
    earlier = ask.rows.get(Sector, sector.id)
    version = 0 if earlier is None else earlier.version
    entered = replace(sector, name=name, task=task, lead=lead, version=version)
    if entered == earlier:
        return NOTHING_NEW
    draft = Draft(ask)
    draft.put(entered)
    verb = "sector_ended" if sector.retired else "sector_put"
    draft.log(incident.id, verb, detail=": ".join(filter(None, (name, task))), unit=lead)
    return draft.decision()


def put_post(ask: Ask, body: c.PutPost) -> Decision:
    """Set up, move or end the command post; central notes since when, and who took over.

    Whoever saw that there was none sends version 0, and gets a conflict if there is one by now.
    """
    post = body.post
    incident = ask.incident(post.incident)
    if not incident.is_major or not incident.is_open:
        raise RejectedError(
            f"{name_of_incident(incident)} is no open big incident; make it one first."
        )
    if post.id != incident.id:
        raise RejectedError("A big incident has one command post, with the incident's id.")
    place = checked_words(post.place.strip(), "place")
    commander = (post.commander or "").strip() or None
    if not place:
        raise RejectedError("Say where the command post is.")
    if commander is not None and len(commander) > _MOST_NAME:
        raise RejectedError("Whoever commands needs a name that can be said on the radio.")
    lat, lon = checked_position(post.lat, post.lon)
    earlier = ask.rows.get(CommandPost, post.id)
    held = None if earlier is None or earlier.retired else earlier
    if held is None and post.retired:
        return NOTHING_NEW
    since = None if commander is None else ask.at
    if held is not None and held.commander == commander:
        since = held.since
    entered = replace(
        post,
        place=place,
        lat=lat,
        lon=lon,
        commander=commander,
        set_up_at=ask.at if held is None else held.set_up_at,
        since=since,
        version=0 if earlier is None else earlier.version,
    )
    if entered == earlier:
        return NOTHING_NEW
    present = 0 if earlier is None else earlier.version
    if ask.base_version not in {None, present}:
        name = f"command post of {name_of_incident(incident)}"
        raise ConflictError(
            "command_post", post.id, present=present, based_on=ask.base_version, name=name
        )
    draft = Draft(ask)
    draft.put(entered)
    before = None if held is None else held.commander
    if post.retired:
        draft.log(incident.id, "post_ended", detail=place)
    elif held is None or held.place != place:
        draft.log(incident.id, "post_put", detail=place)
    if commander != before and not post.retired:
        draft.log(
            incident.id, "command_taken", detail=" → ".join(filter(None, (before, commander)))
        )
    return draft.decision()


def place_in_sector(ask: Ask, body: c.PlaceInSector) -> Decision:
    """Put a unit's task into a sector of its big incident, or take it out."""
    assignment = ask.assignment(body.assignment)
    incident = ask.incident(assignment.incident)
    if assignment.sector == body.sector:
        return NOTHING_NEW
    sector = None if body.sector is None else ask.rows.get(Sector, body.sector)
    if body.sector is not None and (sector is None or sector.retired):
        raise RejectedError("There is no such sector; make it first.")
    if sector is not None and sector.incident not in {incident.id, incident.parent}:
        raise RejectedError(f"“{sector.name}” is a sector of another incident.")
    draft = Draft(ask)
    draft.put(replace(assignment, sector=None if sector is None else sector.id))
    big = sector.incident if sector is not None else incident.parent or incident.id
    draft.log(big, "placed", detail=sector.name if sector else None, unit=assignment.unit)
    return draft.decision()


def open_event(ask: Ask, body: c.OpenEvent) -> Decision:
    """Open a big incident from a plan: its sectors, and a case for each of its tasks."""
    item = ask.rows.get(CatalogueItem, item_id(CatalogueName.EVENT_PLAN, body.plan[:60]))
    if item is None or item.retired:
        raise RejectedError(f"There is no event plan called {body.plan[:40]!r}.")
    plan = plan_from(item)
    _check_event(ask, body, plan)
    lat, lon = checked_position(body.lat, body.lon)
    draft = Draft(ask)
    big = _filed(ask, body.incident, plan.form, plan.text_zh, body)
    big = replace(big, is_major=True, level=Level.CRITICAL, lat=lat, lon=lon)
    draft.put(with_case_limit(big, ask.rows.time_rules()))
    draft.log(big.id, "opened", detail=Channel.LEADER)
    draft.log(big.id, "filed")
    draft.log(big.id, "made_major", detail=f"{item.name_zh}: {body.reason.strip()}")
    for row_id, name in zip(body.sectors, plan.sectors, strict=True):
        sector = Sector(id=checked_id(row_id, "a sector"), incident=big.id, name=name)
        draft.put(sector)
        draft.log(big.id, "sector_put", detail=name)
    for row_id, task in zip(body.cases, plan.tasks, strict=True):
        case = _filed(ask, row_id, task.form, task.text, body)
        case = replace(case, parent=big.id, lat=lat, lon=lon)
        draft.put(with_case_limit(case, ask.rows.time_rules()))
        draft.log(case.id, "opened", detail=Channel.LEADER)
        draft.log(case.id, "filed")
        draft.log(big.id, "has_part", detail=task.text)
    return draft.decision()


def _check_event(ask: Ask, body: c.OpenEvent, plan: EventPlan) -> None:
    ids = [body.incident, *body.cases, *body.sectors]
    if len(body.cases) != len(plan.tasks) or len(body.sectors) != len(plan.sectors):
        raise RejectedError(
            f"The plan has {len(plan.tasks)} tasks and {len(plan.sectors)} sectors by now; "
            "look at it again."
        )
    if len(set(ids)) != len(ids) or any(
        ask.rows.incident(one) for one in ids[: 1 + len(body.cases)]
    ):
        raise RejectedError("An incident with this id was opened before; make a new id.")
    if not body.reason.strip() or not body.place.strip():
        raise RejectedError(
            "Say where it is and why the plan is opened; whoever commands reads it."
        )
    for form in (plan.form, *(task.form for task in plan.tasks)):
        if not is_form(ask.rows, form):
            raise RejectedError(f"The catalogue has no form {form[:40]}.")


def _filed(ask: Ask, row_id: str, form: str, summary: str, body: c.OpenEvent) -> Incident:
    collected = Incident(
        id=IncidentId(checked_id(row_id, "an incident")),
        form=form,
        level=form_in(ask.rows, form).level,
        stage=Stage.COLLECT,
        channel=Channel.LEADER,
        summary=checked_words(f"{summary} {body.reason.strip()}", "summary"),
        place=checked_words(body.place.strip(), "place"),
        opened_at=ask.at,
        opened_by=ask.actor,
    )
    return collected.moved_to(Stage.FILE, at=ask.at)
