"""RTSP authentication: basic (RFC 7617) and digest with MD5 and SHA-256 (RFC 2617, RFC 7616)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from console.media.errors import MediaError

_PARAMETER = re.compile(
    r'\s*([!#$%&\'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(,|$)'
)
_SCHEME = re.compile(r"\s*([A-Za-z][\w-]*)(?:\s+|$)(.*)", re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)")
_MAX_VALUE_CHARS = 4096


class Algorithm(StrEnum):
    """Digest algorithm, by its name in the header."""

    MD5 = "MD5"
    SHA256 = "SHA-256"

    def digest(self, text: str) -> str:
        """Return the hash of ``text`` (UTF-8) in hexadecimal."""
        data = text.encode("utf-8", "surrogateescape")
        if self is Algorithm.SHA256:
            return hashlib.sha256(data).hexdigest()
        return hashlib.md5(data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """User name and password for one camera; the password is never shown."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a server asks for in ``WWW-Authenticate``.

    Attributes:
        algorithm: ``None`` means basic authentication.
        qop: Whether the server takes ``qop=auth`` (RFC 2617); RTSP cameras often do not.
    """

    realm: str
    algorithm: Algorithm | None = None
    nonce: str = ""
    opaque: str | None = None
    qop: bool = False
    stale: bool = False

    def to_header(self) -> str:
        """Return the value of the header."""
        if self.algorithm is None:
            return f"Basic realm={_quoted(self.realm)}"
        parts = [f"realm={_quoted(self.realm)}", f"nonce={_quoted(self.nonce)}"]
        parts.append(f"algorithm={self.algorithm}")
        if self.opaque is not None:
            parts.append(f"opaque={_quoted(self.opaque)}")
        if self.qop:
            parts.append('qop="auth"')
        if self.stale:
            parts.append("stale=TRUE")
        return "Digest " + ", ".join(parts)


def parse_challenge(value: str) -> Challenge:
    """Read one ``WWW-Authenticate`` header.

    Raises:
        MediaError: The scheme or algorithm is not known or the header is malformed.
    """
    scheme, found = _parse_value(value)
    if scheme == "basic":
        return Challenge(realm=found.get("realm", ""))
    if scheme != "digest":
        raise MediaError("authentication challenge", f"“{scheme}” is not known")
    if "nonce" not in found:
        raise MediaError("authentication challenge", "it has no nonce", value.encode())
    offered = [one.strip().lower() for one in found.get("qop", "").split(",") if one.strip()]
    if offered and "auth" not in offered:
        raise MediaError("authentication challenge", f"qop {offered} is not known")
    return Challenge(
        realm=found.get("realm", ""),
        algorithm=_algorithm(found.get("algorithm")),
        nonce=found["nonce"],
        opaque=found.get("opaque"),
        qop=bool(offered),
        stale=found.get("stale", "").lower() == "true",
    )


def strongest(values: Iterable[str]) -> Challenge:
    """Return the best challenge that can be answered: SHA-256 before MD5 before basic.

    Args:
        values: The ``WWW-Authenticate`` headers of one response.

    Raises:
        MediaError: None of them can be answered.
    """
    known: list[Challenge] = []
    last: MediaError | None = None
    for value in values:
        try:
            known.append(parse_challenge(value))
        except MediaError as error:
            last = error
    if not known:
        raise last or MediaError("authentication challenge", "there is none")
    order = {Algorithm.SHA256: 0, Algorithm.MD5: 1, None: 2}
    return min(known, key=lambda one: order[one.algorithm])


def authorization(
    challenge: Challenge,
    credentials: Credentials,
    *,
    method: str,
    uri: str,
    count: int = 1,
    cnonce: str | None = None,
) -> str:
    """Return the ``Authorization`` header that answers ``challenge``.

    Args:
        challenge: What the server asked for.
        credentials: What to answer with.
        method: The request's method.
        uri: The request's address, exactly as in its first line.
        count: How many requests used this nonce, this one included (only with qop).
        cnonce: The client's nonce (only with qop); made up when ``None``.
    """
    name, algorithm = credentials.username, challenge.algorithm
    if algorithm is None:
        pair = f"{name}:{credentials.password}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")
    cnonce = cnonce or secrets.token_hex(8)
    parts = {
        "username": _quoted(name),
        "realm": _quoted(challenge.realm),
        "nonce": _quoted(challenge.nonce),
        "uri": _quoted(uri),
    }
    middle = challenge.nonce
    if challenge.qop:
        parts |= {"qop": "auth", "nc": f"{count:08x}", "cnonce": _quoted(cnonce)}
        middle = f"{challenge.nonce}:{count:08x}:{cnonce}:auth"
    secret = f"{name}:{challenge.realm}:{credentials.password}"
    parts["response"] = f'"{_response(algorithm, secret, middle, f"{method}:{uri}")}"'
    parts["algorithm"] = str(algorithm)
    if challenge.opaque is not None:
        parts["opaque"] = _quoted(challenge.opaque)
    return "Digest " + ", ".join(f"{key}={value}" for key, value in parts.items())


def is_authorized(
    value: str, challenge: Challenge, credentials: Credentials, *, method: str
) -> bool:
    """Say whether an ``Authorization`` header answers ``challenge`` rightly.

    The address is the one the answer names: proxies rewrite the request's own. Comparison
    takes the same time whether it fails early or late.

    Raises:
        MediaError: The header is malformed.
    """
    if challenge.algorithm is None:
        expected = authorization(challenge, credentials, method=method, uri="")
        return hmac.compare_digest(value.strip().encode(), expected.encode())
    scheme, found = _parse_value(value)
    if scheme != "digest":
        return False
    same = found.get("realm") == challenge.realm and found.get("nonce") == challenge.nonce
    algorithm = _algorithm(found.get("algorithm"))
    middle = challenge.nonce
    if "qop" in found:
        middle = f"{challenge.nonce}:{found.get('nc', '')}:{found.get('cnonce', '')}:{found['qop']}"
    secret = f"{credentials.username}:{challenge.realm}:{credentials.password}"
    expected = _response(algorithm, secret, middle, f"{method}:{found.get('uri', '')}")
    right = hmac.compare_digest(found.get("response", "").lower().encode(), expected.encode())
    name = found.get("username", "").encode()
    known = hmac.compare_digest(name, credentials.username.encode())
    return same and algorithm is challenge.algorithm and known and right


def _response(algorithm: Algorithm, secret: str, middle: str, request: str) -> str:
    return algorithm.digest(f"{algorithm.digest(secret)}:{middle}:{algorithm.digest(request)}")


def _algorithm(name: str | None) -> Algorithm:
    if name is None:
        return Algorithm.MD5
    try:
        return Algorithm(name.upper())
    except ValueError:
        raise MediaError("authentication header", f"algorithm “{name}” is not known") from None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _parse_value(value: str) -> tuple[str, dict[str, str]]:
    match = _SCHEME.fullmatch(value) if len(value) <= _MAX_VALUE_CHARS else None
    if match is None:
        raise MediaError("authentication header", "it has no scheme", value[:64].encode())
    scheme, rest = match[1].lower(), match[2].strip()
    found: dict[str, str] = {}
    at = 0
    while scheme == "digest" and at < len(rest):
        one = _PARAMETER.match(rest, at)
        if one is None:
            raise MediaError("authentication header", "it is malformed", rest[at:].encode())
        quoted = one[2]
        found[one[1].lower()] = one[3] if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted)
        at = one.end()
    if scheme == "basic" and (realm := _PARAMETER.match(rest)) and realm[1].lower() == "realm":
        found["realm"] = _QUOTED_PAIR.sub(r"\1", realm[2] or realm[3] or "")
    return scheme, found


def basic_user(value: str) -> str:
    """Return the user name in a basic ``Authorization`` header, for the log.

    Raises:
        MediaError: It is no such header.
    """
    scheme, _, pair = value.strip().partition(" ")
    try:
        text = base64.b64decode(pair.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise MediaError("authorization header", "it is not base64 of UTF-8") from error
    if scheme.lower() != "basic" or ":" not in text:
        raise MediaError("authorization header", "it is not a basic one")
    return text.partition(":")[0]
