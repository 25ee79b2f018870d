"""The clock in a picture: read where it can be, never read wrong, and told when it is off."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from zlib import crc32

import av
import cv2
import numpy as np
import pytest

from console.city.cameras.bands import BandLibrary, band_picture
from console.city.cameras.encode import Encoder, flat_picture, shape_of
from console.city.cameras.fonts import Lettering
from console.city.cameras.points import point_specs
from console.city.cameras.settings import FRAME_RATE, GOP_FRAMES, SUB
from console.domain.ids import CameraId
from console.media.nal import Codec, join_annex_b
from console.video.clock import is_wrong, read_clock
from console.video.clocks import Clocks

#: One that begins to count at once.
POINT = next(CameraId(f"C{n}") for n in range(99) if crc32(f"C{n}".encode()) % 8 == 0)


def shown(text: str, seed: int = 0) -> np.ndarray:
    """Return the brightness of a street with a text in its band, as a decoder gives it."""
    shape = shape_of(Codec.H264, SUB)
    picture = flat_picture(shape, 110)
    grain = np.random.default_rng(seed).integers(-12, 13, (shape.height_px, shape.width_px))
    picture[: shape.height_px] = (picture[: shape.height_px] + grain).astype(np.uint8)
    low = shape.height_px - shape.band_px
    picture[low : shape.height_px] = band_picture(Lettering(), text, shape)
    encoder, decoder = Encoder(shape), av.CodecContext.create("h264", "r")
    units = [nal for nals in encoder.encode(picture, key=True) for nal in nals]
    units += [nal for nals in encoder.finish() for nal in nals]
    frames = [*decoder.decode(av.Packet(join_annex_b(units))), *decoder.decode(None)]
    return np.asarray(frames[0].to_ndarray())[: shape.height_px].copy()


def test_that_a_clock_that_was_encoded_is_read_or_not_but_never_read_wrong() -> None:
    chance = np.random.default_rng(7)
    read = 0
    for number in range(24):
        at = datetime(2021, 1, 1) + timedelta(seconds=int(chance.integers(8 * 365 * 86_400)))
        found = read_clock(shown(f"{at:%Y-%m-%d %H:%M:%S}  工体北路 C0114", number))
        assert found in (at, None)
        read += found == at
    assert read >= 16


def test_that_clocks_in_other_fonts_on_the_picture_itself_are_read() -> None:
    at, read = datetime(2026, 11, 28, 3, 47, 59), 0
    for font in (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX):
        street = np.random.default_rng(3).integers(70, 110, (360, 640)).astype(np.uint8)
        cv2.putText(street, f"{at:%Y-%m-%d %H:%M:%S}", (12, 30), font, 0.7, 250, 2, cv2.LINE_AA)
        found = read_clock(street)
        assert found in (at, None)
        read += found == at
    assert read >= 1


@pytest.mark.parametrize("text", ["工体北路 C0114", "2026-13-41 29:61:99", "12345 678 90 12 34 56"])
def test_that_what_is_no_time_is_not_read_as_one(text: str) -> None:
    assert read_clock(shown(text)) is None


def test_that_pictures_without_writing_have_no_clock() -> None:
    chance = np.random.default_rng(2)
    assert read_clock(np.zeros((360, 640), np.uint8)) is None
    assert read_clock(chance.integers(0, 256, (360, 640)).astype(np.uint8)) is None
    assert read_clock(np.full((90, 160), 255, np.uint8)) is None


def test_that_a_clock_is_wrong_from_two_minutes_on_in_its_own_zone_until_it_is_read_right() -> None:
    clocks = Clocks(timezone(timedelta(hours=8)))
    at = datetime(2026, 11, 28, 1, 0, tzinfo=UTC)
    local = datetime(2026, 11, 28, 9, 0)
    assert not is_wrong(local + timedelta(seconds=119), local)
    assert not clocks.is_due(POINT, doubtful=False)  # the first look is to be quick
    assert not clocks.note(POINT, local + timedelta(seconds=100), at)
    assert clocks.is_due(POINT, doubtful=False)
    assert clocks.note(POINT, local - timedelta(hours=8), at)  # it shows UTC
    assert clocks.note(POINT, None, at)  # unreadable this time: still what was read last
    for _ in range(4):
        clocks.note(POINT, None, at)
    assert not clocks.is_due(POINT, doubtful=False)
    assert clocks.is_due(POINT, doubtful=True)
    assert not clocks.note(POINT, local, at)
    clocks.note(POINT, None, at)
    assert clocks.is_due(POINT, doubtful=False), "the ninth look after the first"
    clocks.keep_only([])
    assert not clocks.is_due(POINT, doubtful=False)


def test_that_an_eighth_of_the_points_show_a_clock_and_some_are_wrong_the_same_every_time() -> None:
    points = point_specs(960, 1)
    clocks = [one for one in points if one.clock_off_s is not None]
    wrong = [one for one in clocks if one.clock_off_s]
    assert len(clocks) == 120
    assert 8 <= len(wrong) <= 35
    assert [one.clock_off_s for one in point_specs(960, 1)] == [one.clock_off_s for one in points]


def test_that_the_band_of_a_key_picture_bears_its_own_second() -> None:
    point = next(one for one in point_specs(64, 1) if one.clock_off_s is not None)
    library = BandLibrary(UTC)

    async def bands() -> list[object]:
        clock = library.clock(point, SUB, "C", lambda at_s: 0)
        tick = 1_700_000_000 * FRAME_RATE
        await clock.begin(tick)
        first = clock.at(tick)
        await asyncio.wrap_future(clock._coming[tick + GOP_FRAMES])
        return [first, clock.at(tick + GOP_FRAMES)]

    first, second = asyncio.run(bands())
    library.close()
    assert first != second
