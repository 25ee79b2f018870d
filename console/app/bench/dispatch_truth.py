"""How often the unit recommended is the one that would really arrive first: the city's truth."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from console.app.bench._races import Race, Races
from console.city.ground import write_synthetic
from console.city.habitat import homes_of
from console.city.people import make_units
from console.dispatch.pace import Pace
from console.store.citypack import CityPack

_ZONE = ZoneInfo("Asia/Shanghai")
_BEGIN = datetime(2026, 11, 9, tzinfo=UTC)
#: Moments of two weeks at which races are run, one an hour of the day; before them, so many at
#: which nothing is counted: roads, paces and arrivals of the past are learnt.
_MOMENTS, _BEFORE = 24, 10
#: Races at each of those.
_LEARNT = 6


def run(
    *, incidents: int = 288, free: int = 288, on_duty: int = 2400, seed: int = 5
) -> dict[str, object]:
    """Race the free units to incidents all over the city, at all hours of two weeks.

    The force patrols and sends fixes with the errors and gaps of its receivers; what the
    recommendation knows of the streets it has from these.

    Args:
        incidents: How many.
        free: Units that can be sent.
        on_duty: Units that patrol, officers and vehicles, the free ones among them.
        seed: Of the city and of who is where; the truth has the next one.

    Returns:
        Share of incidents for which the first choice is first there, or there within half a minute
        of the first; the same for the nearest by air and for a recommendation that knows free
        roads and the hour but hears no fixes (``plain``); regrets against an oracle that knows
        everything, seconds. ``knowing``: somebody who knows all streets as they are and
        everybody's own pace, and nobody's luck. ``bound`` is the most that anybody can reach in
        the long run: each race is run over and over with fresh luck, and the candidate counts that
        is first most often; ``expected_hit_rate`` is what the first choice reaches in the same
        runs. ``spread`` is the standard deviation of the logarithm of real against reckoned times.
    """
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as folder:
        path = Path(folder) / "bench.citypack"
        write_synthetic(path, seed=seed)
        with CityPack.open(path) as pack:
            graph = pack.road_graph()
            vehicles = max(on_duty // 6, 1)
            units = make_units(pack, seed=seed, officers=on_duty - vehicles, vehicles=vehicles)
            homes = homes_of(pack, units)
    rng = np.random.default_rng([seed, 78])
    is_free = np.zeros(len(units), bool)
    is_free[rng.choice(len(units), min(free, len(units)), replace=False)] = True
    races = Races(graph, units, homes, is_free, seed=seed, truth_seed=seed + 1)
    pace, plain = Pace(zone=_ZONE), Pace(zone=_ZONE)
    races.remember(plain, _BEGIN)
    found: list[Race] = []
    for at, count in _moments(rng, incidents):
        races.listen(at)
        found += [race for race in races.races(at, count or _LEARNT, pace, plain) if count]
    return {**_figures(found[:incidents]), "free_units": free, "on_duty": on_duty,
            "fixes_that_told": races.told}  # fmt: skip


def _moments(rng: np.random.Generator, incidents: int) -> list[tuple[datetime, int]]:
    """Return when races are run and how many count, in order of time: fixes never go back."""
    each = -(-incidents // _MOMENTS)
    drawn = [
        (_BEGIN + timedelta(days=int(rng.integers(14)), hours=hour + float(rng.uniform())), each)
        for hour in (np.arange(_MOMENTS) * 24 / _MOMENTS).tolist()
    ]
    before = [(_BEGIN - timedelta(days=float(rng.uniform(0.1, 13.0))), 0) for _ in range(_BEFORE)]
    return sorted([*before, *drawn])


def _figures(races: list[Race]) -> dict[str, object]:
    def of(name: str) -> list[float]:
        return [float(getattr(race, name)) for race in races]

    shares, best = of("first_share"), of("best_share")
    figures: dict[str, object] = {
        "hit_rate": _share(of("advised"), 0.0),
        "plain_hit_rate": _share(of("plain"), 0.0),
        "by_air_hit_rate": _share(of("by_air"), 0.0),
        "knowing_hit_rate": _share(of("knowing"), 0.0),
        "hit_rate_within_30s": _share(of("advised"), 30.0),
        "bound": round(float(np.mean(best)), 3),
        "expected_hit_rate": round(float(np.mean(shares)), 3),
        "share_of_bound": round(sum(shares) / sum(best), 3),
        "spread": round(float(np.std(of("off"))), 3),
        "incidents": len(races),
    }
    for name, prefix in (("advised", ""), ("plain", "plain_"), ("by_air", "by_air_"),
                         ("knowing", "knowing_")):  # fmt: skip
        for share in (50, 90):
            figures[f"{prefix}regret_p{share}_s"] = round(float(np.percentile(of(name), share)), 1)
    return figures


def _share(regrets: list[float], within_s: float) -> float:
    return round(sum(one <= within_s for one in regrets) / max(len(regrets), 1), 3)
