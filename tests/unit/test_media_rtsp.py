"""RTSP messages, authentication and SDP: round trips, limits, garbage."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.media.auth import (
    Algorithm,
    Challenge,
    Credentials,
    authorization,
    basic_user,
    is_authorized,
    parse_challenge,
    strongest,
)
from console.media.errors import MediaError
from console.media.nal import Codec
from console.media.rtsp import (
    Headers,
    Interleaved,
    Request,
    Response,
    RtspParser,
    Transport,
    parse_transports,
)
from console.media.sdp import (
    MediaDescription,
    SessionDescription,
    build_sdp,
    control_url,
    parse_sdp,
)

tokens = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
values = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x4E20, exclude_categories=["Cs", "Z", "C"]),
    max_size=40,
)
headers = st.lists(
    st.tuples(tokens.filter(lambda name: name.lower() != "content-length"), values), max_size=8
).map(Headers.of)
requests = st.builds(
    Request,
    method=tokens,
    url=st.just("rtsp://h:8554/C0001/sub"),
    headers=headers,
    body=st.binary(max_size=200),
)
responses = st.builds(
    Response,
    status=st.integers(100, 599),
    reason=st.just("Any Thing"),
    headers=headers,
    body=st.binary(max_size=200),
)
interleaved = st.builds(Interleaved, st.integers(0, 255), st.binary(max_size=300))


def bare(message):
    """Leave out the length that building adds."""
    if isinstance(message, Interleaved):
        return message
    kept = tuple(pair for pair in message.headers if pair[0] != "Content-Length")
    return type(message)(
        headers=Headers(kept),
        body=message.body,
        **(
            {"method": message.method, "url": message.url}
            if isinstance(message, Request)
            else {"status": message.status, "reason": message.reason}
        ),
    )


@given(st.lists(st.one_of(requests, responses, interleaved), max_size=6), st.integers(1, 700))
def test_that_messages_come_back_however_they_are_cut(messages, step):
    data = b"".join(message.to_bytes() for message in messages)
    parser, found = RtspParser(), []
    for at in range(0, len(data), step):
        parser.feed(data[at : at + step])
        found += parser.messages()
    assert [bare(message) for message in found] == messages
    assert parser.held_bytes == 0


@settings(max_examples=300)
@given(st.lists(st.binary(max_size=80), max_size=10))
def test_that_garbage_raises_only_media_errors(pieces):
    parser = RtspParser(max_head_bytes=200, max_body_bytes=200)
    with suppress(MediaError):
        for piece in pieces:
            parser.feed(piece)
            assert all(message is not None for message in parser.messages())


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"DESCRIBE rtsp://a RTSP/1.0\r\nContent-Length: -4\r\n\r\n",
        b"DESCRIBE rtsp://a RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
        b"DESCRIBE rtsp://a RTSP/1.0\r\nno header\r\n\r\n",
        b"A" * 20_000,
        b"RTSP/1.0 OK\r\n\r\n",
        b"DESCRIBE rtsp://a RTSP/1.0\r\nX: \xff\xfe\r\n\r\n",
    ],
)
def test_that_what_is_no_rtsp_is_refused(data):
    parser = RtspParser()
    parser.feed(data)
    with pytest.raises(MediaError, match="cannot be read"):
        list(parser.messages())


def test_that_bare_line_feeds_and_folded_headers_are_read():
    parser = RtspParser()
    parser.feed(b"\r\n\r\nRTSP/1.0 200 OK\nCSeq: 2\nPublic: OPTIONS,\n DESCRIBE\n\n$\x00\x00\x01x")
    first, second = parser.messages()
    assert (first.status, first.cseq, first.headers.get("public")) == (
        200,
        "2",
        "OPTIONS, DESCRIBE",
    )
    assert second == Interleaved(0, b"x")


def test_that_a_header_cannot_smuggle_a_line():
    with pytest.raises(MediaError, match="line break"):
        Headers.of([("X", "a\r\nY: b")])


@given(st.booleans(), st.none() | st.tuples(st.integers(0, 255), st.integers(0, 255)))
def test_that_transports_come_back(tcp, channels):
    offer = Transport(tcp=tcp, interleaved=channels, ssrc=0xABCD)
    udp = Transport(tcp=False)
    assert parse_transports(f"{offer.to_header()},{udp.to_header()}") == [offer, udp]


@given(st.text(max_size=80))
def test_that_garbage_headers_raise_only_media_errors(text):
    with suppress(MediaError):
        parse_transports(text)
    for value in (text, "Digest " + text, "Basic " + text):
        with suppress(MediaError):
            assert parse_challenge(value).realm is not None
        with suppress(MediaError):
            basic_user(value)
        challenge = Challenge(realm="r", nonce="n", algorithm=Algorithm.MD5)
        secret = Credentials(username="u", password="p")
        with suppress(MediaError):
            assert not is_authorized(value, challenge, secret, method="DESCRIBE")


def test_that_the_answer_is_that_of_the_standard():
    # RFC 2617 section 3.5 and RFC 7616 section 3.9.1.
    secret = Credentials(username="Mufasa", password="Circle Of Life")
    challenge = Challenge(
        realm="testrealm@host.com",
        algorithm=Algorithm.MD5,
        nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop=True,
    )
    answer = authorization(
        challenge, secret, method="GET", uri="/dir/index.html", cnonce="0a4f113b"
    )
    assert 'response="6629fae49393a05397450978507c4ef1"' in answer
    secret = Credentials(username="Mufasa", password="Circle of Life")
    challenge = Challenge(
        realm="http-auth@example.org",
        algorithm=Algorithm.SHA256,
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        qop=True,
    )
    answer = authorization(
        challenge,
        secret,
        method="GET",
        uri="/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    digest = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    assert f'response="{digest}"' in answer


names = st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF, exclude_characters=":"))


@given(st.sampled_from([None, *Algorithm]), names, names, st.booleans())
def test_that_answers_are_accepted_and_wrong_ones_not(algorithm, name, password, qop):
    nonce = "abc123" if algorithm else ""
    challenge = Challenge(
        realm='the "city"', algorithm=algorithm, nonce=nonce, qop=qop and algorithm is not None
    )
    assert parse_challenge(challenge.to_header()) == challenge
    secret = Credentials(username=name, password=password)
    answer = authorization(challenge, secret, method="SETUP", uri="rtsp://h/C0001/sub")
    assert is_authorized(answer, challenge, secret, method="SETUP")
    other = Credentials(username=name, password=password + "x")
    assert not is_authorized(answer, challenge, other, method="SETUP")
    if algorithm is not None:
        assert not is_authorized(answer, challenge, secret, method="PLAY")


def test_that_the_password_is_never_shown():
    assert "hunter2" not in repr(Credentials(username="u", password="hunter2"))


def test_that_the_strongest_challenge_that_is_known_is_taken():
    offers = [
        'Basic realm="a"',
        'Digest realm="a", nonce="1"',
        'Digest realm="a", nonce="2", algorithm=SHA-256',
        'Digest realm="a", nonce="3", algorithm=SHA-512-256',
        'Negotiate xyz="1"',
    ]
    assert strongest(offers).nonce == "2"
    assert strongest(offers[:2]).algorithm is Algorithm.MD5
    with pytest.raises(MediaError, match="not known"):
        strongest(offers[4:])


sets_h264 = (b"\x67\x42\x00\x1e\xab", b"\x68\xce\x3c\x80")
sets_h265 = (b"\x40\x01\x0c", b"\x42\x01\x01\x05", b"\x44\x01\xc1")


@pytest.mark.parametrize(("codec", "sets"), [(Codec.H264, sets_h264), (Codec.H265, sets_h265)])
def test_that_descriptions_come_back(codec, sets):
    description = SessionDescription(
        name="工体北路 C0114",
        control="*",
        media=(
            MediaDescription(
                kind="video",
                payload_type=96,
                encoding=codec,
                parameter_sets=sets,
                control="track1",
                frame_rate=25.0,
                parameters=(("packetization-mode", "1"),),
            ),
        ),
    )
    assert parse_sdp(build_sdp(description, session=1).encode()) == description
    assert description.video().codec is codec


def test_that_a_description_without_video_says_what_it_offers():
    found = parse_sdp(b"v=0\r\ns=x\r\nm=audio 0 RTP/AVP 8\r\nm=video 0 RTP/AVP 26\r\n")
    with pytest.raises(MediaError, match="audio/"):
        found.video()


@settings(max_examples=300)
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: f"v=0\n{t}".encode()))
)
def test_that_garbage_descriptions_raise_only_media_errors(data):
    with suppress(MediaError):
        assert parse_sdp(data).media is not None


@pytest.mark.parametrize(
    ("base", "control", "url"),
    [
        ("rtsp://h:1/a/b", None, "rtsp://h:1/a/b"),
        ("rtsp://h:1/a/b/", "*", "rtsp://h:1/a/b/"),
        ("rtsp://h:1/a/b/", "track1", "rtsp://h:1/a/b/track1"),
        ("rtsp://h:1/a/b", "track1", "rtsp://h:1/a/b/track1"),
        ("rtsp://h:1/a/b", "/x", "rtsp://h:1/x"),
        ("rtsp://h:1/a/b", "rtsp://h:1/c", "rtsp://h:1/c"),
    ],
)
def test_that_control_addresses_are_resolved(base, control, url):
    assert control_url(base, control) == url
