"""How central looks through a camera point for an officer: the sweep's own visit."""

from __future__ import annotations

from console.central.looking import NoPictureError, Picture
from console.domain.places import Camera

#: Of the picture's box; a phone shows no more.
WIDTH, HEIGHT = 640, 360


async def look_through(camera: Camera) -> Picture:
    """Return one picture of a point.

    Raises:
        NoPictureError: It gave none, or this build cannot decode pictures.
    """
    try:
        from console.video.visit import (  # noqa: PLC0415 - central alone needs no video
            VisitSettings,
            visit,
        )
    except ImportError as error:
        raise NoPictureError(
            "Central cannot look through cameras on this machine: it lacks the decoder of pictures."
        ) from error
    seen = await visit(camera, VisitSettings(width=WIDTH, height=HEIGHT))
    if seen.jpeg is None:
        raise NoPictureError(seen.sentence or f"The point {camera.name} gave no picture.")
    return Picture(jpeg=seen.jpeg, taken_at=seen.at)
