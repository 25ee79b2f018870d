"""Ids that come out the same however often they are made: nothing is doubled by a restart."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b


def known_id(at: datetime, *parts: object) -> str:
    """Return a UUID version 7 (32 hexadecimal digits) made from a time and what it stands for.

    Args:
        at: Aware UTC; ids of later times sort later.
        parts: What the id stands for; the same time and parts give the same id.
    """
    digest = blake2b("|".join(map(str, parts)).encode(), digest_size=10).digest()
    bits = int.from_bytes(digest, "big")
    unix_ms = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    rand_a, rand_b = (bits >> 62) & 0xFFF, bits & ((1 << 62) - 1)
    return f"{(unix_ms << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b:032x}"


def seed_of(*parts: object) -> int:
    """Return a seed of 64 bits made from parts; the same parts give the same seed."""
    digest = blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")
