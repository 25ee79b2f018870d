"""How late the GUI event loop is: a heartbeat notes by how much each beat came late, and why."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from array import array
from collections import Counter
from pathlib import Path
from types import FrameType

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

BEAT_MS = 10
WRITE_EVERY_S = 5.0
#: A loop held for longer than this is looked at, so often, to see what holds it.
LOOK_FROM_MS, LOOK_EVERY_S = 40.0, 0.005
#: So many of the places that held it longest are named.
NAMED = 12


class LagMeter(QObject):
    """Notes the lateness of a 10 ms timer on Qt's main thread, and writes percentiles to a file.

    Every beat is armed when the one before was taken. One that should have come at t and came at
    t + d says that a key press at t would have waited d. Beats that were swallowed while the loop
    was held count with the wait each would have had, so that one hold of 100 ms counts as ten
    waits of 100, 90, … ms: the percentiles are over time, not over beats.

    On Linux it also tells how long the thread ran, and how long it was ready to while others had
    the processors (``/proc/…/schedstat``): ``lag_alone_p99_ms`` is the lag without that.
    """

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._late_ms = array("d")
        self._alone_ms = array("d")
        self._queue = RunQueue()
        self._held = HoldWatch()
        self._began = time.perf_counter()
        self._ran_s, self._queued_s = self._queue.ran_and_waited_s()
        self._began_ran_s, self._began_queued_s = self._ran_s, self._queued_s
        self._write_at = self._began + WRITE_EVERY_S
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._arm()

    def _arm(self) -> None:
        self._due = time.perf_counter() + BEAT_MS / 1000
        self._held.expect(self._due)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        late_ms = max(0.0, (now - self._due) * 1000)
        self._ran_s, queued_s = self._queue.ran_and_waited_s()
        alone_ms = max(0.0, late_ms - (queued_s - self._queued_s) * 1000)
        self._queued_s = queued_s
        _enter(self._late_ms, late_ms)
        _enter(self._alone_ms, alone_ms)
        if now >= self._write_at:
            self._write_at = now + WRITE_EVERY_S
            self.write()
        self._arm()

    def write(self) -> None:
        """Write what was seen so far."""
        seconds = time.perf_counter() - self._began
        late = np.array(self._late_ms or [0.0])
        alone = np.array(self._alone_ms or [0.0])
        p50, p95, p99 = np.percentile(late, [50, 95, 99])
        found = {
            "seconds": round(seconds, 1),
            "beats": len(late),
            "lag_p50_ms": round(float(p50), 2),
            "lag_p95_ms": round(float(p95), 2),
            "lag_p99_ms": round(float(p99), 2),
            "lag_max_ms": round(float(late.max()), 1),
            "lag_alone_p99_ms": round(float(np.percentile(alone, 99)), 2),
            "thread_share": round((self._ran_s - self._began_ran_s) / seconds, 3),
            "queued_share": round((self._queued_s - self._began_queued_s) / seconds, 3),
            "held_by": self._held.named(),
        }
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(found), encoding="utf-8")
        part.replace(self._path)

    @property
    def beats(self) -> int:
        """How many beats were noted, those that were swallowed included."""
        return len(self._late_ms)

    def forget(self) -> None:
        """Begin anew: the start itself is another figure."""
        del self._late_ms[:], self._alone_ms[:]
        self._held.forget()
        self._began = time.perf_counter()
        self._began_ran_s, self._began_queued_s = self._ran_s, self._queued_s

    def stop(self) -> None:
        """Stop the heartbeat and write the last figures."""
        self._timer.stop()
        self._held.stop()
        self.write()
        self._queue.close()


def _enter(lags_ms: array[float], late_ms: float) -> None:
    """Enter one beat with those that were swallowed before it."""
    while late_ms > BEAT_MS:
        lags_ms.append(late_ms)
        late_ms -= BEAT_MS
    lags_ms.append(late_ms)


class RunQueue:
    """How long the calling thread has run and waited to; 0 where the system does not tell."""

    def __init__(self) -> None:
        try:
            self._file: int | None = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        except OSError:
            self._file = None

    def ran_and_waited_s(self) -> tuple[float, float]:
        """Return for how long the thread ran, and for how long it was ready and did not."""
        if self._file is None:
            return 0.0, 0.0
        ran_ns, waited_ns, _ = os.pread(self._file, 96, 0).split()
        return int(ran_ns) / 1e9, int(waited_ns) / 1e9

    def close(self) -> None:
        """Let go of the system's file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class HoldWatch:
    """A thread that looks where the main thread is while a beat is overdue."""

    def __init__(self) -> None:
        self._due: float | None = None
        self._main = threading.main_thread().ident or 0
        self._places: Counter[str] = Counter()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="hold-watch", daemon=True)
        self._thread.start()

    def expect(self, due: float) -> None:
        """Say when the next beat is due, by ``time.perf_counter``."""
        self._due = due

    def named(self) -> dict[str, int]:
        """Return where the loop was held and for about how many milliseconds in all."""
        each_ms = LOOK_EVERY_S * 1000
        places = Counter(dict(self._places))  # a copy: the thread goes on counting
        return {place: round(n * each_ms) for place, n in places.most_common(NAMED)}

    def forget(self) -> None:
        """Begin anew."""
        self._places = Counter()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stopping.is_set():
            due = self._due
            over_ms = 0.0 if due is None else (time.perf_counter() - due) * 1000
            if over_ms < LOOK_FROM_MS:
                self._stopping.wait(min(LOOK_FROM_MS, LOOK_FROM_MS - over_ms) / 1000)
                continue
            frame = sys._current_frames().get(self._main)
            if frame is not None:
                self._places[_place(frame)] += 1
            self._stopping.wait(LOOK_EVERY_S)


def _place(frame: FrameType) -> str:
    """Return the innermost function and the one of ours that called it, with lines."""
    names = [f"{frame.f_code.co_qualname}:{frame.f_lineno}"]
    outer = frame.f_back
    while outer is not None and len(names) < 3:
        names.append(f"{outer.f_code.co_qualname}:{outer.f_lineno}")
        outer = outer.f_back
    return " < ".join(names)
