"""How long a case and each of its stages may take, from the site's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from console.calendar import WorkCalendar
from console.domain.forms import Form, form_of
from console.domain.incidents import Incident, Stage
from console.domain.limits import CalendarDay, Limit, LimitError, LimitRule, LimitUnit

#: Limits of stages where the site's table has none; the case as a whole has its form's.
STAGE_LIMITS: dict[Stage, str] = {
    Stage.COLLECT: "0.5h",
    Stage.FILE: "0.5h",
    Stage.DISPATCH: "0.25h",
    Stage.REPORT_BACK: "2wh",
    Stage.VERIFY: "4wh",
    Stage.EVALUATE: "3wd",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRules:
    """The tables of limits and the calendar they are reckoned in.

    Attributes:
        forms: The site's own forms by code; a form's hours hold where no limit is entered.
    """

    calendar: WorkCalendar
    limits: tuple[LimitRule, ...] = ()
    forms: Mapping[str, Form] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        limits: Iterable[LimitRule],
        days: Iterable[CalendarDay],
        *,
        zone: ZoneInfo,
        forms: Mapping[str, Form] | None = None,
    ) -> TimeRules:
        """Return the rules of some tables; ``forms`` are the site's own, by code."""
        entered = {one.day: one.works for one in days if one.works is not None}
        held = tuple(one for one in limits if not one.retired)
        return cls(calendar=WorkCalendar(zone, days=entered), limits=held, forms=forms or {})

    def case_limit(self, form: str, district: str | None) -> Limit:
        """Return how long a case may take as a whole."""
        found = self._found(None, form, district)
        own = self.forms.get(form) or form_of(form)
        hours = Limit(amount=own.limit_h, unit=LimitUnit.HOURS)
        return found or hours

    def stage_limit(self, stage: Stage, form: str, district: str | None) -> Limit | None:
        """Return how long a stage may take; ``None`` where only the case as a whole counts."""
        text = STAGE_LIMITS.get(stage)
        return self._found(stage, form, district) or (Limit.parse(text) if text else None)

    def _found(self, stage: Stage | None, form: str, district: str | None) -> Limit | None:
        """Return the limit of the line that fits best: form before district before neither."""
        fitting = [
            (rule.form is not None, rule.district is not None, rule.id, rule)
            for rule in self.limits
            if rule.stage is stage
            and rule.form in {None, form}
            and rule.district in {None, district}
        ]
        if not fitting:
            return None
        try:
            return Limit.parse(max(fitting, key=lambda each: each[:3])[3].limit)
        except LimitError:
            return None  # refused when it was entered; a table from elsewhere does not stop a case


def with_case_limit(incident: Incident, rules: TimeRules) -> Incident:
    """Return the incident with its limit as a whole, reckoned from its first word."""
    limit = rules.case_limit(incident.form, incident.district)
    due_at = rules.calendar.due(incident.opened_at, limit)
    return replace(incident, limit=str(limit), due_at=due_at)


def with_stage_limit(incident: Incident, rules: TimeRules, *, at: datetime) -> Incident:
    """Return the incident with the limit of the stage it has just come to."""
    limit = rules.stage_limit(incident.stage, incident.form, incident.district)
    due_at = None if limit is None else rules.calendar.due(at, limit)
    return replace(incident, stage_at=at, stage_due_at=due_at)


def paused(incident: Incident, reason: str, *, at: datetime) -> Incident:
    """Return the incident with its clocks held."""
    return replace(incident, paused_at=at, pause_reason=reason)


def resumed(incident: Incident, rules: TimeRules, *, at: datetime) -> Incident:
    """Return the incident with its clocks going on; what was left at the pause is left now."""
    since = incident.paused_at or at
    case = Limit.parse(incident.limit).unit if incident.limit else LimitUnit.HOURS
    stage = rules.stage_limit(incident.stage, incident.form, incident.district)
    return replace(
        incident,
        paused_at=None,
        pause_reason=None,
        due_at=_moved(incident.due_at, rules, case, since=since, at=at),
        stage_due_at=_moved(
            incident.stage_due_at, rules, stage.unit if stage else case, since=since, at=at
        ),
    )


def _moved(
    due_at: datetime | None, rules: TimeRules, unit: LimitUnit, *, since: datetime, at: datetime
) -> datetime | None:
    if due_at is None:
        return None
    left = rules.calendar.left(since, due_at, unit)
    if left is not None:
        return rules.calendar.due(at, left)
    # Nothing was left, or less than a working day: it is as late after the pause as before.
    return due_at + (at - since)


def rules_of(rows: Sequence[object], *, zone: ZoneInfo) -> TimeRules:
    """Return the rules that rows of both tables make."""
    return TimeRules.of(
        [one for one in rows if isinstance(one, LimitRule)],
        [one for one in rows if isinstance(one, CalendarDay)],
        zone=zone,
    )
