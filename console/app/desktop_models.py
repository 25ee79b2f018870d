"""The console without its widgets: link, rows, models, actions."""

from __future__ import annotations

import logging
import os
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from console.app.cachekey import cache_key
from console.app.cityclock import city_zone, keep_city_time
from console.app.consolesettings import ConsoleSettings
from console.domain.incidents import Report
from console.domain.places import Evidence, LogEntry
from console.store.cachereads import CacheReader
from console.store.citypack import CityPackError
from console.sync.client import SyncClient
from console.sync.settings import SyncSettings
from console.ui.alarmdesk import AlarmDesk
from console.ui.alarmlines import AlarmLines
from console.ui.alarms import AlarmList
from console.ui.bridge import Bridge
from console.ui.calls import Caller
from console.ui.card import CardModel
from console.ui.commandline import CommandLine
from console.ui.dispatchactions import DispatchActions
from console.ui.duty import DutyModel
from console.ui.dutyactions import DutyActions
from console.ui.dutyboard import DutyBoard
from console.ui.dutyslash import DutySlash
from console.ui.feedalarms import FeedAlarms
from console.ui.formnames import SiteForms
from console.ui.helpalarms import HelpAlarms
from console.ui.messages import MessagesModel
from console.ui.mirror import Mirror
from console.ui.near import NearFinder, NearUnitsModel
from console.ui.pacebook import PaceBook
from console.ui.places import PackPlaces
from console.ui.queue import IncidentQueueModel
from console.ui.rosterlist import RosterModel
from console.ui.sensorreadings import SensorReadings
from console.ui.status import StatusModel
from console.ui.streetwatch import StreetWatch
from console.ui.tray import TrayModel
from console.ui.watchalarms import WatchAlarms
from console.video.points import write_zone

_log = logging.getLogger("zhihui.console")


class LateReader:
    """Reads the cache from when there is one; before, an incident has no details."""

    def __init__(self, client: SyncClient) -> None:
        self._client = client
        self._reader: CacheReader | None = None

    def reopen(self) -> None:
        """Read from the file that bears the cache's name now."""
        if self._reader is None:
            self._reader = self._client.reader()
            self._reader.details_of("")  # the first incident does not wait for the statements
        else:
            self._reader.reopen()

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def report(self, row_id: str) -> Report | None:
        """Return the report with this id."""
        return None if self._reader is None else self._reader.report(row_id)

    def report_from(self, channel: str, external_id: str) -> Report | None:
        """Return the report that a sending system gave this id on this channel."""
        return None if self._reader is None else self._reader.report_from(channel, external_id)

    def reports_by_phone(self, number: str) -> list[Report]:
        """Return the reports kept here of a caller's number."""
        return [] if self._reader is None else self._reader.reports_by_phone(number)

    def evidence(self, row_id: str) -> Evidence | None:
        """Return the evidence with this id."""
        return None if self._reader is None else self._reader.evidence(row_id)

    def details_of(self, incident: str) -> list[Report | Evidence | LogEntry]:
        """Return reports, evidence and log lines of an incident."""
        return [] if self._reader is None else self._reader.details_of(incident)


class DeskModels(QObject):
    """Everything the widgets show and do, joined to central through the bridge.

    Raises:
        OutboxError: Commands could not be kept, so nothing may be typed.
    """

    def __init__(self, settings: ConsoleSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.bridge = Bridge(self)
        self.cache_key = cache_key(settings.home, settings.cache_key, settings.passphrase)
        self.client = SyncClient(
            SyncSettings(
                url=settings.url,
                account=settings.account,
                password=settings.password,
                home=settings.home,
                name=settings.name,
                label=settings.label,
                pack_path=settings.pack_path,
                device_code=settings.device_code,
                ca=settings.ca,
                key=self.cache_key,
            ),
            self.bridge,
        )
        self._reader = LateReader(self.client)
        self.mirror = Mirror(self._reader, zone=city_zone(settings.time_zone), parent=self)
        self.bridge.city_zone_told.connect(self.use_zone)
        self.mirror.follow(self.bridge)
        self.site_forms = SiteForms(self.mirror, self)
        self.actions = DispatchActions(self.mirror, self.client, self)
        self.queue = IncidentQueueModel(self.mirror, self)
        self.card = CardModel(self.mirror, self)
        self.near = NearUnitsModel(self.mirror, self)
        self.finder = NearFinder(self.mirror, self)
        self.streets = StreetWatch(self.mirror, self.finder, self)
        self.tray = TrayModel(self.mirror, self)
        self.duty = DutyModel(self.mirror, self)
        self.alarms = AlarmList(self.mirror, self)
        self.status = StatusModel(self.mirror, self)
        self.feeds = FeedAlarms(self.mirror, self.status, self)
        self.help = HelpAlarms(self.mirror, self)
        self.alarms.escalated.connect(self.actions.escalate)
        self.paces = PaceBook(self.mirror, self.finder.pace, settings.folder / "pace.json", self)
        self.finder.found.connect(self.paces.take_found)
        self.readings = SensorReadings(self.mirror, self.client, self)
        self.watch = WatchAlarms(self.mirror, self.client, self, readings=self.readings)
        sources = self.alarms, self.feeds, self.watch
        self.alarm_desk = AlarmDesk(self.mirror, self.client, sources, self.help, parent=self)
        self.places = PackPlaces()
        self.duty_actions = DutyActions(self.mirror, self.client, self)
        self.caller = Caller(self.mirror, self.actions.note, parent=self)
        self.messages = MessagesModel(self.mirror, parent=self)
        self.commands = CommandLine(
            self.mirror,
            self.queue,
            self.actions,
            near=self.near,
            places=self.places,
            duty=partial(DutySlash, self.mirror, self.duty_actions, self.caller),
            parent=self,
        )
        self.commands.paper.fetch = self.client.evidence_bytes
        self._name_lists()
        self.bridge.city_pack_arrived.connect(self.use_pack)

    def _name_lists(self) -> None:
        """Say which lists are written into files, by the names of `/export`."""
        paper = self.commands.paper
        paper.lists |= {
            "near": self.near, "tray": self.tray, "duty": self.duty, "messages": self.messages,
        }  # fmt: skip
        paper.makers = {
            "alarms": lambda: AlarmLines(self.alarm_desk),
            "board": lambda: looked(DutyBoard(self.mirror)),
            "roster": lambda: RosterModel(self.mirror, self.duty_actions),
        }

    def use_pack(self, path: Path) -> None:
        """Take roads and places from a city pack."""
        try:
            self.places.use(path)
        except CityPackError as error:
            self.actions.refused.emit(str(error))
            return
        self.finder.take_pack(path)

    def use_zone(self, zone: str) -> None:
        """Go by the clocks of the city as central says, where the site has not set its own."""
        if self.settings.is_zone_set:
            return
        try:
            write_zone(self.settings.zone_path, zone)
        except OSError as error:
            _log.error("the zone %s cannot be written for the sweep: %s", zone, error)
        if zone != self.mirror.zone.key:
            keep_city_time(os.environ, zone)
            self.mirror.use_zone(city_zone(zone))

    def start(self) -> None:
        """Begin to be in step with central."""
        self.client.start()

    def stop(self) -> None:
        """End; what is not sent stays in the outbox."""
        self.site_forms.stop()
        self.readings.stop()
        self.paces.keep()
        self.streets.stop()
        self.finder.stop()
        self.client.stop()
        self.places.close()
        self._reader.close()


def looked(board: DutyBoard) -> DutyBoard:
    """Return who is on duty as it is now; a board that nobody watches looks at nothing itself."""
    board.look()
    return board
