"""What tests of the desk ask of a console's models."""

from __future__ import annotations

from console.app.desktop_models import DeskModels
from console.store.outbox import UNSETTLED


def all_answered(models: DeskModels) -> bool:
    """Whether nothing that was typed waits for central, neither on disk nor on the screen.

    What was typed a moment ago is on disk before the screen is told of it.
    """
    return not models.client._outbox.in_state(*UNSETTLED) and models.mirror.outbox.unsent == 0
