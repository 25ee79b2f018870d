"""Rules of the site's tables: limits and days of the working calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from console.dispatch.checks import checked_id, checked_words
from console.dispatch.decision import NOTHING_NEW, Ask, Decision, Draft
from console.dispatch.forms import is_form
from console.domain.errors import RejectedError
from console.domain.limits import CalendarDay, Limit, LimitError, LimitRule
from console.protocol import commands as c


def put_limit_rules(ask: Ask, body: c.PutLimitRules) -> Decision:
    """Enter or replace lines of the table of limits."""
    draft = Draft(ask)
    for rule in body.rules:
        checked_id(rule.id, "a limit")
        try:
            Limit.parse(rule.limit)
        except LimitError as error:
            raise RejectedError(str(error)) from error
        if rule.form is not None and not is_form(ask.rows, rule.form):
            raise RejectedError(f"The catalogue has no form {rule.form[:40]}.")
        earlier = ask.rows.get(LimitRule, rule.id)
        entered = replace(rule, version=earlier.version if earlier else 0)
        if entered != earlier:
            draft.put(entered)
    return draft.decision() if draft.has_rows else NOTHING_NEW


def put_calendar_days(ask: Ask, body: c.PutCalendarDays) -> Decision:
    """Enter or replace days of the working calendar."""
    draft = Draft(ask)
    for day in body.days:
        try:
            date.fromisoformat(day.id)
        except ValueError as error:
            raise RejectedError(f"{day.id[:40]!r} is no day; write 2027-02-06.") from error
        checked_words(day.note or "", "note")
        earlier = ask.rows.get(CalendarDay, day.id)
        entered = replace(day, version=earlier.version if earlier else 0)
        if entered != earlier:
            draft.put(entered)
    return draft.decision() if draft.has_rows else NOTHING_NEW
