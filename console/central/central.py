"""Central as a whole: opened from its settings, its parts put together, closed in good order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial

from argon2 import PasswordHasher
from fastapi import Depends, FastAPI
from sqlalchemy import Connection
from starlette.routing import WebSocketRoute

from console import __version__
from console.central.accounts import ensure_accounts
from console.central.again import again, tried
from console.central.areapast import AreaPastRoutes
from console.central.audit import opened_keeper
from console.central.auditdesk import AuditDesk, record_start
from console.central.backup import check_restored
from console.central.camerakey import opened_key, seal_rows
from console.central.cityground import nowhere, opened_pack, zone_named
from console.central.consoles import ConsoleHub
from console.central.credentials import Credentials
from console.central.disk import DiskGuard
from console.central.door import Door, DoorRules
from console.central.evidence import EvidenceStore
from console.central.express import Express
from console.central.fences import FenceKeeper, read_areas, read_kept
from console.central.figures import Figures
from console.central.folder import held_folder
from console.central.gate import Gate
from console.central.group import Committed, Surroundings
from console.central.handhelds import HandheldHub
from console.central.ledger import Numbers
from console.central.livelook import LiveWindow
from console.central.looking import CameraWindow
from console.central.loop import WriterLink
from console.central.observe import UNTOLD, Observer
from console.central.openapi import document
from console.central.opening import opened_database, outline_finder
from console.central.operations import Operations
from console.central.paperoffice import PaperOffice
from console.central.pastreadings import ReadingPast
from console.central.pins import FirstPins
from console.central.positions import PositionHub, read_fixes
from console.central.readings import ReadingRoutes
from console.central.refusals import Refusals
from console.central.retention import Retention
from console.central.rights import Guard, check_every_route
from console.central.routes_admin import AdminRoutes
from console.central.routes_audit import AuditRoutes
from console.central.routes_city import CityRoutes
from console.central.routes_evidence import EvidenceRoutes
from console.central.routes_officers import OfficerRoutes
from console.central.routes_operations import OperationRoutes
from console.central.routes_people import PeopleRoutes
from console.central.routes_session import SessionRoutes
from console.central.routes_work import WorkRoutes
from console.central.rows import LiveRows
from console.central.savedpositions import PositionSaver
from console.central.sequencer import Sequencer
from console.central.sessions import read_sessions
from console.central.settings import CentralError, CentralSettings
from console.central.situation import SituationRoutes
from console.central.snapshots import SnapshotShelf
from console.central.streams import Streams
from console.central.street import Ways
from console.central.tokens import central_secrets
from console.central.trails import TrailKeeper, TrailRoutes
from console.central.units import Register
from console.central.web import put_error_handlers
from console.domain.audit import Act
from console.domain.units import Unit
from console.store.mapping import read_rows

BEAT_S = 2.0
POSITIONS_S = 1.0
RESEND_S = 0.5
SWEEP_S = 3600.0
#: How long streams may take to read what they are still to be told when central closes.
DRAIN_S = 2.0
_log = logging.getLogger("zhihui.central")


class Foundation:
    """What lies under central: the folder it alone uses, the database, the city pack."""

    def __init__(self, settings: CentralSettings) -> None:
        """Open everything.

        Raises:
            CentralError: Something cannot be used; nothing was changed.
        """
        self._closing = ExitStack()
        try:
            self._closing.enter_context(held_folder(settings.folder))
            check_restored(settings)
            self.engine, self.seat = opened_database(settings)
            self._closing.callback(self.engine.dispose)
            self._closing.callback(self.seat.close)
            self.pack = opened_pack(settings.pack_path)
            if self.pack is not None:
                self._closing.callback(self.pack.close)
            self.zone = zone_named(settings.time_zone)
            self.camera_key = opened_key(settings)
            seal_rows(self.seat, self.camera_key)
            self._killpoints = settings.killpoints
            self.evidence = EvidenceStore(settings.folder / "evidence", killpoints=self._killpoints)
            self._keeper = opened_keeper(settings)
            self.guard = DiskGuard(
                settings.folder,
                reserve_bytes=settings.reserve_bytes,
                spare_bytes=settings.spare_bytes,
            )
            self.guard.open()
            self._closing.callback(self.guard.close)
        except BaseException:
            self._closing.close()
            raise

    def sequencer(self, on_commit: Callable[[Committed], None]) -> Sequencer:
        """Return the writer, not yet started."""
        surroundings = Surroundings(
            numbers=Numbers(self.zone),
            district_at=nowhere if self.pack is None else self.pack.district_at,
            districts_of=outline_finder(self.pack),
            evidence_size=self.evidence.size_of,
            sealed=self.camera_key.sealed,
        )
        return Sequencer(
            self.seat,
            surroundings,
            on_commit=on_commit,
            keeper=self._keeper,
            guard=self.guard,
            killpoints=self._killpoints,
        )

    def close(self) -> None:
        """Let go of everything."""
        self._closing.close()


class Central:
    """Central's parts put together; lives in one event loop."""

    def __init__(
        self, settings: CentralSettings, foundation: Foundation, hasher: PasswordHasher
    ) -> None:
        """Read what is kept and put the parts together; call it inside the event loop."""
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []
        engine = foundation.engine
        with engine.begin() as connection:
            ensure_accounts(connection, settings.folder / "accounts.json", hasher)
            sessions = read_sessions(connection, at=_now())
            units = read_rows(connection, Unit)
            kept = read_fixes(connection)
            areas, watched = read_areas(connection), read_kept(connection)
        mint, home_code = central_secrets(settings.folder)
        self.sequencer = foundation.sequencer(self._committed)
        self.link = WriterLink(self.sequencer, engine)
        self.audit = AuditDesk(self.link)
        self._settings = settings
        self.register = Register(units)
        self.positions = PositionHub(units, kept)
        self.trails = TrailKeeper(settings.folder / "trails", self.positions, foundation.guard)
        self.past_readings = ReadingPast(
            settings.folder / "readings", foundation.guard, settings.retention.readings_days
        )
        self.fences = FenceKeeper(self.link, self.positions)
        self.fences.open(areas, units, watched)
        self.consoles = ConsoleHub(self.link, self.positions, self.sequencer.mark)
        head, kill = self.sequencer.mark.head, settings.killpoints
        self.handhelds = HandheldHub(self.link, self.register, head, killpoints=kill)
        first_pins = FirstPins(settings.folder / "officers.key")
        self._credentials = Credentials(self.link, hasher, self.register, first_pins, _now)
        self.door = Door(
            self.link,
            credentials=self._credentials,
            mint=mint,
            sessions=sessions,
            clock=_now,
            audit=self.audit,
            rules=DoorRules(devices=settings.devices, home_code=home_code),
        )
        self.door.on_ended = self._end_streams
        self.films = LiveWindow(settings.watch, self.door.is_valid)
        self._evidence = foundation.evidence
        self.papers = PaperOffice(
            self.link, foundation.evidence, foundation.zone, settings.public_url
        )
        self.operations = self._operations(settings, foundation)
        self._saver = PositionSaver(self.positions, self.link, foundation.guard)
        self.sequencer.meter = self.operations.metrics
        self.app = self._app(settings, foundation)

    def start(self) -> None:
        """Begin to work."""
        self.sequencer.start()
        started = partial(record_start, self._settings.told(), _now())
        self._tasks.append(asyncio.create_task(self._in_writer(started)))
        for work, every_s in (
            (self._beat, BEAT_S),
            (self.consoles.send_positions, POSITIONS_S),
            (self.handhelds.resend, RESEND_S),
            (self._sweep_evidence, SWEEP_S),
        ):
            self._tasks.append(asyncio.create_task(again(work, every_s)))
        self._tasks.append(asyncio.create_task(self._saver.run()))
        self.operations.start()
        for keeper in (self.trails, self.past_readings, self.fences):
            self._tasks.append(asyncio.create_task(keeper.run()))

    async def stop(self) -> None:
        """Commit what was taken, keep the last positions, end."""
        await self.operations.stop()
        await self.papers.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        keepers = (self._saver.keep, self.fences.close, self.trails.keep, self.past_readings.keep)
        for last in keepers:
            await tried(last)  # the audit is closed and the writer stopped whatever these meet
        self.audit.note(Act(at=_now(), action="central_stopped"))
        await self.audit.close()
        await asyncio.to_thread(self.sequencer.stop)
        self._city.close()

    async def drain(self) -> None:
        """Have every command that was taken answered before the streams end."""
        await self._in_writer(lambda _connection, _rows: None)  # behind everything put before
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                await self.consoles.drained()
                await self.handhelds.drained()

    async def hang_up(self) -> None:
        """End every stream with a word, so that both sides know it was meant."""
        reason = "Central is closing; come back in a moment."
        self.films.close()
        self.consoles.close_all(reason)
        self.handhelds.close_all(reason)
        with contextlib.suppress(TimeoutError):  # uvicorn makes an end of the deaf
            async with asyncio.timeout(DRAIN_S):
                await self.consoles.emptied()
                await self.handhelds.emptied()

    def _committed(self, committed: Committed) -> None:
        self._loop.call_soon_threadsafe(self._publish, committed)

    def _publish(self, committed: Committed) -> None:
        units = [row for row in committed.rows if isinstance(row, Unit)]
        if units:
            self.register.take(units)
            self.positions.know(units)
        self.fences.follow(committed.rows)
        self.consoles.publish(committed)
        self.handhelds.publish(committed)
        self.papers.publish(committed.rows)

    def _end_streams(self) -> None:
        self.consoles.end_sessions(self.door.is_valid)
        self.handhelds.end_sessions(self.door.is_valid)

    def _beat(self) -> None:
        self._end_streams()
        self.consoles.beat()
        self.handhelds.beat()

    def _sweep_evidence(self) -> None:
        swept = self._evidence.sweep()
        if swept:
            _log.info("%d pieces of evidence begun long ago were thrown away", swept)

    async def _in_writer(self, run: Callable[[Connection, LiveRows], None]) -> None:
        """Run something in the writer that nobody waits for; that it failed is logged."""
        try:
            await self.link.in_writer(run)
        except CentralError as error:
            _log.warning("something was not kept: %s", error)

    def _app(self, settings: CentralSettings, foundation: Foundation) -> FastAPI:
        app = FastAPI(
            title="Zhihui central", version=__version__, telemetry=UNTOLD,
            openapi_url="/v1/openapi.json", redoc_url=None,
            docs_url=None,  # its page would fetch scripts from elsewhere
        )  # fmt: skip
        refusals = Refusals(self.audit, _now)
        put_error_handlers(app, refusals.note)
        document(app)
        session = SessionRoutes(
            door=self.door,
            sequencer=self.sequencer,
            consoles=self.consoles,
            handhelds=self.handhelds,
            positions=self.positions,
            register=self.register,
            operations=self.operations,
        )
        work = WorkRoutes(
            door=self.door,
            link=self.link,
            sequencer=self.sequencer,
            register=self.register,
            positions=self.positions,
            evidence=foundation.evidence,
            snapshots=SnapshotShelf(foundation.engine, settings),
            audit=self.audit,
            ways=Ways(foundation.pack),
            window=CameraWindow(settings.look),
            films=self.films,
            zone=foundation.zone,
            camera_key=foundation.camera_key,
            office=self.papers,
        )
        audit = AuditRoutes(
            door=self.door,
            link=self.link,
            audit=self.audit,
            folder=settings.audit_folder,
            clock=_now,
        )
        city = self._city = CityRoutes(
            self.door,
            pack=foundation.pack,
            tiles_dir=settings.folder / "tiles",
            resources_dir=settings.resources_dir,
            zone=settings.time_zone,
            basemap=settings.basemap,
        )
        parts = EvidenceRoutes(door=self.door, evidence=foundation.evidence)
        people = PeopleRoutes(door=self.door, link=self.link, clock=_now)
        officers = OfficerRoutes(self.door, self.link, self.register, self._credentials, _now)
        admin = AdminRoutes(door=self.door, link=self.link)
        operations = OperationRoutes(door=self.door, operations=self.operations)
        trails = TrailRoutes(self.door, self.trails, self.positions)
        usual = SituationRoutes(self.door, self.link, _now)
        readings = ReadingRoutes(self.door, self.link, self.past_readings)
        guard = Guard(self.door, settings.limits)
        for routes in (
            session,
            people,
            officers,
            work,
            parts,
            city,
            audit,
            admin,
            operations,
            trails,
            usual,
            readings,
            AreaPastRoutes(self.door, self.link),
        ):
            app.include_router(routes.router(), dependencies=[Depends(guard)])
        streams = Streams(
            door=self.door,
            link=self.link,
            consoles=self.consoles,
            handhelds=self.handhelds,
            audit=self.audit,
            refusals=refusals,
            limits=settings.limits,
        )
        app.router.routes.append(WebSocketRoute("/v1/stream", streams.console))
        app.router.routes.append(WebSocketRoute("/v1/handheld/stream", streams.handheld))
        city.mount_pages(app)
        check_every_route(app)
        app.add_middleware(Express, guard=guard, endpoint=work.take_positions)
        app.add_middleware(Gate, limits=settings.limits)
        app.add_middleware(Observer, observed=self.operations.observed)
        return app

    def _operations(self, settings: CentralSettings, foundation: Foundation) -> Operations:
        retention = Retention(
            rules=settings.retention, link=self.link, evidence=foundation.evidence, clock=_now
        )
        figures = Figures(
            sequencer=self.sequencer,
            consoles=self.consoles,
            handhelds=self.handhelds,
            positions=self.positions,
            door=self.door,
            trails=self.trails,
        )
        return Operations(
            foundation.guard, figures, retention, self.audit, zone=foundation.zone, clock=_now
        )


def _now() -> datetime:
    return datetime.now(UTC)
