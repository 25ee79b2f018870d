"""Why a camera point gives no picture: one code a cause, and the error that carries it."""

from __future__ import annotations

from enum import StrEnum

from console.domain.errors import ZhihuiError


class Trouble(StrEnum):
    """Cause that a person can act on; screens put it into words."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    UNAUTHORISED = "unauthorised"
    NOT_FOUND = "not_found"
    REDIRECTED = "redirected"
    BUSY = "busy"
    GARBAGE = "garbage"
    UNPROVEN = "unproven"
    UNSUPPORTED = "unsupported"
    NO_PICTURE = "no_picture"
    LOST = "lost"


_SENTENCES = {
    Trouble.REFUSED: "refuses the connection: it is off, or another address is meant",
    Trouble.UNREACHABLE: "cannot be reached: check its address and the network",
    Trouble.TIMED_OUT: "does not answer in time: check its network, or restart it",
    Trouble.UNAUTHORISED: "does not accept the user name and password: enter them again",
    Trouble.NOT_FOUND: "does not know the stream asked for: check its address",
    Trouble.REDIRECTED: "leads to other addresses and to no stream: enter where it is to end",
    Trouble.BUSY: "has no room for another viewer: close one elsewhere, or wait",
    Trouble.GARBAGE: "answers with something that is no video stream: check what is there",
    Trouble.UNPROVEN: "shows a certificate that is not from the authority of this site's cameras",
    Trouble.UNSUPPORTED: "sends a stream this program cannot read: set it to H.264 or H.265",
    Trouble.NO_PICTURE: "is connected but sends no picture: restart it, or ask its owner",
    Trouble.LOST: "broke the connection off: it is tried again by itself",
}


class VideoError(ZhihuiError):
    """A camera point that gives no picture.

    Attributes:
        trouble: The cause as a code.
        address: The stream's address, never with credentials.
        detail: What the program saw, for the log.
        retry_otherwise: Whether a reader that knows more dialects may do better.
        ran_out: Whether it is patience that ended: who waits longer may see more.
        answered: Whether the host had answered anything before.
    """

    def __init__(
        self,
        trouble: Trouble,
        address: str,
        detail: str = "",
        *,
        retry_otherwise: bool = False,
        ran_out: bool = False,
        answered: bool = False,
    ) -> None:
        super().__init__(f"The camera at {address} {_SENTENCES[trouble]}.")
        self.trouble, self.address, self.detail = trouble, address, detail
        self.retry_otherwise, self.ran_out, self.answered = retry_otherwise, ran_out, answered
