"""NAL framing and RTP payloads: round trips, loss, garbage."""

from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.media import nal as nals_of
from console.media.errors import MediaError
from console.media.nal import Codec
from console.media.payload import Depacketiser, packetise
from console.media.rtp import (
    Goodbye,
    ReceiverReport,
    RtpPacket,
    SenderReport,
    parse_rtcp,
)
from console.media.sps import picture_size


def unit(codec, kind, body):
    head = bytes((0x60 | kind,)) if codec is Codec.H264 else bytes((kind << 1, 1))
    return head + body


@st.composite
def access_units(draw):
    codec = draw(st.sampled_from(Codec))
    kinds = st.integers(1, 12) if codec is Codec.H264 else st.integers(0, 40)
    sizes = st.one_of(st.integers(1, 60), st.integers(300, 6000))
    count = draw(st.integers(1, 6))
    fill = draw(st.integers(1, 255))
    nals = [unit(codec, draw(kinds), bytes((fill,)) * draw(sizes)) for _ in range(count)]
    return codec, nals


def packets(payloads, *, seq=65530, timestamp=9000):
    last = len(payloads) - 1
    return [
        RtpPacket(
            payload_type=96,
            seq=(seq + index) & 0xFFFF,
            timestamp=timestamp,
            ssrc=7,
            marker=index == last,
            payload=payload,
        )
        for index, payload in enumerate(payloads)
    ]


@given(access_units(), st.integers(64, 1500))
def test_that_packetised_units_come_back_whole(unit_set, max_payload):
    codec, nals = unit_set
    payloads = packetise(codec, nals, max_payload)
    assert all(len(payload) <= max_payload for payload in payloads)
    depacketiser = Depacketiser(codec)
    done = [found for packet in packets(payloads) for found in depacketiser.feed(packet)]
    assert [list(found.nals) for found in done] == [nals]
    assert done[0].key == any(nals_of.is_key(codec, nal) for nal in nals)
    assert (depacketiser.lost, depacketiser.dropped) == (0, 0)


@given(access_units(), st.data())
def test_that_a_lost_packet_drops_its_picture_and_only_that(unit_set, data):
    codec, nals = unit_set
    payloads = packetise(codec, nals, 200)
    sent = packets(payloads) + packets(payloads, seq=65530 + len(payloads), timestamp=12600)
    sent += packets(payloads, seq=65530 + 2 * len(payloads), timestamp=16200)
    missing = data.draw(st.integers(0, len(payloads) - 1))
    del sent[len(payloads) + missing]
    depacketiser = Depacketiser(codec)
    done = []
    for packet in sent:
        with suppress(MediaError):
            done += depacketiser.feed(packet)
    times = [found.timestamp for found in done]
    assert times[0] == 9000
    assert 12600 not in times
    assert depacketiser.lost == 1
    if missing < len(payloads) - 1:
        assert times == [9000, 16200]
    assert all(list(found.nals) == nals for found in done)


def test_that_joining_in_the_middle_of_a_picture_waits_for_the_next():
    nal = unit(Codec.H264, 1, b"x" * 900)
    payloads = packetise(Codec.H264, [nal], 200)
    depacketiser = Depacketiser(Codec.H264)
    rest = packets(payloads)[2:] + packets(payloads, seq=65530 + len(payloads), timestamp=12600)
    done = [found for packet in rest for found in depacketiser.feed(packet)]
    assert [found.timestamp for found in done] == [12600]


def test_that_a_picture_without_marker_ends_at_the_next_timestamp():
    one, two = unit(Codec.H265, 1, b"a" * 20), unit(Codec.H265, 19, b"b" * 20)
    depacketiser = Depacketiser(Codec.H265)
    first = RtpPacket(payload_type=96, seq=1, timestamp=0, ssrc=1, payload=one)
    second = RtpPacket(payload_type=96, seq=2, timestamp=3600, ssrc=1, marker=True, payload=two)
    assert depacketiser.feed(first) == []
    assert [found.nals for found in depacketiser.feed(second)] == [(one,), (two,)]


