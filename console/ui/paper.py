"""Writes what is on the desk into files, and says what could not be written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from console.domain.errors import ZhihuiError
from console.ui.card import card_of
from console.ui.caseprint import write_case_pdf, write_list
from console.ui.mirror import Mirror
from console.ui.queue import IncidentQueueModel


class DeskPaper:
    """Prints cases and exports the queue.

    Args:
        mirror: Where cases are looked up.
        queue: The list that is exported.
        refused: Told in a sentence why a file could not be written.
    """

    def __init__(
        self, mirror: Mirror, queue: IncidentQueueModel, refused: Callable[[str], None]
    ) -> None:
        self._mirror, self._queue, self._refused = mirror, queue, refused

    def print_case(self, incident: str, path: Path) -> bool:
        """Write a case as PDF; return whether it was."""
        card = card_of(self._mirror, incident)
        return card is not None and self._done(lambda: write_case_pdf(card, path))

    def export(self, path: Path) -> bool:
        """Write the queue as it is shown; return whether it was."""
        return self._done(lambda: write_list(self._queue, path))

    def _done(self, write: Callable[[], object]) -> bool:
        try:
            write()
        except ZhihuiError as error:
            self._refused(str(error))
            return False
        return True
