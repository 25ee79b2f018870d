"""Routes of evidence that comes in parts: how much is here, and the next part.

The headers are those of resumable uploads elsewhere: ``Upload-Offset`` says where a part begins,
``Upload-Length`` how many bytes the whole has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.central.door import Door
from console.central.evidence import (
    EvidenceHashError,
    EvidenceOffsetError,
    EvidenceStore,
    EvidenceTooLargeError,
    TooManyBegunError,
    check_size,
    is_hash,
)
from console.central.web import AnswerError, permitted

#: The most of one part; whoever sends more has to cut it.
MAX_PART_BYTES = 16 << 20
#: Longer numbers are nonsense.
_DIGITS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRoutes:
    """Evidence in parts."""

    door: Door
    evidence: EvidenceStore

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["evidence"])
        path = "/v1/evidence/{sha256}"
        router.add_api_route(path, self.part, methods=["PATCH"], response_model=None)
        router.add_api_route(f"{path}/upload", self.begun, methods=["GET"], response_model=None)
        return router

    async def begun(self, sha256: str, request: Request) -> Response:
        """Say how many bytes of a piece are here, and whether it is whole."""
        sender = permitted(self.door, request, "write:evidence").person.id
        _check_hash(sha256)
        size = self.evidence.wanted_again(sha256)  # who asks is about to enter it in an incident
        here = self.evidence.begun_bytes(sha256, sender) if size is None else size
        return _state(sha256, here, is_kept=size is not None)

    async def part(
        self,
        sha256: str,
        request: Request,
        upload_offset: Annotated[str, Header()] = "",
        upload_length: Annotated[str, Header()] = "",
    ) -> Response:
        """Keep the next part of a piece, at most 16 MB; the last one is answered when all is kept.

        Args:
            sha256: Hash of the whole.
            request: Holds the part.
            upload_offset: Where in the whole the part begins.
            upload_length: Bytes of the whole.
        """
        session = permitted(self.door, request, "write:evidence")
        _check_hash(sha256)
        _check_part(request)
        offset, total = (
            _number(upload_offset, "Upload-Offset"),
            _number(upload_length, "Upload-Length"),
        )
        if total == 0 or offset > total:
            raise AnswerError(422, f"A part at byte {offset} of {total} is none of that evidence.")
        try:
            check_size(session.person.role, total)
            here = await self.evidence.take_part(
                sha256,
                session.person.id,
                request.stream(),
                offset=offset,
                total=total,
            )
        except EvidenceOffsetError as error:
            return JSONResponse({"error": str(error), "offset": error.offset}, status_code=409)
        except TooManyBegunError as error:
            raise AnswerError(429, str(error)) from error
        except EvidenceTooLargeError as error:
            raise AnswerError(413, str(error)) from error
        except EvidenceHashError as error:
            raise AnswerError(422, str(error)) from error
        except OSError as error:
            raise AnswerError(
                503, f"Central could not keep the bytes ({error.strerror}); send them again later."
            ) from error
        return _state(sha256, here, is_kept=here == total)


def _check_hash(sha256: str) -> None:
    if not is_hash(sha256):
        raise AnswerError(422, "The address must end in a SHA-256: 64 small hexadecimals.")


def _number(said: str, name: str) -> int:
    """Return a number in a header; it is looked at only once it is known who asks."""
    if not (said.isascii() and said.isdecimal() and len(said) <= _DIGITS):
        raise AnswerError(422, f"Say in the header {name} a number of bytes.")
    return int(said)


def _check_part(request: Request) -> None:
    said = request.headers.get("content-length", "")
    if not (said.isascii() and said.isdecimal() and len(said) <= _DIGITS):
        raise AnswerError(411, "A part says how long it is: send Content-Length.")
    if int(said) > MAX_PART_BYTES:
        raise AnswerError(
            413, f"A part holds at most {MAX_PART_BYTES >> 20} MB; send smaller parts."
        )


def _state(sha256: str, here: int, *, is_kept: bool) -> Response:
    return JSONResponse({"sha256": sha256, "offset": here, "complete": is_kept})
