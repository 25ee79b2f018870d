"""The simulated force: the same for the same seed, spread over the streets, on shifts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from console.city.people import NoJurisdictionError, make_units
from console.city.people_shifts import Roster
from console.domain.ids import JurisdictionId
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.domain.units import UnitKind, UnitStatus

MIDDAY = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


class Streets:
    """A gazetteer of four districts with five streets each."""

    def jurisdictions(self) -> list[Jurisdiction]:
        city = JurisdictionId("C")
        tree = [_place("C", None, JurisdictionLevel.CITY)]
        for district in range(1, 5):
            tree.append(_place(f"D0{district}", city, JurisdictionLevel.DISTRICT))
            tree += [
                _place(
                    f"D0{district}S0{street}",
                    JurisdictionId(f"D0{district}"),
                    JurisdictionLevel.STREET,
                )
                for street in range(1, 6)
            ]
        return tree


class Nowhere:
    """A gazetteer without any place."""

    def jurisdictions(self) -> list[Jurisdiction]:
        return []


def _place(key: str, parent: JurisdictionId | None, level: JurisdictionLevel) -> Jurisdiction:
    return Jurisdiction(
        id=JurisdictionId(key), parent=parent, level=level, name_zh=key, name_en=key,
        lat=39.9, lon=116.4,
    )  # fmt: skip


def test_that_the_same_seed_gives_the_same_force_and_another_seed_another() -> None:
    force = make_units(Streets(), seed=1)
    assert force == make_units(Streets(), seed=1)
    assert force != make_units(Streets(), seed=2)


def test_that_the_force_has_its_size_and_nobody_shares_a_number_or_call_sign() -> None:
    force = make_units(Streets(), seed=1, officers=7000, vehicles=400)
    kinds = Counter(unit.kind for unit in force)
    assert kinds == {UnitKind.OFFICER: 7000, UnitKind.VEHICLE: 400}
    assert len({unit.no for unit in force}) == 7400
    assert force[0].call_sign == "K1"
    assert force[-1].call_sign == "C400"
    assert {unit.call_sign for unit in force} == {unit.id for unit in force}
    assert all(unit.status is UnitStatus.OFF_DUTY for unit in force)


def test_that_every_unit_lives_in_a_street_of_its_district() -> None:
    force = make_units(Streets(), seed=1, officers=400, vehicles=40)
    assert all(str(unit.street).startswith(str(unit.district)) for unit in force)
    assert len({unit.street for unit in force}) == 20


def test_that_growing_the_force_renames_no_vehicle_number() -> None:
    small = {u.call_sign: u.no for u in make_units(Streets(), seed=1, officers=10, vehicles=5)}
    large = {u.call_sign: u.no for u in make_units(Streets(), seed=1, officers=20, vehicles=9)}
    assert small.items() <= large.items()


def test_that_a_city_without_jurisdictions_is_refused_with_a_sentence() -> None:
    with pytest.raises(NoJurisdictionError, match="Make or import the city again"):
        make_units(Nowhere(), seed=1)


def test_that_a_third_or_more_are_on_duty_by_day_and_fewer_by_night() -> None:
    roster = Roster(7400, seed=1, utc_offset_h=8.0)
    by_hour = [roster.on_duty(MIDDAY + timedelta(hours=h)).mean() for h in range(24)]
    day = by_hour[:2] + by_hour[5:9]  # 12–13 and 17–20 local
    assert all(0.32 < share < 0.42 for share in day)
    night = by_hour[13:17]  # 1–4 local
    assert all(0.15 < share < 0.25 for share in night)


def test_that_span_and_on_duty_agree_around_the_clock() -> None:
    roster = Roster(60, seed=3, utc_offset_h=8.0)
    for quarter in range(0, 24 * 4 * 2, 3):
        at = MIDDAY + timedelta(minutes=15 * quarter)
        on = roster.on_duty(at)
        for unit in range(60):
            span = roster.span(unit, at)
            assert (span is not None) == on[unit]
            assert span is None or span.starts_at <= at < span.ends_at


def test_that_everybody_rests_one_day_in_fourteen() -> None:
    roster = Roster(300, seed=1, utc_offset_h=8.0)
    worked = sum(
        roster.on_duty(MIDDAY.replace(hour=hour) + timedelta(days=day)).astype(int)
        for day in range(14)
        for hour in (2, 10, 18)  # 10, 18 and 2 local: once in each shift
    )
    assert set(worked.tolist()) == {13}
