"""The intake of a console: joined to what it looks up, what it files, and its keys."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut

from console.app.desktop_models import DeskModels
from console.domain.levels import Role
from console.domain.permissions import may
from console.ui.intake import IntakeDraft, IntakeModel
from widgets.desk.intake_view import IntakeView
from widgets.desk.new_incident import PlaceFound
from widgets.shell.window import MainWindow


class IntakeDock(QObject):
    """Opens the intake by F7; at a hotline seat it is open from the log-on, call after call."""

    def __init__(self, window: MainWindow, models: DeskModels) -> None:
        super().__init__(window)
        self._window, self._models = window, models
        self._is_locked = False
        self.view = IntakeView(window)
        self.model = IntakeModel(models.mirror, models.client, self)
        models.site_forms.changed.connect(self.view.fields.set_forms)
        self.view.typed.connect(self.model.look)
        self.view.place_typed.connect(self._look_up)
        self.view.filed.connect(self._file)
        self.view.place_noted.connect(self._note)
        self.model.changed.connect(self.view.show_known)
        models.mirror.who_changed.connect(lambda _who: self._take_who())
        models.mirror.tables_changed.connect(lambda *_: self._again())
        models.mirror.incidents_changed.connect(lambda *_: self._again())
        key = QShortcut(QKeySequence("F7"), window)
        key.setContext(Qt.ShortcutContext.WindowShortcut)
        key.activated.connect(self.open)

    def open(self) -> None:
        """Show the intake, if whoever is logged on may take calls; F7 again leaves it."""
        who = self._models.mirror.who
        if self._is_locked:
            return
        if self.view.isVisible():
            self.view.leave()
        elif who is not None and not may(who.role, "TakeReport"):
            self._window.notice.say(
                self.tr("Calls are taken by hotline seats, dispatchers and shift leads."),
                is_trouble=True,
            )
        else:
            self.view.open()

    def set_locked(self, is_locked: bool) -> None:
        """Go from sight while the console is locked; what was typed is there afterwards."""
        self._is_locked = is_locked
        if is_locked:
            self.view.hide()
        elif self.view.stays_open:
            self.view.open()

    def _take_who(self) -> None:
        who = self._models.mirror.who
        is_seat = who is not None and who.role is Role.HOTLINE_SEAT
        if is_seat and not self.view.stays_open:
            self.view.stays_open = True
            if not self._is_locked:
                self.view.open()

    def _again(self) -> None:
        if self.view.isVisible():
            self.model.look(self.view.draft())

    def _look_up(self, text: str) -> None:
        found = self._models.places.find(text)
        places = [
            PlaceFound(text=one.text, lat=one.lat, lon=one.lon, names=one.names) for one in found
        ]
        self.view.fields.offer_places(text, places)

    def _file(self, draft: IntakeDraft) -> None:
        if self._models.actions.take_report(draft) is None:
            return  # what is typed stays; the notice says why it was not kept
        what = self.tr("Passed to the dispatch screen as urgent: {0}")
        told = what if draft.urgent else self.tr("Taken: {0}")
        self._window.notice.say(told.format(draft.place or draft.text[:40]))
        self.view.clear()
        if not self.view.stays_open:
            self.view.leave()

    def _note(self, draft: IntakeDraft, kind: str, words: str) -> None:
        if self._models.actions.note_place(draft, kind, words):
            self._window.notice.say(self.tr("Kept for whoever comes there: {0}").format(words))
