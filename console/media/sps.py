"""Picture size from a sequence parameter set (ITU-T H.264 7.3.2.1.1, H.265 7.3.2.2)."""

from __future__ import annotations

from dataclasses import dataclass

from console.media.errors import MediaError
from console.media.nal import H264_SPS, H265_SPS, Codec, nal_type

_H264_HIGH = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_MAX_SIDE_PX = 16384


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSize:
    """Size of the decoded picture after cropping."""

    width_px: int
    height_px: int


class _Bits:
    """Reads bits and Exp-Golomb numbers from a unit freed of emulation prevention bytes."""

    def __init__(self, nal: bytes) -> None:
        self._data = nal.replace(b"\x00\x00\x03", b"\x00\x00")
        self._at = 0

    def take(self, count: int) -> int:
        """Return the next ``count`` bits as a number."""
        end = self._at + count
        if end > len(self._data) * 8:
            raise MediaError("sequence parameter set", "it is cut short", self._data)
        first, last = self._at // 8, (end + 7) // 8
        value = int.from_bytes(self._data[first:last], "big") >> (last * 8 - end)
        self._at = end
        return value & ((1 << count) - 1)

    def golomb(self) -> int:
        """Return the next unsigned Exp-Golomb number, ue(v)."""
        zeros = 0
        while self.take(1) == 0:
            zeros += 1
            if zeros > 32:
                raise MediaError("sequence parameter set", "a number in it is too long", self._data)
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_golomb(self) -> int:
        """Return the next signed Exp-Golomb number, se(v)."""
        code = self.golomb()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def picture_size(codec: Codec, sps: bytes) -> PictureSize:
    """Return the picture size that a sequence parameter set announces.

    Raises:
        MediaError: ``sps`` is no such set, is cut short or announces an impossible size.
    """
    if nal_type(codec, sps) != (H264_SPS if codec is Codec.H264 else H265_SPS):
        raise MediaError("sequence parameter set", "it is another kind of unit", sps)
    size = _h264_size(_Bits(sps[1:])) if codec is Codec.H264 else _h265_size(_Bits(sps[2:]))
    if not (0 < size.width_px <= _MAX_SIDE_PX and 0 < size.height_px <= _MAX_SIDE_PX):
        shown = f"{size.width_px}×{size.height_px}"
        raise MediaError("sequence parameter set", f"a picture of {shown} cannot be", sps)
    return size


def _h264_size(bits: _Bits) -> PictureSize:
    profile = bits.take(8)
    bits.take(16)  # constraint flags, level
    bits.golomb()  # seq_parameter_set_id
    chroma = 1
    if profile in _H264_HIGH:
        chroma = _skip_h264_high(bits)
    bits.golomb()  # log2_max_frame_num_minus4
    _skip_h264_order(bits)
    bits.golomb()  # max_num_ref_frames
    bits.take(1)  # gaps_in_frame_num_value_allowed_flag
    width_mb = bits.golomb() + 1
    height_units = bits.golomb() + 1
    frame_only = bits.take(1)
    if not frame_only:
        bits.take(1)  # mb_adaptive_frame_field_flag
    bits.take(1)  # direct_8x8_inference_flag
    left = right = top = bottom = 0
    if bits.take(1):
        left, right, top, bottom = (bits.golomb() for _ in range(4))
    unit_x = 2 if chroma in (1, 2) else 1
    unit_y = (2 if chroma == 1 else 1) * (2 - frame_only)
    return PictureSize(
        width_px=width_mb * 16 - unit_x * (left + right),
        height_px=height_units * 16 * (2 - frame_only) - unit_y * (top + bottom),
    )


def _skip_h264_high(bits: _Bits) -> int:
    """Read past what the high profiles add; return chroma_format_idc."""
    chroma = bits.golomb()
    if chroma == 3:
        bits.take(1)  # separate_colour_plane_flag
    bits.golomb()  # bit_depth_luma_minus8
    bits.golomb()  # bit_depth_chroma_minus8
    bits.take(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.take(1):  # seq_scaling_matrix_present_flag
        for index in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling_list(bits: _Bits, length: int) -> None:
    last = following = 8
    for _ in range(length):
        if following:
            following = (last + bits.signed_golomb() + 256) % 256
        last = following or last


def _skip_h264_order(bits: _Bits) -> None:
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1)
        bits.signed_golomb()
        bits.signed_golomb()
        cycle = bits.golomb()
        if cycle > 255:
            raise MediaError("sequence parameter set", f"a cycle of {cycle} frames cannot be")
        for _ in range(cycle):
            bits.signed_golomb()


def _h265_size(bits: _Bits) -> PictureSize:
    bits.take(4)  # sps_video_parameter_set_id
    sub_layers = bits.take(3)
    bits.take(1)  # sps_temporal_id_nesting_flag
    bits.take(88)  # general profile, compatibility and constraint flags
    bits.take(8)  # general_level_idc
    flags = [(bits.take(1), bits.take(1)) for _ in range(sub_layers)]
    if sub_layers:
        bits.take(2 * (8 - sub_layers))
    for profile_present, level_present in flags:
        bits.take(88 * profile_present)
        bits.take(8 * level_present)
    bits.golomb()  # sps_seq_parameter_set_id
    chroma = bits.golomb()
    if chroma == 3:
        bits.take(1)
    width, height = bits.golomb(), bits.golomb()
    left = right = top = bottom = 0
    if bits.take(1):
        left, right, top, bottom = (bits.golomb() for _ in range(4))
    unit_x = 2 if chroma in (1, 2) else 1
    unit_y = 2 if chroma == 1 else 1
    return PictureSize(
        width_px=width - unit_x * (left + right), height_px=height - unit_y * (top + bottom)
    )
