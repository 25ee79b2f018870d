"""What a desk says to units and does about duty and shifts, turned into commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from PySide6.QtCore import QObject, Signal

from console.domain.areas import Area
from console.domain.errors import ZhihuiError
from console.domain.ids import JurisdictionId, PersonId, new_id
from console.domain.places import Jurisdiction
from console.domain.shifts import Handover, Instruction, RosterEntry
from console.domain.telling import MessageKind, TextMessage
from console.domain.units import Unit, UnitStatus
from console.geo.polygons import in_ring
from console.protocol import commands as c
from console.protocol.commands import AnyBody
from console.ui.actions import Submitter
from console.ui.mirror import Mirror


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a message goes to.

    Attributes:
        name: In words, as the message says it.
        outline: Corners of the area they are in now, WGS-84; empty for any other group.
    """

    name: str
    units: tuple[Unit, ...]
    outline: tuple[tuple[float, float], ...] = ()


class DutyActions(QObject):
    """Gives commands about messages, duty and shifts; each is kept before its method returns.

    Signals:
        refused: A sentence: why something could not be done here.
        sent: Id of a message just sent here.
    """

    refused = Signal(str)
    sent = Signal(str)

    def __init__(self, mirror: Mirror, submitter: Submitter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror, self._submitter = mirror, submitter

    # whom

    def on_duty(self) -> list[Unit]:
        """Return the units on duty, by call sign."""
        units = (one for one in self._mirror.units() if one.status is not UnitStatus.OFF_DUTY)
        return sorted(units, key=lambda one: (len(one.call_sign), one.call_sign))

    def of_jurisdiction(self, place: Jurisdiction | None, name: str) -> Audience:
        """Return the units on duty of a district or street; of the city for ``None``."""
        units = self.on_duty()
        if place is not None and place.parent is not None:
            units = [one for one in units if place.id in (one.district, one.street)]
        return Audience(name=name, units=tuple(units))

    def inside(self, outline: Sequence[tuple[float, float]], name: str) -> Audience:
        """Return the units on duty whose last fix lies in an area."""
        force, found = self._mirror.force, []
        ring = np.array(outline, float)
        for unit in self.on_duty():
            if force is None or unit.no >= len(force) or not force.has_fix[unit.no]:
                continue
            if bool(in_ring(force.lat[unit.no], force.lon[unit.no], ring).all()):
                found.append(unit)
        return Audience(name=name, units=tuple(found), outline=tuple(outline))

    def in_area(self, area: Area) -> Audience:
        """Return the units on duty that are in an area of the map now."""
        return self.inside(area.outline, area.name)

    def at_incident(self, incident: str, name: str) -> Audience:
        """Return the units that work on a case."""
        running = [one for one in self._mirror.assignments_of(incident) if one.is_running]
        units = [unit for one in running if (unit := self._mirror.unit(one.unit)) is not None]
        return Audience(name=name, units=tuple(dict.fromkeys(units)))

    # messages

    def send(
        self,
        audience: Audience,
        text: str,
        *,
        kind: MessageKind = MessageKind.TEXT,
        incident: str | None = None,
    ) -> str | None:
        """Send a message, a broadcast or a roll call; return its id."""
        message = new_id(self._mirror.now())
        if not audience.units:
            self.refused.emit(self.tr("Nobody of “{0}” is on duty.").format(audience.name))
            return None
        body = c.SendMessage(
            message=message,
            kind=kind,
            text=text,
            units=tuple(one.id for one in audience.units),
            addressed=audience.name,
            incident=incident,
            outline=audience.outline,
        )
        if not self._submit(body):
            return None
        self.sent.emit(message)
        return message

    def end_call(self, message: str) -> bool:
        """End a roll call."""
        return self._submit(c.EndRollCall(message=message))

    def heard(self, message: str, unit: str) -> bool:
        """Keep that a unit answered a roll call by radio."""
        return self._submit(c.AnswerRoll(unit=unit, at=self._mirror.now(), message=message))

    def see(self, replies: Iterable[TextMessage]) -> None:
        """Keep that what units wrote was read here."""
        for one in replies:
            if one.kind is MessageKind.REPLY and one.seen_at is None:
                self._submit(c.SeeReply(message=one.id))

    # duty

    def log_on(self, body: c.SetDuty) -> bool:
        """Take a unit on duty, or off it, as it said by radio."""
        return self._submit(body)

    def put_turns(self, entries: Sequence[RosterEntry]) -> bool:
        """Enter, change or take out turns of duty."""
        return bool(entries) and self._submit(c.PutRoster(entries=tuple(entries)))

    def put_instruction(
        self, text: str, *, district: str | None = None, held: Instruction | None = None,
        retired: bool = False,
    ) -> bool:  # fmt: skip
        """Enter, change or take back a standing instruction."""
        now = self._mirror.now()
        one = Instruction(
            id=new_id(now) if held is None else held.id,
            text=text,
            since=now,
            by=self._own(),
            district=JurisdictionId(district) if district else None,
            retired=retired,
        )
        return self._submit(c.PutInstructions(instructions=(one,)))

    # change of shift

    def prepare(self, since: datetime, district: str | None, words: Sequence[str]) -> str | None:
        """Have central write the packet of a shift; return its id."""
        handover = new_id(self._mirror.now())
        body = c.PrepareHandover(
            handover=handover, since=since, district=district, words=tuple(words)
        )
        return handover if self._submit(body) else None

    def read_back(self, packet: Handover, items: Sequence[int]) -> bool:
        """Keep that items were read back."""
        return self._submit(c.ReadBack(handover=packet.id, items=tuple(items)))

    def sign(self, packet: Handover) -> bool:
        """Sign a packet."""
        return self._submit(c.SignHandover(handover=packet.id))

    def _own(self) -> PersonId | None:
        who = self._mirror.who
        return None if who is None else who.id

    def _submit(self, body: AnyBody) -> bool:
        return self._keep(lambda: self._submitter.submit(body, None))

    def _keep(self, work: Callable[[], object]) -> bool:
        """Do what keeps a command; say what went wrong, if anything did."""
        try:
            work()
        except ZhihuiError as error:
            self.refused.emit(str(error))
            return False
        return True
