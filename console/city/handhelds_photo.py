"""The picture an officer takes at the place: a drawing, but a real JPEG with time and place."""

from __future__ import annotations

from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from console.city.known_ids import seed_of
from console.domain.errors import ZhihuiError
from console.protocol.messages import Task

WIDTH, HEIGHT = 800, 600
MEDIA_TYPE = "image/jpeg"
Picture = NDArray[np.uint8]


class PhotoError(ZhihuiError):
    """A picture that could not be encoded.

    Attributes:
        assignment: The task it was for.
    """

    def __init__(self, assignment: str) -> None:
        super().__init__(f"The picture for the task {assignment} could not be encoded as JPEG.")
        self.assignment = assignment


def take_photo(task: Task, *, at: datetime, is_night: bool, truth_seed: int) -> bytes:
    """Return the JPEG of a task's place; the same task and time give the same bytes.

    Raises:
        PhotoError: It cannot be encoded.
    """
    rng = np.random.default_rng(seed_of(truth_seed, "photo", task.assignment))
    scene = _street(rng, is_night=is_night)
    for _ in range(int(rng.integers(2, 6))):
        _thing(scene, rng)
    grain = rng.normal(0.0, 6.0 if is_night else 3.0, scene.shape)
    light = 0.4 if is_night else 1.0
    picture = np.clip(scene * light + grain, 0, 255).astype(np.uint8)
    _caption(picture, task, at)
    worked, content = cv2.imencode(".jpg", picture, [int(cv2.IMWRITE_JPEG_QUALITY), 82])
    if not worked:
        raise PhotoError(task.assignment)
    return bytes(content.tobytes())


def _street(rng: np.random.Generator, *, is_night: bool) -> Picture:
    """Return sky, house fronts, pavement and road."""
    picture = np.zeros((HEIGHT, WIDTH, 3), dtype=np.float64)
    horizon = int(rng.integers(230, 300))
    rows = np.linspace(0.0, 1.0, horizon)[:, None, None]
    picture[:horizon] = (1 - rows) * np.array([200.0, 160.0, 120.0]) + rows * 215.0
    left = 0
    while left < WIDTH:
        width, top = int(rng.integers(90, 220)), int(rng.integers(20, horizon - 60))
        tone = rng.uniform(70.0, 190.0) * np.array([0.85, 0.93, 1.0])
        picture[top : horizon + 60, left : left + width] = tone
        for x in range(left + 12, min(left + width, WIDTH) - 22, 34):
            for y in range(top + 14, horizon, 40):
                lit = is_night and rng.random() < 0.3
                picture[y : y + 22, x : x + 18] = (110.0, 225.0, 255.0) if lit else tone * 0.55
        left += width
    picture[horizon + 60 :] = rng.uniform(95.0, 125.0)
    picture[horizon + 60 : horizon + 95] = rng.uniform(150.0, 175.0)
    picture[horizon + 200 : horizon + 206, ::1] = 205.0
    return np.asarray(picture.clip(0, 255), dtype=np.uint8)


def _thing(picture: Picture, rng: np.random.Generator) -> None:
    """Draw one thing on the pavement: a stall, a heap, a car."""
    x, y = int(rng.integers(40, WIDTH - 200)), int(rng.integers(330, 470))
    colour = tuple(int(c) for c in rng.integers(30, 230, 3))
    kind = int(rng.integers(3))
    if kind == 0:
        cv2.rectangle(picture, (x, y), (x + 130, y + 50), colour, -1)
        cv2.rectangle(picture, (x - 12, y - 60), (x + 142, y - 42), (40, 60, 200), -1)
        for post in (x, x + 128):
            cv2.line(picture, (post, y - 42), (post, y), (60, 60, 60), 3)
    elif kind == 1:
        for _ in range(14):
            centre = (x + int(rng.integers(0, 120)), y + int(rng.integers(0, 45)))
            cv2.circle(picture, centre, int(rng.integers(8, 24)), colour, -1, cv2.LINE_AA)
    else:
        cv2.rectangle(picture, (x, y), (x + 170, y + 50), colour, -1)
        cv2.rectangle(picture, (x + 35, y - 34), (x + 130, y), colour, -1)
        for wheel in (x + 35, x + 135):
            cv2.circle(picture, (wheel, y + 52), 18, (25, 25, 25), -1, cv2.LINE_AA)


def _caption(picture: Picture, task: Task, at: datetime) -> None:
    """Burn in who, when and where, as body cameras do."""
    where = "no position" if task.lat is None else f"{task.lat:.5f} {task.lon:.5f}"
    lines = (f"{task.number}  {task.unit}", f"{at:%Y-%m-%d %H:%M:%S} UTC", where)
    for number, line in enumerate(lines):
        spot = (14, HEIGHT - 64 + 24 * number)
        cv2.putText(picture, line, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 4, cv2.LINE_AA)
        cv2.putText(
            picture, line, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (240, 240, 240), 1, cv2.LINE_AA
        )
