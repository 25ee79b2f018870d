"""SDP of a camera's streams (RFC 8866, RFC 6184 section 8, RFC 7798 section 7)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from console.media.errors import MediaError
from console.media.nal import (
    H265_PPS,
    H265_SPS,
    H265_VPS,
    Codec,
    nal_type,
)
from console.media.rtp import VIDEO_CLOCK_HZ

MAX_SDP_BYTES = 64 * 1024
_SPROPS_H265 = (("sprop-vps", H265_VPS), ("sprop-sps", H265_SPS), ("sprop-pps", H265_PPS))


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaDescription:
    """One stream of the description.

    Attributes:
        kind: "video", "audio", "application" …
        encoding: Name of the payload format, upper case, "H264"; "" when the type is static.
        parameter_sets: NAL units that the decoder needs before the first picture.
        control: Address for SETUP, absolute or relative to the description's.
        parameters: The other format parameters (``a=fmtp``).
    """

    kind: str
    payload_type: int
    encoding: str = ""
    clock_hz: int = VIDEO_CLOCK_HZ
    parameter_sets: tuple[bytes, ...] = ()
    control: str | None = None
    frame_rate: float | None = None
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def codec(self) -> Codec | None:
        """The codec, or ``None`` when it is none that we read."""
        return Codec(self.encoding) if self.encoding in set(Codec) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDescription:
    """What a camera says it can send."""

    name: str = ""
    control: str | None = None
    media: tuple[MediaDescription, ...] = ()

    def video(self) -> MediaDescription:
        """Return the first stream of H.264 or H.265.

        Raises:
            MediaError: There is none.
        """
        for one in self.media:
            if one.kind == "video" and one.codec is not None:
                return one
        found = ", ".join(f"{one.kind}/{one.encoding or '?'}" for one in self.media) or "nothing"
        raise MediaError("stream description", f"it offers {found}, not H.264 or H.265 video")


def build_sdp(description: SessionDescription, *, session: int, host: str = "0.0.0.0") -> str:
    """Return the text of a description.

    Args:
        description: What is offered.
        session: Number that tells this session from others.
        host: Address of the server.
    """
    family = "IP6" if ":" in host else "IP4"
    lines = ["v=0", f"o=- {session} 1 IN {family} {host}"]
    lines += [f"s={description.name or '-'}", f"c=IN {family} {host}", "t=0 0"]
    if description.control is not None:
        lines.append(f"a=control:{description.control}")
    lines.append("a=range:npt=now-")
    for one in description.media:
        lines.extend(_media_lines(one))
    return "\r\n".join(lines) + "\r\n"


def _media_lines(one: MediaDescription) -> Iterator[str]:
    yield f"m={one.kind} 0 RTP/AVP {one.payload_type}"
    if one.encoding:
        yield f"a=rtpmap:{one.payload_type} {one.encoding}/{one.clock_hz}"
    parameters = list(one.parameters)
    if one.codec is Codec.H264 and one.parameter_sets:
        sets = ",".join(_base64(nal) for nal in one.parameter_sets)
        parameters.append(("sprop-parameter-sets", sets))
    elif one.codec is Codec.H265:
        for name, kind in _SPROPS_H265:
            of_kind = [nal for nal in one.parameter_sets if nal_type(Codec.H265, nal) == kind]
            if of_kind:
                parameters.append((name, ",".join(_base64(nal) for nal in of_kind)))
    if parameters:
        text = ";".join(f"{name}={value}" for name, value in parameters)
        yield f"a=fmtp:{one.payload_type} {text}"
    if one.frame_rate is not None:
        yield f"a=framerate:{one.frame_rate:g}"
    if one.control is not None:
        yield f"a=control:{one.control}"


def parse_sdp(data: bytes) -> SessionDescription:
    """Read a description; attributes that are not known are passed over.

    Raises:
        MediaError: It is no description, or a parameter set in it is not base64.
    """
    if len(data) > MAX_SDP_BYTES:
        raise MediaError("stream description", f"{len(data)} bytes are too many", data)
    text = data.decode("utf-8", "replace")
    session, sections = _sections(text)
    if not session or session[0][0] != "v":
        raise MediaError("stream description", "it does not begin with v=", data)
    name = next((value for key, value in session if key == "s"), "")
    return SessionDescription(
        name="" if name.strip() == "-" else name.strip(),
        control=_attribute(session, "control"),
        media=tuple(_parse_media(lines) for lines in sections),
    )


def _sections(text: str) -> tuple[list[tuple[str, str]], list[list[tuple[str, str]]]]:
    session: list[tuple[str, str]] = []
    sections: list[list[tuple[str, str]]] = []
    for line in text.splitlines():
        key, mark, value = line.strip("\x00").partition("=")
        if not mark or len(key.strip()) != 1:
            if line.strip("\x00 \t"):
                raise MediaError("stream description", "a line has no “x=”", line[:64].encode())
            continue
        key = key.strip()
        if key == "m":
            sections.append([])
        (sections[-1] if sections else session).append((key, value))
    return session, sections


def _attribute(lines: list[tuple[str, str]], name: str) -> str | None:
    for key, value in lines:
        if key == "a" and value.lower().startswith(name + ":"):
            return value[len(name) + 1 :].strip()
    return None


def _typed_attribute(lines: list[tuple[str, str]], name: str, payload_type: int) -> str | None:
    """Return the attribute's text for this payload type, "a=rtpmap:96 H264/90000"."""
    for key, value in lines:
        if key == "a" and value.lower().startswith(name + ":"):
            number, _, rest = value[len(name) + 1 :].strip().partition(" ")
            if number == str(payload_type):
                return rest.strip()
    return None


