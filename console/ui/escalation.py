"""When an order nobody accepts comes onto this screen, by the site's table of escalations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from console.domain.catalogue import CatalogueItem, CatalogueName
from console.domain.incidents import Incident
from console.domain.levels import Role
from console.ui.mirror import Mirror

#: Where the table says nothing, the dispatcher hears of it after so long.
USUAL = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: after how long whose screen says it.

    Attributes:
        code: Of the line in the table; ``None`` for the program's own.
        tell: The role that is told.
    """

    after: timedelta
    tell: Role
    code: str | None = None


class Escalations:
    """Reads the site's table; kept until a row of it changes."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._items: list[CatalogueItem] | None = None
        mirror.tables_changed.connect(self._take_table)

    def step_for(self, incident: Incident) -> Step | None:
        """Return when this screen is told of an order to an incident, ``None`` if it is not."""
        who = self._mirror.who
        role = Role.DISPATCHER if who is None else Role(who.role)
        mine = [one for one in self.steps(incident) if one.tell is role]
        return min(mine, key=lambda one: one.after, default=None)

    def steps(self, incident: Incident) -> list[Step]:
        """Return every step of an order to an incident, the first told first."""
        found = [
            Step(
                after=timedelta(seconds=int(item.details.get("after_s") or 60)),
                tell=Role(str(item.details.get("tell"))),
                code=item.code,
            )
            for item in self._rows()
            if _fits(item, incident)
        ]
        usual = [Step(after=USUAL, tell=Role.DISPATCHER)] if not self._rows() else []
        return sorted([*found, *usual], key=lambda one: one.after)

    def _rows(self) -> list[CatalogueItem]:
        if self._items is None:
            every = self._mirror.every(CatalogueItem)
            table = CatalogueName.ESCALATION
            self._items = [one for one in every if one.catalogue is table and not one.retired]
        return self._items

    def _take_table(self, kind: str, _ids: list[str]) -> None:
        if kind == "catalogue":
            self._items = None


def _fits(item: CatalogueItem, incident: Incident) -> bool:
    level, form = item.details.get("level"), str(item.details.get("form") or "")
    return (level is None or incident.level <= int(level)) and incident.form.startswith(form)
