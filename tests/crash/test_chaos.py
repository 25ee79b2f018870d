"""The loop through kills, cuts and restores: nothing lost, nothing doubled, all agree; and the
harness that says so catches a central or a console with one rule switched off."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.app.bench import BenchError, commands
from console.central import backup

MUTANTS = Path(__file__).parent / "mutants"


#: Whether two things meet is a matter of chance; a rule that is off shows in one of so many runs.
SEEDS = range(1, 9)


def wrong(figures: dict[str, object]) -> dict[str, object]:
    found = {
        name: figures[name] for name in ("lost", "doubled", "diverged", "late") if figures[name]
    }
    return {**found, "wrong": figures["wrong"]} if found else {}


def is_caught(*shows: str, **plan: str) -> bool:
    """Whether one of a few runs finds something of a kind that ``shows`` names."""
    runs = (
        commands.run(count=60, faults=True, agree_within_s=15.0, seed=seed, **plan)
        for seed in SEEDS
    )
    return any(figures[name] for figures in runs for name in shows)


@pytest.mark.e2e
@pytest.mark.timeout(900)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_that_nothing_is_lost_doubled_or_diverged_whatever_is_killed(database: str) -> None:
    points = "before_commit,after_commit,delivered,snapshot,applying,imported"
    if database == "postgresql":
        points = "after_commit"
    figures = commands.run(count=120, faults=True, points=points, database=database, seed=3)
    assert wrong(figures) == {}, figures
    assert figures["unreached"] == []
    assert figures["converged_s"] is not None
    assert figures["steps"], "the handheld did nothing"


@pytest.mark.soak
@pytest.mark.e2e
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_that_nothing_is_lost_over_many_rounds(database: str) -> None:
    figures = commands.run(count=5000, faults=True, database=database, rounds=5, seed=11)
    assert wrong(figures) == {}, figures
    assert figures["unreached"] == []


@pytest.mark.e2e
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("mutant", "points", "acts", "shows"),
    [
        ("rule_1_reply_before_commit", "before_commit", "none", "lost"),
        ("rule_1_results_forgotten", "before_reply,before_reply,before_reply", "none", "doubled"),
        ("rule_2_cursor_apart", "applying", "none", "diverged"),
        ("rule_4_merged_silently", "none", "swallow", "diverged"),
        ("rule_5_sent_unasked", "none", "swallow", "late"),
        ("rule_8_silence_unnoticed", "none", "swallow", "diverged"),
    ],
)
def test_that_the_harness_catches_a_rule_switched_off(
    mutant: str, points: str, acts: str, shows: str
) -> None:
    assert is_caught(shows, points=points, acts=acts, prepare=f"{MUTANTS}:{mutant}")


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_that_the_harness_catches_a_restore_under_the_old_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backup, "_begin_epoch", lambda *_: None)  # rule 3 switched off
    assert is_caught("lost", "diverged", points="none", acts="cut,restore")


def test_that_a_fault_that_there_is_not_is_said() -> None:
    with pytest.raises(BenchError, match="no kill-point"):
        commands.run(faults=True, points="nowhere")
    with pytest.raises(BenchError, match="no fault"):
        commands.run(faults=True, acts="earthquake")
    with pytest.raises(BenchError, match="no database"):
        commands.run(database="oracle")
