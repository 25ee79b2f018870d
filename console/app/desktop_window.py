"""The widgets of the console's window, each joined to its model."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Slot

from console.alarms.conditions import ConditionKind
from console.app.desktop_marks import MarkDesk
from console.app.desktop_models import DeskModels
from console.app.desktop_pictures import EvidencePictures
from console.app.desktop_troubles import TroubleNotices
from console.domain.assignments import Means
from console.domain.forms import OTHER
from console.domain.hints import Hint
from console.domain.places import Evidence
from console.ui.alarmdesk import AlarmRate
from console.ui.alarmlines import rate_text
from console.ui.alarms import Alarm
from console.ui.card import still_of
from console.ui.majorboard import MajorBoard
from console.ui.near import NearFound, NearState
from console.ui.orders import Verb
from console.ui.queuetexts import short_number
from console.ui.reasons import reason_text
from console.ui.sensorwatch import KINDS as SENSOR_KINDS
from console.ui.status import StatusLine
from console.ui.unittexts import unit_sentence
from widgets.common.appearance import Appearance
from widgets.desk.card_view import CardView
from widgets.desk.duty_view import DutyView
from widgets.desk.evidence_sheet import EvidenceSheet
from widgets.desk.major_sheet import MajorSheet
from widgets.desk.near_view import NearView
from widgets.desk.new_incident import NewIncident, NewIncidentForm, PlaceFound
from widgets.desk.queue_view import QueueView
from widgets.desk.tray_view import TrayView
from widgets.shell.alarm_bar import AlarmLine
from widgets.shell.regions import Region
from widgets.shell.window import MainWindow

_log = logging.getLogger("zhihui.console")


class DeskWindow(QObject):
    """Fills the window and carries ids between widgets, models and actions."""

    def __init__(self, window: MainWindow, models: DeskModels, appearance: Appearance) -> None:
        super().__init__(window)
        self._models, self._appearance = models, appearance
        self._incident_of: dict[str, str] = {}
        self.hint_of: Callable[[str], Hint | None] = lambda _camera: None
        self.window = window
        window.top.command.set_reader(models.commands)
        self.queue = QueueView(appearance, models.queue)
        self.card = CardView(appearance, models.card, models.mirror.now)
        self.near = NearView(appearance, models.near)
        self.tray = TrayView(appearance, models.tray)
        self.duty = DutyView(appearance, models.duty)
        self.form = NewIncidentForm(self.window)
        models.site_forms.changed.connect(self.form.set_forms)
        self.sheet = EvidenceSheet(appearance, self.window)
        self.pictures = EvidencePictures(models.client, self)
        board = MajorBoard(models.mirror, models.card, models.actions, self, places=models.places)
        self.major = MajorSheet(board, window)
        board.refused.connect(self.say_trouble)
        models.actions.board_wanted.connect(self._show_board)
        self.major.incident_wanted.connect(self.pick)
        self.marks = MarkDesk(window, models, self.pictures, appearance, self)
        for region, widget in (
            (Region.QUEUE, self.queue),
            (Region.CARD, self.card),
            (Region.NEAR, self.near),
            (Region.TRAY, self.tray),
            (Region.DUTY, self.duty),
        ):
            self.window.regions.set_widget(region, widget)
        self.picked_listeners: list[Callable[[str], object]] = []
        self.camera_listeners: list[Callable[[str], object]] = []
        self.sensor_listeners: list[Callable[[str], object]] = []
        self._join_picking()
        self._join_actions()
        self._join_bars()
        self._join_evidence()
        self.troubles = TroubleNotices(window.notice, models, self)

    # what is picked moves everything together

    def _join_picking(self) -> None:
        models = self._models
        self.queue.picked.connect(self.pick)
        self.tray.incident_picked.connect(self.pick)
        models.commands.incident_wanted.connect(self.pick)
        models.actions.incident_opened.connect(self.pick)
        self.window.bottom.alarms.picked.connect(self.pick_alarm)
        self.near.unit_picked.connect(self.tell_unit)
        # What carries out a line says so afterwards: the unit's own sentence stands after that.
        models.commands.unit_wanted.connect(self.tell_unit, Qt.ConnectionType.QueuedConnection)
        models.finder.found.connect(self._show_found)
        models.finder.state_changed.connect(self._show_near_state)
        models.finder.failed.connect(self.say_trouble)

    @Slot(str)
    @Slot(str, bool)
    def pick(self, incident: str, goes_on: bool = False) -> None:
        """Show an incident in every panel; with ``goes_on`` the focus goes to who is near."""
        self._models.card.pick(incident)
        self._models.finder.pick(incident)
        self.queue.choose(incident)
        self.window.top.command.offer("")
        for listener in self.picked_listeners:
            listener(incident)
        if goes_on:
            self._come_forward()
            self.window.regions.show_region(Region.NEAR)

    @Slot(str)
    def tell_unit(self, unit_id: str) -> None:
        """Say what a unit does and where it was; lay its dispatch ready if that makes sense."""
        unit = self._models.mirror.unit(unit_id)
        if unit is None:
            return
        sentence = unit_sentence(self._models.mirror, unit)
        card = self._models.card.card
        number = None if card is None else card.incident.number
        if card is not None and number and unit.is_free and "AssignUnit" in card.can:
            self.window.top.command.offer(f"{Verb.DISPATCH} {number} {unit.call_sign}")
            offer = self.tr("{0} — Ctrl+K, Enter sends it to {1}")
            sentence = offer.format(sentence, short_number(card.incident))
        self.window.notice.say(sentence)

    def tell_camera(self, name: str) -> None:
        """Say which point the wall shows on demand."""
        words = self.tr("On the wall: {0}. Esc on the wall goes back to the plan.")
        self.window.notice.say(words.format(name))

    def pick_alarm(self, alarm_id: str) -> None:
        """Show what an alarm is about."""
        for alarm in self._models.alarm_desk.alarms:
            if alarm.id == alarm_id and alarm.incident:
                self.pick(alarm.incident, goes_on=True)
            elif alarm.id == alarm_id and alarm.unit is not None:
                self.tell_unit(alarm.unit)
            elif alarm.id == alarm_id and alarm.id.startswith(f"{ConditionKind.CAMERA_DOWN}:"):
                for listener in self.camera_listeners:
                    listener(alarm.id.partition(":")[2])
            elif alarm.id == alarm_id and alarm.id.partition(":")[0] in SENSOR_KINDS:
                for listener in self.sensor_listeners:
                    listener(alarm.id.partition(":")[2])
        if any(alarm.id == alarm_id for alarm in self._models.feeds.alarms):
            self.window.notice.say(self._models.status.line.sentence, is_trouble=True)

    def _show_board(self, incident: str) -> None:
        self.pick(incident)
        self.major.open()

    def _show_found(self, found: NearFound) -> None:
        self._models.near.show_found(found)
        self.near.note_ranked(self._models.status.positions_age_s() or 0.0)

    def _show_near_state(self, state: int) -> None:
        if state < NearState.RANKING:
            self._models.near.clear()
        self.near.set_state(state)

    # what is done

    def _join_actions(self) -> None:
        actions = self._models.actions
        self.near.dispatch_wanted.connect(self._dispatch)
        self.queue.level_wanted.connect(actions.set_level)
        self.queue.acknowledged.connect(self._models.alarms.acknowledge)
        self.queue.split_wanted.connect(self._models.actions.split_last)
        self.card.verify_wanted.connect(self._verify)
        self.card.close_wanted.connect(actions.close)
        self.card.cancel_wanted.connect(actions.cancel)
        self.card.withdraw_wanted.connect(actions.withdraw)
        self.card.voice_order_wanted.connect(self._tell_by_voice)
        self.card.line_wanted.connect(self._run)
        self.tray.retry_wanted.connect(actions.retry)
        self.tray.drop_wanted.connect(actions.drop)
        self.window.command_entered.connect(self._run)
        line, queue = self.window.top.command, self._models.queue
        for moved in (queue.rowsInserted, queue.rowsRemoved, queue.rowsMoved):
            moved.connect(lambda *_: line.look_again())
        self.window.new_incident_wanted.connect(self.form.open)
        self.form.place_typed.connect(self._look_up)
        self.form.wanted.connect(self._open_incident)
        actions.refused.connect(self.say_trouble)
        self._models.commands.paper.written.connect(self._say_written)

    def _dispatch(self, incident: str, units: list[str]) -> None:
        others = self._models.near.instead_of(incident, units)
        if self._models.actions.dispatch(incident, units, instead_of=others):
            self.window.regions.show_region(Region.CARD)

    def _verify(self, incident: str, passed: bool, note: str) -> None:
        self._models.actions.verify(incident, passed=passed, note=note or None)

    def _tell_by_voice(self, incident: str, unit: str, means: str, words: str) -> None:
        self._models.actions.tell_by_voice(incident, unit, Means(means), words or None)

    def _run(self, text: str) -> None:
        sentence, is_done = self._models.commands.run(text)
        self.window.notice.say(sentence, is_trouble=not is_done)

    def _say_written(self, path: str) -> None:
        self.window.notice.say(self.tr("The case lies in {0}.").format(path))

    def _look_up(self, text: str) -> None:
        found = self._models.places.find(text)
        places = [
            PlaceFound(text=one.text, lat=one.lat, lon=one.lon, names=one.names) for one in found
        ]
        self.form.offer_places(text, places)

    def _open_incident(self, new: NewIncident) -> None:
        incident = self._models.actions.open_incident(
            new.form,
            new.place,
            new.summary,
            lat=new.lat,
            lon=new.lon,
            level=None if new.level is None else int(new.level),
        )
        if new.sends and incident is not None:
            self.pick(incident, goes_on=True)

    def open_incident_at(self, lat: float, lon: float) -> None:
        """Begin a new incident at a place picked on the map."""
        self._come_forward()
        self.form.open(place=PlaceFound(text=f"{lat:.5f}, {lon:.5f}", lat=lat, lon=lon))

    def send_to(self, lat: float, lon: float) -> None:
        """Begin a new incident at a place; opened, who is near waits for one key."""
        place = PlaceFound(text=f"{lat:.5f}, {lon:.5f}", lat=lat, lon=lon)
        self._come_forward()
        self.form.open(place=place, sends=True)

    def _come_forward(self) -> None:
        """Take the keys from another map's window."""
        self.window.raise_()
        self.window.activateWindow()

    def take_shot(self, shot: object) -> None:
        """Open an incident from a picture taken at the wall; a confirmed hint fills in its form."""
        hint = self.hint_of(getattr(shot, "camera", ""))
        known = {form.code for form in self._models.site_forms.forms}
        form = OTHER.code if hint is None or hint.likely_form not in known else hint.likely_form
        incident = self._models.actions.open_incident_from_evidence(shot, form=form)  # type: ignore[arg-type]
        if incident is not None:
            self._incident_of[getattr(shot, "camera", "")] = incident

    def take_added(self, shot: object) -> None:
        """Attach what came after a picture: its film, or the main stream's frame."""
        incident = self._incident_of.get(getattr(shot, "camera", ""))
        if incident is None:
            return
        actions = self._models.actions
        attach = actions.attach_shot if getattr(shot, "clip", None) is None else actions.attach_clip
        attach(incident, shot)  # type: ignore[arg-type]  # as the signal brings it

    def say_hints(self, sentence: str | None) -> None:
        """Say why the site's own model gives no hints, if it does not."""
        if sentence is not None:
            self.say_trouble(sentence)

    def say_trouble(self, sentence: str) -> None:
        """Say what could not be done."""
        _log.warning("%s", sentence)
        self.window.notice.say(reason_text(sentence), is_trouble=True)

    # bars

    def _join_bars(self) -> None:
        models, window = self._models, self.window
        models.status.changed.connect(self._show_status)
        models.alarm_desk.changed.connect(self._show_alarms)
        models.alarm_desk.rate_changed.connect(self._show_rate)
        models.alarms.counts_changed.connect(
            lambda counts: window.top.set_counts(counts.by_level())
        )
        window.bottom.alarms.acknowledged.connect(models.alarm_desk.acknowledge)
        self._appearance.language_changed.connect(self._retranslate)
        self._show_alarms()
        window.top.set_counts(models.alarms.counts.by_level())
        self._show_status(models.status.line)

    def _show_status(self, line: StatusLine) -> None:
        top, bottom = self.window.top, self.window.bottom
        for label in (top.link, bottom.link):
            label.set_link(is_up=line.is_live, age_s=line.heard_age_s, reason=line.sentence)
        top.set_unsent(line.unsent)
        bottom.set_waiting(unsent=line.unsent, in_tray=line.in_tray)
        bottom.set_positions_age(line.positions_age_s)
        bottom.set_slowed(" · ".join(line.throttled))
        self.window.regions.set_count(Region.TRAY, line.in_tray)
        if line.heard_age_s is not None:
            for age in (bottom.age, self.queue.age, self.duty.age, self.card.age):
                age.freshen(line.heard_age_s)
        if line.who is not None:
            top.set_person(line.who.name, line.who.role)

    def _show_rate(self, rate: AlarmRate) -> None:
        words = rate_text(rate)
        self.window.bottom.set_rate(rate.count, words, is_steady=rate.is_steady)

    def _show_alarms(self, _changed: tuple[Alarm, ...] = ()) -> None:
        alarms = self._models.alarm_desk.alarms
        self.window.bottom.alarms.set_alarms(
            [
                AlarmLine(
                    id=alarm.id,
                    level=alarm.level,
                    text=alarm.text,
                    is_acknowledged=alarm.is_acknowledged,
                )
                for alarm in alarms
            ]
        )

    def _retranslate(self, _language: str) -> None:
        self._models.alarms.retranslate()
        self._models.status.refresh()

    # evidence

    def _join_evidence(self) -> None:
        self.card.evidence_wanted.connect(self.pictures.want)
        self.card.evidence_opened.connect(self._open_evidence)
        self.sheet.marking_wanted.connect(self.marks.open)
        self.marks.said.connect(self.window.notice.say)
        self.pictures.ready.connect(self.card.set_picture)
        self.pictures.failed.connect(self.card.set_picture_trouble)

    def _open_evidence(self, evidence_id: str) -> None:
        card = self._models.card.card
        held: tuple[Evidence, ...] = () if card is None else card.evidence
        for evidence in held:
            if evidence.id == evidence_id:
                words = self.tr("There is no picture to show; the bytes are kept at central.")
                still = still_of(evidence, held) or evidence
                self.sheet.show_evidence(evidence, self.pictures.held(still.sha256), words)
