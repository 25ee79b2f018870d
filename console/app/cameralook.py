"""How central looks through a camera point for an officer: the sweep's own visit, or live."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from console.central.looking import Film, NoPictureError, Picture
from console.domain.places import Camera

_log = logging.getLogger("zhihui.central")
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


@asynccontextmanager
async def watch_through(camera: Camera) -> AsyncIterator[Film]:
    """Open a point's sub stream as a film that goes on.

    Raises:
        NoPictureError: It gives none, none that browsers play, or this build has no video.
    """
    try:
        from console.video.livefilm import fragments  # noqa: PLC0415 - as above
        from console.video.rtsp import playing, stream_address  # noqa: PLC0415 - as above
        from console.video.trouble import VideoError  # noqa: PLC0415 - as above
    except ImportError as error:
        raise NoPictureError(
            "Central cannot look through cameras on this machine: it lacks the decoder of pictures."
        ) from error
    try:
        address = stream_address(camera, main=False)
        async with (
            playing(address) as stream,
            aclosing(fragments(stream, address.url)) as pieces,
        ):
            media_type, head = await anext(pieces)

            async def parts() -> AsyncIterator[bytes]:
                yield head
                try:
                    async for _, piece in pieces:
                        yield piece
                except VideoError as error:
                    _log.info("a film ended: %s (%s)", error, error.detail)

            yield Film(media_type=media_type, parts=parts())
    except VideoError as error:
        raise NoPictureError(str(error)) from error
