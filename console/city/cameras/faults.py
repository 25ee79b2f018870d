"""Faults of the simulated cameras: a schedule from a seed of its own, and the truth on record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TextIO

import numpy as np

from console.city.cameras.stages import Event
from console.domain.ids import CameraId

PERIOD_S = 3600
SEVERITIES = (1, 2, 3)
_LEAST_S, _MOST_S = 300, 1800


class FaultKind(StrEnum):
    """What is wrong with a camera, by the words of video quality diagnosis."""

    OFFLINE = "offline"
    BLACK = "black"
    FROZEN = "frozen"
    BLURRED = "blurred"
    COLOUR_CAST = "colour_cast"
    OCCLUDED = "occluded"
    LOW_LIGHT = "low_light"
    NOISE = "noise"
    WRONG_CLOCK = "wrong_clock"

    @property
    def changes_picture(self) -> bool:
        """Whether the pictures are encoded anew for it."""
        return self not in (FaultKind.OFFLINE, FaultKind.FROZEN, FaultKind.WRONG_CLOCK)


#: Faults that come and go by chance; clocks that are wrong are so for good (see `points`).
COMING_KINDS = tuple(kind for kind in FaultKind if kind is not FaultKind.WRONG_CLOCK)
#: How far a clock is ahead, by severity, seconds.
CLOCK_OFF_S = (300, 3_600, 400 * 86_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of one camera.

    Attributes:
        severity: 1 slight, 2 plain, 3 complete.
        from_s: When it begins, Unix seconds.
        to_s: When it ends.
    """

    kind: FaultKind
    severity: int
    from_s: float
    to_s: float

    def shows(self, at_s: float) -> bool:
        """Say whether it is to be seen at this moment: a frozen picture may come and go.

        Args:
            at_s: Unix seconds.
        """
        if not self.from_s <= at_s < self.to_s:
            return False
        if self.kind is not FaultKind.FROZEN or self.severity == 3:
            return True
        length, frozen = (30, 20) if self.severity == 1 else (60, 50)
        return (at_s - self.from_s) % length < frozen


class Faults(Protocol):
    """Says which camera is faulty when."""

    def at(self, no: int, at_s: float) -> Fault | None:
        """Return the fault that camera number ``no`` has at ``at_s`` (Unix seconds), if any."""
        ...


class FaultSchedule:
    """Says which camera is faulty when; the same for the same seed, whenever it is asked.

    Time is cut into hours of each camera's own (their beginnings are spread); in each of them a
    camera is faulty once, with a chance that makes ``rate`` the share of faulty cameras.
    """

    def __init__(
        self, truth_seed: int, rate: float, kinds: tuple[FaultKind, ...] = COMING_KINDS
    ) -> None:
        self._seed, self._kinds = truth_seed, kinds
        self._chance = min(1.0, rate * PERIOD_S * 2 / (_LEAST_S + _MOST_S))
        self._known: dict[int, tuple[int, Fault | None]] = {}

    def at(self, no: int, at_s: float) -> Fault | None:
        """Return the fault that camera number ``no`` has at ``at_s`` (Unix seconds), if any."""
        offset = no * 2654435761 % PERIOD_S
        period = int((at_s + offset) // PERIOD_S)
        known = self._known.get(no)
        if known is None or known[0] != period:
            known = period, self._draw(no, period, period * PERIOD_S - offset)
            self._known[no] = known
        fault = known[1]
        return fault if fault is not None and fault.from_s <= at_s < fault.to_s else None

    def _draw(self, no: int, period: int, begin_s: float) -> Fault | None:
        chance = np.random.default_rng([self._seed, no, period])
        if chance.random() >= self._chance:
            return None
        length = float(chance.integers(_LEAST_S, _MOST_S + 1))
        start = begin_s + float(chance.integers(0, PERIOD_S - int(length)))
        kind = self._kinds[int(chance.integers(len(self._kinds)))]
        severity = int(chance.choice(SEVERITIES))
        return Fault(kind=kind, severity=severity, from_s=start, to_s=start + length)


class TruthRecord:
    """Puts on record what was really shown, when it began to be shown.

    One JSON object a line: camera, kind, severity, from, to (ISO 8601, UTC); of what happens the
    box instead of the severity: left, top, width, height in shares of the picture. What has its
    pictures still being made goes on record when they are shown.
    """

    def __init__(self, path: Path | None) -> None:
        self._file: TextIO | None = None
        self._open: dict[CameraId, Fault] = {}
        self._events: dict[CameraId, Event] = {}
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8")

    def note(self, camera: CameraId, fault: Fault, *, at_s: float) -> None:
        """Record that ``fault`` is shown from ``at_s`` on; said again, it changes nothing."""
        if self._open.get(camera) == fault:
            return
        self._open[camera] = fault
        span = {"from": _stamp(max(at_s, fault.from_s)), "to": _stamp(fault.to_s)}
        self._write(camera, {"kind": fault.kind, "severity": fault.severity, **span})

    def note_event(self, camera: CameraId, event: Event, *, at_s: float) -> None:
        """Record that ``event`` is shown from ``at_s`` on; said again, it changes nothing."""
        if self._events.get(camera) == event:
            return
        self._events[camera] = event
        place, box = event.place, event.place.box
        span = {"from": _stamp(max(at_s, event.from_s)), "to": _stamp(event.to_s)}
        shares = [round(one, 4) for one in (box.left, box.top, box.width, box.height)]
        self._write(camera, {"kind": place.kind, "box": shares, **span})

    def note_clock(self, camera: CameraId, off_s: int, *, at_s: float) -> None:
        """Record that a camera's clock is wrong, from ``at_s`` on and for good."""
        self._write(camera, {"kind": "wrong_clock", "off_s": off_s, "from": _stamp(at_s)})

    def _write(self, camera: CameraId, row: Mapping[str, object]) -> None:
        if self._file is not None:
            self._file.write(json.dumps({"camera": camera, **row}) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _stamp(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
