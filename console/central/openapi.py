"""The document of central's routes: what their bodies hold, what they answer when they refuse.

Bodies on the hot paths are read by msgspec or packed, so the framework does not know them; they are
written in here from the same structs that read them.
"""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI

from console.central.rights import OPEN, ROUTE_RIGHTS
from console.protocol.messages import Command, Result, Task

_REF = "#/components/schemas/{name}"
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string", "description": "What is wrong, what can be done."}},
}
_STATUSES = {
    "400": "The request was cut short.",
    "401": "Nobody is logged on with this token.",
    "403": "Whoever asks may not do this.",
    "404": "There is nothing of this name.",
    "409": "It does not fit what is here; the answer says what is.",
    "411": "The length is not said.",
    "413": "It is too large.",
    "422": "It could not be understood.",
    "426": "Only an encrypted connection is taken.",
    "429": "Too often, or too much at once.",
    "503": "Central cannot keep anything now; the same may be sent again.",
}
#: Bodies by method and path.
_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/v1/commands"): {
        "application/json": {
            "schema": {
                "anyOf": [
                    {"$ref": _REF.format(name="Command")},
                    {"type": "array", "items": {"$ref": _REF.format(name="Command")}},
                ]
            }
        }
    },
    ("post", "/v1/positions"): _BYTES,
    ("put", "/v1/evidence/{sha256}"): _BYTES,
    ("patch", "/v1/evidence/{sha256}"): _BYTES,
}


def document(app: FastAPI) -> None:
    """Have an app's document say all that is known of its routes; made when first asked for."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(plain())
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]  # the framework's own way to extend it


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    _, parts = msgspec.json.schema_components([Command, Result, Task], ref_template=_REF)
    components = schema.setdefault("components", {})
    components.setdefault("schemas", {}).update({**parts, "Error": _ERROR})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            body = _BODIES.get((method, path))
            if body is not None:
                operation["requestBody"] = {"required": True, "content": body}
            if ROUTE_RIGHTS.get((method.upper(), path)) != OPEN:
                operation["security"] = [{"token": []}]
            _tell_refusals(operation["responses"])
    return schema


def _tell_refusals(responses: dict[str, Any]) -> None:
    told = {"application/json": {"schema": {"$ref": _REF.format(name="Error")}}}
    for status, words in _STATUSES.items():
        responses[status] = {"description": words, "content": told}
