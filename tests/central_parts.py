"""A real central in a thread, and a client for it: for tests of everything that talks to one."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import requests
from argon2 import PasswordHasher
from central_database import Database, without_rows
from held_port import HeldPort
from websockets.sync.client import ClientConnection, connect

from console.app.served import own_ca
from console.central.pins import FirstPins
from console.central.server import seed_registry, serve
from console.central.settings import Basemap, CentralSettings
from console.domain.ids import new_id
from console.domain.levels import Role
from console.domain.places import USUAL_ZONE, Camera, Jurisdiction, JurisdictionLevel
from console.domain.units import Unit, UnitKind, UnitStatus
from console.protocol.codec import decode, decode_text, encode, encode_text
from console.protocol.commands import AnyBody
from console.protocol.messages import (
    PROTOCOL,
    AnyMessage,
    Beat,
    Command,
    Hello,
    Message,
    Result,
    Welcome,
)
from console.protocol.positions import is_position_frame
from console.store.engine import open_engine, sqlite_url
from console.store.trust import verify_for

M = TypeVar("M", bound=Message)
#: Log-on names of the accounts that every central has.
LOGINS = {
    Role.DISPATCHER: "dispatcher",
    Role.VIDEO_OPERATOR: "operator",
    Role.SHIFT_LEAD: "lead",
    Role.SUPERVISOR: "supervisor",
    Role.HOTLINE_SEAT: "hotline",
    Role.ADMINISTRATOR: "admin",
    Role.GATEWAY: "city",
}
ANSWER_WITHIN_S = 120.0
#: Real Argon2 hashes that take no time to make.
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def some_units(count: int = 8) -> list[Unit]:
    """Return units K1 … on duty, numbered from 1."""
    return [
        Unit(
            id=f"u{no}",
            no=no,
            call_sign=f"K{no}",
            kind=UnitKind.OFFICER,
            status=UnitStatus.AVAILABLE,
        )
        for no in range(1, count + 1)
    ]


class CentralServer:
    """A real central on a free port, in a thread of its own; may be stopped and started again."""

    def __init__(
        self,
        home: Path,
        *,
        resources_dir: Path | None = None,
        pack_path: Path | None = None,
        database: Database | None = None,
        basemap: Callable[[Path | None, Path], Basemap] | None = None,
        time_zone: str = USUAL_ZONE,
    ) -> None:
        self.home = home
        self.database_url = (database or Database()).url(home / "central")
        self._settings = CentralSettings(
            home=home,
            resources_dir=resources_dir or home / "no-resources",
            pack_path=pack_path,
            basemap=basemap,
            time_zone=time_zone,
            port=0,
            database_url=self.database_url,
            reserve_bytes=1 << 20,
        )
        self.url = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._listening = threading.Event()
        self._error: BaseException | None = None
        self._port: HeldPort | None = None

    def seed(
        self,
        units: Sequence[Unit] = (),
        cameras: Sequence[Camera] = (),
        jurisdictions: Sequence[Jurisdiction] = (),
        *,
        replace: bool = False,
    ) -> None:
        """Enter rows in the register, before the start."""
        self._lay_tables()
        seed_registry(
            self._settings,
            jurisdictions=jurisdictions,
            units=units,
            cameras=cameras,
            replace=replace,
        )

    def change_settings(self, **changed: Any) -> None:
        """Change what it is started with."""
        self._settings = replace(self._settings, **changed)

    def start(self) -> None:
        """Start it, on the same port as before if there was one."""
        self._lay_tables()
        self._port = self._port or HeldPort()
        self._listening.clear()
        self._error = None
        self._thread = threading.Thread(target=self._run, name="central", daemon=True)
        self._thread.start()
        assert self._listening.wait(ANSWER_WITHIN_S), "central does not listen"
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Stop it in good order."""
        if self._thread is None or self._loop is None or self._stop is None:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(ANSWER_WITHIN_S)
        assert not self._thread.is_alive(), "central does not stop"
        self._thread = None
        if self._error is not None:
            raise self._error

    def _lay_tables(self) -> None:
        """Spare a new central the migrations, which take it longer than all else."""
        if self.database_url == sqlite_url(self.database) and not self.database.exists():
            self.database.parent.mkdir(parents=True, exist_ok=True)
            self.database.write_bytes(without_rows())

    @property
    def database(self) -> Path:
        """Where its database lies."""
        return self.home / "central" / "central.db"

    def evidence(self, sha256: str) -> Path:
        """Return where it keeps the bytes of a piece of evidence."""
        return self.home / "central" / "evidence" / sha256[:2] / sha256[2:4] / sha256

    def move_to(self, database_url: str) -> None:
        """Keep its records elsewhere from the next start on."""
        self.database_url = database_url
        self._settings = replace(self._settings, database_url=database_url)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what its database says to a statement, past central."""
        engine = open_engine(self.database_url)
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.exec_driver_sql(statement)]
        finally:
            engine.dispose()

    @property
    def verify(self) -> str | bool:
        """What `requests` checks its certificate against."""
        return verify_for(self.url, own_ca(self.home))

    @property
    def ws_url(self) -> str:
        """Its address for WebSockets."""
        return "ws" + self.url.removeprefix("http")

    def password(self, login: str) -> str:
        """Return the password made at the first start."""
        accounts = json.loads((self.home / "central" / "accounts.json").read_text())
        return str(accounts[login])

    def client(self, role: Role = Role.DISPATCHER) -> CentralClient:
        """Return a client logged on with this role's account."""
        login = LOGINS[role]
        return CentralClient(self, login, self.password(login))

    def officer(self, call_sign: str) -> CentralClient:
        """Return a client logged on as a unit's handheld; the first time it chooses its PIN."""
        own = self.own_pin(call_sign)
        if self.has_own_pin(call_sign):
            return CentralClient(self, call_sign, own, kind="handheld")
        return CentralClient(
            self, call_sign, self.first_pin(call_sign), kind="handheld", new_pin=own
        )

    def first_pin(self, call_sign: str) -> str:
        """Return the PIN that a unit has until it chooses another."""
        ((unit,),) = self.query(f"SELECT id FROM unit WHERE call_sign = '{call_sign}'")
        return FirstPins(self.home / "central" / "officers.key").of(unit)

    def own_pin(self, call_sign: str) -> str:
        """Return the PIN that a unit chooses in the tests."""
        return f"own-{self.first_pin(call_sign)}"

    def has_own_pin(self, call_sign: str) -> bool:
        """Whether a unit has chosen it."""
        chosen = self.query("SELECT call_sign FROM unit JOIN officer_pin ON unit.id = unit")
        return (call_sign,) in chosen

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised in the test's thread
            self._error = error
            self._listening.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        listening: asyncio.Future[str] = self._loop.create_future()
        listening.add_done_callback(self._listens)
        assert self._port is not None
        settings = replace(self._settings, port=self._port.number)
        await serve(settings, stop=self._stop, listening=listening, hasher=QUICK_HASHER)

    def _listens(self, listening: asyncio.Future[str]) -> None:
        if not listening.cancelled():
            self.url = listening.result()
        self._listening.set()


