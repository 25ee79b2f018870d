"""How forms and places are completed while they are typed, in every form that takes an incident."""

from __future__ import annotations

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit


def complete_form(form: QComboBox, forms: QCompleter) -> None:
    """Have a form found by any part of its name."""
    forms.setFilterMode(Qt.MatchFlag.MatchContains)
    forms.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    forms.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
    form.setCompleter(forms)


def complete_place(place: QLineEdit, rows: QStringListModel) -> None:
    """Offer the places that were found; the search has chosen them already."""
    places = QCompleter(rows, place)
    places.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
    place.setCompleter(places)
