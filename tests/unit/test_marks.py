"""Marks and blurring on copies: the original stays, the copy is evidence of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from desk_city import filled_mirror
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from rule_rows import A_PHOTO
from test_ui_command_line import Sent

from console.domain.hints import Box
from console.domain.marks import Mark, MarkError, Marking, MarkKind, checked
from console.domain.places import Evidence, EvidenceKind
from console.ui.card import card_of, still_of
from console.ui.caseactions import CaseActions
from console.ui.caseprint import case_html
from console.ui.marking import copy_of, with_marks
from console.ui.reasons import reason_text
from console.ui.words import copy_text
from widgets.common.appearance import Appearance
from widgets.desk.mark_sheet import MarkSheet

RESOURCES = Path(__file__).parents[2] / "resources"
COVER = Mark(kind=MarkKind.BLUR, x=0.25, y=0.25, to_x=0.5, to_y=0.5)


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[..., :3].copy()


def noisy(width: int = 640, height: int = 360) -> QImage:
    noise = np.random.default_rng(4).integers(0, 256, (height, width, 4), np.uint8)
    return QImage(noise.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def test_that_a_covered_region_cannot_be_had_back_and_nothing_else_changes(
    qapp: QApplication,
) -> None:
    picture = noisy()
    before = pixels(picture)
    after = pixels(with_marks(picture, [COVER]))
    assert np.array_equal(pixels(picture), before)
    inside = np.zeros(before.shape[:2], bool)
    inside[90:180, 160:320] = True
    assert np.array_equal(after[~inside], before[~inside])
    # Of 160 × 90 pixels no more than 8 × 8 different ones are left.
    assert len(np.unique(after[inside].reshape(-1, 3), axis=0)) <= 64
    assert np.abs(after[inside].astype(int) - before[inside]).mean() > 30


def test_that_a_copy_has_its_own_hash_and_is_a_picture(qapp: QApplication) -> None:
    arrow = Mark(kind=MarkKind.ARROW, x=0.1, y=0.1, to_x=0.9, to_y=0.4)
    words = Mark(kind=MarkKind.TEXT, x=0.6, y=0.9, to_x=0.6, to_y=0.9, text="占道经营 here")
    box = Mark(kind=MarkKind.BOX, x=0.7, y=0.7, to_x=0.6, to_y=0.6)
    copy = copy_of(noisy(), [COVER, arrow, words, box])
    assert copy.sha256 == hashlib.sha256(copy.data).hexdigest()
    shown = QImage.fromData(copy.data)
    assert (shown.width(), shown.height()) == (640, 360)
    assert copy.sha256 != copy_of(noisy(), [COVER]).sha256


@pytest.mark.parametrize(
    "mark",
    [
        replace(COVER, to_x=1.2),
        replace(COVER, y=-0.1),
        replace(COVER, x=float("nan")),
        replace(COVER, to_x=0.2501, to_y=0.2501),
        replace(COVER, kind=MarkKind.TEXT, text="  "),
        replace(COVER, kind=MarkKind.TEXT, text="x" * 121),
    ],
)
def test_that_a_mark_that_cannot_be_meant_is_refused_in_a_sentence(
    mark: Mark, qapp: QApplication
) -> None:
    with pytest.raises(MarkError) as told:
        checked(mark)
    shown = Appearance(qapp, RESOURCES, theme="dark", language="zh_CN")
    assert reason_text(str(told.value)) != str(told.value)
    shown.use_language("en")


@given(st.lists(st.sampled_from(["mark", "undo", "redo"]), max_size=30))
def test_that_undo_and_redo_are_a_walk_along_what_was_done(steps: list[str]) -> None:
    marking, held, at = Marking(), [], 0
    for number, step in enumerate(steps):
        if step == "mark":
            mark = replace(COVER, to_x=0.3 + number / 100)
            marking, held = marking.with_mark(mark), [*held[:at], mark]
            at += 1
        elif step == "undo":
            marking, at = marking.taken_back(), max(0, at - 1)
        else:
            marking, at = marking.again(), min(len(held), at + 1)
        assert list(marking.marks) == held[:at]


@pytest.fixture
def sheet(qtbot: QtBot, qapp: QApplication) -> Iterator[MarkSheet]:
    window = QWidget()
    window.resize(1280, 800)
    qtbot.addWidget(window)
    appearance = Appearance(qapp, RESOURCES, theme="dark", language="en")
    made = MarkSheet(appearance, window)
    window.show()
    yield made
    appearance.use_language("en")


@pytest.mark.xvfb
def test_that_a_copy_is_marked_taken_back_and_kept_by_keyboard_alone(sheet: MarkSheet) -> None:
    kept: list[tuple[Evidence, Marking]] = []
    said: list[str] = []
    sheet.kept.connect(lambda evidence, marking: kept.append((evidence, marking)))
    sheet.said.connect(said.append)
    sheet.open(A_PHOTO, noisy())

    def press(*keys: Qt.Key, control: bool = False) -> None:
        held = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
        for key in keys:
            QTest.keyClick(sheet, key, held)

    press(Qt.Key.Key_S, control=True)
    assert said == ["Nothing is marked yet, so there is no copy to keep."]
    press(Qt.Key.Key_R, Qt.Key.Key_Space, *[Qt.Key.Key_Right] * 5, *[Qt.Key.Key_Down] * 4)
    press(Qt.Key.Key_Space)
    press(Qt.Key.Key_B, Qt.Key.Key_Space, Qt.Key.Key_Space)  # no size: refused, nothing lost
    assert said[-1] == "The mark is too small to be seen; draw it larger."
    press(Qt.Key.Key_T, Qt.Key.Key_Space)
    QTest.keyClicks(sheet.words, "stall")
    QTest.keyClick(sheet.words, Qt.Key.Key_Return)
    assert [mark.kind for mark in sheet.marking.marks] == [MarkKind.BLUR, MarkKind.TEXT]
    assert not sheet.words.isVisible()
    press(Qt.Key.Key_Z, control=True)
    press(Qt.Key.Key_Escape)
    assert sheet.isVisible()  # marks are not thrown away by one key
    press(Qt.Key.Key_Y, Qt.Key.Key_S, control=True)
    assert [(one.id, marking.done) for one, marking in kept] == [("e", "text 1, blur 1")]
    corners = kept[0][1].marks[0].corners
    assert corners == pytest.approx((0.5, 0.5, 0.6, 0.58))
    assert not sheet.isVisible()


@pytest.mark.xvfb
def test_that_what_a_model_has_found_is_covered_and_can_be_taken_back(sheet: MarkSheet) -> None:
    asked: list[Evidence] = []
    said: list[str] = []
    sheet.suggestions_wanted.connect(asked.append)
    sheet.said.connect(said.append)
    sheet.open(A_PHOTO, noisy())
    QTest.keyClick(sheet, Qt.Key.Key_D)
    assert asked == [A_PHOTO]
    sheet.cover(())
    assert said == ["Nothing was found to cover; choose it by hand."]
    sheet.cover((Box(left=0.1, top=0.1, width=0.1, height=0.1), Box(left=0.95, top=0.9, width=0.05,
                                                                     height=0.1)))  # fmt: skip
    assert sheet.marking.done == "blur 2"
    QTest.keyClick(sheet, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert sheet.marking.done == "blur 1"


def test_that_a_copy_becomes_evidence_beside_its_original_on_card_and_paper(
    qapp: QApplication,
) -> None:
    mirror, sent = filled_mirror(), Sent()
    actions = CaseActions(mirror, sent)
    card = card_of(mirror, "i317")
    assert card is not None
    original = replace(card.evidence[0], kind=EvidenceKind.FRAME)
    copy = copy_of(noisy(), [COVER])
    assert actions.attach_copy(original, copy.data, copy.sha256, "blur 1")
    ((data, kept),) = sent.evidence
    assert data == copy.data
    assert (kept.original, kept.derived_from, kept.done) == ("e1", "ab" * 32, "blur 1")
    assert (kept.sha256, kept.size, kept.incident) == (copy.sha256, len(copy.data), "i317")
    assert kept.captured_at == original.captured_at
    assert copy_text(kept) == "copy of abababababab… · covered 1"
    printed = case_html(replace(card, evidence=(original, kept)))
    assert "copy of abababababab… · covered 1" in printed
    assert copy.sha256 in printed
    film = replace(original, id="v", kind=EvidenceKind.VIDEO, camera="c1")
    seen = replace(original, camera="c1")
    assert still_of(film, (replace(kept, camera="c1"), seen)) == seen
