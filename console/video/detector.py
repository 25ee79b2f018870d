"""A slot for detectors of a site's own (ONNX): one model file, its class names, boxes out of it.

Nothing is shipped with the program. The three common forms of output are understood: *yolo* (one
tensor, a row or a column a candidate: centre, size, then scores of the classes, with or without
one of the object before them), *nms* (one tensor of rows left, top, right, bottom, score, class),
and *boxes* (three tensors: boxes, scores, labels). Boxes are in pixels of the model's input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from console.domain.errors import ZhihuiError
from console.domain.hints import Box

_MOST_FOUND = 50
_OVERLAP = 0.45
_GREY = 114
OUTPUTS = ("auto", "yolo", "nms", "boxes")


class DetectorError(ZhihuiError):
    """A model that cannot be used; says why and what to do.

    Attributes:
        path: The model's file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The detector {path.name} gives no hints: {reason}. The wall goes on without it; "
            "have the model's file and its settings looked at."
        )
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassName:
    """What a model calls one of its classes, and the form of violation it stands for."""

    name: str
    form: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSettings:
    """One model.

    Attributes:
        model: Its file.
        classes: In the model's order.
        width: Of its input, pixels; 0 takes the model's own.
        height: Of its input, pixels; 0 takes the model's own.
        threshold: Least score of a hint, 0 to 1.
        output: Form of its output, one of ``OUTPUTS``.
    """

    model: Path
    classes: tuple[ClassName, ...]
    width: int = 0
    height: int = 0
    threshold: float = 0.4
    output: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One thing found.

    Attributes:
        score: 0 to 1.
    """

    name: str
    box: Box
    score: float
    form: str | None = None


def class_names(text: str) -> tuple[ClassName, ...]:
    """Return the classes of a list, one a line or between commas: "name" or "name=form code"."""
    words = (word.strip() for word in text.replace("\n", ",").split(","))
    pairs = (word.partition("=") for word in words if word)
    return tuple(ClassName(name=name.strip(), form=form.strip() or None) for name, _, form in pairs)


class Detector:
    """A loaded model; one thread of the processor.

    Args:
        settings: Which, and how it is read.

    Raises:
        DetectorError: The file is missing or no model, or its input and output are of no known
            form.
    """

    def __init__(self, settings: DetectorSettings) -> None:
        self.settings = settings
        path = settings.model
        if not path.is_file():
            raise DetectorError(path, f"there is no file {path}")
        if settings.output not in OUTPUTS:
            raise DetectorError(path, f"its output may be {' or '.join(OUTPUTS)}")
        if not settings.classes:
            raise DetectorError(path, "the names of its classes are not given")
        import onnxruntime  # noqa: PLC0415 - the console itself never needs it, its process does

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise DetectorError(path, f"it is no ONNX model ({_short(error)})") from error
        self._input, self._size = self._input_of()

    def _input_of(self) -> tuple[str, tuple[int, int]]:
        """Return the name of the input and its width and height in pixels."""
        path, settings = self.settings.model, self.settings
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4:
            shapes = ", ".join(str(one.shape) for one in inputs)
            raise DetectorError(path, f"it wants {shapes}, not one picture 1 × 3 × height × width")
        if inputs[0].type != "tensor(float)" or inputs[0].shape[1] != 3:
            raise DetectorError(
                path, f"it wants {inputs[0].type} {inputs[0].shape}, not float 1 × 3 × …"
            )
        high, wide = (one if isinstance(one, int) else 0 for one in inputs[0].shape[2:])
        width, height = settings.width or wide, settings.height or high
        if (wide and width != wide) or (high and height != high):
            raise DetectorError(
                path, f"it wants pictures of {wide} × {high}, set are {width} × {height}"
            )
        if not (16 <= width <= 4096 and 16 <= height <= 4096):
            raise DetectorError(path, "its size is not fixed in the file; set it")
        return inputs[0].name, (width, height)

    def detect(self, bgra: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Return what is found in a picture, the surest first.

        Args:
            bgra: Shape (height, width, 4), blue first.

        Raises:
            DetectorError: The model fails, or its output is of no known form.
        """
        path = self.settings.model
        tensor, scale, margin = _letterboxed(bgra, self._size)
        try:
            outputs = self._session.run(None, {self._input: tensor})
        except Exception as error:
            raise DetectorError(path, f"it fails on a picture ({_short(error)})") from error
        try:
            corners, scores, labels = self._read([np.asarray(one) for one in outputs])
        except (ValueError, IndexError) as error:
            raise DetectorError(path, str(error)) from error
        return self._found(corners, scores, labels, (bgra.shape[1], bgra.shape[0], scale, margin))

    def _read(self, outputs: list[NDArray[Any]]) -> tuple[NDArray[np.float64], ...]:
        """Return corners (n, 4), scores (n,) and labels (n,) of whatever form the output has."""
        form, count = self.settings.output, len(self.settings.classes)
        if form == "boxes" or (form == "auto" and len(outputs) == 3):
            return _three(outputs)
        table = np.asarray(outputs[0], np.float64)
        if table.ndim != 3 or table.shape[0] != 1:
            raise ValueError(
                f"its output is {_shape(table)}, which is none of {', '.join(OUTPUTS)}"
            )
        table = table[0]
        if form == "nms" or (form == "auto" and table.shape[1] == 6 and count != 1):
            if table.shape[1] != 6:
                raise ValueError(f"its output has {table.shape[1]} columns, not 6")
            return table[:, :4], table[:, 4], table[:, 5]
        wide = 4 + count, 5 + count
        if table.shape[1] not in wide and table.shape[0] in wide:
            table = table.T
        if table.shape[1] not in wide:
            raise ValueError(
                f"its output is {_shape(outputs[0])}, which does not go with {count} class names"
            )
        each = table[:, -count:]
        if table.shape[1] == wide[1]:
            each = each * table[:, 4:5]
        half = table[:, 2:4] / 2
        corners = np.hstack([table[:, :2] - half, table[:, :2] + half])
        labels = each.argmax(axis=1)
        return corners, each[np.arange(len(each)), labels], labels.astype(np.float64)

    def _found(
        self,
        corners: NDArray[np.float64],
        scores: NDArray[np.float64],
        labels: NDArray[np.float64],
        placed: tuple[int, int, float, tuple[float, float]],
    ) -> tuple[Detection, ...]:
        width, height, scale, (left, top) = placed
        sure = np.isfinite(scores) & (scores >= self.settings.threshold)
        sure &= np.isfinite(corners).all(axis=1)
        corners = (corners[sure] - (left, top, left, top)) / scale
        corners = corners.clip(0, (width, height, width, height))
        scores, labels = scores[sure], labels[sure]
        found = []
        for one in _apart(corners, scores, labels):
            label = int(labels[one])
            if not 0 <= label < len(self.settings.classes):
                raise DetectorError(
                    self.settings.model, f"it finds class {label}, and only "
                    f"{len(self.settings.classes)} class names are given",
                )  # fmt: skip
            x, y, right, bottom = (float(value) for value in corners[one])
            if right - x < 1 or bottom - y < 1:
                continue
            box = Box(
                left=x / width, top=y / height, width=(right - x) / width,
                height=(bottom - y) / height,
            )  # fmt: skip
            named = self.settings.classes[label]
            score = min(1.0, float(scores[one]))
            found.append(Detection(name=named.name, form=named.form, box=box, score=score))
        return tuple(found)


