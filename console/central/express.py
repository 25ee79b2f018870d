"""The short way in for what comes thousands of times a second: same guard, same endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from console.central.web import AnswerError, answer_of

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Named:
    """What guard and observer want to know of a route."""

    path: str


class Express:
    """Stands before the router and serves positions past it.

    FastAPI looks through its routes and solves dependencies for every request, which takes longer
    than taking a hundred positions. Every other method and path goes on to the app.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        guard: Callable[[Request], Awaitable[None]],
        endpoint: Endpoint,
    ) -> None:
        """Args are set once; the app has the same route, for who walks its routes."""
        self._app = app
        self._route = _Named("/v1/positions")
        self._guard = guard
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        is_ours = scope["type"] == "http" and scope["path"] == self._route.path
        if not is_ours or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        scope["route"] = self._route
        request = Request(scope, receive, send)
        try:
            await self._guard(request)
            response = await self._endpoint(request)
        except AnswerError as error:
            response = answer_of(error)
        except ClientDisconnect:
            return  # whoever asked has gone
        await response(scope, receive, send)
