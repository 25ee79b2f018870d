"""Reading a stream with libavformat, for cameras whose dialect the lean client does not speak."""

from __future__ import annotations

from collections.abc import Callable, Generator
from urllib.parse import quote

import av
from av.error import FFmpegError, HTTPUnauthorizedError

from console.media.errors import MediaError
from console.media.nal import Codec, is_key, split_annex_b
from console.media.payload import AccessUnit
from console.video.decode import Decoded, Decoder
from console.video.rtsp import Patience, StreamAddress
from console.video.trouble import Trouble, VideoError

_CODECS = {"h264": Codec.H264, "hevc": Codec.H265}


def read_with_libavformat(
    address: StreamAddress, patience: Patience, is_stopping: Callable[[], bool]
) -> Generator[Decoded]:
    """Yield the decoded frames of a stream until it ends or ``is_stopping`` says so.

    It blocks: a stop is seen at the next packet, after ``patience.silence_s`` at the latest.

    Raises:
        VideoError: The stream cannot be had, or breaks.
    """
    try:
        options = {"rtsp_transport": "tcp+udp", "rtsp_flags": "prefer_tcp"}
        if address.secure and patience.ca is not None:
            options |= {"tls_verify": "1", "ca_file": patience.ca}
        with av.open(
            _with_credentials(address),
            options=options,
            timeout=(patience.connect_s + patience.answer_s, patience.silence_s),
        ) as container:
            if not container.streams.video:
                raise VideoError(Trouble.UNSUPPORTED, address.url, "no video in it")
            stream = container.streams.video[0]
            codec = _CODECS.get(stream.codec_context.name)
            if codec is None:
                raise VideoError(Trouble.UNSUPPORTED, address.url, stream.codec_context.name)
            headers = tuple(split_annex_b(stream.codec_context.extradata or b""))
            decoder = Decoder(codec, headers, address.url)
            for packet in container.demux(stream):
                if is_stopping():
                    return
                decoded = decoder.decode(_unit(codec, bytes(packet))) if packet.size else None
                if decoded is not None:
                    yield decoded
        raise VideoError(Trouble.LOST, address.url, "end of stream")
    except HTTPUnauthorizedError as error:
        raise VideoError(Trouble.UNAUTHORISED, address.url, type(error).__name__) from None
    except TimeoutError:
        raise VideoError(Trouble.TIMED_OUT, address.url, "libavformat") from None
    except (FFmpegError, OSError, MediaError) as error:
        # The cause is left out: libavformat's errors carry the address with its password.
        raise VideoError(Trouble.GARBAGE, address.url, type(error).__name__) from None


def _unit(codec: Codec, data: bytes) -> AccessUnit:
    nals = tuple(split_annex_b(data))
    return AccessUnit(timestamp=0, nals=nals, key=any(is_key(codec, nal) for nal in nals))


def _with_credentials(address: StreamAddress) -> str:
    if address.credentials is None:
        return address.url
    name, password = address.credentials.username, address.credentials.password
    scheme, _, rest = address.url.partition("://")
    return f"{scheme}://{quote(name, safe='')}:{quote(password, safe='')}@{rest}"