def _letterboxed(
    bgra: NDArray[np.uint8], size: tuple[int, int]
) -> tuple[NDArray[np.float32], float, tuple[float, float]]:
    """Return the model's input (1, 3, height, width), its scale and its margins, pixels."""
    height, width = bgra.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    rgb = cv2.cvtColor(cv2.resize(bgra, (wide, high)), cv2.COLOR_BGRA2RGB)
    canvas = np.full((size[1], size[0], 3), _GREY, np.uint8)
    left, top = (size[0] - wide) // 2, (size[1] - high) // 2
    canvas[top : top + high, left : left + wide] = rgb
    tensor = canvas.astype(np.float32).transpose(2, 0, 1)[None] / 255
    return np.ascontiguousarray(tensor), scale, (float(left), float(top))


def _three(outputs: Sequence[NDArray[Any]]) -> tuple[NDArray[np.float64], ...]:
    flat = [np.asarray(one, np.float64) for one in outputs]
    flat = [one[0] if one.ndim > 1 and one.shape[0] == 1 else one for one in flat]
    boxes = [one for one in flat if one.ndim == 2 and one.shape[1] == 4]
    rest = [
        (one, given)
        for one, given in zip(flat, outputs, strict=True)
        if one.ndim == 1 and not any(one is box for box in boxes)
    ]
    if len(boxes) != 1 or len(rest) != 2:
        shapes = ", ".join(_shape(one) for one in outputs)
        raise ValueError(f"its outputs are {shapes}, not boxes, scores and labels")
    (scores, _), (labels, _) = sorted(rest, key=lambda one: one[1].dtype.kind in "iu")
    if not len(boxes[0]) == len(scores) == len(labels):
        raise ValueError("its boxes, scores and labels are not equally many")
    return boxes[0], scores, labels


def _apart(
    corners: NDArray[np.float64], scores: NDArray[np.float64], labels: NDArray[np.float64]
) -> list[int]:
    """Return which to keep, the surest first: of those of one class that overlap the surest."""
    kept: list[int] = []
    for one in np.argsort(-scores)[: 20 * _MOST_FOUND]:
        x, y, right, bottom = corners[one]
        mine = [k for k in kept if labels[k] == labels[one]]
        others = corners[mine]
        wide = (np.minimum(right, others[:, 2]) - np.maximum(x, others[:, 0])).clip(0)
        high = (np.minimum(bottom, others[:, 3]) - np.maximum(y, others[:, 1])).clip(0)
        areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
        union = areas + (right - x) * (bottom - y) - wide * high
        if not np.any(wide * high > _OVERLAP * np.maximum(union, 1e-9)):
            kept.append(int(one))
        if len(kept) == _MOST_FOUND:
            break
    return kept


def _shape(array: NDArray[Any]) -> str:
    return " × ".join(str(one) for one in array.shape) or "a single number"


def _short(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return (words[0] if words else type(error).__name__)[:160]
