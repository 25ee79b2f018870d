"""The figures that central's parts keep anyway, gathered for who asks."""

from __future__ import annotations

from dataclasses import dataclass

from console.central.consoles import ConsoleHub
from console.central.door import Door
from console.central.handhelds import HandheldHub
from console.central.positions import PositionHub
from console.central.sequencer import Sequencer
from console.central.trails import TrailKeeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Asks central's parts how they are."""

    sequencer: Sequencer
    consoles: ConsoleHub
    handhelds: HandheldHub
    positions: PositionHub
    door: Door
    trails: TrailKeeper

    def now(self) -> dict[str, float]:
        """Return the present figures by name."""
        return {
            "revision": self.sequencer.mark.head,
            "consoles": self.consoles.count,
            "handhelds": self.handhelds.count,
            "unacknowledged_deliveries": self.handhelds.unacknowledged,
            "sessions": self.door.count,
            **self.sequencer.counters,
            **self.positions.counters,
            **self.trails.counters,
        }
