"""What a console asks central about the city: readings, areas, what is usual."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from urllib.parse import quote, urlencode

from console.domain.areas import AreaEvent
from console.protocol.readings import PastOfSensor, ReadingsTold
from console.protocol.situation import UsualLoad
from console.sync.patrolcalls import PatrolCalls


class CityCalls(PatrolCalls):
    """Calls of the sync client that are about the city; each returns what is to come."""

    def usual_load(self) -> Future[UsualLoad]:
        """Return what is usual in each area to come; the future raises `LinkError`."""
        return self._asked("GET", "/v1/situation", UsualLoad)

    def readings(self, after: int) -> Future[ReadingsTold]:
        """Return the readings newer than a mark to come; the future raises `LinkError`."""
        return self._asked("GET", f"/v1/readings?after={after}", ReadingsTold)

    def past_readings(
        self, sensors: Sequence[str], from_ms: int, to_ms: int
    ) -> Future[list[PastOfSensor]]:
        """Return what sensors read between two times to come; the future raises `LinkError`."""
        asked = [("sensor", one) for one in sensors] + [("from_ms", from_ms), ("to_ms", to_ms)]
        return self._asked("GET", f"/v1/readings/past?{urlencode(asked)}", list[PastOfSensor])

    def area_events(self, area: str, before: str, limit: int) -> Future[list[AreaEvent]]:
        """Return what happened at an area before an event to come; raises `LinkError`."""
        asked = urlencode({"before": before, "limit": limit})
        return self._asked("GET", f"/v1/areas/{quote(area)}/events?{asked}", list[AreaEvent])
