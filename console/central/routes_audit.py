"""Routes of the audit: it is read, exported and verified here, and changed nowhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from console.central.acts import act_by, actor_of
from console.central.auditdesk import AuditDesk
from console.central.door import Door
from console.central.loop import WriterLink
from console.central.web import AnswerError, check_whole_city, host_of, permitted
from console.store.audit import (
    MOST_ENTRIES,
    AuditFilter,
    chain_head,
    each_entry,
    plain_entry,
    read_entries,
)
from console.store.auditseal import PUBLIC_NAME, read_public_key
from console.store.auditverify import Sealed, Verified, read_sealed, verify_chain
from console.store.engine import StoreError

Words = Annotated[str | None, Field(max_length=120, pattern=r"^[^\x00]*$")]
Place = Annotated[int | None, Field(ge=0, le=2**62)]
_LINES_AT_ONCE = 500


class AuditQuery(BaseModel):
    """Which entries a request asks for."""

    person: Words = None
    action: Words = None
    outcome: Words = None
    kind: Words = None
    row_id: Words = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    after: Place = None
    before: Place = None

    def filter(self) -> AuditFilter:
        """Return what is asked for."""
        return AuditFilter(**self.model_dump(exclude={"limit"}))


class ShowQuery(AuditQuery):
    """The same, and how many at most."""

    limit: Annotated[int, Field(ge=1, le=MOST_ENTRIES)] = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRoutes:
    """Reading, exporting and verifying the audit; each is an entry in it."""

    door: Door
    link: WriterLink
    audit: AuditDesk
    folder: Path
    clock: Callable[[], datetime]

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["audit"])
        for path, endpoint in (
            ("/v1/audit", self.show),
            ("/v1/audit/export", self.export),
            ("/v1/audit/verify", self.verify),
        ):
            router.add_api_route(path, endpoint, methods=["GET"], response_model=None)
        return router

    async def show(self, request: Request, query: Annotated[ShowQuery, Query()]) -> Response:
        """Give the newest entries that are asked for, the newest first."""
        asked, limit = query.filter(), query.limit
        await self._record(request, "read:audit", {**asked.told(), "limit": limit})
        found = await self.link.reading(
            lambda connection: read_entries(connection, asked, limit=limit)
        )
        return JSONResponse({"entries": [plain_entry(one) for one in found]})

    async def export(self, request: Request, query: Annotated[AuditQuery, Query()]) -> Response:
        """Give every entry that is asked for, oldest first, one JSON object a line."""
        asked = query.filter()
        await self._record(request, "export:audit", asked.told())
        last = await self.link.reading(lambda connection: chain_head(connection).seq)
        return StreamingResponse(
            self._lines(asked, last),
            media_type="application/x-ndjson",
            headers={"Content-Disposition": "attachment; filename=audit.jsonl"},
        )

    async def verify(self, request: Request) -> Response:
        """Go through the whole chain and say whether it is whole."""
        await self._record(request, "verify:audit", {})
        sealed = await asyncio.to_thread(read_sealed, self.folder)
        try:
            verified = await self.link.reading(
                lambda connection: self._verified(connection, sealed)
            )
        except StoreError as error:
            raise AnswerError(503, str(error)) from error
        told = asdict(verified)
        told["findings"] = [asdict(one) for one in verified.findings]
        return JSONResponse({**told, "whole": verified.is_whole, "text": verified.text()})

    def _verified(self, connection: Connection, sealed: Sealed) -> Verified:
        return verify_chain(connection, sealed, read_public_key(self.folder / PUBLIC_NAME))

    def _lines(self, asked: AuditFilter, last: int) -> Iterator[bytes]:
        """Yield lines; Starlette asks for them in a thread."""
        with self.link.connected() as connection:
            lines: list[str] = []
            for entry in each_entry(connection, asked):
                if entry.seq > last:
                    break
                lines.append(json.dumps(plain_entry(entry), ensure_ascii=False))
                if len(lines) >= _LINES_AT_ONCE:
                    yield ("\n".join(lines) + "\n").encode()
                    lines.clear()
            if lines:
                yield ("\n".join(lines) + "\n").encode()

    async def _record(self, request: Request, action: str, details: dict[str, Any]) -> None:
        """Write who asks before anything is given; without that nothing is."""
        session = permitted(self.door, request, "read:audit")
        check_whole_city(session)
        actor = actor_of(session, host_of(request))
        await self.audit.record(act_by(actor, action, at=self.clock(), details=details))
