"""Routes for logging on and off, and the health page."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from console import __version__
from console.central.consoles import ConsoleHub
from console.central.devices import Device, DeviceRefusedError, is_local
from console.central.door import Door, Granted, LogOnError
from console.central.handhelds import HandheldHub
from console.central.operations import Operations
from console.central.pins import MustChangeError, PinError
from console.central.positions import PositionHub
from console.central.sequencer import Sequencer
from console.central.tokens import hash_of
from console.central.tries import TooManyTriesError
from console.central.units import Register
from console.central.web import AnswerError, bearer_of, host_of, session_of
from console.domain.ids import DeviceId


class DeviceIn(BaseModel):
    """What somebody logs on with."""

    id: str = Field(min_length=1, max_length=80)
    kind: Literal["console", "handheld", "gateway"]
    label: str = Field(default="", max_length=200)
    secret: str = Field(default="", max_length=200)
    code: str = Field(default="", max_length=80)


class LogOnIn(BaseModel):
    """Name and password, and the device they were typed into.

    Attributes:
        new_pin: What an officer chooses in the place of the PIN.
    """

    name: str = Field(min_length=1, max_length=80)
    password: str = Field(min_length=1, max_length=200)
    device: DeviceIn
    new_pin: str = Field(default="", max_length=200)


class PersonOut(BaseModel):
    """Who is logged on."""

    id: str
    name: str
    role: str
    unit: str | None
    unit_no: int | None
    districts: list[str] | None = None


class LogOnOut(BaseModel):
    """A session, new or renewed."""

    token: str
    lasts_s: int
    refresh: str
    expires_at: datetime
    person: PersonOut
    epoch: str


class RefreshIn(BaseModel):
    """What renews a session."""

    refresh: str = Field(min_length=1, max_length=200)


class UnlockIn(BaseModel):
    """The password of whoever is logged on, to uncover a screen."""

    password: str = Field(min_length=1, max_length=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRoutes:
    """Logging on and off, and the health page."""

    door: Door
    sequencer: Sequencer
    consoles: ConsoleHub
    handhelds: HandheldHub
    positions: PositionHub
    register: Register
    operations: Operations

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["session"])
        router.add_api_route("/v1/session", self.log_on, methods=["POST"])
        router.add_api_route("/v1/session/refresh", self.refresh, methods=["POST"])
        router.add_api_route(
            "/v1/session/unlock",
            self.unlock,
            methods=["POST"],
            status_code=204,
            response_model=None,
        )
        router.add_api_route(
            "/v1/session", self.log_off, methods=["DELETE"], status_code=204, response_model=None
        )
        router.add_api_route("/v1/health", self.health, methods=["GET"])
        return router

    async def log_on(self, asked: LogOnIn, request: Request) -> LogOnOut:
        """Log on: name and password for a token that holds for minutes, and one that renews it."""
        told = asked.device
        device = Device(
            id=DeviceId(told.id),
            kind=told.kind,
            label=told.label,
            secret_hash=hash_of(told.secret) if told.secret else None,
        )
        host = host_of(request)
        try:
            granted = await self.door.log_on(
                asked.name,
                asked.password,
                device,
                host=host,
                code=told.code,
                new_pin=asked.new_pin,
            )
        except MustChangeError as error:
            raise AnswerError(428, str(error)) from error
        except PinError as error:
            raise AnswerError(422, str(error)) from error
        except LogOnError as error:
            raise AnswerError(401, str(error)) from error
        except TooManyTriesError as error:
            raise AnswerError(429, str(error), retry_after_s=error.retry_after_s) from error
        except DeviceRefusedError as error:
            raise AnswerError(403, str(error)) from error
        return self._told(granted)

    async def refresh(self, asked: RefreshIn) -> LogOnOut:
        """Renew a session; what renewed it is good no more."""
        try:
            return self._told(await self.door.refresh(asked.refresh))
        except LogOnError as error:
            raise AnswerError(401, str(error)) from error

    async def unlock(self, asked: UnlockIn, request: Request) -> Response:
        """Say whether a password is that of whoever is logged on; nothing else changes."""
        session = session_of(self.door, request)
        try:
            is_right = await self.door.is_password_of(session, asked.password)
        except TooManyTriesError as error:
            raise AnswerError(429, str(error), retry_after_s=error.retry_after_s) from error
        if not is_right:
            raise AnswerError(403, "That is not your password; the screen stays covered.")
        return Response(status_code=204)

    def _told(self, granted: Granted) -> LogOnOut:
        person = granted.session.person
        return LogOnOut(
            token=granted.token,
            lasts_s=granted.lasts_s,
            refresh=granted.refresh,
            expires_at=granted.session.expires_at,
            person=PersonOut(
                id=person.id,
                name=person.name,
                role=person.role,
                unit=person.unit,
                unit_no=self._unit_no(person.unit),
                districts=None if person.remit.is_whole else sorted(person.remit.districts or ()),
            ),
            epoch=self.sequencer.mark.epoch,
        )

    def _unit_no(self, unit: str | None) -> int | None:
        """Return the number that stands for a unit in packed positions."""
        held = self.register.unit(unit) if unit is not None else None
        return held.no if held is not None else None

    async def log_off(self, request: Request) -> Response:
        """Log off: the token is worth nothing afterwards, and its streams end."""
        session = session_of(self.door, request)
        await self.door.log_off(session, host=host_of(request))
        return Response(status_code=204)

    async def health(self, request: Request) -> dict[str, str | int]:
        """Say how central is; no token is needed, but to hear what exactly is wrong elsewhere."""
        mark = self.sequencer.mark
        told = self.operations.health(self.sequencer.trouble)
        if not self._may_hear_trouble(request):
            told.pop("trouble", None)  # it names folders, and what the database said
        return {
            **told,
            "epoch": mark.epoch,
            "head": mark.head,
            "version": __version__,
            "server_ms": time.time_ns() // 1_000_000,
            "consoles": self.consoles.count,
            "handhelds": self.handhelds.count,
            "unacknowledged": self.handhelds.unacknowledged,
            "sessions": self.door.count,
            **self.sequencer.counters,
            **self.positions.counters,
        }

    def _may_hear_trouble(self, request: Request) -> bool:
        token = bearer_of(request)
        is_ours = token is not None and self.door.session(token) is not None
        return is_ours or is_local(host_of(request))
