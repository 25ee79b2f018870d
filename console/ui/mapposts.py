"""Command posts (指挥部) of big incidents as the map shows them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from console.domain.command import CommandPost
from console.ui.mirror import Mirror


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMark:
    """One command post on the map.

    Attributes:
        lat: WGS-84 degrees.
        lon: WGS-84 degrees.
        text: The incident's running number and who commands.
    """

    lat: float
    lon: float
    text: str

    def told(self) -> dict[str, object]:
        """Return it as the page takes it."""
        return asdict(self)


def posts_of(mirror: Mirror) -> list[PostMark]:
    """Return the posts of open big incidents that have a position, by number."""
    found = []
    for post in mirror.every(CommandPost):
        incident = mirror.incident(post.incident)
        if post.retired or post.lat is None or post.lon is None:
            continue
        if incident is None or not incident.is_open:
            continue
        text = " · ".join(filter(None, (incident.short_number, post.commander)))
        found.append(PostMark(lat=post.lat, lon=post.lon, text=text))
    return sorted(found, key=lambda one: one.text)
