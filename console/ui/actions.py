"""What a person does at the desk, turned into commands."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from console.domain.areas import Area
from console.domain.assignments import AssignmentState, Means
from console.domain.errors import ZhihuiError
from console.domain.forms import OTHER
from console.domain.ids import (
    CameraId,
    CommandId,
    EvidenceId,
    IncidentId,
    PersonId,
    new_id,
)
from console.domain.incidents import Incident
from console.domain.levels import Channel, Level
from console.domain.places import Evidence, EvidenceKind
from console.protocol import commands as c
from console.protocol.commands import AnyBody
from console.sync.evidence import EvidenceError
from console.ui.mirror import Mirror
from console.ui.shots import ClipShot, Shot
from console.ui.tray import command_sentence, incident_of

#: What a file is kept as, by the first half of its media type.
_KIND_OF_TYPE: Mapping[str, EvidenceKind] = {
    "image": EvidenceKind.PHOTO,
    "video": EvidenceKind.VIDEO,
    "audio": EvidenceKind.SOUND,
}
#: Latitude and longitude, WGS-84, where they are known.
Place = tuple[float | None, float | None]


class Submitter(Protocol):
    """Where commands go: the sync client."""

    def submit(self, body: AnyBody, base_version: int | None = None) -> CommandId:
        """Keep a command and send it; it is on disk when this returns."""

    def submit_voice_order(
        self, body: c.OrderByVoice, base_version: int | None = None
    ) -> CommandId:
        """Keep an order given by voice, in the place of the order if that was not sent."""

    def submit_evidence(self, data: bytes, evidence: Evidence) -> CommandId:
        """Keep evidence with its bytes and send both."""

    def submit_with_evidence(
        self, pieces: Sequence[tuple[bytes, Evidence]], opening: c.OpenIncident | None = None
    ) -> list[CommandId]:
        """Keep evidence with its bytes, and the incident it opens, and send them."""

    def submit_evidence_file(self, path: Path, evidence: Evidence) -> Future[CommandId]:
        """Keep a file as evidence and send it; the future tells when it is kept."""

    def retry(self, command_id: str) -> CommandId | None:
        """Send a command from the tray once more."""

    def discard(self, command_id: str) -> bool:
        """Throw a command away."""


class DeskActions(QObject):
    """Gives commands; each is kept on disk before its method returns.

    Signals:
        refused: A sentence: why something could not be done here.
        incident_opened: Id of an incident just opened here.
    """

    refused = Signal(str)
    incident_opened = Signal(str)

    def __init__(self, mirror: Mirror, submitter: Submitter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._submitter = submitter

    def dispatch(
        self,
        incident: str,
        units: Sequence[str],
        note: str | None = None,
        *,
        standby: bool = False,
        instead_of: Mapping[str, str] | None = None,
        because: str | None = None,
    ) -> list[str]:
        """Send units to an incident; a busy one is sent as it was seen, busy.

        Args:
            incident: Where to.
            units: Which.
            note: What they read besides.
            standby: They only stand by.
            instead_of: Call signs of those recommended, by the id of each unit sent in their stead.
            because: Why those are sent.

        Returns:
            Ids of the assignments ordered.
        """
        ordered = []
        for unit_id in units:
            unit = self._mirror.unit(unit_id)
            if unit is None:
                self.refused.emit(self.tr("There is no unit with the id {0}.").format(unit_id))
                continue
            assignment = self._new_id()
            instead = (instead_of or {}).get(unit_id)
            body = c.AssignUnit(
                assignment=assignment,
                incident=incident,
                unit=unit_id,
                note=note,
                standby=standby,
                instead_of=instead,
                because=because if instead is not None else None,
            )
            if self._submit(body, None if unit.is_free else unit.version):
                ordered.append(assignment)
        return ordered

    def tell_by_voice(
        self, incident: str, unit_id: str, means: Means, words: str | None = None
    ) -> bool:
        """Enter an order given by phone or radio; the unit has it, and is not ordered once more."""
        unit = self._mirror.unit(unit_id)
        if unit is None:
            self.refused.emit(self.tr("There is no unit with the id {0}.").format(unit_id))
            return False
        sent = [
            one.id
            for one in self._mirror.assignments_of_unit(unit_id)
            if one.incident == incident and one.is_running
        ]
        body = c.OrderByVoice(
            assignment=sent[-1] if sent else self._new_id(),
            incident=incident,
            unit=unit_id,
            means=means,
            at=self._mirror.now(),
            words=words or None,
        )
        seen = None if sent or unit.is_free else unit.version
        return self._keep(lambda: self._submitter.submit_voice_order(body, seen))

    def withdraw(self, assignment: str, reason: str) -> bool:
        """Call a unit back."""
        held = self._mirror.assignment(assignment)
        body = c.WithdrawAssignment(assignment=assignment, reason=reason)
        return self._submit(body, held.version if held is not None else None)

    def move(self, assignment: str, state: AssignmentState, note: str | None = None) -> bool:
        """Enter what a unit said by radio: that it accepts, is on its way, has arrived."""
        at = self._mirror.now()
        body = c.MoveAssignment(assignment=assignment, state=state, at=at, note=note)
        return self._submit(body)

    def verify(self, incident: str, *, passed: bool, note: str | None = None) -> bool:
        """Check an outcome; not passed sends the incident back to be dispatched again."""
        return self._submit(
            c.VerifyIncident(incident=incident, passed=passed, note=note), self._version(incident)
        )

    def close(self, incident: str) -> bool:
        """Close a verified incident."""
        return self._submit(c.CloseIncident(incident=incident), self._version(incident))

    def cancel(self, incident: str, reason: str) -> bool:
        """End an incident that was none."""
        body = c.CancelIncident(incident=incident, reason=reason)
        return self._submit(body, self._version(incident))

    def put_areas(self, areas: Sequence[Area]) -> bool:
        """Draw, change or retire areas."""
        return self._submit(c.PutAreas(areas=tuple(areas)))

    def set_level(self, incident: str, level: int) -> bool:
        """Set how urgent an incident is."""
        body = c.AmendIncident(incident=incident, level=Level(level))
        return self._submit(body, self._version(incident))

    def note(self, incident: str, text: str) -> bool:
        """Add a line to the log."""
        return self._submit(c.NoteIncident(incident=incident, text=text))

    def open_incident(
        self,
        form: str,
        place: str,
        summary: str = "",
        *,
        lat: float | None = None,
        lon: float | None = None,
        level: int | None = None,
        channel: Channel = Channel.HOTLINE,
    ) -> str | None:
        """Open an incident; return its id, ``None`` if it could not be kept."""
        body = self._opening(form, place, summary, (lat, lon), channel, level)
        if not self._submit(body):
            return None
        self.incident_opened.emit(body.incident)
        return body.incident

    def open_incident_from_evidence(
        self, shot: Shot, *, form: str = OTHER.code, summary: str = ""
    ) -> str | None:
        """Open an incident where a camera saw it, with the picture as evidence.

        Returns:
            Its id, ``None`` if it could not be kept.
        """
        camera = self._mirror.camera(shot.camera)
        place = camera.name if camera is not None else shot.camera
        at = (None, None) if camera is None else (camera.lat, camera.lon)
        summary = summary or self.tr("Seen on camera {0}").format(place)
        body = self._opening(form, place, summary, at, Channel.PATROL)
        pieces = self._pieces(body.incident, shot)
        try:
            self._submitter.submit_with_evidence(pieces, body)
        except EvidenceError as error:  # what was seen is opened without its picture
            self.refused.emit(str(error))
            if not self._submit(body):
                return None
        except ZhihuiError as error:
            self.refused.emit(str(error))
            return None
        self.incident_opened.emit(body.incident)
        return body.incident

    def attach_clip(self, incident: str, shot: ClipShot) -> bool:
        """Attach the seconds before a picture that was taken, as a film."""
        if shot.clip is None or shot.clip_sha256 is None:
            return False
        clip, what = shot.clip, (shot.clip_type, shot.clip_sha256, len(shot.clip))
        film = self._evidence(incident, shot, EvidenceKind.VIDEO, what)
        return self._keep(lambda: self._submitter.submit_evidence(clip, film))

    def attach_shot(self, incident: str, shot: Shot) -> bool:
        """Attach a camera's picture, and the bytes it came from, to an incident."""
        pieces = self._pieces(incident, shot)
        return self._keep(lambda: self._submitter.submit_with_evidence(pieces))

    def _pieces(self, incident: str, shot: Shot) -> list[tuple[bytes, Evidence]]:
        """Return a camera's picture, and what it came from, each with what is known of it."""
        what = ("image/jpeg", shot.jpeg_sha256, len(shot.jpeg))
        pieces = [(shot.jpeg, self._evidence(incident, shot, EvidenceKind.FRAME, what))]
        if shot.original:
            what = (shot.original_type, shot.original_sha256, len(shot.original))
            original = self._evidence(incident, shot, EvidenceKind.VIDEO, what)
            pieces.append((shot.original, original))
        return pieces

    def attach_copy(self, original: Evidence, data: bytes, sha256: str, done: str) -> bool:
        """Attach a marked copy of a picture as evidence of its own, beside its original."""
        who = self._mirror.who
        copy = replace(
            original,
            id=EvidenceId(self._new_id()),
            media_type="image/jpeg",
            sha256=sha256,
            size=len(data),
            received_at=None,
            taken_by=PersonId(who.id) if who is not None else None,
            unit=None,
            original=original.id,
            derived_from=original.sha256,
            done=done,
            version=0,
        )
        return self._keep(lambda: self._submitter.submit_evidence(data, copy))

    def attach_file(self, incident: str, path: Path) -> bool:
        """Attach a picture, film or sound from a file; copying goes on in the background.

        Returns:
            Whether it was begun; `refused` says what went wrong, now or later.
        """
        media_type = mimetypes.guess_type(path.name)[0] or ""
        kind = _KIND_OF_TYPE.get(media_type.partition("/")[0])
        if kind is None or not path.is_file():
            text = self.tr("{0} is no picture, film or sound that is here; nothing was attached.")
            self.refused.emit(text.format(path))
            return False
        taken_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        who = self._mirror.who
        evidence = Evidence(
            id=EvidenceId(self._new_id()),
            incident=IncidentId(incident),
            kind=kind,
            media_type=media_type,
            sha256="",
            size=0,
            captured_at=min(taken_at, self._mirror.now()),
            taken_by=PersonId(who.id) if who is not None else None,
        )
        self._submitter.submit_evidence_file(path, evidence).add_done_callback(self._file_kept)
        return True

    def _file_kept(self, done: Future[CommandId]) -> None:
        """Say why a file could not be kept; called in the thread that tried."""
        error = None if done.cancelled() else done.exception()
        if isinstance(error, ZhihuiError):
            self.refused.emit(str(error))
        elif error is not None:
            text = self.tr("The file could not be attached ({0}); try it again.")
            self.refused.emit(text.format(error))

    def retry(self, command_id: str) -> bool:
        """Send a command from the tray once more."""
        return self._keep(lambda: self._submitter.retry(command_id))

    def drop(self, command_id: str, reason: str) -> bool:
        """Give up a command from the tray; its incident's log says so, and why."""
        entry = next((one for one in self._mirror.tray() if one.command_id == command_id), None)
        if entry is None:
            return False
        body = entry.command.body
        incident = self._mirror.incident(incident_of(body, self._mirror) or "")
        if incident is not None and not self._mirror.is_pending(incident.id):
            what = command_sentence(body, self._mirror)
            text = self.tr("Not done: {0} — {1}").format(what, reason)
            if not self._submit(c.NoteIncident(incident=incident.id, text=text)):
                return False
        return self._keep(lambda: self._submitter.discard(command_id))

    def _opening(
        self,
        form: str,
        place: str,
        summary: str,
        at: Place,
        channel: Channel,
        level: int | None = None,
    ) -> c.OpenIncident:
        return c.OpenIncident(
            incident=self._new_id(), form=form, place=place, summary=summary,
            channel=channel.value, level=level, lat=at[0], lon=at[1],
        )  # fmt: skip

    def _evidence(
        self, incident: str, shot: Shot, kind: EvidenceKind, what: tuple[str, str, int]
    ) -> Evidence:
        camera = self._mirror.camera(shot.camera)
        who = self._mirror.who
        media_type, sha256, size = what
        return Evidence(
            id=EvidenceId(self._new_id()),
            incident=IncidentId(incident),
            kind=kind,
            media_type=media_type,
            sha256=sha256,
            size=size,
            captured_at=shot.captured_at,
            camera=CameraId(shot.camera),
            taken_by=PersonId(who.id) if who is not None else None,
            lat=camera.lat if camera is not None else None,
            lon=camera.lon if camera is not None else None,
        )

    def _version(self, incident_id: str) -> int | None:
        incident: Incident | None = self._mirror.incident(incident_id)
        return incident.version if incident is not None else None

    def _new_id(self) -> str:
        return new_id(self._mirror.now())

    def _submit(self, body: AnyBody, base_version: int | None = None) -> bool:
        return self._keep(lambda: self._submitter.submit(body, base_version))

    def _keep(self, work: Callable[[], object]) -> bool:
        """Do what keeps a command; say what went wrong, if anything did."""
        try:
            kept = work()
        except ZhihuiError as error:
            self.refused.emit(str(error))
            return False
        return kept is not None and kept is not False
