"""The key that credentials of cameras are sealed with at central, and the sealing of old rows."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from fastapi import APIRouter
from sqlalchemy import Connection, or_, select, update
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.central.acts import act_by, actor_of
from console.central.auditdesk import AuditDesk
from console.central.door import Door
from console.central.settings import CentralError, CentralSettings
from console.central.web import host_of, permitted
from console.domain.audit import SEALED
from console.domain.places import Camera
from console.store.cameraseal import CameraKey, SealError
from console.store.mapping import set_value
from console.store.seat import Seat
from console.store.secretfile import SecretFileError, read_or_make
from console.store.tables import CAMERA, CHANGE_LOG, META

FIELDS = ("username", "password")
_DONE = "cameras_sealed"
_log = logging.getLogger("zhihui.central")
_patch = msgspec.msgpack.Decoder(dict[str, Any])
_pack = msgspec.msgpack.Encoder()


def key_path(settings: CentralSettings) -> Path:
    """Return where the key lies; a backup takes it along."""
    return settings.folder / "camera.key"


def opened_key(settings: CentralSettings) -> CameraKey:
    """Return the camera key of a central, made at its first start.

    Raises:
        CentralError: It cannot be used.
    """
    try:
        return CameraKey(read_or_make(key_path(settings), CameraKey.made).decode("ascii"))
    except (SecretFileError, SealError, UnicodeDecodeError) as error:
        raise CentralError(f"Credentials of cameras cannot be sealed: {error}") from error


def seal_rows(seat: Seat, key: CameraKey) -> int:
    """Seal what earlier versions kept readable, in rows and in the change log; once.

    Returns:
        How many rows and changes were sealed.
    """
    with seat.begin() as connection:
        asked = select(META.c.value).where(META.c.key == _DONE)
        if connection.execute(asked).scalar() is not None:
            return 0
        if connection.dialect.name == "sqlite":
            # What is overwritten is not to be found in the file's free pages either.
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
        count = _seal_cameras(connection, key) + _seal_changes(connection, key)
        set_value(connection, META, _DONE, "1")
    if count:
        _log.info("credentials of cameras: %d rows and changes were sealed", count)
    return count


def _seal_cameras(connection: Connection, key: CameraKey) -> int:
    camera = CAMERA.c
    query = select(camera.id, camera.username, camera.password).where(
        or_(*(_is_plain(camera[name]) for name in FIELDS))
    )
    rows = connection.execute(query).all()
    for row in rows:
        values = _sealed(key, row.id, {"username": row.username, "password": row.password})
        connection.execute(update(CAMERA).where(camera.id == row.id).values(values))
    return len(rows)


def _is_plain(column: Any) -> Any:
    return column.is_not(None) & column.not_like(f"{SEALED}%")


def _seal_changes(connection: Connection, key: CameraKey) -> int:
    log, count = CHANGE_LOG.c, 0
    query = select(log.shard, log.rev, log.row_id, log.patch).where(log.row_kind == "camera")
    for row in connection.execute(query).all():
        patch = _patch.decode(row.patch)
        held = {name: patch[name] for name in FIELDS if patch.get(name)}
        sealed = _sealed(key, row.row_id, held)
        if sealed == held:
            continue
        where = update(CHANGE_LOG).where(log.shard == row.shard, log.rev == row.rev)
        connection.execute(where.values(patch=_pack.encode(patch | sealed)))
        count += 1
    return count


def _sealed(key: CameraKey, row_id: str, values: dict[str, str | None]) -> dict[str, str | None]:
    camera = key.sealed(Camera(id=row_id, name="", main_url="", **values))  # type: ignore[arg-type]
    return {name: getattr(camera, name) for name in values}


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraKeyRoutes:
    """Gives the key to those who open streams; each time is in the audit."""

    door: Door
    audit: AuditDesk
    key: CameraKey

    def router(self) -> APIRouter:
        """Return the route."""
        router = APIRouter(tags=["cameras"])
        router.add_api_route("/v1/cameras/key", self.give, methods=["GET"], response_model=None)
        return router

    async def give(self, request: Request) -> Response:
        """Give the key that the credentials in camera rows are opened with."""
        session = permitted(self.door, request, "read:camera_passwords")
        actor = actor_of(session, host_of(request))
        await self.audit.record(act_by(actor, "read:camera_key", at=datetime.now(UTC)))
        return JSONResponse({"key": self.key.hex()}, headers={"Cache-Control": "no-store"})