@settings(max_examples=300)
@given(st.sampled_from(Codec), st.lists(st.tuples(st.binary(max_size=80), st.booleans())))
def test_that_garbage_payloads_raise_only_media_errors(codec, payloads):
    depacketiser = Depacketiser(codec)
    for index, (payload, marker) in enumerate(payloads):
        packet = RtpPacket(
            payload_type=96, seq=index, timestamp=index // 3, ssrc=1, marker=marker, payload=payload
        )
        with suppress(MediaError):
            for found in depacketiser.feed(packet):
                assert found.nals


@given(st.binary(max_size=120))
def test_that_garbage_rtp_and_rtcp_raise_only_media_errors(data):
    with suppress(MediaError):
        assert isinstance(RtpPacket.parse(data), RtpPacket)
    with suppress(MediaError):
        assert isinstance(parse_rtcp(data), list)
    for codec in Codec:
        for kind in (0x67, 0x42):
            with suppress(MediaError):
                assert picture_size(codec, bytes((kind, 1)) + data).width_px > 0


@given(st.integers(0, 127), st.integers(0, 65535), st.integers(0, 2**32 - 1), st.binary())
def test_that_rtp_packets_come_back(payload_type, seq, number, payload):
    packet = RtpPacket(
        payload_type=payload_type, seq=seq, timestamp=number, ssrc=number, payload=payload
    )
    assert RtpPacket.parse(packet.to_bytes()) == packet


def test_that_extension_sources_and_padding_are_taken_off():
    head = bytes((0x80 | 0x20 | 0x10 | 1, 0x80 | 96)) + b"\x00\x01" + b"\0" * 8
    sources, extension = b"\0\0\0\x09", b"\xbe\xde\x00\x01abcd"
    packet = RtpPacket.parse(head + sources + extension + b"payload" + b"\x00\x00\x03")
    assert (packet.payload, packet.marker) == (b"payload", True)


def test_that_a_sender_report_tells_absolute_time():
    report = SenderReport(ssrc=5, unix_s=1_795_444_200.25, timestamp=2**32 - 1, packets=3, octets=9)
    found = parse_rtcp(report.to_bytes("city") + Goodbye(ssrc=5).to_bytes())
    assert found == [report, Goodbye(ssrc=5)]
    assert parse_rtcp(ReceiverReport(ssrc=8).to_bytes()) == [ReceiverReport(ssrc=8)]


plain = st.binary(min_size=2, max_size=50).map(lambda data: data.replace(b"\0", b"\x01"))


@given(st.lists(plain))
def test_that_annex_b_and_length_prefixes_come_back(nals):
    assert nals_of.split_annex_b(nals_of.join_annex_b(nals)) == nals
    assert nals_of.split_avcc(nals_of.join_avcc(nals)) == nals
    assert nals_of.split_avcc(nals_of.join_avcc(nals, 2), 2) == nals


def test_that_a_length_past_the_end_is_an_error():
    with pytest.raises(MediaError, match="runs past its end"):
        nals_of.split_avcc(b"\x00\x00\x00\x09abc")


@pytest.mark.parametrize(("encoder", "codec"), [("libx264", Codec.H264), ("libx265", Codec.H265)])
def test_that_real_encoders_streams_are_read(encoder, codec):
    context = av.CodecContext.create(encoder, "w")
    context.width, context.height, context.pix_fmt = 640, 362, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
    options = {"preset": "ultrafast", "tune": "zerolatency"}
    if codec is Codec.H265:
        options["x265-params"] = "log-level=none:frame-threads=1:pools=1"
    context.options = options
    picture = av.VideoFrame.from_ndarray(np.full((362, 640, 3), 90, np.uint8), format="rgb24")
    data = b"".join(bytes(packet) for packet in [*context.encode(picture), *context.encode(None)])
    nals = nals_of.split_annex_b(data)
    sets = nals_of.parameter_sets(codec, nals)
    assert len(sets) == (2 if codec is Codec.H264 else 3)
    sps = sets[0 if codec is Codec.H264 else 1]
    size = picture_size(codec, sps)
    assert (size.width_px, size.height_px) == (640, 362)
    assert any(nals_of.is_key(codec, nal) for nal in nals)
    assert sum(nals_of.is_first_slice(codec, nal) for nal in nals) == 1
