"""Cycles of garbage go in Qt's own thread, however busy others are."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.ui.garbage import GARBAGE_AFTER, Garbage


class Knot:
    """Something in a cycle with itself that tells the thread in which it went."""

    def __init__(self, ended_in: list[int]) -> None:
        self.itself = self
        self.ended_in = ended_in

    def __del__(self) -> None:
        self.ended_in.append(threading.get_ident())


def make_many(ended_in: list[int]) -> None:
    """Make garbage in a thread of its own, many times what is let lie."""

    def make() -> None:
        for _ in range(3 * GARBAGE_AFTER[0]):
            Knot(ended_in)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()


@pytest.fixture
def garbage(qapp: QApplication) -> Iterator[Garbage]:
    watch = Garbage()
    yield watch
    watch.stop()


def test_that_what_others_leave_goes_in_qts_thread(garbage: Garbage, qtbot: QtBot) -> None:
    ended_in: list[int] = []
    make_many(ended_in)
    assert ended_in == [], "no other thread looks"
    qtbot.waitUntil(lambda: len(ended_in) == 3 * GARBAGE_AFTER[0])
    assert set(ended_in) == {threading.get_ident()}


def test_that_what_has_grown_old_goes_as_well(garbage: Garbage) -> None:
    ended_in: list[int] = []
    old = Knot(ended_in)
    gc.collect()
    gc.collect()
    del old
    looks = (GARBAGE_AFTER[1] + 2) * (GARBAGE_AFTER[2] + 2)
    for _ in range(looks):
        kept: list[list[int]] = [[] for _ in range(2 * GARBAGE_AFTER[0])]
        garbage.look()
        del kept
        if ended_in:
            break
    assert ended_in == [threading.get_ident()]


def test_that_pythons_own_goes_on_afterwards(qapp: QApplication) -> None:
    watch = Garbage()
    assert not gc.isenabled()
    watch.stop()
    assert gc.isenabled()
