"""Which request is being served: its id goes into every line that is logged meanwhile."""

from __future__ import annotations

from contextvars import ContextVar

#: Id of the request that this task or thread works for; empty outside one.
REQUEST_ID: ContextVar[str] = ContextVar("zhihui_request_id", default="")
