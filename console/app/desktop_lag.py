"""How late the GUI event loop is: a heartbeat that notes by how much each beat came late."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

BEAT_MS = 10
WRITE_EVERY_S = 5.0


class LagMeter(QObject):
    """Notes the lateness of a 10 ms timer on Qt's main thread, and writes percentiles to a file.

    A beat that should have come at t and came at t + d says that a key press at t would have
    waited d. Beats that were swallowed while the loop was held count with the wait each would
    have had, so that one hold of 100 ms counts as ten waits of 100, 90, … ms.
    """

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._late_ms: list[float] = []
        self._began = self._due = time.perf_counter()
        self._write_at = self._began + WRITE_EVERY_S
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)

    def _beat(self) -> None:
        now = time.perf_counter()
        late_ms = max(0.0, (now - self._due) * 1000)
        while late_ms > BEAT_MS:
            self._late_ms.append(late_ms)
            late_ms -= BEAT_MS
        self._late_ms.append(late_ms)
        self._due = now + BEAT_MS / 1000
        if now >= self._write_at:
            self._write_at = now + WRITE_EVERY_S
            self.write()

    def write(self) -> None:
        """Write what was seen so far."""
        late = np.asarray(self._late_ms or [0.0])
        p50, p95, p99 = np.percentile(late, [50, 95, 99])
        found = {
            "seconds": round(time.perf_counter() - self._began, 1),
            "beats": len(self._late_ms),
            "lag_p50_ms": round(float(p50), 2),
            "lag_p95_ms": round(float(p95), 2),
            "lag_p99_ms": round(float(p99), 2),
            "lag_max_ms": round(float(late.max()), 1),
        }
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(found), encoding="utf-8")
        part.replace(self._path)

    def forget(self) -> None:
        """Begin anew: the start itself is another figure."""
        self._late_ms.clear()
        self._began = time.perf_counter()
