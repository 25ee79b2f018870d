"""Who may what that is no command: reads, writes and streams, for the test of all rights."""

from __future__ import annotations

from console.domain.levels import Role

_R = Role
_DESK = {_R.DISPATCHER, _R.SHIFT_LEAD}
_WALL = {*_DESK, _R.VIDEO_OPERATOR}
_STREET = {_R.OFFICER, _R.GATEWAY}
_SEES_ROWS = {*_WALL, _R.HOTLINE_SEAT, _R.SUPERVISOR, _R.ADMINISTRATOR}
EVERYBODY = set(Role)
OTHERS: dict[str, set[Role]] = {
    "read:city": EVERYBODY,
    "read:snapshot": _SEES_ROWS,
    "read:evidence": {*_WALL, _R.SUPERVISOR},
    "read:camera_passwords": _WALL,
    "read:callers": {*_DESK, _R.HOTLINE_SEAT, _R.SUPERVISOR},
    "read:trails": {*_DESK, _R.SUPERVISOR},
    "read:papers": {*_DESK, _R.SUPERVISOR},
    "patrol": _WALL,
    "write:patrol": _WALL,
    "read:audit": {_R.ADMINISTRATOR},
    "read:admin": {_R.ADMINISTRATOR},
    "read:metrics": {_R.ADMINISTRATOR},
    "retention": {_R.ADMINISTRATOR},
    "write:evidence": {*_WALL, *_STREET},
    "write:positions": _STREET,
    "write:readings": {_R.GATEWAY},
    "read:people": {_R.ADMINISTRATOR},
    "write:people": {_R.ADMINISTRATOR},
    "read:devices": {_R.ADMINISTRATOR},
    "write:devices": {_R.ADMINISTRATOR},
    "stream": _SEES_ROWS,
    "handheld": _STREET,
}
