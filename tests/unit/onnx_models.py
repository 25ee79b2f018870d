"""Real ONNX files for tests: a detector of saturated red, built of ordinary operators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

SIDE, CELL = 160, 8
_ROWS = SIDE // CELL


RED, BRIGHT = (1.0, -0.5, -0.5), (0.334, 0.333, 0.333)


def build_red_detector(
    path: Path, *, classes: int = 2, side: int = SIDE, weights: tuple[float, float, float] = RED
) -> Path:
    """Write a model that finds red: cells of 8 × 8 pixels, output 1 × (4 + classes) × n (yolo).

    The score of class 0 is the weighted sum of a cell's red, green and blue; others score nothing.
    """
    rows = side // CELL
    kernel = np.zeros((1, 3, 1, 1), np.float32)
    kernel[0, :, 0, 0] = weights
    centre = (np.arange(rows, dtype=np.float32) + 0.5) * CELL
    x, y = np.meshgrid(centre, centre)
    boxes = np.stack([x.ravel(), y.ravel(), np.full(rows**2, CELL), np.full(rows**2, CELL)])
    rest = np.zeros((1, classes - 1, rows * rows), np.float32)
    given = {
        "kernel": kernel, "boxes": boxes[None].astype(np.float32), "rest": rest,
        "flat": np.array([1, 1, rows * rows], np.int64),
    }  # fmt: skip
    nodes = [
        helper.make_node("Conv", ["images", "kernel"], ["redness"]),
        helper.make_node(
            "AveragePool", ["redness"], ["cells"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]
        ),
        helper.make_node("Reshape", ["cells", "flat"], ["score"]),
        helper.make_node("Concat", ["boxes", "score", "rest"], ["output"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 4 + classes, rows * rows])],
        [numpy_helper.from_array(array, name) for name, array in given.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    save(model, str(path))
    return path


def build_fixed(path: Path, *outputs: np.ndarray) -> Path:
    """Write a model that always finds the same: its outputs are the arrays given."""
    nodes = [helper.make_node("ReduceSum", ["images"], ["sum"], keepdims=0)]
    values, given = [], []
    for number, array in enumerate(outputs):
        name = f"out{number}"
        given.append(numpy_helper.from_array(array, f"given{number}"))
        # The picture takes part, so that it is not a constant of its own.
        nodes.append(helper.make_node("Cast", ["sum"], [f"sum{number}"], to=given[-1].data_type))
        nodes.append(helper.make_node("Sub", [f"sum{number}"] * 2, [f"none{number}"]))
        nodes.append(helper.make_node("Add", [f"given{number}", f"none{number}"], [name]))
        values.append(helper.make_tensor_value_info(name, given[-1].data_type, array.shape))
    picture = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    graph = helper.make_graph(nodes, "fixed", [picture], values, given)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    save(model, str(path))
    return path
