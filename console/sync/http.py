"""Requests to central: logging on, snapshots, evidence, the city pack."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import requests

from console.domain.errors import ZhihuiError
from console.store.trust import verify_for
from console.sync.login import Login, login_in
from console.sync.settings import SyncSettings
from console.sync.state import LinkTrouble

_BLOCK = 1 << 18
#: Central stands in the same network: what takes longer does not answer.
_CONNECT_S = 3.05
#: With the last part central looks at all bytes once more: gigabytes take a while.
_HASHED_WITHIN_S = 120.0


class LinkError(ZhihuiError):
    """The link to central does not work, for a reason that can be told.

    Attributes:
        trouble: Which reason.
        detail: What it is about.
        status: HTTP status, ``None`` if there was no answer.
        offset: Of evidence in parts: how much of it central has, where it said so.
    """

    def __init__(
        self,
        trouble: LinkTrouble,
        detail: str = "",
        *,
        status: int | None = None,
        offset: int | None = None,
    ) -> None:
        super().__init__(f"{trouble}: {detail}" if detail else str(trouble))
        self.trouble, self.detail, self.status = trouble, detail, status
        self.offset = offset


class UploadState(msgspec.Struct, frozen=True):
    """How much of a piece of evidence central has on disk.

    Attributes:
        complete: Whether it has all of it, checked against its hash.
    """

    offset: int
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CityOffer:
    """The city that central is of.

    Attributes:
        sha256: Of the city pack that central uses; empty where it has none.
        size: Of that pack, bytes.
        zone: IANA name of the zone of the city's clocks; empty where central says none.
    """

    sha256: str = ""
    size: int = 0
    zone: str = ""


class CentralHttp:
    """Asks central; every method blocks and may be called from any thread.

    No proxy of the environment is used: central stands in the same network.

    Raises:
        TrustError: Nothing may be sent to this address as it is.
    """

    def __init__(self, settings: SyncSettings) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/")
        self._verify = verify_for(settings.url, settings.ca)

    def log_on(self, *, device: str, secret: str = "") -> Login:
        """Log on with the account in the settings.

        Args:
            device: This console's id.
            secret: What it proves to be the same console with.

        Raises:
            LinkError: Central is not there, is none, or does not know the account.
        """
        asked = {
            "name": self._settings.account,
            "password": self._settings.password,
            "device": {
                "id": device,
                "kind": "console",
                "label": self._settings.label,
                "secret": secret,
                "code": self._settings.device_code,
            },
        }
        return self._session("/v1/session", asked)

    def renew(self, login: Login) -> Login:
        """Renew a session.

        Raises:
            LinkError: Central is not there, or the session has ended.
        """
        return self._session("/v1/session/refresh", {"refresh": login.refresh})

    def is_password(self, token: str, password: str) -> bool:
        """Whether a password is that of whoever is logged on, says central.

        Raises:
            LinkError: Central does not say.
        """
        try:
            with self._ask("POST", "/v1/session/unlock", token=token, json={"password": password}):
                return True
        except LinkError as error:
            if error.status == requests.codes.forbidden:
                return False
            raise

    def _session(self, path: str, asked: dict[str, Any]) -> Login:
        began_s = time.monotonic()
        with self._ask("POST", path, json=asked) as answer:
            try:
                return login_in(answer.content, began_s=began_s)
            except msgspec.MsgspecError as error:
                raise LinkError(LinkTrouble.NOT_CENTRAL, str(error)) from error

    def log_off(self, token: str) -> None:
        """End the session.

        Raises:
            LinkError: Central did not hear it; the session ends by itself.
        """
        with self._ask("DELETE", "/v1/session", token=token):
            pass

    def snapshot(self, token: str, to: Path, *, min_rev: int) -> str:
        """Fetch a snapshot into a file; return the hash central gives it.

        Raises:
            LinkError: It did not come.
        """
        path = f"/v1/snapshot?min_rev={min_rev}"
        with self._ask("GET", path, token=token, stream=True) as answer:
            _save(answer, to)
            return str(answer.headers.get("X-Zhihui-Sha256", ""))

    def put_evidence(self, token: str, data: bytes, *, sha256: str, media_type: str) -> None:
        """Give central the bytes of evidence.

        Raises:
            LinkError: It has not got them.
        """
        headers = {"Content-Type": media_type}
        path = f"/v1/evidence/{sha256}"
        with self._ask("PUT", path, token=token, data=data, headers=headers):
            pass

    def evidence_begun(self, token: str, sha256: str) -> UploadState:
        """Return how much of a piece of evidence central has.

        Raises:
            LinkError: It did not say.
        """
        with self._ask("GET", f"/v1/evidence/{sha256}/upload", token=token) as answer:
            return _upload_state(answer)

    def send_part(
        self, token: str, sha256: str, part: bytes, *, offset: int, total: int
    ) -> UploadState:
        """Give central the next part of a piece of evidence.

        Raises:
            LinkError: It has not got it; ``offset`` says where to go on if another part is due.
        """
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(total)}
        path = f"/v1/evidence/{sha256}"
        with self._ask(
            "PATCH", path, token=token, data=part, headers=headers, timeout_s=_HASHED_WITHIN_S
        ) as answer:
            return _upload_state(answer)

    def evidence(self, token: str, sha256: str, keep: Callable[[Iterable[bytes]], None]) -> None:
        """Fetch the bytes of evidence and hand them, block by block, to ``keep``.

        Raises:
            LinkError: They did not come.
        """
        with self._ask("GET", f"/v1/evidence/{sha256}", token=token, stream=True) as answer:
            try:
                keep(answer.iter_content(_BLOCK))
            except requests.RequestException as error:
                raise LinkError(LinkTrouble.UNREACHABLE, str(error)) from error

    def trails(
        self,
        token: str,
        from_ms: int,
        to_ms: int,
        *,
        unit: int | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> list[tuple[int, bytes]]:
        """Fetch trails: unit numbers and packed chunks.

        Args:
            token: Of the session.
            from_ms: Unix milliseconds.
            to_ms: Unix milliseconds.
            unit: One unit's number, ``None`` for all.
            box: South, west, north, east: only units that were there.

        Raises:
            LinkError: They did not come.
        """
        asked = {"from_ms": from_ms, "to_ms": to_ms, "unit": unit}
        params = {name: value for name, value in asked.items() if value is not None}
        where = {} if box is None else {"box": ",".join(f"{side:.6f}" for side in box)}
        with self._ask("GET", "/v1/trails", token=token, params=params | where) as answer:
            try:
                return msgspec.msgpack.decode(answer.content, type=list[tuple[int, bytes]])
            except msgspec.MsgspecError as error:
                raise LinkError(LinkTrouble.NOT_CENTRAL, str(error)) from error

    def city(self, token: str) -> CityOffer | None:
        """Return which city central is of, ``None`` if it says nothing of it.

        Raises:
            LinkError: Central is not there, or says nonsense.
        """
        try:
            with self._ask("GET", "/v1/city", token=token) as answer:
                meta: Any = answer.json()
            zone = str(meta.get("time_zone") or "")
            if "sha256" not in meta:
                return CityOffer(zone=zone)
            return CityOffer(sha256=str(meta["sha256"]), size=int(meta["size"]), zone=zone)
        except LinkError as error:
            if error.status == requests.codes.not_found:
                return None
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LinkError(LinkTrouble.NOT_CENTRAL, f"/v1/city: {error}") from error

    def city_pack(self, token: str, to: Path, *, sha256: str) -> None:
        """Fetch the city pack, whole and true to its hash or not at all.

        Raises:
            LinkError: It did not come, or not as it was.
        """
        part = to.with_suffix(".part")
        with self._ask("GET", "/v1/city/pack", token=token, stream=True) as answer:
            found = _save(answer, part)
        if found != sha256:
            part.unlink()
            raise LinkError(LinkTrouble.PROTOCOL, "the city pack came damaged")
        part.replace(to)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        timeout_s: float | None = None,
        **what: Any,
    ) -> requests.Response:
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        with requests.Session() as session:
            session.trust_env = False
            session.verify = self._verify
            try:
                answer = session.request(
                    method,
                    self._base + path,
                    headers=sent,
                    stream=stream,
                    timeout=(_CONNECT_S, timeout_s or self._settings.timeout_s),
                    allow_redirects=False,
                    **what,
                )
            except requests.exceptions.SSLError as error:
                raise LinkError(LinkTrouble.NOT_TRUSTED, str(error)) from error
            except (requests.ConnectionError, requests.Timeout) as error:
                raise LinkError(LinkTrouble.UNREACHABLE, str(error)) from error
            except (requests.RequestException, ValueError) as error:
                raise LinkError(LinkTrouble.NOT_CENTRAL, str(error)) from error
        if answer.ok and not answer.is_redirect:
            return answer
        with answer:
            raise _error_in(answer)


def _error_in(answer: requests.Response) -> LinkError:
    """Return what an answer that is an error means."""
    status = answer.status_code
    try:
        told = answer.json()
        reason, offset = str(told["error"]), told.get("offset")
    except (ValueError, KeyError, TypeError, requests.RequestException):
        return LinkError(LinkTrouble.NOT_CENTRAL, f"HTTP {status}", status=status)
    of_status: dict[int, LinkTrouble] = {
        401: LinkTrouble.WRONG_PASSWORD,
        500: LinkTrouble.UNREACHABLE,
        502: LinkTrouble.UNREACHABLE,
        503: LinkTrouble.UNREACHABLE,
    }
    trouble = of_status.get(status, LinkTrouble.NOT_ALLOWED)
    here = offset if isinstance(offset, int) else None
    return LinkError(trouble, reason, status=status, offset=here)


def _upload_state(answer: requests.Response) -> UploadState:
    try:
        return msgspec.json.decode(answer.content, type=UploadState)
    except msgspec.MsgspecError as error:
        raise LinkError(LinkTrouble.NOT_CENTRAL, str(error)) from error


def _save(answer: requests.Response, to: Path) -> str:
    """Write a body into a file; return its SHA-256.

    Raises:
        LinkError: It ended early.
    """
    digest = hashlib.sha256()
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        with to.open("wb") as file:
            for block in answer.iter_content(_BLOCK):
                digest.update(block)
                file.write(block)
    except requests.RequestException as error:
        raise LinkError(LinkTrouble.UNREACHABLE, str(error)) from error
    return digest.hexdigest()
