"""NAL units of H.264 and H.265: types, Annex B and length-prefixed framing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from console.media.errors import MediaError

START_CODE = b"\x00\x00\x00\x01"
_SPLIT = re.compile(rb"\x00\x00\x01")

H264_IDR = 5
H264_SEI = 6
H264_SPS = 7
H264_PPS = 8
H264_AUD = 9
H265_IRAP_FIRST = 16
H265_IRAP_LAST = 23
H265_VCL_LAST = 31
H265_VPS = 32
H265_SPS = 33
H265_PPS = 34
H265_AUD = 35
H265_SEI_PREFIX = 39


class Codec(StrEnum):
    """Video codec, by the name RTP and SDP give it."""

    H264 = "H264"
    H265 = "H265"

    @property
    def decoder(self) -> str:
        """Name of the libavcodec decoder."""
        return "h264" if self is Codec.H264 else "hevc"


def nal_type(codec: Codec, nal: bytes) -> int:
    """Return the ``nal_unit_type``.

    Raises:
        MediaError: The unit is shorter than its header.
    """
    if len(nal) < (1 if codec is Codec.H264 else 2):
        raise MediaError("NAL unit", "it is shorter than its header", nal)
    return nal[0] & 0x1F if codec is Codec.H264 else (nal[0] >> 1) & 0x3F


def may_begin_key(codec: Codec, payload: bytes, at: int = 0) -> bool:
    """Whether a key unit may begin with an RTP payload; told from its first bytes, cheaply.

    Parameter sets, key pictures, their first fragment and what aggregates one of them may; others
    are of pictures that lean on earlier ones, or say nothing that a picture needs.

    Args:
        codec: What is in it.
        payload: Bytes that hold the payload.
        at: Where in them it begins.
    """
    if len(payload) < at + 3:
        return True  # too short to tell: whoever reads it says what is wrong with it
    return (_begins_h264 if codec is Codec.H264 else _begins_h265)(payload, at)


def _begins_h264(payload: bytes, at: int) -> bool:
    kind = payload[at] & 0x1F
    if kind == _FU_A_H264:
        return payload[at + 1] & 0x9F == 0x80 | H264_IDR
    if kind == _STAP_A_H264:
        return any(one & 0x1F in _BEGINS_H264 for one in _aggregated(payload, at + 1))
    return kind in _BEGINS_H264


def _begins_h265(payload: bytes, at: int) -> bool:
    kind = payload[at] >> 1 & 0x3F
    if kind == _FU_H265:
        return bool(payload[at + 2] & 0x80) and payload[at + 2] & 0x3F in _IRAP_H265
    if kind == _AP_H265:
        return any(one >> 1 & 0x3F in _BEGINS_H265 for one in _aggregated(payload, at + 2))
    return kind in _BEGINS_H265


def _aggregated(payload: bytes, at: int) -> Iterator[int]:
    """Yield the first byte of every unit in an aggregation packet, as far as its sizes hold."""
    while at + 2 < len(payload):
        yield payload[at + 2]
        at += 2 + (payload[at] << 8 | payload[at + 1])


#: RFC 6184, 5.4 and H.264, table 7-1: IDR, SPS, PPS; RFC 7798, 4.4 and H.265, table 7-1.
_STAP_A_H264, _FU_A_H264, _BEGINS_H264 = 24, 28, frozenset({5, 7, 8})
_IRAP_H265, _AP_H265, _FU_H265 = frozenset(range(16, 24)), 48, 49
_BEGINS_H265 = _IRAP_H265 | {32, 33, 34}


def is_key(codec: Codec, nal: bytes) -> bool:
    """Say whether decoding can begin at this unit: an IDR slice (H.264), an IRAP slice (H.265)."""
    kind = nal_type(codec, nal)
    if codec is Codec.H264:
        return kind == H264_IDR
    return H265_IRAP_FIRST <= kind <= H265_IRAP_LAST


def is_slice(codec: Codec, nal: bytes) -> bool:
    """Say whether the unit carries picture data."""
    kind = nal_type(codec, nal)
    return 1 <= kind <= H264_IDR if codec is Codec.H264 else kind <= H265_VCL_LAST


def is_first_slice(codec: Codec, nal: bytes) -> bool:
    """Say whether the unit is the first slice of its picture (ITU-T H.264 7.3.3, H.265 7.3.6.1)."""
    if not is_slice(codec, nal):
        return False
    header = 1 if codec is Codec.H264 else 2
    # first_mb_in_slice = ue(0) and first_slice_segment_in_pic_flag are both a leading 1 bit.
    return len(nal) > header and bool(nal[header] & 0x80)


def is_parameter_set(codec: Codec, nal: bytes) -> bool:
    """Say whether the unit is a parameter set (VPS, SPS or PPS)."""
    kind = nal_type(codec, nal)
    if codec is Codec.H264:
        return kind in (H264_SPS, H264_PPS)
    return H265_VPS <= kind <= H265_PPS


def parameter_sets(codec: Codec, nals: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the parameter sets among ``nals``, in the order they came, without repetitions."""
    return tuple(dict.fromkeys(nal for nal in nals if nal and is_parameter_set(codec, nal)))


def split_annex_b(data: bytes) -> list[bytes]:
    """Split a byte stream with start codes (Annex B) into NAL units.

    What stands before the first start code is left out, as decoders do.
    """
    marks = [match.span() for match in _SPLIT.finditer(data)]
    nals = []
    for index, (_, begin) in enumerate(marks):
        end = marks[index + 1][0] if index + 1 < len(marks) else len(data)
        nal = data[begin:end].rstrip(b"\x00")
        if nal:
            nals.append(nal)
    return nals


def join_annex_b(nals: Iterable[bytes]) -> bytes:
    """Return the NAL units as one byte stream with start codes (Annex B)."""
    return b"".join(START_CODE + nal for nal in nals)


def split_avcc(data: bytes, length_size: int = 4) -> list[bytes]:
    """Split NAL units that each carry their length in front (MP4's way, ISO/IEC 14496-15).

    Args:
        data: The sample.
        length_size: Bytes of each length: 1, 2 or 4.

    Raises:
        MediaError: A length runs past the end.
    """
    if length_size not in (1, 2, 4):
        raise MediaError("MP4 sample", f"lengths of {length_size} bytes do not exist")
    nals, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + length_size], "big")
        at += length_size
        if at + size > len(data):
            raise MediaError("MP4 sample", f"a unit of {size} bytes runs past its end", data)
        if size:
            nals.append(data[at : at + size])
        at += size
    return nals


def join_avcc(nals: Sequence[bytes], length_size: int = 4) -> bytes:
    """Return the NAL units with their lengths in front.

    Raises:
        MediaError: A unit is longer than the length can say.
    """
    if any(len(nal) >= 1 << (8 * length_size) for nal in nals):
        raise MediaError("NAL unit", f"it is too long for a length of {length_size} bytes")
    return b"".join(len(nal).to_bytes(length_size, "big") + nal for nal in nals)
