"""The site's noise limits and alarm rules as held here, read anew when they change."""

from __future__ import annotations

from datetime import date

from console.alarms.conditions import ConditionKind
from console.alarms.siterules import SiteRules
from console.domain.catalogue import CatalogueItem
from console.domain.sensors import Sensor, SensorKind
from console.ui.mirror import Mirror
from console.ui.words import is_chinese


class RuleBook:
    """Gives the rules in force now, by the city's day; a change holds from the next look on."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._read: tuple[date, SiteRules] | None = None
        mirror.tables_changed.connect(self._take_table)

    @property
    def rules(self) -> SiteRules:
        """The rules of today."""
        day = self._mirror.now().astimezone(self._mirror.zone).date()
        if self._read is None or self._read[0] != day:
            self._read = day, SiteRules(self._mirror.every(CatalogueItem), day)
        return self._read[1]

    def in_force(self, sensor: Sensor) -> Sensor:
        """Return a sensor with the limits and alarms that it has now."""
        return self.rules.in_force(sensor, at=self._mirror.now(), zone=self._mirror.zone)

    def peak(self, sensor: Sensor) -> float | None:
        """Return the value no single reading of a sensor, as it is entered, may reach now."""
        return self.rules.peak(sensor, at=self._mirror.now(), zone=self._mirror.zone)

    def response(
        self, kind: ConditionKind, *, district: str | None, of: SensorKind | None = None
    ) -> str:
        """Return what is to be done about an alarm as the site says it; empty where it does not."""
        rule = self.rules.rule(kind, district=district, of=of)
        if rule is None:
            return ""
        zh, en = rule.response_zh, rule.response_en
        return (zh or en) if is_chinese() else (en or zh)

    def _take_table(self, kind: str, _ids: list[str]) -> None:
        if kind == "catalogue":
            self._read = None
