"""The register of units as the event loop knows it."""

from __future__ import annotations

from collections.abc import Iterable

from console.domain.units import Unit


class Register:
    """Units by id and call sign; belongs to the event loop, and follows what is committed."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._by_id: dict[str, Unit] = {}
        self._by_call_sign: dict[str, Unit] = {}
        self.take(units)

    def take(self, units: Iterable[Unit]) -> None:
        """Take new and changed units."""
        for unit in units:
            earlier = self._by_id.get(unit.id)
            if earlier is not None and earlier.call_sign != unit.call_sign:
                self._by_call_sign.pop(earlier.call_sign, None)
            self._by_id[unit.id] = unit
            self._by_call_sign[unit.call_sign] = unit

    @property
    def units(self) -> tuple[Unit, ...]:
        """All of them, retired ones too."""
        return tuple(self._by_id.values())

    def unit(self, unit_id: str) -> Unit | None:
        """Return the unit with this id."""
        return self._by_id.get(unit_id)

    def called(self, call_sign: str) -> Unit | None:
        """Return the unit with this call sign, unless it is retired."""
        unit = self._by_call_sign.get(call_sign)
        return None if unit is None or unit.retired else unit
