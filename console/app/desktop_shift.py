"""The duty window of a console, by F11, and what units write coming in at the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut

from console.app.desktop_models import DeskModels
from console.domain.errors import ZhihuiError
from console.domain.permissions import may
from console.domain.shifts import Instruction
from console.domain.telling import MessageKind, TextMessage
from console.protocol.commands import SetDuty
from console.ui.alarmvoice import AlarmVoice
from console.ui.orders import OrderError
from console.ui.reasons import reason_text
from console.ui.words import place_word
from widgets.common.appearance import Appearance
from widgets.shell.window import MainWindow

if TYPE_CHECKING:
    # Imported when the window is first opened.
    from console.ui.handovers import HandoverModel
    from widgets.shift.window import DutyWindow, Pane


class ShiftDock(QObject):
    """Opens the duty window for desks, and carries what is done there to central.

    Signals:
        unit_wanted: Id of a unit to be shown on the map.
        alarm_picked: Id of an alarm to be shown on the desk.
    """

    unit_wanted = Signal(str)
    alarm_picked = Signal(str)

    def __init__(
        self,
        window: MainWindow,
        models: DeskModels,
        appearance: Appearance,
        voice: AlarmVoice | None = None,
    ) -> None:
        """Args are what it joins; without a ``voice`` alarms are shown only."""
        super().__init__(window)
        self._window, self._models, self._appearance = window, models, appearance
        self._packet: HandoverModel | None = None
        self.shown: DutyWindow | None = None
        self._is_locked = False
        key = QShortcut(QKeySequence("F11"), window)
        key.setContext(Qt.ShortcutContext.WindowShortcut)
        key.activated.connect(self.open)
        models.messages.replied.connect(self._tell_reply)
        models.messages.unseen_changed.connect(self._show_unseen)
        models.duty_actions.refused.connect(self._say_trouble)
        models.caller.refused.connect(self._say_trouble)
        models.caller.told.connect(self._say)
        self._voice = voice
        models.alarm_desk.refused.connect(self._say_trouble)
        if voice is not None:
            models.alarm_desk.raised.connect(voice.play)
            voice.silent.connect(self._say)

    def open(self) -> None:
        """Show the window, if whoever is logged on runs a desk."""
        if self._is_locked:
            return
        who = self._models.mirror.who
        if who is None or not may(who.role, "SendMessage"):
            text = self.tr("The duty window is for dispatchers and shift leads; log on as one.")
            self._window.notice.say(text, is_trouble=True)
            return
        if self.shown is None:
            self.shown = self._made()
        self._offer(self.shown)
        self.shown.show()
        self.shown.raise_()
        self.shown.activateWindow()
        self.shown.open(self._pane())

    def _offer(self, shown: DutyWindow) -> None:
        """Offer whom a message or a roll call may go to: areas drawn, districts, streets."""
        mirror = self._models.mirror
        areas = sorted(one.name for one in mirror.areas() if not one.retired)
        places = sorted(place_word(one) for one in mirror.jurisdictions() if not one.retired)
        for pane in (shown.roll, shown.messages):
            pane.offer([*areas, *places])

    def set_locked(self, is_locked: bool) -> None:
        """Go from sight while the console is locked."""
        self._is_locked = is_locked
        if is_locked and self.shown is not None:
            self.shown.hide()

    def stop(self) -> None:
        """End with the console."""
        if self._voice is not None:
            self._voice.stop()
        if self.shown is not None:
            self.shown.close()
            self.shown.deleteLater()
            self.shown = None

    def _made(self) -> DutyWindow:
        from console.ui.alarmlines import AlarmLines  # noqa: PLC0415 - as above
        from console.ui.dutyboard import DutyBoard  # noqa: PLC0415 - as above
        from console.ui.handovers import HandoverModel  # noqa: PLC0415
        from console.ui.instructions import InstructionsModel  # noqa: PLC0415
        from console.ui.messages import MessagesModel, ReceiptsModel  # noqa: PLC0415
        from console.ui.rosterlist import RosterModel  # noqa: PLC0415
        from widgets.shift.alarms import AlarmPane  # noqa: PLC0415
        from widgets.shift.board import BoardPane  # noqa: PLC0415
        from widgets.shift.handover import HandoverPane  # noqa: PLC0415
        from widgets.shift.roster import RosterPane  # noqa: PLC0415
        from widgets.shift.talk import TalkPane  # noqa: PLC0415
        from widgets.shift.window import DutyWindow  # noqa: PLC0415

        models, look = self._models, self._appearance
        mirror, actions = models.mirror, models.duty_actions
        rolls = MessagesModel(mirror, frozenset({MessageKind.ROLL_CALL}), self)
        self._packet = HandoverModel(mirror, self)
        made = DutyWindow(
            BoardPane(look, DutyBoard(mirror, self)),
            RosterPane(look, RosterModel(mirror, actions, self)),
            TalkPane(look, rolls, ReceiptsModel(mirror, self), is_roll=True),
            TalkPane(look, models.messages, ReceiptsModel(mirror, self), is_roll=False),
            HandoverPane(look, self._packet, InstructionsModel(mirror, self)),
            AlarmPane(look, AlarmLines(models.alarm_desk, self)),
        )
        self._join(made)
        made.set_unseen(models.messages.unseen)
        return made

    def _join(self, made: DutyWindow) -> None:
        actions = self._models.duty_actions
        board, roster, handover = made.board, made.roster, made.handover
        board.message_wanted.connect(made.write_to)
        board.call_wanted.connect(self._call)
        board.unit_wanted.connect(self.unit_wanted)
        board.duty_said.connect(self._log_on)
        roster.told.connect(self._say_trouble)
        roster.export_wanted.connect(self._export)
        roster.model.told.connect(self._say)
        roster.model.failed.connect(self._say_trouble)
        for pane in (made.roll, made.messages):
            pane.send_wanted.connect(self._send)
            pane.call_wanted.connect(self._call)
            pane.end_wanted.connect(actions.end_call)
            pane.heard.connect(actions.heard)
            pane.seen.connect(lambda message: actions.see([message]))
        self._join_alarms(made)
        handover.prepare_wanted.connect(self._prepare)
        handover.read_wanted.connect(self._read)
        handover.sign_wanted.connect(self._sign)
        handover.print_wanted.connect(self._print)
        handover.instruct_wanted.connect(actions.put_instruction)
        handover.take_back_wanted.connect(self._take_back)

    def _join_alarms(self, made: DutyWindow) -> None:
        desk, pane = self._models.alarm_desk, made.alarms
        pane.acknowledged.connect(desk.acknowledge)
        pane.shelve_wanted.connect(desk.shelve)
        pane.back_wanted.connect(desk.bring_back)
        pane.picked.connect(self.alarm_picked)
        pane.muted.connect(self._mute)
        desk.rate_changed.connect(pane.show_rate)
        pane.show_rate(desk.rate)

    def _mute(self, is_muted: bool) -> None:
        if self._voice is not None:
            self._voice.is_muted = is_muted
            self._voice.stop()

    def open_place(self, district: str) -> None:
        """Show who is on duty in a district."""
        from widgets.shift.window import Pane  # noqa: PLC0415 - as above

        self.open()
        if self.shown is not None:
            self.shown.open(Pane.BOARD)
            self.shown.board.show_place(district)

    def write_to_area(self, area_id: str) -> None:
        """Begin a broadcast to everybody in an area of the map."""
        area = self._models.mirror.area(area_id)
        self.open()
        if self.shown is not None and area is not None:
            self.shown.write_to(area.name, MessageKind.BROADCAST)

    def open_alarms(self) -> None:
        """Show the alarms of the desk."""
        from widgets.shift.window import Pane  # noqa: PLC0415 - as above

        self.open()
        if self.shown is not None:
            self.shown.open(Pane.ALARMS)

    def _pane(self) -> Pane:
        from widgets.shift.window import Pane  # noqa: PLC0415 - as above

        return Pane.MESSAGES if self._models.messages.unseen else Pane.BOARD

    # what a person does

    def _send(self, kind: str, whom: str, words: str) -> None:
        """Send what was typed, as the command line would."""
        word = {"text": "msg", "broadcast": "all", "roll_call": "roll"}[kind]
        try:
            sentence, is_done = self._models.commands.run(f"/{word} {whom} {words}".strip())
        except OrderError as error:
            sentence, is_done = str(error), False
        if is_done and self.shown is not None:
            (self.shown.roll if kind == "roll_call" else self.shown.messages).clear()
        (self._say if is_done else self._say_trouble)(sentence)

    def _call(self, unit_id: str) -> None:
        unit = self._models.mirror.unit(unit_id)
        if unit is not None:
            self._models.caller.call(unit)

    def _log_on(self, unit: str, is_on: bool, typed: dict[str, str]) -> None:
        from widgets.shift.board import until_of  # noqa: PLC0415 - as above

        now = self._models.mirror.now()
        try:
            until = until_of(typed.get("until", ""), now)
        except ValueError:
            text = self.tr("“{0}” is no time of day; write 18:00.")
            self._say_trouble(text.format(typed.get("until", "")))
            return
        body = SetDuty(
            unit=unit,
            on_duty=is_on,
            at=now,
            until=until,
            vehicle=typed.get("vehicle") or None,
            radio=typed.get("radio") or None,
            handheld=typed.get("handheld") or None,
            body_camera=typed.get("body_camera") or None,
            post=typed.get("post") or None,
        )
        self._models.duty_actions.log_on(body)

    def _prepare(self, since: str, words: str) -> None:
        try:
            begun = datetime.fromisoformat(since).astimezone()
        except ValueError:
            self._say_trouble(self.tr("“{0}” is no time; write 2026-11-28 06:00.").format(since))
            return
        who = self._models.mirror.who
        districts = None if who is None else who.districts
        district = districts[0] if districts else None
        parts = [one for one in words.replace("；", ";").split(";") if one.strip()]
        if self._models.duty_actions.prepare(begun, district, parts) is not None:
            self._say(self.tr("Central writes the packet from its log."))

    def _read(self, items: tuple[int, ...]) -> None:
        if self._packet is not None and self._packet.packet is not None:
            self._models.duty_actions.read_back(self._packet.packet, items)

    def _sign(self) -> None:
        if self._packet is not None and self._packet.packet is not None:
            self._models.duty_actions.sign(self._packet.packet)

    def _print(self, path: Path) -> None:
        if self._packet is not None:
            packet = self._packet
            self._written(path, lambda: packet.print_to(path))

    def _export(self, path: Path) -> None:
        from console.ui.caseprint import write_list  # noqa: PLC0415 - as above

        if self.shown is not None:
            model = self.shown.roster.model
            self._written(path, lambda: write_list(model, path))

    def _written(self, path: Path, write: Callable[[], object]) -> None:
        try:
            write()
        except ZhihuiError as error:
            self._say_trouble(str(error))
            return
        self._say(self.tr("Written into {0}").format(path))

    def _take_back(self, held: Instruction) -> None:
        self._models.duty_actions.put_instruction(
            held.text, district=held.district, held=held, retired=True
        )

    # what is said

    def _tell_reply(self, message: TextMessage) -> None:
        unit = self._models.mirror.unit(message.from_unit or "")
        sign = message.from_unit if unit is None else unit.call_sign
        words = self.tr("{0} writes: {1} — F11 answers").format(sign, message.text)
        self._window.notice.say(words)

    def _show_unseen(self, count: int) -> None:
        self._window.bottom.set_unseen(count)
        if self.shown is not None:
            self.shown.set_unseen(count)

    def _say(self, sentence: str) -> None:
        if self.shown is not None and self.shown.isActiveWindow():
            self.shown.say(sentence)
        else:
            self._window.notice.say(sentence)

    def _say_trouble(self, sentence: str) -> None:
        told = reason_text(sentence)
        if self.shown is not None and self.shown.isActiveWindow():
            self.shown.say(told, is_trouble=True)
        else:
            self._window.notice.say(told, is_trouble=True)
