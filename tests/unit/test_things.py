"""What stands at a point is named once, when it is plain what it is, and keeps its name."""

from __future__ import annotations

from console.domain.hints import Box, HintKind
from console.video.things import Things, Vote

CAR = Box(left=0.2, top=0.4, width=0.2, height=0.2)
PART = Box(left=0.22, top=0.42, width=0.08, height=0.1)
ELSEWHERE = Box(left=0.7, top=0.4, width=0.2, height=0.2)


def named(things: Things, votes: list[tuple[Box, float]], looks: int, *, from_s: float = 0.0):
    """Return the kinds told at each of some looks, twenty seconds apart."""
    told = []
    for look in range(looks):
        seen = things.look([Vote(*one) for one in votes], from_s + 20.0 * look)
        told.append([one.kind for one in seen])
    return told


def test_that_a_thing_is_named_after_some_looks_and_only_where_it_is_seen() -> None:
    things = Things()
    told = named(things, [(CAR, -0.9), (ELSEWHERE, 0.9)], 8)
    assert told[0] == []
    assert told[-1] == [HintKind.PARKED, HintKind.CROWD]
    assert things.look([Vote(CAR, -0.9)], 200.0)[0].box == CAR
    assert things.look([], 220.0) == []


def test_that_what_looks_alive_while_it_leaves_or_is_passed_keeps_its_name() -> None:
    things = Things()
    named(things, [(CAR, -0.9)], 8)
    after = named(things, [(PART, 1.0)], 6, from_s=200.0)
    assert all(kinds == [HintKind.PARKED] for kinds in after)


def test_that_what_is_doubtful_is_not_named_early() -> None:
    things = Things()
    for look in range(8):
        assert things.look([Vote(CAR, 0.8 if look % 2 else -0.8)], 20.0 * look) == []


def test_that_many_looks_within_seconds_name_nothing() -> None:
    things = Things()
    for look in range(40):
        assert things.look([Vote(CAR, -1.0)], look * 0.5) == []


def test_that_what_is_gone_or_was_answered_begins_anew() -> None:
    for forgets in (True, False):
        things = Things()
        named(things, [(CAR, -0.9)], 8)
        if forgets:
            things.forget(CAR)
        else:
            named(things, [], 9, from_s=200.0)
        assert named(things, [(CAR, 0.9)], 8, from_s=400.0)[-1] == [HintKind.CROWD]
