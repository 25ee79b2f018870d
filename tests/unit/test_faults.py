import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from console.app.desktop_faults import FaultNotices


class Said(QObject):
    """Stands where the notice stands, and keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.sentences: list[str] = []

    def say(self, sentence: str, *, is_trouble: bool = False, stays: bool = False) -> None:
        assert is_trouble
        assert stays
        self.sentences.append(sentence)


@pytest.fixture
def said(qtbot: QtBot) -> Iterator[Said]:
    before = sys.excepthook, threading.excepthook
    notice = Said()
    faults = FaultNotices(notice)
    yield notice
    faults.restore()
    assert (sys.excepthook, threading.excepthook) == before


def fail() -> None:
    raise ValueError("the map's feed is upside down")


def test_that_an_error_in_a_slot_is_logged_and_said(
    said: Said, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    qtbot.waitUntil(lambda: len(said.sentences) == 1)
    assert "upside down" in said.sentences[0]
    assert "nobody foresaw" in caplog.text


def test_that_an_error_in_a_thread_is_said_in_qts_thread(said: Said, qtbot: QtBot) -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(said.sentences) == 1)
    assert "ValueError" in said.sentences[0]