class CentralClient:
    """Somebody logged on at a central, with requests and websockets as a console has them."""

    def __init__(
        self,
        server: CentralServer,
        login: str,
        password: str,
        *,
        kind: str = "console",
        new_pin: str = "",
    ) -> None:
        self.server = server
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = server.verify
        self.console_id = new_id(datetime.now(UTC))
        self._seq = 0
        answer = self.http.post(
            f"{server.url}/v1/session",
            json={
                "name": login,
                "password": password,
                "device": {"id": self.console_id, "kind": kind, "label": "test"},
                "new_pin": new_pin,
            },
            timeout=ANSWER_WITHIN_S,
        )
        assert answer.status_code == 200, answer.text
        self.session: dict[str, Any] = answer.json()
        self.token: str = self.session["token"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def close(self) -> None:
        """Close its connections."""
        self.http.close()

    def command(
        self, body: AnyBody, *, base_version: int | None = None, command_id: str | None = None
    ) -> Command:
        """Return a command with the next number."""
        self._seq += 1
        now = datetime.now(UTC)
        return Command(
            command_id or new_id(now), self.console_id, self._seq, now, body, base_version
        )

    def post(self, *bodies: AnyBody, base_version: int | None = None) -> list[Result]:
        """Have command bodies carried out."""
        return self.post_commands([self.command(one, base_version=base_version) for one in bodies])

    def post_commands(self, commands: Sequence[Command]) -> list[Result]:
        """Have commands carried out."""
        answer = self.http.post(
            f"{self.server.url}/v1/commands",
            data=msgspec.json.encode(list(commands)),
            timeout=ANSWER_WITHIN_S,
        )
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=list[Result])

    def stream(self, *, epoch: str | None = None, rev: int | None = None) -> Stream:
        """Open the consoles' stream."""
        revs = {} if rev is None else {"main": rev}
        hello = Hello(PROTOCOL, self.token, self.console_id, epoch=epoch, revs=revs)
        return Stream(f"{self.server.ws_url}/v1/stream", hello, is_binary=True)

    def handheld(self, *units: str) -> Stream:
        """Open the handhelds' stream for these units."""
        hello = Hello(PROTOCOL, self.token, self.console_id, units=units)
        return Stream(f"{self.server.ws_url}/v1/handheld/stream", hello, is_binary=False)


class Stream:
    """One WebSocket to central."""

    def __init__(self, url: str, hello: Hello | None, *, is_binary: bool) -> None:
        self._open = ExitStack()
        connecting = connect(
            url, max_size=None, compression=None,
            open_timeout=ANSWER_WITHIN_S, ping_timeout=ANSWER_WITHIN_S,
        )  # fmt: skip
        self.socket: ClientConnection = self._open.enter_context(connecting)
        self._is_binary = is_binary
        self.welcome: AnyMessage | None = None
        if hello is not None:
            self.send(hello)
            self.welcome = self.receive()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._open.close()

    @property
    def welcomed(self) -> Welcome:
        """The welcome that was given."""
        assert isinstance(self.welcome, Welcome), self.welcome
        return self.welcome

    def send(self, message: Message) -> None:
        """Send a message."""
        self.socket.send(encode(message) if self._is_binary else encode_text(message))

    def frame(self, *, within_s: float = ANSWER_WITHIN_S) -> bytes | str:
        """Return the next frame as it came."""
        return self.socket.recv(timeout=within_s)

    def receive(self, *, within_s: float = ANSWER_WITHIN_S) -> AnyMessage:
        """Return the next message that is neither positions nor a heartbeat."""
        while True:
            frame = self.frame(within_s=within_s)
            if isinstance(frame, bytes):
                if is_position_frame(frame):
                    continue
                message = decode(frame)
            else:
                message = decode_text(frame)
            if not isinstance(message, Beat):
                return message

    def until(self, kind: type[M]) -> M:
        """Return the next message of a kind, leaving out others."""
        while True:
            message = self.receive()
            if isinstance(message, kind):
                return message


def a_city() -> list[Jurisdiction]:
    """Return a city of one district."""
    return [
        Jurisdiction(
            id="C", parent=None, level=JurisdictionLevel.CITY, name_zh="北京", name_en="Beijing"
        )
    ]
