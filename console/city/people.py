"""The force of the simulated city: officers and vehicles, the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from console.city.people_names import draw_names
from console.domain.errors import ZhihuiError
from console.domain.ids import JurisdictionId, UnitId
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.domain.units import Unit, UnitKind

#: Skills of officers and how many of a hundred have them.
OFFICER_SKILLS: tuple[tuple[str, float], ...] = (
    ("bike", 28.0),
    ("vehicle", 6.0),
    ("legal", 12.0),
    ("noise_meter", 5.0),
    ("gas", 2.0),
    ("english", 4.0),
)
VEHICLE_SKILLS: tuple[tuple[str, float], ...] = (
    ("recorder", 100.0),
    ("crane", 6.0),
    ("tow", 8.0),
    ("noise_meter", 15.0),
    ("drone", 3.0),
)


class Gazetteer(Protocol):
    """What the force needs to know of a city: its jurisdictions."""

    def jurisdictions(self) -> Sequence[Jurisdiction]:
        """Return the whole tree."""
        ...


class NoJurisdictionError(ZhihuiError):
    """A city pack without a district or street, so that no unit can be given a home."""

    def __init__(self) -> None:
        super().__init__(
            "The city pack names no district and no street, so no unit can be given a beat. "
            "Make or import the city again."
        )


def make_units(
    pack: Gazetteer, *, seed: int, officers: int = 7000, vehicles: int = 400
) -> list[Unit]:
    """Return the force: officers K1 … and vehicles C1 …, each with a home street, off duty.

    Args:
        pack: The city whose jurisdictions they belong to.
        seed: The same seed and city give the same force.
        officers: How many officers.
        vehicles: How many vehicles, each with a crew of two to four.

    Raises:
        NoJurisdictionError: The city has neither districts nor streets.
    """
    homes = _homes(pack)
    on_foot = np.random.default_rng([seed, 0x0FF1CE])
    in_cars = np.random.default_rng([seed, 0x0CA125])
    weights = _home_weights(np.random.default_rng([seed, 0x40E5]), len(homes))
    return _officers(on_foot, homes, weights, officers) + _vehicles(
        in_cars, homes, weights, vehicles
    )


def _homes(pack: Gazetteer) -> list[Jurisdiction]:
    """Return the lowest jurisdictions: streets, else districts, else the city."""
    tree = sorted(pack.jurisdictions(), key=lambda one: one.id)
    for level in (JurisdictionLevel.STREET, JurisdictionLevel.DISTRICT, JurisdictionLevel.CITY):
        homes = [one for one in tree if one.level is level and one.lat is not None]
        if homes:
            return homes
    raise NoJurisdictionError


def _home_weights(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return how the force is spread over the streets: some need three times what others do."""
    weights = rng.lognormal(mean=0.0, sigma=0.45, size=count)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _spread(rng: np.random.Generator, weights: NDArray[np.float64], count: int) -> list[int]:
    """Return a street for each of ``count`` units, in proportion to the weights, shuffled."""
    edges = np.cumsum(weights) / weights.sum()
    homes = np.searchsorted(edges, (np.arange(count) + 0.5) / max(count, 1))
    rng.shuffle(homes)
    return [int(home) for home in homes]


def _skills(rng: np.random.Generator, table: tuple[tuple[str, float], ...]) -> tuple[str, ...]:
    draws = (rng.random(len(table)) * 100.0).tolist()
    return tuple(name for (name, share), draw in zip(table, draws, strict=True) if draw < share)


def _places(home: Jurisdiction) -> tuple[JurisdictionId | None, JurisdictionId | None]:
    """Return the district and the street a unit at home in ``home`` belongs to."""
    if home.level is JurisdictionLevel.STREET:
        return home.parent, home.id
    return (home.id if home.level is JurisdictionLevel.DISTRICT else None), None


def _officers(
    rng: np.random.Generator,
    homes: Sequence[Jurisdiction],
    weights: NDArray[np.float64],
    count: int,
) -> list[Unit]:
    names = draw_names(rng, count)
    phones = rng.integers(0, 10_000, size=count).tolist()
    units = []
    for at, home_no in enumerate(_spread(rng, weights, count)):
        district, street = _places(homes[home_no])
        units.append(
            Unit(
                id=UnitId(f"K{at + 1}"),
                no=2 * at + 2,  # even; vehicles are odd, so that neither grows into the other
                call_sign=f"K{at + 1}",
                kind=UnitKind.OFFICER,
                name=names[at],
                district=district,
                street=street,
                # 100 is no operator's prefix: nobody real is ever called by mistake
                phone=f"100{at + 1:04d}{phones[at]:04d}",
                radio=f"1{at + 1:05d}",
                skills=_skills(rng, OFFICER_SKILLS),
            )
        )
    return units


def _vehicles(
    rng: np.random.Generator,
    homes: Sequence[Jurisdiction],
    weights: NDArray[np.float64],
    count: int,
) -> list[Unit]:
    crews = rng.integers(2, 5, size=count).tolist()
    units = []
    for at, home_no in enumerate(_spread(rng, weights, count)):
        district, street = _places(homes[home_no])
        units.append(
            Unit(
                id=UnitId(f"C{at + 1}"),
                no=2 * at + 1,
                call_sign=f"C{at + 1}",
                kind=UnitKind.VEHICLE,
                district=district,
                street=street,
                radio=f"2{at + 1:05d}",
                officers=crews[at],
                skills=_skills(rng, VEHICLE_SKILLS),
            )
        )
    return units
