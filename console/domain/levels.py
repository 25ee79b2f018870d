"""How urgent an incident is, and what a person may do: two small enumerations."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Level(IntEnum):
    """Urgency of an incident; the number is the key that sets it."""

    CRITICAL = 1
    HIGH = 2
    CAUTION = 3
    ROUTINE = 4


class Channel(StrEnum):
    """Where a report came from (来件渠道)."""

    HOTLINE = "12345"
    LEADER = "leader"
    TRANSFER = "transfer"
    MEDIA = "media"
    ONLINE = "online"
    APP = "app"
    MINI_PROGRAM = "mini_program"
    LETTER = "letter"
    PATROL = "patrol"
    SENSOR = "sensor"
    OFFICER = "officer"
    OPEN311 = "open311"


class Role(StrEnum):
    """What a person or a connected system may do; the table is in ``domain.permissions``."""

    DISPATCHER = "dispatcher"
    VIDEO_OPERATOR = "video_operator"
    SHIFT_LEAD = "shift_lead"
    SUPERVISOR = "supervisor"
    HOTLINE_SEAT = "hotline_seat"
    OFFICER = "officer"
    ADMINISTRATOR = "administrator"
    GATEWAY = "gateway"
