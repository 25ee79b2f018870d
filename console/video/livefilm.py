"""A camera's live pictures as fragmented MP4 (ISO/IEC 14496-12): put in, never encoded anew."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from typing import Self

import av
from av.error import FFmpegError
from av.packet import Packet

from console.media.nal import H264_SPS, Codec, is_parameter_set, join_annex_b, nal_type
from console.media.payload import AccessUnit
from console.video.clips import step_between
from console.video.rtsp import RtspStream
from console.video.trouble import Trouble, VideoError

_log = logging.getLogger("zhihui.video")
_CLOCK = Fraction(1, 90_000)
#: A piece is sent when so much has come; less means more pieces, more means waiting.
_PIECE_US = 200_000
#: A camera's key pictures are at most this far apart where it is set up at all well.
_NO_KEY_AFTER = 60 * 25
_OPTIONS = {
    "movflags": "empty_moov+default_base_moof+frag_keyframe",
    "frag_duration": str(_PIECE_US),
}


class FilmWriter:
    """Puts access units of H.264 into fragmented MP4, piece by piece.

    Args:
        first: The first of them, a key unit.
        headers: Parameter sets told beforehand, for streams that carry none.

    Raises:
        VideoError: They cannot be put into one.
    """

    def __init__(self, first: AccessUnit, headers: tuple[bytes, ...], address: str) -> None:
        told = any(is_parameter_set(Codec.H264, nal) for nal in first.nals)
        sets = () if told else headers
        self.media_type = _media_type((*sets, *first.nals), address)
        self._address = address
        self._out = _Pieces()
        self._at, self._before = 0, first
        self._open = ExitStack()
        try:
            begin = join_annex_b(sets) + first.annex_b()
            source = self._open.enter_context(av.open(io.BytesIO(begin), "r", format="h264"))
            self._film = self._open.enter_context(
                av.open(self._out, "w", format="mp4", options=_OPTIONS)
            )
            self._track = self._film.add_stream_from_template(source.streams.video[0])
            self._mux(begin, is_key=True)
        except (FFmpegError, ValueError, OSError) as error:
            self.close()
            raise VideoError(Trouble.GARBAGE, address, str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it; what was not taken is lost, and so is a trailer that cannot be written."""
        try:
            self._open.close()
        except (FFmpegError, ValueError, OSError) as error:
            _log.info("the film of %s was not closed well: %s", self._address, error)

    def add(self, unit: AccessUnit) -> None:
        """Put in the next access unit.

        Raises:
            VideoError: It is none that can be put in.
        """
        self._at += step_between(self._before, unit)
        self._before = unit
        try:
            self._mux(unit.annex_b(), is_key=unit.key)
        except (FFmpegError, ValueError, OSError) as error:
            raise VideoError(Trouble.GARBAGE, self._address, str(error)) from error

    def taken(self) -> bytes:
        """Return what is whole by now; the first piece begins with the file's head."""
        return self._out.taken()

    def _mux(self, data: bytes, *, is_key: bool) -> None:
        packet = Packet(data)
        packet.time_base = _CLOCK
        packet.pts = packet.dts = self._at
        packet.is_keyframe = is_key
        packet.stream = self._track
        self._film.mux(packet)


class _Pieces:
    """A file that is only written to, and emptied now and then."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        """Take what libavformat writes."""
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        data = bytes(self._held)
        self._held.clear()
        return data


async def fragments(stream: RtspStream, address: str) -> AsyncGenerator[tuple[str, bytes], None]:
    """Yield media type and pieces of a stream that plays, beginning at its next key unit.

    After a gap nothing is sent until a key unit comes: what leans on lost pictures is not shown.

    Raises:
        VideoError: The stream is lost, is no H.264, or never has a key unit.
    """
    if stream.codec is not Codec.H264:
        raise VideoError(Trouble.UNSUPPORTED, address, f"{stream.codec} is not played by browsers")
    writer: FilmWriter | None = None
    waited = gaps = 0
    has_gap = False
    try:
        while True:
            units = await stream.next_units()
            has_gap, gaps = has_gap or (writer is not None and stream.gaps != gaps), stream.gaps
            for unit in units:
                if writer is None and unit.key:
                    writer = FilmWriter(unit, stream.headers, address)
                elif writer is not None and (unit.key or not has_gap):
                    has_gap = has_gap and not unit.key
                    writer.add(unit)
            if writer is None:
                waited = _still_waiting(waited, units, address)
            elif piece := writer.taken():
                yield writer.media_type, piece
    finally:
        if writer is not None:
            writer.close()


def _still_waiting(waited: int, units: Sequence[AccessUnit], address: str) -> int:
    if waited > _NO_KEY_AFTER:
        raise VideoError(Trouble.NO_PICTURE, address, "no key unit came")
    return waited + len(units)


def _media_type(nals: Sequence[bytes], address: str) -> str:
    """Return type and codec: profile, constraints and level of the SPS (RFC 6381, 3.3)."""
    sps = next(_sps(nals), None)
    if sps is None:
        raise VideoError(Trouble.UNSUPPORTED, address, "no parameter sets came")
    return f'video/mp4; codecs="avc1.{sps[1:4].hex()}"'


def _sps(nals: Sequence[bytes]) -> Iterator[bytes]:
    return (nal for nal in nals if len(nal) > 3 and nal_type(Codec.H264, nal) == H264_SPS)
