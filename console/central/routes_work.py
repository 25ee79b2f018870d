"""Routes of the work itself: commands, positions, evidence, snapshots, tasks of a handheld."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from console.central.accounts import Session
from console.central.acts import act_by, actor_of
from console.central.auditdesk import AuditDesk
from console.central.camerakey import CameraKeyRoutes
from console.central.discretion import lies_within, view_of
from console.central.door import Door
from console.central.evidence import (
    EvidenceHashError,
    EvidenceStore,
    EvidenceTooLargeError,
    is_hash,
)
from console.central.livelook import LiveWindow
from console.central.looking import CameraWindow
from console.central.loop import WriterLink
from console.central.paperoffice import PaperOffice
from console.central.positions import PositionHub
from console.central.routes_intake import IntakeRoutes
from console.central.routes_papers import PaperRoutes
from console.central.routes_patrol import PatrolRoutes
from console.central.routes_street import StreetRoutes
from console.central.sequencer import Sequencer
from console.central.snapshots import SnapshotShelf
from console.central.street import Ways
from console.central.tasks import task_of
from console.central.units import Register
from console.central.web import (
    AnswerError,
    body_of,
    check_may,
    host_of,
    let_in,
    permitted,
    session_of,
)
from console.dispatch.forms import form_in
from console.protocol.codec import MessageError, check_numbers
from console.protocol.commands import name_of
from console.protocol.messages import Command, Task
from console.protocol.positions import INGEST, decode_ingest
from console.store.cameraseal import CameraKey

MAX_COMMANDS_BYTES = 16 << 20
MAX_FIXES = 100_000
_one = msgspec.json.Decoder(Command)
_many = msgspec.json.Decoder(list[Command])
_json = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRoutes:
    """Commands, positions, evidence, snapshots, tasks of a handheld; ``zone`` is the city's."""

    door: Door
    link: WriterLink
    sequencer: Sequencer
    register: Register
    positions: PositionHub
    evidence: EvidenceStore
    snapshots: SnapshotShelf
    audit: AuditDesk
    ways: Ways
    window: CameraWindow
    films: LiveWindow
    zone: ZoneInfo
    camera_key: CameraKey
    office: PaperOffice

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["work"])
        for path, method, endpoint in (
            ("/v1/commands", "POST", self.commands),
            ("/v1/positions", "POST", self.take_positions),
            ("/v1/evidence/{sha256}", "PUT", self.put_evidence),
            ("/v1/evidence/{sha256}", "GET", self.get_evidence),
            ("/v1/snapshot", "GET", self.snapshot),
            ("/v1/handheld/tasks", "GET", self.tasks),
        ):
            router.add_api_route(path, endpoint, methods=[method], response_model=None)
        street = StreetRoutes(
            door=self.door, link=self.link, register=self.register, ways=self.ways,
            window=self.window, films=self.films, camera_key=self.camera_key, audit=self.audit,
        )  # fmt: skip
        router.include_router(street.router())
        patrol = PatrolRoutes(door=self.door, link=self.link, zone=self.zone)
        router.include_router(patrol.router())
        intake = IntakeRoutes(door=self.door, link=self.link, audit=self.audit)
        router.include_router(intake.router())
        keys = CameraKeyRoutes(door=self.door, audit=self.audit, key=self.camera_key)
        router.include_router(keys.router())
        papers = PaperRoutes(
            door=self.door,
            link=self.link,
            register=self.register,
            evidence=self.evidence,
            office=self.office,
            audit=self.audit,
        )
        router.include_router(papers.router())
        return router

    async def commands(self, request: Request) -> Response:
        """Carry out one command, or a list of them in order; the answer has the same shape."""
        session = session_of(self.door, request)
        body = await body_of(request, limit=MAX_COMMANDS_BYTES)
        commands, is_list = _commands_in(body)
        for command in commands:
            check_may(session, name_of(command.body))
        actor = actor_of(session, host_of(request))
        results = await self.link.submit(commands, actor)
        answer = _json.encode(results if is_list else results[0])
        return Response(answer, media_type="application/json")

    async def take_positions(self, request: Request) -> Response:
        """Take up to 100,000 packed fixes (`INGEST`, 28 bytes each)."""
        session = let_in(self.door, request, "write:positions")
        body = await body_of(request, limit=MAX_FIXES * INGEST.itemsize)
        try:
            fixes = decode_ingest(body)
        except MessageError as error:
            raise AnswerError(422, str(error)) from error
        own = session.person.unit
        if own is not None:
            unit = self.register.unit(own)
            if unit is None or bool((fixes["unit"] != unit.no).any()):
                raise AnswerError(403, "A handheld sends its own unit's positions only.")
        elif not self.positions.are_within(fixes, session.person.remit):
            raise AnswerError(403, "Some of these units belong to districts that are not yours.")
        counts = _json.encode(self.positions.take(fixes))
        return Response(counts, media_type="application/json")

    async def put_evidence(self, sha256: str, request: Request) -> Response:
        """Keep the bytes of a piece of evidence under their hash."""
        permitted(self.door, request, "write:evidence")
        if not is_hash(sha256):
            raise AnswerError(422, "The address must end in a SHA-256: 64 small hexadecimals.")
        held = self.evidence.size_of(sha256)
        try:
            size = await self.evidence.take(sha256, request.stream())
        except EvidenceTooLargeError as error:
            raise AnswerError(413, str(error)) from error
        except EvidenceHashError as error:
            raise AnswerError(422, str(error)) from error
        except OSError as error:
            raise AnswerError(
                503, f"Central could not keep the bytes ({error.strerror}); send them again later."
            ) from error
        return JSONResponse(
            {"sha256": sha256, "size": size}, status_code=201 if held is None else 200
        )

    async def get_evidence(self, sha256: str, request: Request) -> Response:
        """Give the bytes that are kept under a hash."""
        session = permitted(self.door, request, "read:evidence")
        remit = session.person.remit
        seen = remit.is_whole or await self.link.reading(
            lambda connection: lies_within(connection, sha256, remit)
        )
        if not seen or self.evidence.size_of(sha256) is None:
            raise AnswerError(404, "No evidence is kept under this hash.")
        self._note(session, request, "read:evidence", subject=("evidence_bytes", sha256))
        return FileResponse(
            self.evidence.path_of(sha256),
            media_type="application/octet-stream",
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, immutable"},
        )

    async def snapshot(self, request: Request, min_rev: int = 0) -> Response:
        """Give a snapshot: a SQLite file with what a console keeps.

        Args:
            request: Who asks.
            min_rev: Revision it has to hold at least.
        """
        session = permitted(self.door, request, "read:snapshot")
        head = self.sequencer.mark.head
        made = await self.snapshots.newest(
            head=head,
            at_least=min(min_rev, head),
            view=view_of(session.person),
        )
        sees = view_of(session.person).passwords
        self._note(session, request, "read:snapshot", rev=made.rev, camera_passwords=sees)
        return FileResponse(
            made.path,
            media_type="application/vnd.sqlite3",
            headers={
                "X-Zhihui-Rev": str(made.rev),
                "X-Zhihui-Epoch": made.epoch,
                "X-Zhihui-Sha256": made.sha256,
            },
        )

    async def tasks(self, request: Request) -> Response:
        """Give the running tasks of the unit that is logged on."""
        session = permitted(self.door, request, "handheld")
        unit = session.person.unit
        if unit is None:
            raise AnswerError(
                422, "You speak for many units; their tasks come over the handheld stream."
            )
        tasks = await self.link.in_writer(
            lambda _, rows: [
                task_of(assignment, incident, form_in(rows, incident.form))
                for assignment in rows.running_assignments(unit)
                if (incident := rows.incident(assignment.incident)) is not None
            ]
        )
        return Response(_json.encode(_Tasks(tasks=tasks)), media_type="application/json")

    def _note(
        self,
        session: Session,
        request: Request,
        action: str,
        *,
        subject: tuple[str, str] | None = None,
        **details: object,
    ) -> None:
        """Have the audit say who read what."""
        actor = actor_of(session, host_of(request))
        at = datetime.now(UTC)
        self.audit.note(act_by(actor, action, at=at, subject=subject, details=details))


class _Tasks(msgspec.Struct, frozen=True, kw_only=True):
    tasks: list[Task]


def _commands_in(body: bytes) -> tuple[list[Command], bool]:
    """Return the commands of a body, and whether it is a list of them."""
    inside = body.lstrip()[1:].lstrip()[:1]
    is_list = inside in {b"[", b"]"}
    try:
        commands = _many.decode(body) if is_list else [_one.decode(body)]
        for command in commands:
            check_numbers(command)
    except (MessageError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerError(
            422, f"The body is no command of this protocol, nor a list of them: {error}."
        ) from error
    return commands, is_list
