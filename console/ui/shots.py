"""What a picture taken off a camera is to the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Shot(Protocol):
    """A picture taken off a camera: the still and the bytes it came from."""

    @property
    def camera(self) -> str:
        """Id of the camera point."""

    @property
    def captured_at(self) -> datetime:
        """When it was seen, aware UTC."""

    @property
    def jpeg(self) -> bytes:
        """The still."""

    @property
    def jpeg_sha256(self) -> str:
        """Hash of the still."""

    @property
    def original(self) -> bytes:
        """The camera's own bytes."""

    @property
    def original_sha256(self) -> str:
        """Hash of the camera's bytes."""

    @property
    def original_type(self) -> str:
        """What the camera's bytes are."""


class ClipShot(Shot, Protocol):
    """A picture with the seconds before it."""

    @property
    def clip(self) -> bytes | None:
        """The film, ``None`` where there is none."""

    @property
    def clip_sha256(self) -> str | None:
        """Hash of the film."""

    @property
    def clip_type(self) -> str:
        """Its media type."""
