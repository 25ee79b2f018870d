"""Who may what of the officers' page: its routes, for the test that walks every route."""

from __future__ import annotations

from console.domain.levels import Role

_STREET = {Role.OFFICER, Role.GATEWAY}
_DECIDES = {Role.SHIFT_LEAD, Role.SUPERVISOR}
HANDHELD_ROUTES: dict[tuple[str, str], set[Role] | None] = {
    ("GET", "/v1/handheld/tasks"): _STREET,
    ("GET", "/v1/handheld/route"): _STREET,
    ("GET", "/v1/handheld/near"): _STREET,
    ("GET", "/v1/handheld/site"): _STREET,
    ("GET", "/v1/handheld/cameras/{camera}/picture"): _STREET,
    ("GET", "/v1/handheld/cameras/{camera}/live"): _STREET,
    ("GET", "/v1/handheld/records"): _STREET,
    ("GET", "/v1/handheld/inspections"): _STREET,
    ("GET", "/v1/handheld/papers"): _STREET,
    ("GET", "/v1/handheld/papers/{paper}/pdf"): _STREET,
    ("GET", "/v1/papers/figures"): {*_DECIDES, Role.DISPATCHER},
    ("GET", "/papers/{code}"): None,
}
HANDHELD_COMMANDS: dict[str, set[Role]] = {
    "AnswerChecks": {Role.OFFICER},
    "RecordInspection": {Role.OFFICER},
    "ConfirmInspection": {Role.OFFICER},
    "IssuePaper": {Role.OFFICER, *_DECIDES},
    "PayFine": {Role.OFFICER, Role.DISPATCHER, *_DECIDES},
    "VoidPaper": _DECIDES,
}
HANDHELD_OWN = {
    "AnswerChecks", "RecordInspection", "ConfirmInspection", "IssuePaper", "PayFine",
}  # fmt: skip
HANDHELD_PAGES = {("GET", "/"), ("GET", "/handheld"), ("GET", "/handheld/leaflet")}
