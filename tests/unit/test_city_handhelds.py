"""Tasks on simulated handhelds, step by step, without clock or socket."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import cv2
import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from console.city.handhelds_habits import Answer, HandheldHabits, Plan, plan_of
from console.city.handhelds_jobs import Action, JobBook, Leave, Report, Say, Stay, Travel
from console.city.handhelds_photo import take_photo
from console.domain.assignments import NEXT_STATES, AssignmentState
from console.protocol.messages import Deliver, Task

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
S = AssignmentState


def plan(answer: Answer = Answer.ACCEPT) -> Plan:
    return Plan(
        seen_s=5.0, answer=answer, answer_s=5.0, depart_s=5.0, handle_s=60.0,
        reason="远" if answer is Answer.REFUSE else None, outcome="好了。",
    )  # fmt: skip


def order(
    name: str = "a1", *, unit: str = "K7", state: AssignmentState = S.ORDERED, level: int = 3,
    attempt: int = 1,
) -> Deliver:  # fmt: skip
    task = Task(
        assignment=name, incident="i1", unit=unit, number="20261123-00001", form="0501",
        form_zh="", form_en="", level=level, state=state, place="x", summary="y", ordered_at=NOW,
        lat=39.9, lon=116.4,
    )  # fmt: skip
    return Deliver(f"{name}-order", attempt, task)


def said(actions: list[Action]) -> list[AssignmentState]:
    return [one.ack.state for one in actions if isinstance(one, Say)]


def run_on(
    book: JobBook, since: datetime, seconds: float, *, travel_s: float = 30.0
) -> list[Action]:
    """Carry out everything that falls due; travelling takes ``travel_s``."""
    actions: list[Action] = []
    at = since
    while (following := book.next_at()) is not None and following <= since + timedelta(
        seconds=seconds
    ):
        at = max(at, following)
        for action in book.due(at):
            actions.append(action)
            if isinstance(action, Travel):
                book.arrives(action.task.assignment, at + timedelta(seconds=travel_s))
            if isinstance(action, Report):
                actions += book.done(action.task.assignment, at)
    return actions


def test_that_a_task_is_taken_step_by_step_to_its_outcome() -> None:
    book = JobBook(lambda _: plan())
    first = book.deliver(order(), NOW)
    later = run_on(book, NOW, 600.0)
    assert said(first) == [S.DELIVERED]
    assert said(later) == [S.SEEN, S.ACCEPTED, S.EN_ROUTE, S.ON_SCENE]
    kinds = [type(one) for one in later if not isinstance(one, Say)]
    assert kinds == [Travel, Stay, Report, Leave]
    assert len(book) == 0
    assert not book.is_busy("K7")


def test_that_an_order_said_again_is_received_again_and_begun_once() -> None:
    book = JobBook(lambda _: plan())
    book.deliver(order(), NOW)
    run_on(book, NOW, 11.0)
    again = book.deliver(order(attempt=2), NOW + timedelta(seconds=12))
    assert said(again) == [S.DELIVERED, S.SEEN, S.ACCEPTED]
    assert [one.ack.at for one in again if isinstance(one, Say)][1] == NOW + timedelta(seconds=5)
    assert len(book) == 1
    assert said(book.deliver(order(state=S.ACCEPTED), NOW + timedelta(seconds=13))) == [S.DELIVERED]


def test_that_a_task_already_under_way_is_taken_up_where_it_is() -> None:
    for state, kind in ((S.EN_ROUTE, Travel), (S.ON_SCENE, Stay)):
        book = JobBook(lambda _: plan())
        actions = book.deliver(order(state=state), NOW)
        assert [type(one) for one in actions] == [Say, kind]
    book = JobBook(lambda _: plan())
    book.deliver(order(state=S.ACCEPTED), NOW)
    assert said(run_on(book, NOW, 600.0)) == [S.EN_ROUTE, S.ON_SCENE]


def test_that_a_refusal_leaves_the_unit_free_and_silence_leaves_it_bound() -> None:
    refusing = JobBook(lambda _: plan(Answer.REFUSE))
    refusing.deliver(order(), NOW)
    actions = run_on(refusing, NOW, 60.0)
    assert said(actions) == [S.SEEN, S.REFUSED]
    assert not refusing.is_busy("K7")
    run_on(refusing, NOW, 7200.0)
    assert len(refusing) == 0
    silent = JobBook(lambda _: plan(Answer.NEVER))
    silent.deliver(order(), NOW)
    assert said(run_on(silent, NOW, 7200.0)) == [S.SEEN]
    assert silent.is_busy("K7")


def test_that_a_recall_ends_the_work_and_sends_the_unit_home() -> None:
    book = JobBook(lambda _: plan())
    book.deliver(order(), NOW)
    run_on(book, NOW, 20.0)
    recalled = book.deliver(order(state=S.WITHDRAWN), NOW + timedelta(seconds=21))
    assert [type(one) for one in recalled] == [Say, Leave]
    assert run_on(book, NOW, 600.0) == []


def test_that_a_second_task_waits_for_the_first_and_the_more_urgent_goes_first() -> None:
    book = JobBook(lambda _: plan())
    for name, level in (("a1", 3), ("a2", 4), ("a3", 1)):
        book.deliver(order(name, level=level), NOW)
    actions = run_on(book, NOW, 3600.0)
    arrived = [
        one.ack.assignment
        for one in actions
        if isinstance(one, Say) and one.ack.state is S.ON_SCENE
    ]
    assert arrived == ["a1", "a3", "a2"]


def test_that_a_changed_place_turns_a_unit_that_is_on_its_way() -> None:
    book = JobBook(lambda _: plan())
    book.deliver(order(), NOW)
    run_on(book, NOW, 16.0)
    moved = msgspec.structs.replace(order(state=S.EN_ROUTE).task, lat=39.8)
    elsewhere = Deliver("a1-amend2", 1, moved)
    assert [type(one) for one in book.deliver(elsewhere, NOW)] == [Say, Travel]


def test_that_an_order_that_overlaps_with_the_outcome_is_not_begun_again() -> None:
    book = JobBook(lambda _: plan())
    book.deliver(order(), NOW)
    run_on(book, NOW, 600.0)
    end = NOW + timedelta(seconds=120)
    assert said(book.deliver(order(state=S.ON_SCENE, attempt=2), end)) == [S.DELIVERED]
    assert len(book) == 0
    later = book.deliver(order(state=S.ON_SCENE), NOW + timedelta(hours=1))
    assert [type(one) for one in later] == [Say, Stay]


def test_that_the_pace_makes_everything_quicker_and_nothing_else() -> None:
    slow, quick = JobBook(lambda _: plan()), JobBook(lambda _: plan(), pace=1000.0)
    slow.deliver(order(), NOW)
    quick.deliver(order(), NOW)
    done = run_on(quick, NOW, 1.0, travel_s=0.03)
    assert said(done) == said(run_on(slow, NOW, 600.0))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a1", "a2", "a3"]),
            st.sampled_from([S.ORDERED, S.SEEN, S.ACCEPTED, S.EN_ROUTE, S.ON_SCENE, S.WITHDRAWN]),
            st.floats(0.0, 400.0),
        ),
        max_size=25,
    ),
    st.sampled_from(list(Answer)),
)
def test_that_whatever_is_delivered_steps_only_go_forward(
    events: list[tuple[str, AssignmentState, float]], answer: Answer
) -> None:
    book = JobBook(lambda _: plan(answer))
    at, reached = NOW, {}
    for name, state, wait_s in events:
        for action in [*book.deliver(order(name, state=state), at), *run_on(book, at, wait_s)]:
            if not isinstance(action, Say) or action.ack.state is S.DELIVERED:
                continue
            before = reached.get(action.ack.assignment)
            new = action.ack.state
            if before is not None and new not in NEXT_STATES[before]:
                assert list(S).index(new) <= list(S).index(before) or before is S.REFUSED
            reached[action.ack.assignment] = new
        at += timedelta(seconds=wait_s)
    at_work = [one for one in ("a1", "a2", "a3") if one in book._jobs]
    assert len(book) == len(at_work)


def test_that_tempers_come_at_their_rates_and_follow_from_the_truth_seed() -> None:
    habits = HandheldHabits()
    plans = [plan_of(order(f"a{n}").task, habits, truth_seed=2) for n in range(4000)]
    answers = Counter(one.answer for one in plans)
    assert abs(answers[Answer.REFUSE] - 120) < 3 * np.sqrt(120)
    assert abs(answers[Answer.NEVER] - 60) < 3 * np.sqrt(60)
    late = sum(one.answer_s > 60.0 for one in plans)
    assert abs(late - 280) < 3 * np.sqrt(280) + 5
    assert plans[7] == plan_of(order("a7").task, habits, truth_seed=2)
    assert plans[7] != plan_of(order("a7").task, habits, truth_seed=3)
    assert 12 * 60 < np.median([one.handle_s for one in plans]) < 25 * 60


def test_that_the_picture_is_a_jpeg_of_its_task_and_always_the_same() -> None:
    task = order().task
    photo = take_photo(task, at=NOW, is_night=False, truth_seed=2)
    assert photo == take_photo(task, at=NOW, is_night=False, truth_seed=2)
    assert photo != take_photo(order("a2").task, at=NOW, is_night=False, truth_seed=2)
    picture = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (600, 800, 3)
    night = cv2.imdecode(
        np.frombuffer(take_photo(task, at=NOW, is_night=True, truth_seed=2), np.uint8),
        cv2.IMREAD_COLOR,
    )
    assert night.mean() < 0.6 * picture.mean()