def _parse_media(lines: list[tuple[str, str]]) -> MediaDescription:
    words = lines[0][1].split()
    if len(words) < 4 or not (words[3].isascii() and words[3].isdigit() and len(words[3]) < 4):
        raise MediaError("stream description", "its m= line is cut short", lines[0][1].encode())
    payload_type = int(words[3])
    encoding, _, clock = (_typed_attribute(lines, "rtpmap", payload_type) or "").partition("/")
    clock = clock.partition("/")[0]
    valid_clock = clock.isascii() and clock.isdigit() and len(clock) < 10 and int(clock) > 0
    encoding = {"HEVC": "H265"}.get(encoding.strip().upper(), encoding.strip().upper())
    parameters = _parameters(_typed_attribute(lines, "fmtp", payload_type) or "")
    return MediaDescription(
        kind=words[0].lower(),
        payload_type=payload_type,
        encoding=encoding,
        clock_hz=int(clock) if valid_clock else VIDEO_CLOCK_HZ,
        parameter_sets=_parameter_sets(encoding, dict(parameters)),
        control=_attribute(lines, "control"),
        frame_rate=_frame_rate(_attribute(lines, "framerate")),
        parameters=tuple(pair for pair in parameters if not pair[0].startswith("sprop-")),
    )


def _parameters(text: str) -> list[tuple[str, str]]:
    pairs = (part.strip().partition("=") for part in text.split(";"))
    return [(name.strip().lower(), value.strip()) for name, _, value in pairs if name.strip()]


def _frame_rate(text: str | None) -> float | None:
    try:
        rate = float(text) if text else 0.0
    except ValueError:
        return None
    return rate if 0 < rate <= 1000 else None


def _parameter_sets(encoding: str, parameters: dict[str, str]) -> tuple[bytes, ...]:
    if encoding == Codec.H264:
        names: tuple[str, ...] = ("sprop-parameter-sets",)
    elif encoding == Codec.H265:
        names = tuple(name for name, _ in _SPROPS_H265)
    else:
        return ()
    sets: list[bytes] = []
    for name in names:
        for one in parameters.get(name, "").split(","):
            if one.strip():
                sets.append(_unbase64(one.strip()))
    return tuple(nal for nal in sets if nal)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MediaError("parameter set", "it is not base64", text[:64].encode()) from error


def control_url(base: str, control: str | None) -> str:
    """Return the address for SETUP or PLAY of a stream (RFC 2326, C.1.1).

    Args:
        base: ``Content-Base``, ``Content-Location`` or the address asked for.
        control: The description's ``a=control``; ``None`` and "*" mean the base itself.
    """
    if control is None or control in ("*", ""):
        return base
    if "://" in control:
        return control
    if control.startswith("/"):
        # urljoin knows no rtsp scheme, so its own rules are lent to it as http.
        scheme, _, rest = base.partition("://")
        return f"{scheme}://" + urljoin(f"http://{rest}", control)[len("http://") :]
    return base.rstrip("/") + "/" + control
