"""One unit in a sentence: what it does, how old its fix is, how it is reached."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from console.domain.assignments import Assignment
from console.domain.units import Unit
from console.tracking import Freshness
from console.ui.mirror import Mirror
from console.ui.queuetexts import short_number
from console.ui.words import (
    age_text,
    form_word,
    reach_text,
    step_word,
    time_text,
    unit_kind_word,
    unit_state_word,
)


def unit_sentence(mirror: Mirror, unit: Unit) -> str:
    """Return who a unit is, what it does for which incident, where it was when, its phone."""
    name = f"{unit.call_sign} {unit.name}" if unit.name else unit.call_sign
    running = [one for one in mirror.assignments_of_unit(unit.id) if one.is_running]
    tasks = [_task(mirror, one) for one in running] or [
        QCoreApplication.translate("UnitTexts", "no task")
    ]
    words = (name, unit_kind_word(unit.kind), unit_state_word(unit.status), _fix(mirror, unit))
    reach = [reach_text(unit)] if unit.phone or unit.radio else []
    return " · ".join([*words, *tasks, *reach])


def _task(mirror: Mirror, assignment: Assignment) -> str:
    incident = mirror.incident(assignment.incident)
    step = f"{step_word(assignment.state)} {time_text(assignment.changed_at, seconds=False)}"
    if incident is None:
        return step
    return f"{short_number(incident)} {form_word(incident.form)}, {incident.place} ({step})"


def _fix(mirror: Mirror, unit: Unit) -> str:
    force = mirror.force
    if force is None or unit.no >= len(force) or not force.has_fix[unit.no]:
        return QCoreApplication.translate("UnitTexts", "no fix")
    link = mirror.link
    ahead_s = (link.clock_ahead_s or 0.0) if link is not None else 0.0
    now_ms = int((mirror.now().timestamp() - ahead_s) * 1000)
    age = age_text(float(force.ages_s(now_ms)[unit.no]))
    if Freshness(int(force.freshness(now_ms)[unit.no])) is Freshness.ASLEEP:
        return QCoreApplication.translate("UnitTexts", "fix {0} old, handheld asleep").format(age)
    return QCoreApplication.translate("UnitTexts", "fix {0} old").format(age)
