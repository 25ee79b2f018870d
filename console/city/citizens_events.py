"""What happens in the city, hour by hour, and what its citizens report of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from console.city.citizens_places import PlaceBook
from console.city.citizens_rates import RATES, SLOT_S, ComplaintRates
from console.city.citizens_words import say, say_where, say_who
from console.city.known_ids import known_id, seed_of
from console.city.people_names import draw_names
from console.domain.forms import OTHER
from console.domain.ids import ReportId
from console.domain.incidents import Report
from console.domain.levels import Channel

#: A further caller comes at most this long after the first.
LONGEST_DELAY = timedelta(minutes=110)
_CHANNELS: tuple[tuple[Channel, float], ...] = (
    (Channel.HOTLINE, 64.0), (Channel.APP, 11.0), (Channel.MINI_PROGRAM, 11.0),
    (Channel.ONLINE, 4.0), (Channel.TRANSFER, 4.0), (Channel.LETTER, 3.0),
    (Channel.LEADER, 1.5), (Channel.MEDIA, 1.5),
)  # fmt: skip
#: Forms that callers and seats take for each other.
_TAKEN_FOR = {
    "0102": "0103", "0103": "0102", "0104": "0102", "0301": "0302", "0302": "0301",
    "0501": "0502", "0502": "0501", "0503": "0504", "0504": "0503", "0303": "0103",
    "0105": "0502", "0101": "0106", "0106": "0101", "0401": "0105", "0402": "0104",
}  # fmt: skip
_CHANNEL_REACHED = np.cumsum([share for _, share in _CHANNELS]) / 100.0
#: Bearable, bad, unbearable.
_SEVERITY_REACHED = np.cumsum((0.45, 0.40, 0.15))
_MISTAKEN, _UNSURE, _PLACELESS = 0.04, 0.03, 0.04


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that truly happens.

    Attributes:
        form: Its true form.
        severity: 1 bearable to 3 unbearable.
        starts_at: When it truly began, aware UTC.
        lat: Where it truly is, WGS-84 degrees.
        place: What the place is called.
        reports: What citizens say of it, in order of time.
    """

    id: str
    form: str
    severity: int
    starts_at: datetime
    lat: float
    lon: float
    place: str
    reports: tuple[Report, ...]


class Happenings:
    """Everything that happens, drawn hour by hour; the same hour comes out the same.

    Args:
        rates: How often.
        book: Where.
        seed: When and where things happen.
        truth_seed: How bad they are, who calls, in what words.
    """

    def __init__(
        self, rates: ComplaintRates, book: PlaceBook, *, seed: int, truth_seed: int
    ) -> None:
        self._rates, self._book = rates, book
        self._seed, self._truth_seed = seed, truth_seed

    def of_hour(self, slot: int) -> list[Happening]:
        """Return what is first reported in one hour.

        Args:
            slot: Hours since the Unix epoch.
        """
        rng = np.random.default_rng([self._seed, 0xE7E27, slot])
        counts = rng.poisson(self._rates.events(slot))
        found: list[Happening] = []
        for form_no in np.repeat(np.arange(len(RATES)), counts).tolist():
            at = datetime.fromtimestamp(slot * SLOT_S, UTC) + timedelta(
                milliseconds=int(rng.integers(SLOT_S * 1000))
            )
            lat, lon = self._book.draw(RATES[form_no].code, rng)
            found.append(self._happening((form_no, slot, len(found)), at, lat, lon))
        return found

    def _happening(
        self, key: tuple[int, int, int], at: datetime, lat: float, lon: float
    ) -> Happening:
        form_no, slot, number = key
        rng = np.random.default_rng(seed_of(self._truth_seed, "event", self._seed, slot, number))
        form = RATES[form_no].code
        severity = _drawn(_SEVERITY_REACHED, rng) + 1
        # Some things move many to call and most nobody but one: a mixture of Poissons.
        mean = self._rates.more_callers[form_no] * rng.gamma(0.8, 1.0 / 0.8)
        more = int(rng.poisson(mean))
        delays_s = np.sort(rng.exponential(1500.0, more).clip(5.0, LONGEST_DELAY.total_seconds()))
        times = [at, *(at + timedelta(seconds=int(delay)) for delay in delays_s.tolist())]
        event_id = known_id(at, self._seed, self._truth_seed, "event", slot, number)
        return Happening(
            id=event_id,
            form=form,
            severity=severity,
            starts_at=at - timedelta(seconds=int(rng.exponential(900.0)) + 20),
            lat=lat,
            lon=lon,
            place=self._book.named(lat, lon, among=1, rng=rng),
            reports=tuple(
                self._report(f"{event_id}-{call}", form, severity, time, (lat, lon), rng)
                for call, time in enumerate(times)
            ),
        )

    def _report(
        self,
        key: str,
        form: str,
        severity: int,
        at: datetime,
        where: tuple[float, float],
        rng: np.random.Generator,
    ) -> Report:
        """Return one citizen's report of one event; ``key`` tells it from all others."""
        channel = _CHANNELS[_drawn(_CHANNEL_REACHED, rng)][0]
        lat, lon = self._book.scattered(*where, 22.0, rng)
        place = say_where(self._book.named(lat, lon, among=3, rng=rng), rng)
        caller = say_who(draw_names(rng, 1)[0], rng)
        text = say(form, channel, place=place, severity=severity, caller=caller, rng=rng)
        report_id = known_id(at, "report", key)
        placeless = rng.random() < _PLACELESS
        return Report(
            id=ReportId(report_id),
            channel=channel,
            received_at=at,
            text=text,
            place=place,
            external_id=f"{at:%Y%m%d}-{report_id[-12:]}",
            form=_form_as_taken(form, rng),
            lat=None if placeless else lat,
            lon=None if placeless else lon,
            caller=caller,
            phone=f"100{int(rng.integers(10**8)):08d}",
        )


def _form_as_taken(form: str, rng: np.random.Generator) -> str:
    """Return the form that the report is entered under; some are mistaken."""
    draw = float(rng.random())
    if draw < _MISTAKEN:
        return _TAKEN_FOR.get(form, form)
    return OTHER.code if draw < _MISTAKEN + _UNSURE else form


def _drawn(reached: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Return an index, given the running shares of all."""
    found = int(np.searchsorted(reached, rng.random(), side="right"))
    return min(found, len(reached) - 1)
