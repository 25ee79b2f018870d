"""What every route needs: who asks, what they may, bodies within limits, errors as sentences."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from console.central.accounts import Session
from console.central.door import Door
from console.central.settings import CentralError
from console.domain.errors import ZhihuiError
from console.domain.permissions import may, may_somewhere

_log = logging.getLogger("zhihui.central")
#: Where a request's scope says whom the guard has let in, and for what.
LET_IN = "zhihui.let_in"


class AnswerError(ZhihuiError):
    """A request that is answered with an error.

    Attributes:
        status: HTTP status.
        retry_after_s: Whole seconds after which the same may be asked again, if it may.
        refused: Who lacks which right, where that is why.
    """

    def __init__(
        self,
        status: int,
        sentence: str,
        *,
        retry_after_s: int | None = None,
        refused: tuple[Session, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status, self.retry_after_s, self.refused = status, retry_after_s, refused


def bearer_of(request: Request) -> str | None:
    """Return the token of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def host_of(request: HTTPConnection) -> str:
    """Return the address a request or a stream comes from."""
    return request.client.host if request.client else ""


def session_of(door: Door, request: Request) -> Session:
    """Return who asks.

    Raises:
        AnswerError: 401, nobody is logged on with this token.
    """
    token = bearer_of(request)
    session = None if token is None else door.session(token)
    if session is None:
        raise AnswerError(401, "You are not logged on, or your session has ended: log on again.")
    return session


def permitted(door: Door, request: Request, action: str) -> Session:
    """Return who asks, if they may.

    Raises:
        AnswerError: 401 or 403.
    """
    session = session_of(door, request)
    check_may(session, action)
    return session


def let_in(door: Door, request: Request, action: str) -> Session:
    """Return who the guard before this route let in for an action; asks where it asked otherwise.

    Raises:
        AnswerError: 401 or 403.
    """
    known: tuple[Session, str] | None = request.scope.get(LET_IN)
    if known is not None and known[1] == action:
        return known[0]
    return permitted(door, request, action)


def check_may(session: Session, action: str) -> None:
    """Check that somebody may do something.

    Raises:
        AnswerError: 403, with who may not do what.
    """
    person = session.person
    if may(person.role, action) and not may_somewhere(person.role, person.remit, action):
        raise AnswerError(
            403,
            f"{action} touches the whole city; who works for some districts only may not.",
            refused=(session, action),
        )
    if not may(person.role, action):
        raise AnswerError(
            403,
            f"{session.person.name} is logged on as {session.person.role}, "
            f"who may not do “{action}”. Ask an administrator, or log on as somebody who may.",
            refused=(session, action),
        )


def check_whole_city(session: Session) -> None:
    """Check that somebody is limited to no district, where something touches all of them.

    Raises:
        AnswerError: 403.
    """
    if not session.person.remit.is_whole:
        raise AnswerError(
            403,
            f"{session.person.name} works for some districts; this touches the whole city. "
            "Ask an administrator who is limited to none.",
        )


async def body_of(request: Request, *, limit: int) -> bytes:
    """Return the body of a request.

    Raises:
        AnswerError: 413, it is larger than ``limit`` bytes.
    """
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise AnswerError(
                413, f"The request holds more than {limit} bytes; send it in smaller parts."
            )
        chunks.append(chunk)
    return b"".join(chunks)


def error_response(
    status: int, sentence: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return an error as every route gives it."""
    sent = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": sentence}, status_code=status, headers=sent)


def answer_of(error: AnswerError) -> JSONResponse:
    """Return what a request is answered with that is answered with an error."""
    seconds = error.retry_after_s
    headers = None if seconds is None else {"Retry-After": str(seconds)}
    return error_response(error.status, str(error), headers)


def put_error_handlers(app: FastAPI, on_refused: Callable[[Session, str, str], None]) -> None:
    """Have every error answered with a sentence.

    Args:
        app: What answers requests.
        on_refused: Told of everybody who lacks a right: the session, the right, the address.
    """

    async def answer(request: Request, error: Exception) -> Response:
        if not isinstance(error, AnswerError):
            return error_response(400, str(error))
        if error.refused is not None:
            on_refused(*error.refused, host_of(request))
        return answer_of(error)

    app.add_exception_handler(AnswerError, answer)
    app.add_exception_handler(CentralError, _unable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(OverflowError, _too_large)
    app.add_exception_handler(DataError, _too_large)
    app.add_exception_handler(Exception, _fault)


async def _unable(_: Request, error: Exception) -> Response:
    return error_response(503, str(error))


async def _invalid(_: Request, error: Exception) -> Response:
    problems: list[dict[str, Any]] = []
    if isinstance(error, RequestValidationError):
        problems = list(error.errors())
    told = "; ".join(
        f"{'.'.join(str(one) for one in problem['loc'][1:]) or 'the body'}: {problem['msg']}"
        for problem in problems[:3]
    )
    return error_response(422, f"The request could not be understood ({told}).")


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    path = request.url.path
    if status == HTTPStatus.NOT_FOUND:
        return error_response(404, f"There is nothing at {path}.")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return error_response(405, f"{request.method} is not possible at {path}.")
    detail = error.detail if isinstance(error, HTTPException) else str(error)
    return error_response(status, str(detail))


async def _gone(_: Request, error: Exception) -> Response:
    _log.debug("a client left before its request was read: %s", error)
    return error_response(400, "The request was cut short.")


async def _too_large(request: Request, error: Exception) -> Response:
    """Answer for a number or a word that the database does not know what to do with."""
    _log.info("%s %s holds what cannot be looked up: %s", request.method, request.url.path, error)
    return error_response(
        422, "A number or a word in the request is none that could be kept here; correct it."
    )


async def _fault(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return error_response(
        500, "Central stumbled over this request; nothing was changed. Its log says why."
    )
