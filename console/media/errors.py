"""The one error of the grammar: what a camera or client sent is not what the standard says."""

from __future__ import annotations

from console.domain.errors import ZhihuiError


class MediaError(ZhihuiError):
    """Bytes that do not follow RTSP, SDP, RTP or the codec's payload format.

    Attributes:
        what: What was being read, "RTSP head", "FU-A packet" …
        reason: Why it cannot be read.
        data: The first bytes of it, at most 64, for the log.
    """

    def __init__(self, what: str, reason: str, data: bytes = b"") -> None:
        super().__init__(f"The {what} cannot be read: {reason}.")
        self.what, self.reason, self.data = what, reason, bytes(data[:64])
