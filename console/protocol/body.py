"""What every command body is."""

from __future__ import annotations

import msgspec


class Body(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Base of every command body."""
