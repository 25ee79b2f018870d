"""A port for a server that is stopped and started again."""

from __future__ import annotations

import os
import socket
import weakref


class HeldPort:
    """A free port that nobody else is given as long as this lives, even while nobody listens on it.

    A socket is bound to it that does not listen: whoever calls is refused, and central, which may
    use the address with it, can listen on it again and again.
    """

    def __init__(self) -> None:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", 0))
        self.number = int(bound.getsockname()[1])
        weakref.finalize(self, os.close, bound.detach())
