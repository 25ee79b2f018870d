"""The limits of an incident as its card tells them: the one that counts now, then the case's."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from console.domain.incidents import Incident
from console.ui.words import clock_text, due_text, stage_word, time_text


def limits_text(incident: Incident, now: datetime) -> tuple[str, bool]:
    """Return what the card says of an incident's clocks, and whether a limit is past.

    The limit told first is the one that the queue counts down.

    Args:
        incident: The incident.
        now: The time by which limits run, aware UTC.
    """
    parts = [
        QCoreApplication.translate("CardView", "opened {0}").format(time_text(incident.opened_at))
    ]
    due, is_late = incident.next_due_at, False
    if incident.closed_at is not None:
        parts.append(f"{stage_word(incident.stage)} {time_text(incident.closed_at)}")
    elif incident.paused_at is not None:
        held = QCoreApplication.translate("CardView", "clocks held: {0}")
        parts.append(held.format(incident.pause_reason))
    elif due is not None:
        left_s = (due - now).total_seconds()
        is_late = left_s < 0
        of_stage = due == incident.stage_due_at and due != incident.due_at
        words = _words(of_stage=of_stage, is_late=is_late)
        parts.append(words.format(due_text(due, now), clock_text(abs(left_s))))
        if incident.due_at is not None and due != incident.due_at:
            in_all = QCoreApplication.translate("CardView", "in all {0}")
            parts.append(in_all.format(due_text(incident.due_at, now)))
    return " · ".join(parts), is_late


def _words(*, of_stage: bool, is_late: bool) -> str:
    if of_stage and is_late:
        return QCoreApplication.translate("CardView", "stage {0}, {1} over")
    if of_stage:
        return QCoreApplication.translate("CardView", "stage {0}, {1} left")
    if is_late:
        return QCoreApplication.translate("CardView", "limit {0}, {1} over")
    return QCoreApplication.translate("CardView", "limit {0}, {1} left")
