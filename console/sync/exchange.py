"""Messages to central that are answered with a message, outside the stream: patrol's."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from console.sync.http import CentralHttp, LinkError
from console.sync.state import LinkTrouble

_T = TypeVar("_T")
_JSON = {"Content-Type": "application/json"}


class Exchange(CentralHttp):
    """Asks central with a message of its own kind."""

    def exchange(
        self, token: str, method: str, path: str, kind: type[_T], body: object = None
    ) -> _T:
        """Send a message and return the one that answers it, both JSON.

        Raises:
            LinkError: Central is not there, says no, or says nonsense.
        """
        data = None if body is None else msgspec.json.encode(body)
        with self._ask(method, path, token=token, data=data, headers=_JSON) as answer:
            try:
                return msgspec.json.decode(answer.content, type=kind)
            except msgspec.MsgspecError as error:
                raise LinkError(LinkTrouble.NOT_CENTRAL, str(error)) from error
