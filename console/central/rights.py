"""Which right each address needs: one table, asked before a route runs; the rest is shut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from console.central.door import Door
from console.central.gate import Meter
from console.central.limits import Limits
from console.central.settings import CentralError
from console.central.web import LET_IN, AnswerError, check_may, session_of

#: Needs no token.
OPEN = "open"
#: Needs a token, whoever it belongs to; what may be done is asked piece by piece.
LOGGED_ON = "logged_on"
#: Right by method and path; streams check theirs with the first message.
ROUTE_RIGHTS: dict[tuple[str, str], str] = {
    ("GET", "/"): OPEN,
    ("GET", "/handheld"): OPEN,
    ("GET", "/handheld/leaflet"): OPEN,
    ("GET", "/v1/openapi.json"): OPEN,
    ("POST", "/v1/session"): OPEN,
    ("DELETE", "/v1/session"): LOGGED_ON,
    ("POST", "/v1/session/refresh"): OPEN,
    ("POST", "/v1/session/unlock"): LOGGED_ON,
    ("GET", "/v1/people"): "read:people",
    ("POST", "/v1/people"): "write:people",
    ("PATCH", "/v1/people/{person}"): "write:people",
    ("POST", "/v1/people/{person}/unlock"): "write:people",
    ("GET", "/v1/officers"): "read:people",
    ("POST", "/v1/officers/slips"): "write:people",
    ("POST", "/v1/officers/{call_sign}/pin"): "write:people",
    ("GET", "/v1/devices"): "read:devices",
    ("PATCH", "/v1/devices/{device}"): "write:devices",
    ("POST", "/v1/devices/codes"): "write:devices",
    ("GET", "/v1/health"): OPEN,
    ("GET", "/v1/city"): "read:city",
    ("GET", "/v1/city/pack"): "read:city",
    ("GET", "/v1/tiles/{theme}/{z}/{x}/{y}.png"): OPEN,
    ("POST", "/v1/commands"): LOGGED_ON,
    ("POST", "/v1/positions"): "write:positions",
    ("PUT", "/v1/evidence/{sha256}"): "write:evidence",
    ("PATCH", "/v1/evidence/{sha256}"): "write:evidence",
    ("GET", "/v1/evidence/{sha256}/upload"): "write:evidence",
    ("GET", "/v1/evidence/{sha256}"): "read:evidence",
    ("GET", "/v1/snapshot"): "read:snapshot",
    ("GET", "/v1/trails"): "read:trails",
    ("GET", "/v1/situation"): "read:snapshot",
    ("GET", "/v1/areas/{area}/events"): "read:snapshot",
    ("POST", "/v1/readings"): "write:readings",
    ("GET", "/v1/readings"): "read:snapshot",
    ("GET", "/v1/readings/past"): "read:snapshot",
    ("GET", "/v1/handheld/tasks"): "handheld",
    ("GET", "/v1/handheld/route"): "handheld",
    ("GET", "/v1/handheld/near"): "handheld",
    ("GET", "/v1/handheld/site"): "handheld",
    ("GET", "/v1/handheld/cameras/{camera}/picture"): "handheld",
    ("GET", "/v1/handheld/cameras/{camera}/live"): "handheld",
    ("GET", "/v1/intake/history"): "read:callers",
    ("GET", "/v1/handheld/records"): "handheld",
    ("GET", "/v1/handheld/inspections"): "handheld",
    ("GET", "/v1/handheld/papers"): "handheld",
    ("GET", "/v1/handheld/papers/{paper}/pdf"): "handheld",
    ("GET", "/v1/papers/figures"): "read:papers",
    ("GET", "/papers/{code}"): OPEN,  # for whoever holds the document in hand
    ("GET", "/v1/admin/rows/{kind}"): "read:admin",
    ("GET", "/v1/admin/roles"): "read:admin",
    ("GET", "/metrics"): OPEN,  # to this machine itself; elsewhere the route asks for a right
    ("GET", "/v1/retention"): "retention",
    ("POST", "/v1/retention"): "retention",
    ("POST", "/v1/patrol/turn"): "patrol",
    ("GET", "/v1/patrol/plans"): "patrol",
    ("PUT", "/v1/patrol/plans/{plan}"): "write:patrol",
    ("DELETE", "/v1/patrol/plans/{plan}"): "write:patrol",
    ("GET", "/v1/patrol/looks"): "patrol",
    ("GET", "/v1/patrol/past"): "patrol",
    ("GET", "/v1/cameras/key"): "read:camera_passwords",
    ("GET", "/v1/audit"): "read:audit",
    ("GET", "/v1/audit/export"): "read:audit",
    ("GET", "/v1/audit/verify"): "read:audit",
    ("WS", "/v1/stream"): "stream",
    ("WS", "/v1/handheld/stream"): "handheld",
}


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Return method and path of every route an app serves, "WS" for streams."""
    return set(_walked(app.routes))


def check_every_route(app: FastAPI) -> None:
    """Check that each route of an app has its line in the table.

    Raises:
        CentralError: One has none.
    """
    missing = sorted(routes_of(app) - set(ROUTE_RIGHTS))
    if missing:
        raise CentralError(
            f"No right is named for {missing}; nobody may use what nobody has thought about. "
            "This is a fault of the program: name it in console.central.rights."
        )


class Guard:
    """Stands before every route: asks who it is, and whether that person may."""

    def __init__(self, door: Door, limits: Limits) -> None:
        self._door = door
        self._meter = Meter(limits)

    async def __call__(self, request: Request) -> None:
        """Let a request through, or not.

        Raises:
            AnswerError: 401, 403 or 429.
        """
        path = getattr(request.scope.get("route"), "path", "")
        right = ROUTE_RIGHTS.get((request.method, path))
        if right is None:
            raise AnswerError(403, f"Nobody may do this ({request.method} {path}).")
        if right == OPEN:
            return
        session = session_of(self._door, request)
        said = request.headers.get("content-length", "0")
        self._meter.count(session, int(said) if said.isdigit() else 0)
        if right != LOGGED_ON:
            check_may(session, right)
        request.scope[LET_IN] = session, right


def _walked(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _walked(included.routes)
        elif isinstance(route, WebSocketRoute):
            yield "WS", route.path
        elif isinstance(route, Mount):
            yield "GET", route.path
        elif isinstance(route, Route):
            yield from ((method, route.path) for method in set(route.methods or ()) - {"HEAD"})
        else:
            yield "?", repr(route)
