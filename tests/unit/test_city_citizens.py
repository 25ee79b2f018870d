"""The simulated citizens: as many reports as asked for, when and where they belong, replayable."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chisquare

from console.city.citizens import Citizens, TruthBook, catch_up_from
from console.city.citizens_events import Happening, Happenings
from console.city.citizens_places import PlaceBook
from console.city.citizens_rates import RATES, ComplaintRates
from console.city.citizens_words import forms_with_words
from console.city.replay import ReplayError, ReplaySource
from console.domain.forms import FORMS, form_of
from console.domain.levels import Channel
from console.geo.distance import flat_distance_m

YEAR = 600_000
MONDAY = int(datetime(2026, 11, 22, 16, tzinfo=UTC).timestamp()) // 3600  # 0:00 on Monday, local
HOURS = 96
NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


def book() -> PlaceBook:
    rng = np.random.default_rng(5)
    lat, lon = 39.9 + rng.normal(0, 0.05, 3000), 116.4 + rng.normal(0, 0.07, 3000)
    return PlaceBook(lat, lon, [f"东长街{n}号" for n in range(3000)], seed=1)


def rates(per_year: float = YEAR) -> ComplaintRates:
    return ComplaintRates(per_year, seed=1, utc_offset_h=8.0)


def happenings(*, seed: int = 1, truth_seed: int = 9, per_year: float = YEAR) -> Happenings:
    return Happenings(rates(per_year), book(), seed=seed, truth_seed=truth_seed)


def days() -> list[Happening]:
    source = happenings()
    return [one for slot in range(MONDAY, MONDAY + HOURS) for one in source.of_hour(slot)]


@pytest.fixture(scope="module")
def some_days() -> list[Happening]:
    return days()


def test_that_every_form_of_the_catalogue_has_a_rate_and_words() -> None:
    codes = {form.code for form in FORMS}
    assert {rate.code for rate in RATES} == codes
    assert forms_with_words() == codes


def test_that_a_year_holds_the_reports_asked_for_and_a_worst_hour_far_above_the_mean() -> None:
    source = rates()
    first = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) // 3600
    hours = np.array([source.events(slot) for slot in range(first, first + 365 * 24)])
    callers = 1.0 + source.more_callers
    assert (hours * callers).sum() == pytest.approx(YEAR, rel=0.05)
    total = hours.sum(axis=1)
    assert 6.0 < total.max() / total.mean() < 14.0


def test_that_four_days_of_draws_lie_within_three_sigma_of_its_rates(
    some_days: list[Happening],
) -> None:
    source = rates()
    expected = np.sum([source.events(slot) for slot in range(MONDAY, MONDAY + HOURS)], axis=0)
    drawn = Counter(one.form for one in some_days)
    counts = np.array([drawn[rate.code] for rate in RATES], dtype=float)
    assert (np.abs(counts - expected) < 3.5 * np.sqrt(expected) + 1).all()
    assert abs(counts.sum() - expected.sum()) < 3 * np.sqrt(expected.sum())


def test_that_the_hours_of_the_day_follow_the_rates_by_chi_square(
    some_days: list[Happening],
) -> None:
    source = rates()
    expected = np.zeros(24)
    for slot in range(MONDAY, MONDAY + HOURS):
        expected[(slot + 8) % 24] += source.events(slot).sum()
    hours = Counter((one.reports[0].received_at.hour + 8) % 24 for one in some_days)
    counts = np.array([hours[h] for h in range(24)], dtype=float)
    expected *= counts.sum() / expected.sum()
    assert chisquare(counts, expected).pvalue > 0.001


def test_that_forms_of_the_night_come_at_night_and_the_others_by_day(
    some_days: list[Happening],
) -> None:
    for code in ("0301", "0303"):
        local = [(o.reports[0].received_at.hour + 8) % 24 for o in some_days if o.form == code]
        at_night = sum(hour >= 21 or hour < 7 for hour in local)
        assert form_of(code).night
        assert at_night > 0.85 * len(local)
    local = [(o.reports[0].received_at.hour + 8) % 24 for o in some_days if o.form == "0102"]
    assert sum(7 <= hour < 23 for hour in local) > 0.9 * len(local)


def test_that_barbecues_are_a_matter_of_summer_and_gas_of_winter() -> None:
    source = rates()

    def share(code: str, month: int) -> float:
        first = int(datetime(2026, month, 9, 16, tzinfo=UTC).timestamp()) // 3600
        hours = np.sum([source.events(slot) for slot in range(first, first + 168)], axis=0)
        return float(hours[[rate.code for rate in RATES].index(code)])

    assert share("0105", 7) > 2.5 * share("0105", 1)
    assert share("0401", 1) > 1.5 * share("0401", 7)


def test_that_the_same_seeds_say_the_same_and_a_truth_seed_changes_words_only() -> None:
    first, again = happenings().of_hour(MONDAY + 23), happenings().of_hour(MONDAY + 23)
    assert first == again
    other = happenings(truth_seed=10).of_hour(MONDAY + 23)
    assert [(o.form, o.lat) for o in other] == [(o.form, o.lat) for o in first]
    assert [o.reports[0].text for o in other] != [o.reports[0].text for o in first]


def test_that_several_callers_tell_of_one_event_in_their_own_words(
    some_days: list[Happening],
) -> None:
    told = [one for one in some_days if len(one.reports) > 1]
    assert 0.12 < len(told) / len(some_days) < 0.35
    for one in told:
        times = [report.received_at for report in one.reports]
        assert times == sorted(times)
        assert times[-1] - times[0] <= timedelta(minutes=110)
        assert one.starts_at < times[0]
    first, second = told[0].reports[:2]
    assert first.text != second.text
    ids = [report.id for one in some_days for report in one.reports]
    outside = [(r.channel, r.external_id) for one in some_days for r in one.reports]
    assert len(set(ids)) == len(ids)
    assert len(set(outside)) == len(outside)


def test_that_callers_give_a_place_near_the_true_one(some_days: list[Happening]) -> None:
    off = [
        float(flat_distance_m(one.lat, one.lon, report.lat, report.lon))
        for one in some_days
        for report in one.reports
        if report.lat is not None and report.lon is not None
    ]
    assert 15.0 < np.median(off) < 40.0
    assert max(off) < 150.0
    placeless = sum(r.lat is None for one in some_days for r in one.reports)
    assert 0.02 < placeless / sum(len(one.reports) for one in some_days) < 0.06


def test_that_events_cluster_at_hot_spots(some_days: list[Happening]) -> None:
    cells = Counter((round(one.lat / 0.002), round(one.lon / 0.0025)) for one in some_days)
    top = sum(count for _, count in cells.most_common(50))
    assert top > 0.2 * len(some_days)


def test_that_most_reports_come_by_the_hotline_and_every_channel_is_used(
    some_days: list[Happening],
) -> None:
    channels = Counter(report.channel for one in some_days for report in one.reports)
    total = sum(channels.values())
    assert 0.58 < channels[Channel.HOTLINE] / total < 0.70
    assert len(channels) == 8


def test_that_reports_come_when_due_once_each_and_the_truth_is_written_down(
    tmp_path: Path,
) -> None:
    truth = tmp_path / "city" / "truth_events.jsonl"
    citizens = Citizens(happenings(), TruthBook(truth), since=NOW - timedelta(hours=1))
    seen = [r for m in range(0, 181, 5) for r in citizens.due(NOW + timedelta(minutes=m))]
    assert len({report.id for report in seen}) == len(seen) > 100
    assert all(NOW - timedelta(hours=1) < r.received_at <= NOW + timedelta(hours=3) for r in seen)
    lines = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    assert {line["event"] for line in lines} == {line["event"] for line in lines}
    assert all(set(line["reports"][:1]) <= {report.id for report in seen} for line in lines)


def test_that_a_restart_loses_no_report_and_doubles_none(tmp_path: Path) -> None:
    def between(since: datetime, until: datetime, name: str) -> list[str]:
        return [
            report.id
            for report in Citizens(happenings(), TruthBook(tmp_path / name), since=since).due(until)
        ]

    middle, end = NOW + timedelta(minutes=37), NOW + timedelta(minutes=90)
    whole = between(NOW, end, "whole")
    parts = between(NOW, middle, "parts") + between(middle, end, "parts")
    assert parts == whole
    assert (tmp_path / "parts").read_text() == (tmp_path / "whole").read_text()


def test_that_a_city_long_off_starts_with_the_last_quarter_of_an_hour() -> None:
    assert catch_up_from(None, NOW) == NOW - timedelta(minutes=15)
    assert catch_up_from(NOW - timedelta(hours=9), NOW) == NOW - timedelta(minutes=15)
    assert catch_up_from(NOW - timedelta(minutes=2), NOW) == NOW - timedelta(minutes=2)
    assert catch_up_from(NOW + timedelta(hours=2), NOW) == NOW


def test_that_the_rate_can_be_set() -> None:
    usual = sum(len(happenings().of_hour(slot)) for slot in range(MONDAY, MONDAY + 24))
    tenth = happenings(per_year=YEAR / 10)
    few = sum(len(tenth.of_hour(slot)) for slot in range(MONDAY, MONDAY + 24))
    assert 0.06 * usual < few < 0.15 * usual


def _rows(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_that_a_file_is_replayed_in_order_at_its_speed(tmp_path: Path) -> None:
    lines = [
        json.dumps({"received_at": f"2015-01-01T{h:02d}:00:00Z", "text": f"t{h}", "form": "0104",
                    "lat": 60.1, "lon": 24.9, "place": "x", "channel": "app"})
        for h in (5, 0, 3)
    ]  # fmt: skip
    source = ReplaySource(_rows(tmp_path / "boston.jsonl", lines), speed=60.0)
    texts = [
        (minute, report.text)
        for minute in range(7)
        for report in source.due(NOW + timedelta(minutes=minute))
    ]
    assert texts == [(0, "t0"), (3, "t3"), (5, "t5")]
    assert source.left == 0


def test_that_bad_lines_are_counted_by_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = json.dumps({"received_at": "2015-01-01T00:00:00Z", "text": "猫在树上"})
    lines = ["{", good, '{"received_at": "yesterday", "text": "x"}', '{"text": "x"}']
    source = ReplaySource(_rows(tmp_path / "a.jsonl", lines))
    assert [bad.line for bad in source.bad_lines] == [1, 3, 4]
    (report,) = source.due(NOW)
    assert report.text == "猫在树上"
    assert report.received_at == NOW
    assert report.place


def test_that_a_replay_goes_on_where_it_was(tmp_path: Path) -> None:
    lines = [
        json.dumps({"received_at": f"2015-01-01T00:0{m}:00Z", "text": f"t{m}"}) for m in range(5)
    ]
    path = _rows(tmp_path / "a.jsonl", lines)
    source = ReplaySource(path, first=3)
    assert [report.text for report in source.due(NOW)] == ["t3"]
    ids = [r.id for r in ReplaySource(path).due(NOW)]
    assert ids == [r.id for r in ReplaySource(path).due(NOW + timedelta(days=1))]


def test_that_a_file_without_complaints_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="cannot be read"):
        ReplaySource(tmp_path / "none.jsonl")
    with pytest.raises(ReplayError, match="no complaint"):
        ReplaySource(_rows(tmp_path / "empty.jsonl", ["{"]))
