"""Whether reports of one matter are found to be one, against what truly happened in the city."""

from __future__ import annotations

import heapq
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from math import isfinite, nan
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import create_engine

from console.central.rows import LiveRows
from console.city.citizens_events import Happening, Happenings
from console.city.citizens_places import make_place_book
from console.city.citizens_rates import SLOT_S, ComplaintRates
from console.city.ground import write_synthetic
from console.dispatch.default_place import PlaceCounts
from console.dispatch.rules import decide
from console.domain.ids import PersonId
from console.domain.incidents import Incident, Report, Stage
from console.domain.levels import Role
from console.protocol.commands import AddReport
from console.store.citypack import CityPack
from console.store.mapping import put_rows
from console.store.tables import METADATA

#: An incident is handled and closed so long after it was opened.
OPEN_FOR = timedelta(hours=3)
_END = datetime(2026, 11, 20, tzinfo=UTC)
_BOSTON = "data/complaints/boston311_2015.parquet"


def run(
    *, hours: int = 96, before: int = 192, seed: int = 3, shared: str = "../shared"
) -> dict[str, object]:
    """Send some days of the city's reports through central's own rule.

    Args:
        hours: How long is scored; the time ends on 2026-11-20.
        before: Hours before that, in which the rule only gathers what a city's past tells.
        seed: Of the city and of what happens.
        shared: Folder with real data; the default coordinate of Boston is looked for in it.

    Returns:
        Precision and recall over pairs of reports, against which of them truly speak of one
        matter; microseconds a report; the default coordinate of Boston, ``None`` without the data.
    """
    happenings = _happened(before + hours, seed)
    since = _END - timedelta(hours=hours)
    scored = [one for one in happenings if one.reports[0].received_at >= since]
    truth = {str(report.id): one.id for one in scored for report in one.reports}
    reports = sorted(
        (report for one in happenings for report in one.reports),
        key=lambda report: (report.received_at, report.id),
    )
    began = time.perf_counter()
    found = dict(_filed(reports))
    took_s = time.perf_counter() - began
    return {
        **_scored(truth, found),
        "reports": len(truth),
        "matters": len(scored),
        "incidents": len({found[one] for one in truth}),
        "reports_before": len(reports) - len(truth),
        "us_per_report": round(took_s / max(len(reports), 1) * 1e6),
        "boston_default": _boston_default(Path(shared) / _BOSTON),
    }


def _happened(hours: int, seed: int) -> list[Happening]:
    last = int(_END.timestamp()) // SLOT_S
    with tempfile.TemporaryDirectory(prefix="zhihui-bench-") as folder:
        path = Path(folder) / "bench.citypack"
        write_synthetic(path, seed=seed)
        with CityPack.open(path) as pack:
            book = make_place_book(pack, pack.road_graph(), seed=seed)
    rates = ComplaintRates(600_000, seed=seed, utc_offset_h=8.0)
    happenings = Happenings(rates, book, seed=seed, truth_seed=seed + 1)
    return [one for slot in range(last - hours, last) for one in happenings.of_hour(slot)]


def _filed(reports: list[Report]) -> Iterator[tuple[str, str]]:
    """Give each report's id with that of the incident central's rule files it under."""
    engine = create_engine("sqlite://")
    numbers = count()
    with engine.connect() as connection:
        METADATA.create_all(connection)
        rows = LiveRows(connection)
        closing: list[tuple[datetime, str]] = []
        for report in reports:
            while closing and closing[0][0] <= report.received_at:
                rows.apply(_closed(rows, heapq.heappop(closing)[1]))
                put_rows(connection, rows.fresh())
                rows.settle()
            no = next(numbers)
            decision = decide(
                AddReport(report=report, incident=f"i{no}"),
                rows,
                actor=PersonId("gateway"),
                role=Role.GATEWAY,
                at=report.received_at,
                base_version=None,
                command_id=f"c{no}",
            )
            rows.apply(decision.rows)
            put_rows(connection, rows.fresh())
            rows.settle()
            rows.use(connection)
            for row in decision.rows:
                if isinstance(row, Incident) and row.version == 1:
                    heapq.heappush(closing, (row.opened_at + OPEN_FOR, row.id))
                if isinstance(row, Report):
                    yield row.id, str(row.incident)
    engine.dispose()


def _closed(rows: LiveRows, incident_id: str) -> list[Incident]:
    incident = rows.incident(incident_id)
    if incident is None:
        return []
    return [replace(incident, stage=Stage.EVALUATE, version=incident.version + 1)]


def _scored(truth: dict[str, str], found: dict[str, str]) -> dict[str, float]:
    """Return precision and recall over pairs, reckoned from the sizes of the groups."""
    true_pairs = _pairs(Counter(truth.values()))
    found_pairs = _pairs(Counter(found[one] for one in truth))
    both = _pairs(Counter((truth[one], found[one]) for one in truth))
    return {
        "precision": round(both / max(found_pairs, 1), 4),
        "recall": round(both / max(true_pairs, 1), 4),
    }


def _pairs(groups: Counter[str] | Counter[tuple[str, str]]) -> int:
    return sum(size * (size - 1) // 2 for size in groups.values())


def _boston_default(path: Path) -> dict[str, float] | None:
    if not path.is_file():
        return None
    columns = ["latitude", "longitude", "neighborhood", "ward"]
    table = pq.read_table(path, columns=columns).to_pydict()
    counts = PlaceCounts()
    for lat, lon, *place in zip(*(table[name] for name in columns), strict=True):
        if isfinite(lat or nan) and isfinite(lon or nan):
            counts.take(lat, lon, " ".join(map(str, place)))
    found = counts.defaults()
    if not found:
        return None
    lat, lon, reports = found[0]
    return {"lat": lat, "lon": lon, "reports_of_last_20000": reports, "found": len(found)}
