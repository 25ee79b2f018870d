"""What a console asks central about patrol: leases, plans, the past."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TypeVar
from urllib.parse import urlencode

from console.protocol.patrol import PatrolPast, PatrolTurn, PatrolTurnAnswer, PlanSent

_T = TypeVar("_T")


class PatrolCalls:
    """Calls of the sync client that are about patrol; each returns what is to come."""

    def _asked(self, method: str, path: str, kind: type[_T], body: object = None) -> Future[_T]:
        raise NotImplementedError

    def patrol_turn(self, turn: PatrolTurn) -> Future[PatrolTurnAnswer]:
        """Renew the leases of points, send looks, take those of others; see `PatrolTurn`.

        The future raises `LinkError` if central could not be asked.
        """
        return self._asked("POST", "/v1/patrol/turn", PatrolTurnAnswer, turn)

    def patrol_plans(self) -> Future[list[PlanSent]]:
        """Return the patrol plans to come; the future raises `LinkError`."""
        return self._asked("GET", "/v1/patrol/plans", list[PlanSent])

    def put_plan(self, plan: PlanSent) -> Future[PlanSent]:
        """Enter or change a patrol plan; the future raises `LinkError`."""
        return self._asked("PUT", f"/v1/patrol/plans/{plan.id}", PlanSent, plan)

    def retire_plan(self, plan: str) -> Future[dict[str, str]]:
        """Take a patrol plan away; the future raises `LinkError`."""
        return self._asked("DELETE", f"/v1/patrol/plans/{plan}", dict[str, str])

    def patrol_past(self, days: int, form: str | None = None) -> Future[PatrolPast]:
        """Return where incidents were in the last days, to come; the future raises `LinkError`."""
        path = f"/v1/patrol/past?{urlencode({'days': days, 'form': form or ''})}"
        return self._asked("GET", path, PatrolPast)
