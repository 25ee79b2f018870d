"""The slot for ONNX detectors, with real files: what is found, where, and what bad files get."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx_models import SIDE, build_fixed, build_red_detector
from PySide6.QtWidgets import QApplication

from console.ui.reasons import reason_text
from console.video.detector import (
    ClassName,
    Detector,
    DetectorError,
    DetectorSettings,
    class_names,
)
from widgets.common.appearance import Appearance

RESOURCES = Path(__file__).parents[2] / "resources"
NAMES = class_names("red thing=0102, other")


def settings(model: Path, **more: object) -> DetectorSettings:
    return DetectorSettings(**{"model": model, "classes": NAMES, **more})  # type: ignore[arg-type]


def picture_with_red(left: int, top: int, width: int, height: int) -> np.ndarray:
    picture = np.full((360, 640, 4), 90, np.uint8)
    picture[top : top + height, left : left + width, :3] = (10, 10, 250)
    return picture


def test_that_a_real_model_finds_what_is_in_a_picture_and_where(tmp_path: Path) -> None:
    detector = Detector(settings(build_red_detector(tmp_path / "red.onnx")))
    # Letterboxed 640 × 360 into 160 × 160: a cell of the model is 32 × 32 pixels of the picture.
    found = detector.detect(picture_with_red(320, 100, 32, 32))
    assert [(one.name, one.form) for one in found][:1] == [("red thing", "0102")]
    x, y = found[0].box.centre
    assert abs(x - 336 / 640) < 0.04
    assert abs(y - 116 / 360) < 0.07
    assert 0.4 <= found[0].score <= 1.0
    assert detector.detect(np.full((360, 640, 4), 90, np.uint8)) == ()


def test_that_the_other_forms_of_output_are_understood(tmp_path: Path) -> None:
    rows = np.array([[[40, 60, 80, 100, 0.9, 1], [0, 0, 9, 9, 0.1, 0]]], np.float32)
    nms = Detector(settings(build_fixed(tmp_path / "nms.onnx", rows)))
    picture = np.zeros((SIDE, SIDE, 4), np.uint8)
    (one,) = nms.detect(picture)
    assert one.name == "other"
    assert [round(v * SIDE) for v in (one.box.left, one.box.top, one.box.width)] == [40, 60, 40]
    three = build_fixed(
        tmp_path / "three.onnx",
        np.array([[40, 60, 80, 100], [41, 61, 80, 100]], np.float32),
        np.array([1, 1], np.int64),
        np.array([0.8, 0.7], np.float32),
    )
    (only,) = Detector(settings(three)).detect(picture)  # the second is the same thing
    assert (only.name, round(only.score, 2)) == ("other", 0.8)
    old = np.zeros((1, 1, 7), np.float32)
    old[0, 0] = (60, 80, 40, 40, 0.9, 0.1, 0.8)
    (five,) = Detector(settings(build_fixed(tmp_path / "five.onnx", old))).detect(picture)
    assert (five.name, round(five.score, 2)) == ("other", 0.72)


@pytest.fixture
def chinese(qapp: QApplication):
    shown = Appearance(qapp, RESOURCES, theme="dark", language="zh_CN")
    yield
    shown.use_language("en")


def test_that_bad_models_are_refused_in_a_sentence_of_either_language(
    tmp_path: Path, chinese: None
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"\x08\x07garbage" * 40)
    red = build_red_detector(tmp_path / "red.onnx")
    odd = build_fixed(tmp_path / "odd.onnx", np.zeros((1, 9, 11), np.float32))
    many = build_fixed(tmp_path / "many.onnx", np.array([[[0, 0, 90, 90, 0.9, 7]]], np.float32))
    picture = np.zeros((90, 160, 4), np.uint8)
    cases = [
        (settings(tmp_path / "none.onnx"), "there is no file"),
        (settings(broken), "no ONNX model"),
        (settings(red, width=320, height=320), "it wants pictures of 160 × 160, set are 320 × 320"),
        (settings(red, classes=()), "names of its classes"),
        (settings(odd), "does not go with 2 class names"),
        (settings(many), "it finds class 7, and only 2 class names are given"),
        (settings(red, classes=(ClassName(name="a"),) * 7), "does not go with 7 class names"),
    ]
    for bad, words in cases:
        with pytest.raises(DetectorError) as told:
            Detector(bad).detect(picture)
        assert words in str(told.value)
        assert str(told.value).endswith("settings looked at.")
        assert reason_text(str(told.value)).startswith("识别模型")


def test_that_class_names_come_from_lines_or_commas() -> None:
    assert class_names("car = 0503\nface\n\n") == (
        ClassName(name="car", form="0503"),
        ClassName(name="face"),
    )
