"""Routes of administration: the register and the site's tables as they are, retired rows too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from sqlalchemy import Text, type_coerce
from starlette.requests import Request
from starlette.responses import Response

from console.central.door import Door
from console.central.loop import WriterLink
from console.central.web import AnswerError, permitted
from console.domain.audit import masked
from console.domain.levels import Role
from console.domain.permissions import ALLOWED
from console.protocol.codec import ROW_TYPES, row_to_builtins
from console.store.mapping import read_rows, table_of

#: Kinds of rows that are administered.
ADMINISTERED = (
    "jurisdiction", "grid", "sensor", "unit", "camera", "catalogue", "limit_rule", "calendar_day",
)  # fmt: skip
MOST_ROWS = 200_000
_json = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRoutes:
    """Reads for administrators; changes are commands like any other."""

    door: Door
    link: WriterLink

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["administration"])
        router.add_api_route(
            "/v1/admin/rows/{kind}", self.rows, methods=["GET"], response_model=None
        )
        router.add_api_route("/v1/admin/roles", self.roles, methods=["GET"])
        return router

    async def rows(
        self,
        kind: str,
        request: Request,
        catalogue: Annotated[str | None, Query(max_length=40, pattern=r"^[^\x00]*$")] = None,
    ) -> Response:
        """Give every row of a kind, passwords masked; of the catalogue one table if it is named."""
        session = permitted(self.door, request, "read:admin")
        if kind not in ADMINISTERED:
            raise AnswerError(404, f"No rows called {kind[:40]!r} are administered here.")
        row_type = ROW_TYPES[kind]
        table = table_of(row_type)
        query = table.select().order_by(table.c.id).limit(MOST_ROWS)
        if catalogue is not None and kind == "catalogue":
            query = query.where(type_coerce(table.c.catalogue, Text) == catalogue)
        found = await self.link.reading(lambda connection: read_rows(connection, row_type, query))
        remit = session.person.remit
        seen = [
            masked(row_to_builtins(row))
            for row in found
            if kind not in {"unit", "camera"} or remit.covers(getattr(row, "district", None))
        ]
        return Response(_json.encode({"rows": seen}), media_type="application/json")

    async def roles(self, request: Request) -> dict[str, Any]:
        """Give what each role may, and how far that reaches."""
        permitted(self.door, request, "read:admin")
        return {
            "roles": [
                {"id": role.value, "rights": {name: reach.value for name, reach in
                                              sorted(ALLOWED[role].items())}}
                for role in Role
            ]
        }  # fmt: skip
