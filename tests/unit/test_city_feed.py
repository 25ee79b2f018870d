"""What a session sends, and what it leaves out for a client that reads too slowly."""

from console.city.cameras.feed import Playing
from console.city.cameras.points import Joining, point_specs


class SoundCity:
    """A city in which nothing is faulty."""

    def fault(self, point, at_s):
        return None


class FullTransport:
    """A transport whose client does not read."""

    def __init__(self):
        self.held, self.written = 0, []

    def is_closing(self):
        return False

    def get_write_buffer_size(self):
        return self.held

    def write(self, data):
        self.written.append(data)


class PlainFeed:
    """One small packet a picture, a key picture every 50."""

    def newest_key(self, now):
        return now - now % 50

    def since(self, tick, now):
        return [(n, n % 50 == 0, (b"\x65" * 9,)) for n in range(tick + 1, now + 1)]


def test_that_a_slow_reader_is_skipped_to_the_next_key_picture():
    transport = FullTransport()
    playing = Playing(
        city=SoundCity(),
        point=next(p for p in point_specs(100, 1) if p.joining is Joining.GOP),
        feed=PlainFeed(),
        transport=transport,
        channels=(0, 1),
        ssrc=1,
        seq=0,
        offset=0,
    )
    playing.begin(1010)
    playing.send(1010)
    assert (playing.seq, playing.skipped) == (11, 0)
    transport.held = 5_000_000
    playing.send(1020)
    transport.held = 0
    playing.send(1049)
    assert (playing.seq, playing.skipped) == (11, 39)
    playing.send(1052)
    assert (playing.seq, playing.skipped) == (14, 39)
    assert len(transport.written) == 2
