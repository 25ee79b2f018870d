"""Forms of the site's catalogue in the console: their names on labels, what may be chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from desk_city import filled_mirror
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from console.domain.catalogue import CatalogueItem, CatalogueName
from console.domain.forms import FORMS
from console.sync.state import ChangeBatch, RowChange
from console.ui.formnames import SiteForms
from console.ui.mirror import Mirror
from console.ui.words import form_word
from widgets.common.appearance import Appearance
from widgets.desk.new_incident import NewIncidentForm

BICYCLES = CatalogueItem(
    id="form:0505", catalogue=CatalogueName.FORM, code="0505", name_zh="共享单车乱停",
    name_en="Shared bicycles", parent="05", details={"level": 3, "limit_h": 4.0}, version=1,
)  # fmt: skip


def change(mirror: Mirror, *rows: CatalogueItem) -> None:
    changes = tuple(RowChange(kind="catalogue", id=row.id, row=row) for row in rows)
    mirror.take_changes(ChangeBatch(rev=900 + rows[0].version, rows=changes))


@pytest.fixture
def mirror() -> Mirror:
    return filled_mirror()


@pytest.fixture
def forms(mirror: Mirror, appearance: Appearance) -> Iterator[SiteForms]:
    made = SiteForms(mirror)
    yield made
    made.stop()


def test_that_a_form_of_the_site_is_named_in_both_languages(
    mirror: Mirror, forms: SiteForms, appearance: Appearance
) -> None:
    assert form_word("0505") == "Other (0505)"
    change(mirror, BICYCLES)
    assert form_word("0505") == "Shared bicycles"
    appearance.use_language("zh_CN")
    assert form_word("0505") == "共享单车乱停"
    assert form_word("0301") == "夜间施工"
    change(mirror, replace(BICYCLES, name_zh="单车", version=2))
    assert form_word("0505") == "单车"


def test_that_without_a_catalogue_the_programs_own_forms_are_offered(forms: SiteForms) -> None:
    assert tuple(forms.forms) == FORMS


def test_that_a_new_incident_offers_what_the_site_has_and_not_what_is_retired(
    mirror: Mirror, forms: SiteForms, qtbot: QtBot
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    sheet = NewIncidentForm(parent)
    forms.changed.connect(sheet.set_forms)
    night = replace(BICYCLES, id="form:0301", code="0301", name_en="Works at night", parent="03")
    change(mirror, BICYCLES, night)
    shown = [sheet.form.itemText(row) for row in range(sheet.form.count())]
    assert shown == ["Works at night · Construction", "Shared bicycles · Street order"]
    change(mirror, replace(night, retired=True, version=2))
    assert [sheet.form.itemData(row) for row in range(sheet.form.count())] == ["0505"]
    assert form_word("0301") == "Works at night"  # cases of it keep their name
