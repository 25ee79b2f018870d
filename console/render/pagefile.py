"""What the map's page is served as; apart from the page itself, which takes folium to make."""

from __future__ import annotations

from dataclasses import dataclass

#: Only the page's own host may be asked for anything; the second fence beside the interceptor.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; worker-src 'self'; connect-src 'self'; object-src 'none'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One file of the page as it is served."""

    media_type: str
    body: bytes
