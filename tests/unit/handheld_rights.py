"""Who may what of the officers' page: its routes, for the test that walks every route."""

from __future__ import annotations

from console.domain.levels import Role

_STREET = {Role.OFFICER, Role.GATEWAY}
HANDHELD_ROUTES: dict[tuple[str, str], set[Role] | None] = {
    ("GET", "/v1/handheld/tasks"): _STREET,
    ("GET", "/v1/handheld/route"): _STREET,
    ("GET", "/v1/handheld/near"): _STREET,
    ("GET", "/v1/handheld/site"): _STREET,
}
HANDHELD_PAGES = {("GET", "/"), ("GET", "/handheld"), ("GET", "/handheld/leaflet")}
