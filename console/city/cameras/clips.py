"""Pictures from people's own videos instead of drawn scenes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from console.city.cameras.encode import Picture
from console.city.cameras.settings import FRAME_RATE, CameraCityError

_ENDINGS = (".mp4", ".mov", ".mkv", ".ts", ".m4v")
_MOST_WINDOWS = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipWindow:
    """A few seconds out of one video, shown as one scene."""

    path: Path
    start_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFolder:
    """What a folder of videos offers.

    Attributes:
        mark: Changes when the videos change.
        complaints: A sentence for each video that cannot be used.
    """

    windows: tuple[ClipWindow, ...]
    mark: str
    complaints: tuple[str, ...]


def open_folder(folder: Path, window_s: float) -> ClipFolder:
    """Look through a folder of videos; those that do not decode are left out with a sentence.

    Every video is re-encoded once, because each point carries its own name in the picture, main
    and sub are of set sizes, and cameras' GOPs are of 50 frames: original bytes can be neither.

    Args:
        folder: Where the videos are.
        window_s: Seconds that each scene takes.

    Raises:
        CameraCityError: No video there can be used.
    """
    windows: list[ClipWindow] = []
    complaints: list[str] = []
    mark = hashlib.sha256()
    paths = sorted(p for p in folder.glob("*") if p.suffix.lower() in _ENDINGS)
    for path in paths:
        try:
            length_s = _usable_length_s(path)
        except (av.FFmpegError, CameraCityError, OSError) as error:
            complaints.append(f"The video {path.name} cannot be used ({error}) and is left out.")
            continue
        mark.update(f"{path.name}:{path.stat().st_size};".encode())
        count = max(1, int(length_s // window_s))
        windows += [ClipWindow(path=path, start_s=index * window_s) for index in range(count)]
    if not windows:
        raise CameraCityError(
            f"No video in {folder} can be used ({len(paths)} looked at). Put H.264 or H.265 MP4 "
            "files there, or leave the folder out to have scenes drawn."
        )
    kept = tuple(windows[:: max(1, len(windows) // _MOST_WINDOWS)][:_MOST_WINDOWS])
    return ClipFolder(windows=kept, mark=mark.hexdigest()[:10], complaints=tuple(complaints))


def _usable_length_s(path: Path) -> float:
    """Return the length of a video after decoding its first picture."""
    with av.open(str(path)) as container:
        if not container.streams.video:
            raise CameraCityError("it holds no pictures")
        stream = container.streams.video[0]
        if next(iter(container.decode(stream)), None) is None:
            raise CameraCityError("no picture in it decodes")
        if container.duration:
            return float(container.duration) / av.time_base
        return 0.0


def clip_pictures(window: ClipWindow, count: int, *, width: int, height: int) -> Iterator[Picture]:
    """Yield ``count`` pictures at the city's frame rate, filling the frame.

    Yields:
        Planes of YUV 4:2:0, uint8 (height × 3/2, width). A video that ends, or breaks off, before
        begins again.

    Raises:
        CameraCityError: It breaks off before its first picture.
    """
    given = 0
    while given < count:
        before = given
        for picture in _resampled(window, width, height):
            yield picture.copy()
            given += 1
            if given == count:
                return
        if given == before:
            raise CameraCityError(f"No picture of {window.path.name} decodes here any more.")


def _resampled(window: ClipWindow, width: int, height: int) -> Iterator[Picture]:
    due = 0
    with av.open(str(window.path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        begin = float((stream.start_time or 0) * (stream.time_base or 0))
        if window.start_s:
            container.seek(int((window.start_s + begin) * av.time_base))
        try:
            for frame in container.decode(stream):
                at = (frame.time or 0.0) - begin - window.start_s
                if at < -0.5 / FRAME_RATE:
                    continue
                picture = _fitted(frame, width, height) if at * FRAME_RATE + 0.5 >= due else None
                while picture is not None and at * FRAME_RATE + 0.5 >= due:
                    yield picture
                    due += 1
        except av.FFmpegError:
            return  # broken off: what came before is shown again


def _fitted(frame: av.VideoFrame, width: int, height: int) -> Picture:
    """Return the middle of the frame in the proportions of ours."""
    picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    high, wide = picture.shape[:2]
    if wide * height > high * width:
        cut = (wide - high * width // height) // 2
        picture = picture[:, cut : wide - cut]
    else:
        cut = (high - wide * height // width) // 2
        picture = picture[cut : high - cut]
    small = wide > width
    scaled = cv2.resize(
        picture, (width, height), interpolation=cv2.INTER_AREA if small else cv2.INTER_LINEAR
    )
    planes = cv2.cvtColor(scaled, cv2.COLOR_BGR2YUV_I420)
    return np.asarray(cv2.convertScaleAbs(planes, alpha=219 / 255, beta=16), np.uint8)
