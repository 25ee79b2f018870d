"""An RTSP client of the tests' own, on the grammar alone."""

import asyncio

from console.media.payload import Depacketiser
from console.media.rtp import RtpPacket, parse_rtcp
from console.media.rtsp import Headers, Interleaved, Request, RtspParser

TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"


class Client:
    """A client of the test's own, on the grammar alone."""

    def __init__(self, reader, writer, url):
        self.reader, self.writer, self.url = reader, writer, url
        self.parser, self.cseq, self.packets = RtspParser(), 0, []

    @classmethod
    async def to(cls, port, path):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        return cls(reader, writer, f"rtsp://127.0.0.1:{port}/{path}")

    async def message(self):
        while (found := self.parser.next_message()) is None:
            data = await asyncio.wait_for(self.reader.read(65536), 60)
            if not data:
                raise ConnectionResetError
            self.parser.feed(data)
        return found

    async def ask(self, method, *headers, url=None):
        self.cseq += 1
        pairs = Headers.of([("CSeq", str(self.cseq)), *headers])
        request = Request(method=method, url=url or self.url, headers=pairs)
        self.writer.write(request.to_bytes())
        while isinstance(answer := await self.message(), Interleaved):
            self.packets.append(answer)
        assert answer.cseq == str(self.cseq)
        return answer

    async def play(self):
        """Set up and play; return the answer to PLAY."""
        setup = await self.ask("SETUP", ("Transport", TCP), url=self.url + "/track1")
        assert setup.status == 200
        return await self.ask("PLAY", ("Session", setup.headers.get("Session")))

    async def next_packet(self):
        while True:
            found = self.packets.pop(0) if self.packets else await self.message()
            if isinstance(found, Interleaved):
                return found

    async def units(self, codec, count):
        """Return the next access units, and the sender reports that came between."""
        depacketiser, found, reports = Depacketiser(codec), [], []
        while len(found) < count:
            packet = await self.next_packet()
            if packet.channel == 1:
                reports += parse_rtcp(packet.payload)
            else:
                found += depacketiser.feed(RtpPacket.parse(packet.payload))
        assert depacketiser.lost == depacketiser.dropped == 0
        return found, reports

    def close(self):
        self.writer.close()
