"""Where a stream is, how to log on, and how long a camera may take."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from console.domain.places import Camera
from console.media.auth import Credentials
from console.video.trouble import Trouble, VideoError

DEFAULT_PORT = 554
#: Of RTSP over TLS (RFC 7826, 19.2).
SECURE_PORT = 322


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a camera may take.

    Attributes:
        connect_s: For the TCP connection.
        answer_s: For each answer to a request.
        silence_s: Without a packet of the stream; after that it is lost.
        ca: File of the authority that cameras' certificates must be from, for RTSP over TLS;
            ``None`` encrypts without proving who is there.
    """

    connect_s: float = 4.0
    answer_s: float = 4.0
    silence_s: float = 5.0
    ca: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAddress:
    """Where a stream is; the credentials are no part of ``url``, ``secure`` is RTSP over TLS.

    Attributes:
        url: As it stands in requests, log and sentences.
    """

    url: str
    host: str
    port: int
    credentials: Credentials | None = None
    secure: bool = False


def stream_address(camera: Camera, *, main: bool) -> StreamAddress:
    """Return the address of a camera's main or sub stream; main where it has no sub.

    Raises:
        VideoError: The address is no RTSP address.
    """
    url = camera.main_url if main or camera.sub_url is None else camera.sub_url
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise VideoError(Trouble.UNREACHABLE, "an address that cannot be read") from error
    if parts.scheme not in ("rtsp", "rtsps") or not host:
        raise VideoError(Trouble.UNREACHABLE, f"{parts.scheme}://{host or ''}", "no RTSP address")
    name, password = camera.username, camera.password
    if name is None and parts.username is not None:
        name, password = unquote(parts.username), unquote(parts.password or "")
    bracketed = f"[{host}]" if ":" in host else host
    shown = f"{bracketed}:{port}" if port else bracketed
    return StreamAddress(
        url=parts._replace(netloc=shown).geturl(),
        host=host,
        port=port or (SECURE_PORT if parts.scheme == "rtsps" else DEFAULT_PORT),
        secure=parts.scheme == "rtsps",
        credentials=None if name is None else Credentials(username=name, password=password or ""),
    )


def redirected(address: StreamAddress, location: str) -> StreamAddress:
    """Return the address that a camera leads to.

    The password goes to the same host only, and nothing leads from RTSP over TLS to bare RTSP.

    Raises:
        VideoError: It leads nowhere.
    """
    try:
        parts = urlsplit(location.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    secure = host is not None and parts.scheme == "rtsps"
    if host is None or parts.scheme not in ("rtsp", "rtsps") or (address.secure and not secure):
        raise VideoError(Trouble.REDIRECTED, address.url, f"to {location[:80]!r}")
    bracketed = f"[{host}]" if ":" in host else host
    return StreamAddress(
        url=parts._replace(netloc=f"{bracketed}:{port}" if port else bracketed).geturl(),
        host=host,
        port=port or (SECURE_PORT if secure else DEFAULT_PORT),
        secure=secure,
        credentials=address.credentials if host == address.host else None,
    )
