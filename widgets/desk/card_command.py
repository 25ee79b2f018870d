"""Parts of the card about command: what a unit was sent instead of, sectors, cases, help."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from console.domain.command import HelpState
from console.ui.card import IncidentCard
from console.ui.commandtexts import help_word, post_text
from console.ui.queuetexts import short_number
from console.ui.words import form_word, stage_word, time_text
from widgets.desk.card_parts import wrapped


def _say(text: str) -> str:
    return QCoreApplication.translate("CardCommand", text)


def command_parts(card: IncidentCard) -> list[tuple[str, list[QWidget]]]:
    """Return the sections of a big incident and of help asked for; none where there is nothing."""
    sections: list[tuple[str, list[QWidget]]] = []
    if card.post is not None:
        sections.append((_say("COMMAND POST"), [wrapped(post_text(card.post))]))
    if card.sectors:
        lines = [_sector(card, at) for at in range(len(card.sectors))]
        sections.append((_say("SECTORS {0}").format(len(lines)), lines))
    if card.parts:
        cases: list[QWidget] = [
            wrapped(
                f"{short_number(one)} {form_word(one.form)} · {stage_word(one.stage)} · "
                f"{one.summary[:60]}"
            )
            for one in card.parts
        ]
        sections.append((_say("CASES {0}").format(len(cases)), cases))
    if card.help:
        asked: list[QWidget] = []
        for one in card.help:
            words = [
                time_text(one.asked_at), help_word(one.state), f"×{one.wanted}", one.reason,
                " ".join(one.call_signs), one.answer or "",
            ]  # fmt: skip
            tone = "warn" if one.state is HelpState.DECLINED else ""
            asked.append(wrapped(" · ".join(filter(None, words)), tone))
        sections.append((_say("HELP"), asked))
    return sections


def _sector(card: IncidentCard, at: int) -> QWidget:
    sector = card.sectors[at]
    signs = [line.call_sign for line in card.running if line.assignment.sector == sector.id]
    lead = next(
        (line.call_sign for line in card.assignments if line.assignment.unit == sector.lead), None
    )
    words = [sector.name, _say("lead {0}").format(lead) if lead else "", " ".join(signs)]
    return wrapped(" · ".join(filter(None, [*words, sector.task or ""])))
