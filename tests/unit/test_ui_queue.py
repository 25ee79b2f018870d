"""The queue's rows: in order whatever comes, moved singly, never reset."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from desk_city import NOW, Held, assignments, change, filled_mirror, incident, incidents, unit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from console.domain.assignments import AssignmentState
from console.domain.incidents import Stage
from console.domain.levels import Level
from console.domain.units import UnitStatus
from console.sync.state import Contents
from console.ui.mirror import Mirror
from console.ui.queue import IncidentQueueModel, QueueColumn, QueueFilter, QueueRole

STAGES = [Stage.FILE, Stage.DISPATCH, Stage.HANDLE, Stage.EVALUATE, Stage.CANCELLED]


def ids(queue: IncidentQueueModel) -> list[str]:
    return [queue.index(row, 0).data(QueueRole.ID) for row in range(queue.rowCount())]


def sorted_ids(mirror: Mirror) -> list[str]:
    rows = sorted(mirror.open_incidents(), key=lambda i: (i.level, i.due_at, i.opened_at, i.id))
    return [row.id for row in rows]


def test_that_the_most_urgent_and_soonest_due_is_on_top(qapp: QApplication) -> None:
    queue = IncidentQueueModel(filled_mirror())
    assert ids(queue) == ["i316", "i313", "i317", "i312", "i315", "i314"]
    assert queue.row_of("i317") == 2
    assert queue.incident_at(2) == "i317"
    assert queue.incident_at(99) is None
    assert queue.late_count() == 1


one_change = st.tuples(
    st.integers(300, 312), st.sampled_from(list(Level)), st.integers(-600, 7200),
    st.sampled_from(STAGES),
)  # fmt: skip


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(one_change, min_size=1, max_size=4), max_size=12))
def test_that_rows_stay_in_order_and_the_model_keeps_its_promises(
    qapp: QApplication, batches: list[list[tuple[int, Level, int, Stage]]]
) -> None:
    mirror = filled_mirror()
    queue = IncidentQueueModel(mirror)
    tester = ModelTester(None)
    tester.check(queue, force_py=True)
    queue.modelReset.connect(lambda: pytest.fail("the queue was reset"))
    for batch in batches:
        rows = [
            incident(no, "0301", level, f"place {no}", float(left_s), stage=stage)
            for no, level, left_s, stage in batch
        ]
        change(mirror, *{row.id: row for row in rows}.values())
        assert ids(queue) == sorted_ids(mirror)
    tester._cleanup()


def test_that_a_row_that_moves_is_moved_and_not_taken_out(qapp: QApplication, qtbot: QtBot) -> None:
    mirror = filled_mirror()
    queue = IncidentQueueModel(mirror)
    moved: list[tuple[int, int]] = []
    queue.rowsMoved.connect(lambda _p, row, _l, _q, to: moved.append((row, to)))
    queue.rowsRemoved.connect(lambda: pytest.fail("a row was taken out"))
    held = mirror.incident("i314")
    assert held is not None
    change(mirror, replace(held, level=Level.CRITICAL, version=4))
    assert moved == [(5, 1)]
    assert ids(queue)[:2] == ["i316", "i314"]


def test_that_a_snapshot_moves_only_what_differs(qapp: QApplication) -> None:
    mirror = filled_mirror()
    queue = IncidentQueueModel(mirror)
    queue.modelReset.connect(lambda: pytest.fail("the queue was reset"))
    gone: list[int] = []
    queue.rowsRemoved.connect(lambda _p, first, _last: gone.append(first))
    kept = [row for row in incidents() if row.id != "i312"]
    mirror.take_contents(Contents(rev=9, rows=(*kept, *assignments())))
    assert gone == [3]
    assert ids(queue) == sorted_ids(mirror)


def test_that_only_the_clock_is_told_each_second(qapp: QApplication) -> None:
    queue = IncidentQueueModel(filled_mirror())
    told: list[tuple[QModelIndex, QModelIndex]] = []
    queue.dataChanged.connect(lambda first, last, _roles: told.append((first, last)))
    queue.tick()
    assert [(a.column(), b.column()) for a, b in told] == [(QueueColumn.CLOCK, QueueColumn.CLOCK)]


def test_that_cells_say_what_is_so(qapp: QApplication) -> None:
    queue = IncidentQueueModel(filled_mirror())
    texts = [queue.index(2, column).data() for column in QueueColumn]
    assert texts == [
        "High", "00317", "Night construction", "工体北路 4 号", "1 h 57", "Dispatched", "K7 C2", "2"
    ]  # fmt: skip
    late = queue.index(0, QueueColumn.CLOCK)
    assert late.data() == "+05:44"
    assert late.data(QueueRole.LATE)
    assert queue.headerData(1, Qt.Orientation.Vertical) == "2"
    assert late.data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight


def test_that_units_of_a_row_follow_their_assignments(qapp: QApplication) -> None:
    mirror = filled_mirror()
    queue = IncidentQueueModel(mirror)
    held = mirror.assignment("a1")
    assert held is not None
    change(mirror, held.moved_to(AssignmentState.REFUSED, at=NOW))
    assert queue.index(2, QueueColumn.UNITS).data() == "C2"


def test_that_a_filter_leaves_numbers_as_shown(qapp: QApplication) -> None:
    queue = IncidentQueueModel(filled_mirror())
    queue.show_only(QueueFilter(text="night"))
    assert ids(queue) == ["i317"]
    queue.show_only(QueueFilter(district="D02"))
    assert ids(queue) == []
    queue.show_only(QueueFilter(levels=frozenset({1, 2})))
    assert ids(queue) == ["i316", "i313", "i317"]
    queue.show_only(QueueFilter())
    assert queue.rowCount() == 6


def test_that_10_000_rows_are_filled_at_once_and_moved_singly(qapp: QApplication) -> None:
    mirror = Mirror(Held([]), now=lambda: NOW)
    queue = IncidentQueueModel(mirror)
    inserted: list[int] = []
    queue.rowsInserted.connect(lambda _p, first, last: inserted.append(last - first + 1))
    rows = [incident(no, "0102", Level(1 + no % 4), "x", float(no)) for no in range(10_000)]
    mirror.take_contents(Contents(rev=1, rows=(*rows, unit(1, "K1", UnitStatus.AVAILABLE))))
    assert inserted == [10_000]
    change(mirror, replace(rows[77], due_at=NOW + timedelta(days=9), version=4))
    assert ids(queue) == sorted_ids(mirror)
