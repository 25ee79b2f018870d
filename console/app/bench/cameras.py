"""How long the camera directory takes for a key: 38,000 points, names as a city has them."""

from __future__ import annotations

import gc
import os
import time
from typing import Any

import numpy as np
from numpy.random import Generator
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from console.app.bench._figures import machine, percentiles
from console.domain.ids import CameraId, JurisdictionId
from console.domain.places import Camera
from console.store.pinyin import spelled
from console.ui.wall_directory import CameraDirectory, DirectoryDesk
from widgets.wall.directory import DirectoryPanel

_FIRST = "朝阳海淀西城东城丰台石景山通州顺义昌平大兴亦庄望京国贸双井三里屯工体团结湖劲松潘家园"
_ROADS = ("路", "街", "大街", "北路", "南路", "东路", "西路", "胡同", "桥", "里")
_WORDS = 60


def run(*, points: int = 38_000, seed: int = 1) -> dict[str, Any]:
    """Measure; see the module's text.

    Args:
        points: How many.
        seed: Of names and of what is typed.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication([])
    chance = np.random.default_rng([seed, 0xD12])
    cameras = _cameras(points, chance)
    districts = {f"d{n}": (f"{_FIRST[2 * n : 2 * n + 2]}区", f"District {n}") for n in range(20)}
    answers = {one.id: bool(chance.random() > 0.02) for one in cameras}
    began_s = time.perf_counter()
    desk = DirectoryDesk(CameraDirectory(cameras, districts), lambda: answers)
    built_s = time.perf_counter() - began_s
    panel = DirectoryPanel(desk)
    panel.resize(panel.width(), 900)
    panel.show()
    app.processEvents()
    gc.collect()
    gc.freeze()  # as the console does once it has its rows
    opened_ms = _open_all(panel, app)
    taken_ms: list[float] = []
    found = 0
    for text in _typed(cameras, chance):
        for end in range(1, len(text) + 1):
            began_s = time.perf_counter()
            panel.search.setText(text[:end])
            app.processEvents()
            taken_ms.append((time.perf_counter() - began_s) * 1000)
        found += panel.model.matches > 0
    gc.unfreeze()
    panel.close()
    panel.deleteLater()
    app.processEvents()
    return {
        **percentiles(taken_ms, 50, 95, 99),
        "keys": len(taken_ms),
        "words_found": found,
        "words": 4 * _WORDS,
        "open_ms_p99": percentiles(opened_ms, 99)["p99_ms"],
        "branches": len(opened_ms),
        "build_s": round(built_s, 2),
        "points": points,
        **machine(),
    }


def _open_all(panel: DirectoryPanel, app: QCoreApplication) -> list[float]:
    """Open every branch of the tree, one after the other; return how long each took."""
    taken_ms: list[float] = []
    tree, model = panel.tree, panel.model
    for row in range(model.rowCount()):
        outer = model.index(row, 0)
        for index in (outer, *(model.index(n, 0, outer) for n in range(model.rowCount(outer)))):
            began_s = time.perf_counter()
            tree.expand(index)
            app.processEvents()
            taken_ms.append((time.perf_counter() - began_s) * 1000)
    return taken_ms


def _cameras(count: int, chance: Generator) -> list[Camera]:
    owners = chance.choice(
        ["police", "site", "bureau", "vehicle"], count, p=[0.95, 0.03, 0.01, 0.01]
    )
    cameras = []
    for number in range(count):
        roads = ["".join(chance.choice(list(_FIRST), 2)) + str(chance.choice(_ROADS)) for _ in "ab"]
        point = CameraId(f"C{number:05d}")
        cameras.append(
            Camera(
                id=point,
                name=f"{roads[0]}与{roads[1]}路口 {point}",
                main_url=f"rtsp://10.0.0.1/{number}",
                owner=str(owners[number]),
                district=JurisdictionId(f"d{number % 20}"),
            )
        )
    return cameras


def _typed(cameras: list[Camera], chance: Generator) -> list[str]:
    """Return words as people type them: Chinese, pinyin, initials, numbers."""
    words = []
    for row in chance.integers(0, len(cameras), _WORDS):
        name = cameras[int(row)].name.partition("与")[0]
        full, initials = spelled(name)
        words += [name, full, initials, cameras[int(row)].id]
    return words
