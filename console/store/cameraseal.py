"""Credentials of cameras, sealed with the site's camera key: what rows, files and wires carry.

AES-SIV (RFC 5297) under a random key of 512 bits. The same text of the same field of the same
camera seals to the same token, so that entering a row again changes nothing; another camera's
token opens nothing, for the camera's id is part of what is authenticated.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from console.domain.audit import MASK, SEALED
from console.domain.errors import ZhihuiError
from console.domain.places import Camera

_BYTES = 64


class SealError(ZhihuiError):
    """Something sealed cannot be opened with the key at hand."""


class CameraKey:
    """Seals and opens; whoever holds it can read every camera's credentials.

    Args:
        key: 128 hexadecimal digits.

    Raises:
        SealError: It is no such key.
    """

    def __init__(self, key: str) -> None:
        try:
            raw = bytes.fromhex(key.strip())
        except ValueError:
            raw = b""
        if len(raw) != _BYTES:
            raise SealError("The camera key is damaged; put the right one back from a backup.")
        self._key, self._aead = raw, AESSIV(raw)

    def __repr__(self) -> str:
        return "CameraKey(…)"

    @staticmethod
    def made() -> bytes:
        """Return a new key as it lies in its file."""
        return AESSIV.generate_key(_BYTES * 8).hex().encode("ascii")

    @classmethod
    def of_secret(cls, secret: str, purpose: str) -> CameraKey:
        """Return a key made from a random secret: for what one machine keeps for itself."""
        return cls(hashlib.sha512(f"zhihui {purpose} {secret}".encode()).hexdigest())

    def hex(self) -> str:
        """Return the key itself, to be given to who may have it."""
        return self._key.hex()

    def seal(self, text: str, *of: str) -> str:
        """Return a text sealed; ``of`` says what it belongs to."""
        sealed = self._aead.encrypt(text.encode(), [one.encode() for one in of])
        return SEALED + base64.b64encode(sealed).decode("ascii")

    def open(self, token: str, *of: str) -> str:
        """Return a text that was sealed with this key for the same ``of``.

        Raises:
            SealError: It was not.
        """
        try:
            sealed = base64.b64decode(token.removeprefix(SEALED), validate=True)
            return self._aead.decrypt(sealed, [one.encode() for one in of]).decode()
        except (binascii.Error, InvalidTag, ValueError) as error:
            raise SealError(
                "Credentials of a camera were sealed with another key; enter them again."
            ) from error

    def lock(self, data: bytes, *of: str) -> bytes:
        """Return bytes sealed; ``of`` says what they belong to."""
        return self._aead.encrypt(data, [one.encode() for one in of])

    def unlock(self, data: bytes, *of: str) -> bytes:
        """Return bytes that were locked with this key for the same ``of``.

        Raises:
            SealError: They were not.
        """
        try:
            return self._aead.decrypt(data, [one.encode() for one in of])
        except (InvalidTag, ValueError) as error:
            raise SealError("It was locked with another key, or is damaged.") from error

    def sealed(self, camera: Camera) -> Camera:
        """Return a camera with its credentials sealed; what this key has sealed stays."""
        return replace(
            camera,
            username=self._sealed_one(camera.username, camera.id, "username"),
            password=self._sealed_one(camera.password, camera.id, "password"),
        )

    def opened(self, camera: Camera) -> Camera:
        """Return a camera with its credentials as they are sent to it.

        Raises:
            SealError: They were sealed with another key.
        """
        return replace(
            camera,
            username=self._opened_one(camera.username, camera.id, "username"),
            password=self._opened_one(camera.password, camera.id, "password"),
        )

    def _sealed_one(self, text: str | None, *of: str) -> str | None:
        if not text or text == MASK:
            return text
        if text.startswith(SEALED):
            try:
                return self.seal(self.open(text, *of), *of)
            except SealError:
                return self.seal(text, *of)  # a password that only looks sealed
        return self.seal(text, *of)

    def _opened_one(self, text: str | None, *of: str) -> str | None:
        return self.open(text, *of) if text and text.startswith(SEALED) else text


def opened_or_bare(camera: Camera, key: CameraKey | None) -> Camera:
    """Return a camera as its stream is opened; without credentials where they cannot be opened."""
    try:
        return camera if key is None else key.opened(camera)
    except SealError:
        return replace(camera, username=None, password=None)
