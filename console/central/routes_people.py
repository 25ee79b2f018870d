"""Routes of administration: accounts, roles and districts; devices and codes that admit one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from msgspec import to_builtins
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.requests import Request

from console.central.accounts import (
    Person,
    account_called,
    account_of,
    add_account,
    change_account,
    read_accounts,
)
from console.central.acts import act_by, actor_of
from console.central.devices import DeviceState, decide_device, new_code, read_devices
from console.central.door import Door
from console.central.loop import WriterLink
from console.central.rows import LiveRows
from console.central.web import AnswerError, host_of, session_of
from console.domain.audit import Act, masked
from console.domain.ids import PersonId, new_id
from console.domain.levels import Role
from console.domain.permissions import WHOLE_CITY, Remit
from console.store.audit import append_acts

_SHORTEST_PASSWORD = 10


class PersonIn(BaseModel):
    """Somebody new."""

    login: str = Field(min_length=1, max_length=80, pattern=r"^\S+$")
    name: str = Field(min_length=1, max_length=80)
    role: Role
    password: str = Field(min_length=_SHORTEST_PASSWORD, max_length=200)
    districts: list[str] | None = None


class PersonChange(BaseModel):
    """What changes of somebody; what is left out stays.

    Attributes:
        districts: Ids; ``whole_city`` takes the limit away.
    """

    name: str | None = Field(default=None, min_length=1, max_length=80)
    role: Role | None = None
    password: str | None = Field(default=None, min_length=_SHORTEST_PASSWORD, max_length=200)
    active: bool | None = None
    districts: list[str] | None = None
    whole_city: bool = False


class DeviceChange(BaseModel):
    """An administrator's word on a device."""

    state: Literal["admitted", "blocked"]


class CodeIn(BaseModel):
    """What kind of device a code shall admit."""

    kind: Literal["console", "handheld", "gateway"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRoutes:
    """Accounts and devices; every change ends the sessions it touches at once."""

    door: Door
    link: WriterLink
    clock: Callable[[], datetime]

    def _act(self, request: Request, action: str, subject: str, details: dict[str, Any]) -> Act:
        """Return what the audit says of a change; passwords are masked there."""
        session = session_of(self.door, request)
        kind = "device" if action.startswith(("device", "code")) else "person"
        return act_by(
            actor_of(session, host_of(request)),
            action,
            at=self.clock(),
            subject=(kind, subject),
            details=details,
        )

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["people"])
        router.add_api_route("/v1/people", self.people, methods=["GET"])
        router.add_api_route("/v1/people", self.add, methods=["POST"], status_code=201)
        router.add_api_route("/v1/people/{person}", self.change, methods=["PATCH"])
        router.add_api_route("/v1/people/{person}/unlock", self.unlock, methods=["POST"])
        router.add_api_route("/v1/devices", self.devices, methods=["GET"])
        router.add_api_route("/v1/devices/codes", self.code, methods=["POST"], status_code=201)
        router.add_api_route("/v1/devices/{device}", self.decide, methods=["PATCH"])
        return router

    async def people(self) -> dict[str, Any]:
        """Give every account, and who has to wait after wrong passwords."""
        people = await self.link.reading(read_accounts)
        locked = self.door.tries.locked()
        return {"people": [{**one, "locked_until": locked.get(one["login"])} for one in people]}

    async def add(self, asked: PersonIn, request: Request) -> dict[str, str]:
        """Enter somebody new."""
        remit = (
            WHOLE_CITY if asked.districts is None else Remit(districts=frozenset(asked.districts))
        )
        person = Person(
            id=PersonId(new_id(self.clock())), name=asked.name, role=asked.role, remit=remit
        )
        hashed = await asyncio.to_thread(self.door.hashed, asked.password)
        taken = await self.link.reading(lambda connection: account_called(connection, asked.login))
        if taken is not None:
            raise AnswerError(409, f"The log-on name {asked.login} is taken; choose another.")
        act = self._act(request, "person_added", person.id, {"new": asked.model_dump(mode="json")})

        def write(connection: Connection, _: LiveRows) -> None:
            add_account(connection, person, asked.login, hashed)
            append_acts(connection, [act])

        await self.link.in_writer(write)
        return {"id": person.id}

    async def change(self, person: str, asked: PersonChange, request: Request) -> dict[str, int]:
        """Change somebody's role, districts, password or whether the account works."""
        mine = session_of(self.door, request).person.id
        is_lowering = asked.active is False or asked.role is not None
        if person == mine and is_lowering:
            raise AnswerError(
                409, "Nobody changes their own role or shuts their own account; ask another."
            )
        hashed = None
        if asked.password is not None:
            hashed = await asyncio.to_thread(self.door.hashed, asked.password)
        remit = WHOLE_CITY if asked.whole_city else None
        if asked.districts is not None:
            remit = Remit(districts=frozenset(asked.districts))
        act = self._act(request, "person_changed", person, {})  # here: the door is of this loop

        def write(connection: Connection, _: LiveRows) -> bool:
            old = account_of(connection, person)
            if old is None:
                return False
            change_account(
                connection,
                person,
                name=asked.name,
                role=asked.role,
                remit=remit,
                is_active=asked.active,
                password_hash=hashed,
            )
            new = asked.model_dump(mode="json", exclude_unset=True)
            told = {"old": to_builtins(old), "new": new}
            append_acts(connection, [replace(act, details=masked(told))])
            return True

        if not await self.link.in_writer(write):
            raise AnswerError(404, f"There is nobody with the id {person}.")
        ended = self.door.sessions_of(person=person)
        await self.door.end(ended)
        return {"ended_sessions": len(ended)}

    async def unlock(self, person: str, request: Request) -> dict[str, bool]:
        """Let a person's log-on name, or a unit's call sign, be tried again at once."""
        account = await self.link.reading(lambda connection: account_of(connection, person))
        name = person if account is None else str(account["login"])
        act = self._act(request, "person_unlocked", person, {})
        await self.link.in_writer(lambda connection, _: append_acts(connection, [act]))
        return {"was_locked": self.door.tries.unlock(name)}

    async def devices(self) -> dict[str, Any]:
        """Give every device, those that wait first."""
        return {"devices": await self.link.reading(read_devices)}

    async def decide(self, device: str, asked: DeviceChange, request: Request) -> dict[str, int]:
        """Admit a device, or shut it out; a device shut out is logged off at once."""
        by, at = session_of(self.door, request).person.id, self.clock()
        state = DeviceState(asked.state)
        act = self._act(request, "device_decided", device, {"new": {"state": state.value}})

        def write(connection: Connection, _: LiveRows) -> bool:
            is_there = decide_device(connection, device, state, by=by, at=at)
            if is_there:
                append_acts(connection, [act])
            return is_there

        if not await self.link.in_writer(write):
            raise AnswerError(404, f"There is no device with the id {device}.")
        ended = [] if state is DeviceState.ADMITTED else self.door.sessions_of(device=device)
        await self.door.end(ended)
        return {"ended_sessions": len(ended)}

    async def code(self, asked: CodeIn, request: Request) -> dict[str, Any]:
        """Make a code that admits one device, once, within a day."""
        by, at = session_of(self.door, request).person.id, self.clock()
        act = self._act(request, "code_made", asked.kind, {})

        def write(connection: Connection, _: LiveRows) -> tuple[str, datetime]:
            append_acts(connection, [act])
            return new_code(connection, kind=asked.kind, by=by, at=at)

        code, until = await self.link.in_writer(write)
        return {"code": code, "expires_at": until}
