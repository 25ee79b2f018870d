"""Spoiling bytes the way wires, disks and people do, from a seed that can be told."""

from __future__ import annotations

import random

#: Values at which readers of lengths and numbers stumble.
_EDGES = (0x00, 0x01, 0x7F, 0x80, 0xC0, 0xC1, 0xDB, 0xDC, 0xDD, 0xDF, 0xFE, 0xFF, 0x0A, 0x22, 0x5B)


def spoilt(data: bytes, chance: random.Random) -> bytes:
    """Return bytes that differ: flipped, cut, doubled, moved, or with an edge value in them."""
    if not data:
        return bytes([chance.choice(_EDGES)])
    at = int(chance.random() * len(data))
    kind = int(chance.random() * 8)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ (1 << int(chance.random() * 8))]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + bytes([_EDGES[int(chance.random() * len(_EDGES))]]) + data[at + 1 :]
    if kind == 2:
        return data[:at]
    if kind == 3:
        return data[:at] + data[at + 1 + int(chance.random() * 8) :]
    if kind == 4:
        return data[:at] + data[at : at + 16] * 2 + data[at + 16 :]
    if kind == 5:
        end = int(chance.random() * len(data))
        return data[:at] + data[end : end + 8] + data[at + 8 :]
    if kind == 6:
        return data[:at] + chance.randbytes(1 + int(chance.random() * 8)) + data[at:]
    return spoilt(spoilt(data, chance), chance)


def spoilt_largely(data: bytes, chance: random.Random) -> bytes:
    """Return a file that differs in several places, some of them large."""
    for _ in range(1 + int(chance.random() * 4)):
        kind = chance.random()
        at = int(chance.random() * max(len(data), 1))
        if kind < 0.15:
            data = data[:at]
        elif kind < 0.3:
            data = data[:at] + bytes(4096) + data[at + 4096 :]
        elif kind < 0.4:
            data = data[:at] + chance.randbytes(256) + data[at + 256 :]
        else:
            data = spoilt(data, chance)
    return data
