"""What alarms sound like: a voice of its own for each priority, as samples.

Count and pitch of the pulses tell the priorities apart, after IEC 60601-1-8 (high: groups of
three and two; medium: three; low: two), so that they are told without looking.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from console.alarms.conditions import Priority

RATE_HZ = 44_100
#: Pitch (Hz), length and pause after it (seconds) of each pulse.
Pulse = tuple[float, float, float]
VOICES: Mapping[Priority, tuple[Pulse, ...]] = {
    Priority.HIGH: (
        (880.0, 0.12, 0.06), (988.0, 0.12, 0.06), (1175.0, 0.12, 0.28),
        (988.0, 0.12, 0.06), (1175.0, 0.16, 0.0),
    ),
    Priority.MEDIUM: ((587.0, 0.17, 0.13), (587.0, 0.17, 0.13), (698.0, 0.20, 0.0)),
    Priority.LOW: ((440.0, 0.20, 0.16), (330.0, 0.26, 0.0)),
}  # fmt: skip
_RISE_S = 0.012
_LOUD = 0.5


def samples(priority: Priority) -> NDArray[np.int16]:
    """Return a priority's voice: mono, 44,100 samples a second, 16 bits with a sign."""
    parts = []
    for pitch_hz, length_s, pause_s in VOICES[priority]:
        t = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
        edge = np.minimum(t, length_s - t) / _RISE_S
        wave = np.sin(2 * np.pi * pitch_hz * t) + 0.25 * np.sin(4 * np.pi * pitch_hz * t)
        parts += [wave / 1.25 * np.clip(edge, 0.0, 1.0), np.zeros(round(pause_s * RATE_HZ))]
    heard = np.concatenate(parts) * _LOUD * np.iinfo(np.int16).max
    return heard.astype(np.int16)
