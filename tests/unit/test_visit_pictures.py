"""What a visit's thumbnail keeps of a camera's picture: the judge must see its grain."""

from __future__ import annotations

import pickle

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame

from console.domain.ids import CameraId
from console.video.decode import Scaler
from console.video.diagnosis import Finding, diagnose, measure
from console.video.usual import LEAST_PICTURES, Baselines
from console.video.visit import VisitSettings, thumbnail

POINT = CameraId("C1")
#: A substream's size and its larger ones: each goes into the same thumbnail.
SIZES = [(640, 360), (704, 396), (1280, 720)]


def street(width: int, height: int) -> np.ndarray:
    """Blocks of many sizes, shape (height, width), brightness."""
    draw = np.random.default_rng(1)
    luma = np.full((360, 640), 120, np.uint8)
    for _ in range(90):
        x, y = draw.integers(0, 600), draw.integers(0, 320)
        w, h = draw.integers(20, 120), draw.integers(20, 80)
        luma[y : y + h, x : x + w] = draw.integers(40, 200)
    return np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_NEAREST))


def sent(luma: np.ndarray, grain: float, seed: int) -> VideoFrame:
    """Return a camera's frame with so much grain, standard deviation in brightness steps."""
    height, width = luma.shape
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    noise = np.random.default_rng(seed).normal(0, grain, luma.shape)
    picture[:height] = (luma + noise).clip(0, 255).astype(np.uint8)
    return VideoFrame.from_ndarray(picture, format="yuv420p")


@pytest.mark.parametrize("size", SIZES)
def test_that_slight_noise_is_found_by_what_is_usual_at_the_point(size: tuple[int, int]) -> None:
    luma, settings, usual = street(*size), VisitSettings(), Baselines()
    for seed in range(LEAST_PICTURES + 4):
        metrics = measure(thumbnail(sent(luma, 2.0, seed), settings))
        known = usual.known(POINT, day=True)
        assert diagnose(metrics, known=known) == ()
        usual.note(POINT, metrics, day=True, good=True)
    grain = 14.0 * (size[1] / 360) ** 0.5
    noisy = measure(thumbnail(sent(luma, grain, 99), settings))
    assert diagnose(noisy, known=usual.known(POINT, day=True)) == (Finding.NOISE,)


def test_that_a_thumbnails_pixel_is_the_mean_of_those_it_stands_for() -> None:
    frame = sent(np.full((360, 640), 120, np.uint8), 12.0, 3)
    pixels = thumbnail(frame, VisitSettings())
    luma = np.asarray(frame.to_ndarray()[:360], np.float32)
    means = luma.reshape(180, 2, 320, 2).mean(axis=(1, 3))
    grey = pixels[..., 1].astype(np.float32)
    assert np.corrcoef(means.ravel(), grey.ravel())[0, 1] > 0.98


def test_that_a_scaler_in_another_process_scales_alike() -> None:
    frame = sent(street(640, 360), 8.0, 5)
    for scaler in (Scaler(), Scaler(averages=True)):
        other = pickle.loads(pickle.dumps(scaler))
        assert np.array_equal(scaler.bgra(frame, 320, 180), other.bgra(frame, 320, 180))
    smooth, averaged = (Scaler(averages=how).bgra(frame, 320, 180) for how in (False, True))
    assert measure(averaged).noise > 2 * measure(smooth).noise
