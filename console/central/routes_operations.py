"""Routes of operations: figures for Prometheus, and what is not kept for ever."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from console.central.acts import actor_of
from console.central.door import Door
from console.central.metrics import CONTENT_TYPE
from console.central.operations import Operations
from console.central.web import check_whole_city, host_of, permitted


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRoutes:
    """Figures and retention."""

    door: Door
    operations: Operations

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["operations"])
        router.add_api_route("/metrics", self.metrics, methods=["GET"], response_model=None)
        router.add_api_route("/v1/retention", self.outdated, methods=["GET"])
        router.add_api_route("/v1/retention", self.retain, methods=["POST"])
        return router

    async def metrics(self, request: Request) -> Response:
        """Give the figures: to this machine without a token, elsewhere by right."""
        if not is_loopback(host_of(request)):
            permitted(self.door, request, "read:metrics")
        return Response(self.operations.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def outdated(self, request: Request) -> dict[str, Any]:
        """Say what is older than it is kept; nothing is changed."""
        check_whole_city(permitted(self.door, request, "retention"))
        found = await self.operations.retention.find()
        return {**found.told(), "text": found.text(is_done=False)}

    async def retain(self, request: Request) -> dict[str, Any]:
        """Take out what is older than it is kept; the audit says so."""
        session = permitted(self.door, request, "retention")
        check_whole_city(session)
        found = await self.operations.retention.run(actor_of(session, host_of(request)))
        return {**found.told(), "text": found.text(is_done=True)}


def is_loopback(host: str) -> bool:
    """Whether a request comes from this machine itself."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
