"""The pin of PySide6 6.11.2: 6.12.0 on Python 3.11 loses a reference with every emit and aborts."""

from __future__ import annotations

import sys
from importlib.metadata import version

import pytest
from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QApplication

CALLS = 2000


class Sender(QObject):
    """Emits a Python object."""

    sent = Signal(object)
    said = Signal(str)


@pytest.mark.parametrize(
    ("distribution", "pinned"), [("PySide6", "6.11.2"), ("PySide6-QtAds", "5.1.1")]
)
def test_that_the_pinned_version_is_installed(distribution: str, pinned: str) -> None:
    assert version(distribution) == pinned


def test_that_emitting_keeps_every_reference(qapp: QApplication) -> None:
    sender, payload, heard = Sender(), object(), [0]

    def hear(_: object) -> None:
        heard[0] += 1

    sender.sent.connect(hear)
    sender.said.connect(hear)
    emit, say, word = sender.sent.emit, sender.said.emit, "K7 " * 3
    watched = (payload, None, True, hear, sender, word, Sender, Signal)
    before = [sys.getrefcount(each) for each in watched]
    for _ in range(CALLS):
        emit(payload)
        sender.sent.emit(payload)
        say(word)
    drift = [sys.getrefcount(each) - count for each, count in zip(watched, before, strict=True)]
    assert heard == [3 * CALLS]
    assert max(map(abs, drift)) < CALLS // 20, drift


def test_that_painter_calls_keep_every_reference(qapp: QApplication) -> None:
    image = QImage(64, 64, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    colour, box, pen = QColor("#FF4444"), QRectF(4, 4, 20, 20), QPen(QColor("#FFFFFF"))
    hint, style = QPainter.RenderHint.Antialiasing, Qt.PenStyle.NoPen
    watched = (colour, box, pen, hint, style, painter, None, True)
    before = [sys.getrefcount(each) for each in watched]
    for _ in range(CALLS):
        painter.setRenderHint(hint)
        painter.setPen(pen)
        painter.fillRect(box, colour)
        painter.setPen(style)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "K7")
    drift = [sys.getrefcount(each) - count for each, count in zip(watched, before, strict=True)]
    painter.end()
    assert image.pixelColor(10, 10) == colour
    assert max(map(abs, drift)) < CALLS // 20, drift
