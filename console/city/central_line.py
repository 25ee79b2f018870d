"""The line to central over HTTP: log on, send commands, positions and evidence."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import msgspec
import requests

from console.domain.errors import ZhihuiError
from console.protocol.messages import Command, Result
from console.protocol.readings import ReadingSent, ReadingsTaken
from console.store.trust import verify_for

_LOG = logging.getLogger("zhihui.city")
_results: msgspec.json.Decoder[list[Result]] = msgspec.json.Decoder(list[Result])
_to_json = msgspec.json.Encoder()


class LineError(ZhihuiError):
    """Central cannot be reached or cannot answer now; trying again later is right.

    Attributes:
        url: Where it was looked for.
        reason: What went wrong.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"Central at {url} cannot be reached: {reason}. The city goes on and tries again."
        )
        self.url, self.reason = url, reason


class RefusedByCentralError(ZhihuiError):
    """Central understood and said no; trying the same again is of no use.

    Attributes:
        status: HTTP status.
        reason: Central's sentence.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"Central refused what the city sent ({status}): {reason}")
        self.status, self.reason = status, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the city is to central.

    Attributes:
        device: Id of the gateway that the city is; commands bear it.
        secret: What it proves to be that gateway with.
        code: Admits it where central does not know it yet; empty for none.
        ca: File of the authority whose certificates are believed, for an https:// address.
    """

    url: str
    name: str
    password: str = field(repr=False)
    device: str
    secret: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    ca: Path | None = None


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """What central did with a batch of positions: counts of fixes."""

    accepted: int
    late: int = 0
    duplicate: int = 0
    unknown: int = 0


class _Session(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to a log-on, as far as the city reads it."""

    token: str
    refresh: str


class _Error(msgspec.Struct, frozen=True, kw_only=True):
    error: str


class CentralLine:
    """One line to central; every thread that uses it keeps a connection of its own.

    Args:
        account: Who logs on, and where.
        timeout_s: How long one answer may take.

    Raises:
        TrustError: Nothing may be sent to this address as it is.
    """

    def __init__(self, account: Account, *, timeout_s: float = 15.0) -> None:
        self.account = account
        self._verify = verify_for(account.url, account.ca)
        self._timeout_s = timeout_s
        self._token: str | None = None
        self._refresh: str | None = None
        self._logging_on = threading.Lock()
        self._own = threading.local()

    def token(self, *, not_this: str | None = None) -> str:
        """Return the session's token, logging on if there is none yet.

        Args:
            not_this: A token that central no longer takes.

        Raises:
            LineError: Central cannot be reached, or does not let the account in.
        """
        with self._logging_on:
            if self._token is None or self._token == not_this:
                session = self._renewed() or self._log_on()
                self._token, self._refresh = session.token, session.refresh
            return self._token

    def send_commands(self, commands: Sequence[Command]) -> list[Result]:
        """Send commands; the results come in the same order.

        Raises:
            LineError: Central cannot be reached; send the same commands again later.
            RefusedByCentralError: Central takes none of them.
        """
        body = self._request("POST", "/v1/commands", _to_json.encode(list(commands)))
        try:
            return _results.decode(body)
        except msgspec.MsgspecError as error:
            raise LineError(self.account.url, f"an answer that is no list: {error}") from error

    def send_positions(self, fixes: bytes) -> Ingested:
        """Send packed fixes (`protocol.positions.INGEST`).

        Raises:
            LineError: Central cannot be reached; the fixes are lost, newer ones follow.
            RefusedByCentralError: Central does not take them.
        """
        body = self._request("POST", "/v1/positions", fixes, media_type="application/octet-stream")
        try:
            return msgspec.json.decode(body, type=Ingested)
        except msgspec.MsgspecError as error:
            raise LineError(self.account.url, f"an answer without counts: {error}") from error

    def send_readings(self, rows: Sequence[ReadingSent]) -> ReadingsTaken:
        """Send readings of sensors.

        Raises:
            LineError: Central cannot be reached; the readings are lost, newer ones follow.
            RefusedByCentralError: Central does not take them.
        """
        body = self._request("POST", "/v1/readings", _to_json.encode(list(rows)))
        try:
            return msgspec.json.decode(body, type=ReadingsTaken)
        except msgspec.MsgspecError as error:
            raise LineError(self.account.url, f"an answer without counts: {error}") from error

    def put_evidence(self, sha256: str, content: bytes, media_type: str) -> None:
        """Give central the bytes of a piece of evidence.

        Raises:
            LineError: Central cannot be reached; put it again later.
            RefusedByCentralError: Central does not take it.
        """
        self._request("PUT", f"/v1/evidence/{sha256}", content, media_type=media_type)

    def _renewed(self) -> _Session | None:
        """Return the session renewed; ``None`` if it has ended, or never was."""
        if self._refresh is None:
            return None
        body = _to_json.encode({"refresh": self._refresh})
        self._refresh = None
        answer = self._send("POST", "/v1/session/refresh", body, "application/json", None)
        return self._session_in(answer) if answer.ok else None

    def _log_on(self) -> _Session:
        account = self.account
        device = {
            "id": account.device,
            "kind": "gateway",
            "label": "simulated city",
            "secret": account.secret,
            "code": account.code,
        }
        body = {"name": account.name, "password": account.password, "device": device}
        answer = self._send("POST", "/v1/session", _to_json.encode(body), "application/json", None)
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            reason = f"it does not let “{account.name}” log on ({self._error(answer).reason})"
            raise LineError(account.url, reason)
        _LOG.info("logged on at %s as %s", account.url, account.name)
        return self._session_in(answer)

    def _session_in(self, answer: requests.Response) -> _Session:
        try:
            return msgspec.json.decode(answer.content, type=_Session)
        except msgspec.MsgspecError as error:
            raise LineError(self.account.url, f"a log-on without a token: {error}") from error

    def _request(
        self, method: str, path: str, body: bytes, *, media_type: str = "application/json"
    ) -> bytes:
        token = self.token()
        answer = self._send(method, path, body, media_type, token)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            token = self.token(not_this=token)
            answer = self._send(method, path, body, media_type, token)
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            raise self._error(answer)
        return answer.content

    def _send(
        self, method: str, path: str, body: bytes, media_type: str, token: str | None
    ) -> requests.Response:
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
            session.verify = self._verify
            session.trust_env = False  # central is on the city's own network, never behind a proxy
        headers = {"Content-Type": media_type}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            return session.request(
                method, self.account.url + path, data=body, headers=headers, timeout=self._timeout_s
            )
        except requests.RequestException as error:
            raise LineError(self.account.url, _cause(error)) from error

    def _error(self, answer: requests.Response) -> LineError | RefusedByCentralError:
        try:
            reason = msgspec.json.decode(answer.content, type=_Error).error
        except msgspec.MsgspecError:
            reason = answer.text[:200] or answer.reason
        status = answer.status_code
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            return LineError(self.account.url, f"it answers {status}, {reason}")
        return RefusedByCentralError(status, reason)


def _cause(error: requests.RequestException) -> str:
    """Return what went wrong in a few words."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "nobody listens there, or the connection broke"
    return str(error) or type(error).__name__
