"""What not every role may see: passwords of cameras go only to those who open their streams."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from console.domain.levels import Role
from console.domain.permissions import may
from console.protocol.messages import Change

_SECRET = "password"
_HOLDER = "camera"


def sees_passwords(role: Role) -> bool:
    """Whether a role may see passwords of cameras."""
    return may(role, "read:camera_passwords")


def without_passwords(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return changes as they go to those who may not see passwords; none is left out."""
    return tuple(_bare(change) if _holds_one(change) else change for change in changes)


def _holds_one(change: Change) -> bool:
    return change.row_kind == _HOLDER and change.patch.get(_SECRET) is not None


def _bare(change: Change) -> Change:
    return msgspec.structs.replace(change, patch={**change.patch, _SECRET: None})
