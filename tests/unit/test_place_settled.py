"""The only place that typed words say is taken when the field is left; any other a hand chooses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from widgets.common.appearance import Appearance
from widgets.desk.intake_fields import IntakeFields
from widgets.desk.new_incident import NewIncidentForm, PlaceFound

WITHIN_MS = 60_000
FOUR = PlaceFound(text="工体北路 4 号", lat=39.93, lon=116.45, names=("Stadium 4",))
FIVE = PlaceFound(text="工体北路 5 号", lat=39.94, lon=116.46)

pytestmark = pytest.mark.xvfb


@pytest.fixture
def fields(appearance: Appearance, qtbot: QtBot) -> Iterator[IntakeFields]:
    window, made = QWidget(), IntakeFields()
    QVBoxLayout(window).addWidget(made)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    made.place.setFocus()
    qtbot.waitUntil(made.place.hasFocus, timeout=WITHIN_MS)
    yield made
    window.close()  # it lives as long as the test


def test_that_the_only_place_found_is_taken_when_the_field_is_left(
    fields: IntakeFields, qtbot: QtBot
) -> None:
    qtbot.keyClicks(fields.place, "stadium 4")
    fields.offer_places("stadium 4", [FOUR])
    qtbot.keyClick(fields.place, Qt.Key.Key_Return)
    draft = fields.draft()
    assert (draft.place, draft.lat, draft.lon) == (FOUR.text, FOUR.lat, FOUR.lon)
    assert draft.text == "stadium 4"  # as it was said, for it is called otherwise
    assert fields.lost.text() == ""


@pytest.mark.parametrize(
    ("typed", "is_taken"),
    [
        ("工体北路 4 号", True),
        ("工体北路４号", True),
        ("工体北路 4", True),
        ("工体北路", False),
        ("北路 4 号", False),
        ("工体北", False),
        ("工体北路 4 号对面", False),
        ("Stadi", False),
    ],
)
def test_that_a_place_is_taken_only_by_its_name(
    fields: IntakeFields, qtbot: QtBot, typed: str, is_taken: bool
) -> None:
    fields.place.insert(typed)  # as an input method hands it over
    fields.offer_places(typed, [FOUR])
    assert (fields.lost.text() == "Enter takes it.") is (is_taken and typed != FOUR.text)
    qtbot.keyClick(fields.place, Qt.Key.Key_Return)
    draft = fields.draft()
    assert (draft.place, draft.lat) == ((FOUR.text, FOUR.lat) if is_taken else (typed, None))
    assert draft.text == ""  # all that was typed stands in the place


def test_that_of_several_places_none_is_taken_unseen(fields: IntakeFields, qtbot: QtBot) -> None:
    qtbot.keyClicks(fields.place, "gongti")
    fields.offer_places("gongti", [FOUR, FIVE])
    qtbot.keyClick(fields.place, Qt.Key.Key_Return)
    assert (fields.draft().place, fields.draft().lat) == ("gongti", None)
    assert fields.lost.text() != ""


def test_that_what_was_found_for_other_words_is_not_taken(
    fields: IntakeFields, qtbot: QtBot
) -> None:
    qtbot.keyClicks(fields.place, "stadium 4")
    fields.offer_places("stadium 4", [FOUR])
    qtbot.keyClicks(fields.place, "5")
    qtbot.keyClick(fields.place, Qt.Key.Key_Return)
    assert (fields.draft().place, fields.draft().lat) == ("stadium 45", None)


def test_that_a_new_incident_takes_the_only_place_as_well(
    appearance: Appearance, qtbot: QtBot
) -> None:
    window = QWidget()
    window.resize(1000, 700)
    form = NewIncidentForm(window)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    form.open()
    qtbot.keyClicks(form.form.lineEdit(), "Night con")
    qtbot.keyClicks(form.place, "stadium 4")
    form.offer_places("stadium 4", [FOUR])
    with qtbot.waitSignal(form.wanted) as wanted:
        qtbot.keyClick(form.place, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert (wanted.args[0].place, wanted.args[0].lat) == (FOUR.text, FOUR.lat)
    assert wanted.args[0].summary == "stadium 4"
    form.open()
    qtbot.keyClicks(form.form.lineEdit(), "Night con")
    qtbot.keyClicks(form.place, "stadi")
    form.offer_places("stadi", [FOUR])
    with qtbot.waitSignal(form.wanted) as wanted:
        qtbot.keyClick(form.place, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert (wanted.args[0].place, wanted.args[0].lat) == ("stadi", None)
