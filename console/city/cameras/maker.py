"""The process that draws and encodes pictures, beside the server so that no stream waits for it."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import av
import cv2
import numpy as np

from console.city.cameras.clips import ClipWindow, clip_pictures
from console.city.cameras.encode import (
    Picture,
    TrackEncoder,
    decode_track,
    encode_track,
    planes,
    shape_of,
    standing_track,
)
from console.city.cameras.faults import FaultKind
from console.city.cameras.fonts import Lettering
from console.city.cameras.happenings import HappeningKind
from console.city.cameras.scene import StreetScene
from console.city.cameras.settings import (
    FRAME_RATE,
    GOP_FRAMES,
    MAIN,
    SIZES_PX,
    STREAMS,
    SUB,
    CameraCityError,
)
from console.city.cameras.spoil import Spoiler
from console.city.cameras.street import Hour
from console.city.cameras.track import Track
from console.media.nal import Codec

_LOG = logging.getLogger("zhihui.cameras")
_VERSION = 5
_SPOILT_FRAMES = 2 * GOP_FRAMES
_NICE = 15
#: An H.265 scene is half as long: it costs twice as much to make.
_SCENE_FRAMES = {Codec.H264: 4 * GOP_FRAMES, Codec.H265: 2 * GOP_FRAMES}


def loop_s(codec: Codec) -> float:
    """Return after how many seconds a scene of this codec is where it began."""
    return _SCENE_FRAMES[codec] / FRAME_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackKey:
    """Names one set of tracks, main and sub.

    Attributes:
        scene: Number of the scene; −1 stands for a picture that stands still.
        fault: Fault to be seen in it and its severity, if any.
        happens: What happens in it and at which of the places, if anything does.
        starter: The stream of a short form that is made first, alone and in haste, for there to be
            something to show soon after the first start.
    """

    codec: Codec
    scene: int
    fault: tuple[FaultKind, int] | None = None
    happens: tuple[HappeningKind, int] | None = None
    starter: str | None = None

    def path(self, folder: Path, source: str, stream: str) -> Path:
        """Return where its track of ``stream`` is kept."""
        parts = [f"v{_VERSION}", source, self.codec.lower(), f"{self.scene:03d}"]
        if self.fault is not None:
            parts.append(f"{self.fault[0]}{self.fault[1]}")
        if self.happens is not None:
            parts.append(f"{self.happens[0]}{self.happens[1]}")
        if self.starter is not None:
            parts.append("starter")
        return folder / f"{'-'.join(parts)}-{stream}.track"


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerSettings:
    """What the process needs to know.

    Attributes:
        source: Names where the pictures come from, as part of the file names.
        windows: Parts of videos to take them from; empty to draw them.
        hour: Light to draw them in, each scene's own where ``None``.
        streams: Which are made of each key.
    """

    folder: Path
    source: str
    seed: int
    windows: tuple[ClipWindow, ...] = ()
    hour: Hour | None = None
    streams: tuple[str, ...] = STREAMS

    def paths(self, key: TrackKey) -> list[Path]:
        """Return where the tracks of a key are kept."""
        streams = self.streams if key.starter is None else (key.starter,)
        return [key.path(self.folder, self.source, stream) for stream in streams]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Says that a key's tracks are on disk, or in ``trouble`` why they are not."""

    key: TrackKey
    trouble: str | None = None


def work(connection: Connection, settings: MakerSettings) -> None:
    """Make what is asked for over the connection until it closes; runs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    av.logging.set_level(av.logging.ERROR)
    maker = Maker(settings)
    humble = False
    while True:
        try:
            key: TrackKey = connection.recv()
        except (EOFError, OSError):
            return
        if key.starter is None and not humble:
            os.nice(_NICE)
            humble = True
        try:
            maker.make(key)
            made = Made(key=key)
        except (CameraCityError, av.FFmpegError, OSError, MemoryError) as error:
            made = Made(key=key, trouble=str(error))
        except (ValueError, cv2.error) as error:  # a track of another size than its name says
            _LOG.exception("%s cannot be made.", key.path(settings.folder, settings.source, MAIN))
            made = Made(key=key, trouble=str(error))
        try:
            connection.send(made)
        except OSError:
            return


class Maker:
    """Makes tracks and puts them on disk."""

    def __init__(self, settings: MakerSettings) -> None:
        self._settings = settings
        self._lettering = Lettering()

    def make(self, key: TrackKey) -> None:
        """Make main and sub of a key; what is there already is kept.

        Raises:
            CameraCityError: A video that the scene comes from cannot be read any more.
        """
        if all(path.exists() for path in self._settings.paths(key)):
            return
        if key.starter is not None:
            self._start(key)
        elif key.scene < 0:
            for stream in self._settings.streams:
                standing_track(shape_of(key.codec, stream)).save(self._path(key, stream))
        elif key.fault is not None:
            self._spoil(key)
        else:
            self._encode_scene(key)

    def _path(self, key: TrackKey, stream: str) -> Path:
        return key.path(self._settings.folder, self._settings.source, stream)

    def _start(self, key: TrackKey) -> None:
        """Make one GOP of one stream, drawn no larger than it is shown."""
        assert key.starter is not None
        shape = shape_of(key.codec, key.starter)
        pictures = self._pictures(key, SIZES_PX[key.starter], GOP_FRAMES)
        encode_track(shape, pictures).save(self._path(key, key.starter))

    def _encode_scene(self, key: TrackKey) -> None:
        streams = self._settings.streams
        encoders = {stream: TrackEncoder(shape_of(key.codec, stream)) for stream in streams}
        largest = MAIN if MAIN in encoders else SUB
        for picture in self._pictures(key, SIZES_PX[largest], _SCENE_FRAMES[key.codec]):
            if largest == MAIN and SUB in encoders:
                encoders[SUB].add(_halved(picture))
            encoders[largest].add(picture)
        for stream in streams:
            encoders[stream].finish().save(self._path(key, stream))

    def _pictures(self, key: TrackKey, size: tuple[int, int], count: int) -> Iterator[Picture]:
        width, height = size
        windows = self._settings.windows
        if windows:
            window = windows[key.scene % len(windows)]
            return clip_pictures(window, count, width=width, height=height)
        scene = StreetScene(
            self._settings.seed,
            key.scene,
            width_px=width,
            height_px=height,
            loop_s=loop_s(key.codec),
            lettering=self._lettering,
            happens=key.happens,
            hour=self._settings.hour,
        )
        return scene.pictures(count)

    def _spoil(self, key: TrackKey) -> None:
        assert key.fault is not None
        plain = TrackKey(codec=key.codec, scene=key.scene)
        self.make(plain)
        kind, severity = key.fault
        for stream in self._settings.streams:
            shape = shape_of(key.codec, stream)
            track = Track.load(self._path(plain, stream))
            spoiler = Spoiler(kind, severity, height_px=shape.height_px, seed=key.scene)
            pictures = list(zip(range(_SPOILT_FRAMES), decode_track(track), strict=False))
            spoilt = spoiler.apply(picture for _, picture in pictures)
            encode_track(shape, spoilt).save(self._path(key, stream))


def _halved(picture: Picture) -> Picture:
    """Return a picture of planes at half its size."""
    height = picture.shape[0] * 2 // 3
    small = [
        cv2.resize(plane, (plane.shape[1] // 2, plane.shape[0] // 2), interpolation=cv2.INTER_AREA)
        for plane in planes(picture, height)
    ]
    width = picture.shape[1] // 2
    return np.vstack([np.asarray(plane, np.uint8).reshape(-1, width) for plane in small])
