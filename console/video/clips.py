"""A clip (片段) of the last seconds of a stream: the camera's own pictures in an MP4 file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.error import FFmpegError

from console.media.nal import Codec, is_parameter_set, join_annex_b
from console.media.payload import AccessUnit
from console.video.decode import Gop

_CLOCK_HZ = 90_000
_WRAP = 1 << 32
#: Where the camera's clock stands still or jumps, pictures are shown this far apart.
_USUAL_STEP = _CLOCK_HZ // 25
_LONGEST_STEP = 5 * _CLOCK_HZ


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSource:
    """Access units that follow each other without a gap, the first a key unit.

    Attributes:
        headers: Parameter sets told beforehand, for streams that carry none.
    """

    codec: Codec
    headers: tuple[bytes, ...]
    units: tuple[AccessUnit, ...]

    @classmethod
    def ending_at(
        cls, gops: Sequence[Gop], last: Gop, count: int, *, seconds: float
    ) -> ClipSource | None:
        """Return the units up to the ``count``-th of ``last``, reaching back some seconds.

        It begins at a key unit, so it may be longer by one group of pictures. ``None`` where the
        originals are no longer held.

        Args:
            gops: What is held, oldest first, ``last`` among them.
            last: The group of the picture that the clip ends with.
            count: How many of its units that picture needs.
            seconds: How far back.
        """
        if last not in gops or not last.whole:
            return None
        held = list(gops[: list(gops).index(last) + 1])
        units = tuple(last.units[:count])
        if not units:
            return None
        for gop in reversed(held[:-1]):
            if not gop.whole or not gop.units or _span(units) >= seconds:
                break
            units = (*gop.units, *units)
        return cls(codec=last.codec, headers=last.headers, units=units)

    @property
    def seconds(self) -> float:
        """How long it is, by the camera's clock."""
        return _span(self.units)

    def mp4(self) -> bytes | None:
        """Return the clip as an MP4 file whose pictures are those received, not encoded anew.

        ``None`` where libavformat cannot put them into one.
        """
        out = io.BytesIO()
        stream = join_annex_b(self._sets()) + b"".join(unit.annex_b() for unit in self.units)
        try:
            with (
                av.open(io.BytesIO(stream), "r", format=self.codec.decoder) as container,
                av.open(out, "w", format="mp4") as film,
            ):
                source = container.streams.video[0]
                track = film.add_stream_from_template(source)
                times = self._times()
                for packet in container.demux(source):
                    if not packet.size:
                        continue
                    packet.time_base = Fraction(1, _CLOCK_HZ)
                    packet.pts = packet.dts = next(times)
                    packet.stream = track
                    film.mux(packet)
        except (FFmpegError, ValueError, OSError):
            return None
        return out.getvalue()

    def _times(self) -> Iterator[int]:
        """Yield when each picture is shown, 90 kHz, from 0; after the last at an even pace."""
        at = 0
        yield at
        for index in range(1, len(self.units)):
            at += step_between(self.units[index - 1], self.units[index])
            yield at
        while True:
            at += _USUAL_STEP
            yield at

    def _sets(self) -> tuple[bytes, ...]:
        """Return what has to stand in front where the stream itself carries no parameter sets."""
        told = any(is_parameter_set(self.codec, nal) for nal in self.units[0].nals)
        return () if told else self.headers


def step_between(before: AccessUnit, unit: AccessUnit) -> int:
    """Return how long a picture is shown, 90 kHz; the usual where the camera's clock jumps."""
    step = (unit.timestamp - before.timestamp) % _WRAP
    return step if 0 < step <= _LONGEST_STEP else _USUAL_STEP


def _span(units: Sequence[AccessUnit]) -> float:
    steps = (step_between(units[n], units[n + 1]) for n in range(len(units) - 1))
    return sum(steps) / _CLOCK_HZ
