"""Tokens: short-lived signed ones for requests, and ones for once that renew them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from console.central.settings import CentralError
from console.store.secretfile import SecretFileError, read_or_make

#: A stolen token is worth something for so long, and no longer.
ACCESS_LASTS = timedelta(minutes=12)
_ALGORITHM = "HS256"
_KEY_BYTES = 32
#: Tokens whose signature was checked, remembered for who asks often.
_MOST_READ = 10_000


class TokenMint:
    """Signs tokens and reads them back; only this central can do either (RFC 7519, HS256)."""

    def __init__(self, path: Path) -> None:
        """Take the key in a file, made at the first start.

        Raises:
            SecretFileError: The key cannot be used.
        """
        self._secret = read_or_make(path, lambda: secrets.token_hex(_KEY_BYTES).encode())
        self._key = OctKey.import_key(self._secret)
        self._read: dict[str, tuple[str, int]] = {}

    def token(self, session: str, *, at: datetime) -> str:
        """Return a token that names a session until it runs out."""
        expires = int((at + ACCESS_LASTS).timestamp())
        return jwt.encode({"alg": _ALGORITHM}, {"sid": session, "exp": expires}, self._key)

    def digest_of(self, word: str) -> str:
        """Return eight digits that tell words apart; without our key nobody finds the word."""
        mac = hmac.new(self._secret, b"digest\0" + word.encode(errors="replace"), hashlib.sha256)
        return mac.hexdigest()[:8]

    def session_in(self, token: str, *, at: datetime) -> str | None:
        """Return the session a token names; ``None`` if we did not sign it, or it has run out."""
        known = self._read.get(token)
        if known is None:
            known = self._decoded(token)
            if known is None:
                return None
            if len(self._read) >= _MOST_READ:
                self._read.clear()
            self._read[token] = known
        session, expires = known
        return session if expires > at.timestamp() else None

    def _decoded(self, token: str) -> tuple[str, int] | None:
        """Return session and end of a token that we signed; looked at only once."""
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        session, expires = claims.get("sid"), claims.get("exp")
        if not isinstance(session, str) or not isinstance(expires, int):
            return None
        return session, expires


def central_secrets(folder: Path) -> tuple[TokenMint, str]:
    """Return what signs tokens, and the code that admits devices of who can read the folder.

    Raises:
        CentralError: They cannot be used.
    """
    try:
        mint = TokenMint(folder / "token.key")
        code = read_or_make(folder / "devices.code", lambda: new_secret().encode())
    except SecretFileError as error:
        raise CentralError(str(error)) from error
    return mint, code.decode(errors="replace").strip()


def new_secret() -> str:
    """Return a secret of 256 bits that nobody can guess."""
    return secrets.token_urlsafe(_KEY_BYTES)


def hash_of(secret: str) -> str:
    """Return what is kept of a secret: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()
