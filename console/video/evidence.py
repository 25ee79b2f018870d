"""Evidence (证据) taken at the wall: original bytes, a still of the frame seen, hashes."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime

from av.video.frame import VideoFrame
from PIL import Image

from console.domain.errors import ZhihuiError
from console.domain.ids import CameraId
from console.media.nal import Codec
from console.video.clips import ClipSource
from console.video.decode import Gop

_JPEG_QUALITY = 92
_MEDIA_TYPES = {Codec.H264: "video/H264", Codec.H265: "video/H265"}


class EvidenceError(ZhihuiError):
    """Nothing could be secured; says why.

    Attributes:
        camera: The point it was asked of.
    """

    def __init__(self, camera: CameraId, sentence: str) -> None:
        super().__init__(sentence)
        self.camera = camera


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceShot:
    """What was seen at one moment on one camera point.

    Attributes:
        captured_at: When the frame arrived, aware UTC.
        jpeg: Still of the frame in the camera's own size, derived from the original.
        jpeg_sha256: Hash of ``jpeg``, 64 hexadecimal digits.
        original: Compressed access units as received, from the last key unit to the frame seen:
            an Annex B stream, with the parameter sets of the session description in front where
            the stream carries none.
        original_sha256: Hash of ``original``.
        clip: The seconds before as an MP4 file of the pictures received, ending with this frame;
            ``None`` where none was asked for or the originals are no longer held.
        clip_s: How long the clip is.
        original_type: Media type of ``original``: "video/H264" or "video/H265" (RFC 6184, 7798).
    """

    camera: CameraId
    captured_at: datetime
    width: int
    height: int
    jpeg: bytes
    jpeg_sha256: str
    original: bytes
    original_sha256: str
    original_type: str
    jpeg_type: str = "image/jpeg"
    clip: bytes | None = None
    clip_sha256: str | None = None
    clip_s: float | None = None
    clip_type: str = "video/mp4"


def jpeg_of(frame: VideoFrame, width: int | None = None, height: int | None = None) -> bytes:
    """Return a frame as JPEG, scaled if a size is given."""
    scaled = frame.reformat(width=width, height=height, format="rgb24", threads=1)
    out = io.BytesIO()
    Image.fromarray(scaled.to_ndarray()).save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()


def secure(
    camera: CameraId,
    frame: VideoFrame,
    gop: Gop,
    units: int,
    *,
    at: datetime,
    clip: ClipSource | None = None,
) -> EvidenceShot:
    """Take a frame and its originals as evidence, hashed on the spot.

    Args:
        camera: The point it is of.
        frame: The frame seen.
        gop: The originals it came from.
        units: How many of them it needs.
        at: When the frame arrived, aware UTC.
        clip: The seconds before, if they are wanted as well.

    Raises:
        EvidenceError: The originals are no longer held.
    """
    original = gop.original(units)
    if original is None:
        raise EvidenceError(
            camera,
            f"{camera} has sent no whole picture for so long that its originals are no longer "
            "held; take the evidence again in a few seconds.",
        )
    jpeg = jpeg_of(frame)
    film = None if clip is None else clip.mp4()
    return EvidenceShot(
        camera=camera,
        captured_at=at,
        width=frame.width,
        height=frame.height,
        jpeg=jpeg,
        jpeg_sha256=hashlib.sha256(jpeg).hexdigest(),
        original=original,
        original_sha256=hashlib.sha256(original).hexdigest(),
        original_type=_MEDIA_TYPES[gop.codec],
        clip=film,
        clip_sha256=None if film is None else hashlib.sha256(film).hexdigest(),
        clip_s=None if clip is None or film is None else clip.seconds,
    )
