"""Credentials of cameras: sealed where they are kept, opened where a stream is opened."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from central_parts import CentralServer, a_city, some_units
from hypothesis import given
from hypothesis import strategies as st

from console.domain.audit import SEALED, masked
from console.domain.ids import CameraId
from console.domain.levels import Role
from console.domain.places import Camera
from console.protocol.commands import PutCameras
from console.store.cameraseal import CameraKey, SealError, opened_or_bare
from console.video.points import PointsError, read_points, write_points

KEY = CameraKey(CameraKey.made().decode())
OTHER = CameraKey(CameraKey.made().decode())
SECRET = "hik-12345-🔑"


def camera(row_id: str = "c1", **more: str | None) -> Camera:
    return Camera(id=CameraId(row_id), name="东单", main_url="rtsp://h/1", **more)  # type: ignore[arg-type]


@given(st.text(min_size=1), st.text(min_size=1).filter(lambda text: text != "●"))
def test_that_what_is_sealed_comes_back_and_is_sealed_once(user: str, password: str) -> None:
    plain = camera(username=user, password=password)
    sealed = KEY.sealed(plain)
    if user != "●":
        assert sealed.username is not None
        assert sealed.username.startswith(SEALED)
        assert KEY.opened(sealed) == plain
    assert KEY.sealed(sealed) == sealed == KEY.sealed(plain)


def test_that_a_token_opens_for_its_own_camera_and_field_with_its_own_key_only() -> None:
    sealed = KEY.sealed(camera(username="root", password=SECRET))
    for wrong in (replace(sealed, id=CameraId("c2")), replace(sealed, password=sealed.username)):
        with pytest.raises(SealError):
            KEY.opened(wrong)
    with pytest.raises(SealError, match="enter them again"):
        OTHER.opened(sealed)
    assert opened_or_bare(sealed, OTHER) == camera()
    assert opened_or_bare(sealed, None) == sealed
    assert SECRET not in repr(sealed) + repr(KEY.opened(sealed)) + repr(KEY)
    assert masked({"new": {"username": sealed.username}}) == {"new": {"username": "●"}}
    with pytest.raises(SealError, match="backup"):
        CameraKey("no key")


def test_that_the_sweeps_list_lies_locked_and_opens_with_its_key_only(tmp_path: Path) -> None:
    path, wanted = tmp_path / "points.json", [camera(username="root", password=SECRET)]
    write_points(path, wanted, KEY)
    assert SECRET.encode() not in path.read_bytes()
    assert json.dumps(SECRET).encode() not in path.read_bytes()
    assert read_points(path, KEY) == wanted
    for key in (OTHER, None):
        with pytest.raises(PointsError):
            read_points(path, key)
    write_points(path, wanted)
    assert read_points(path, KEY) == wanted


def test_that_what_an_earlier_central_kept_readable_is_sealed_at_the_next_start(
    tmp_path: Path,
) -> None:
    server = CentralServer(tmp_path / "home")
    server.seed(some_units(), [camera(), camera("c2")], a_city())
    with closing(sqlite3.connect(tmp_path / "home" / "central" / "central.db")) as db, db:
        db.execute("UPDATE camera SET username='root', password=? WHERE id='c1'", (SECRET,))
        (patch,) = db.execute("SELECT patch FROM change_log WHERE row_id='c1'").fetchone()
        old = msgspec.msgpack.decode(patch) | {"username": "root", "password": SECRET}
        db.execute(
            "UPDATE change_log SET patch=? WHERE row_id='c1'", (msgspec.msgpack.encode(old),)
        )
        db.execute("DELETE FROM meta WHERE key='cameras_sealed'")
    server.start()
    key = CameraKey((tmp_path / "home" / "central" / "camera.key").read_text())
    ((user, password),) = server.query("SELECT username, password FROM camera WHERE id='c1'")
    assert key.opened(camera(username=user, password=password)) == camera(
        username="root", password=SECRET
    )
    ((patch,),) = server.query("SELECT patch FROM change_log WHERE row_id='c1'")
    assert msgspec.msgpack.decode(patch)["password"] == password
    admin, operator = server.client(Role.ADMINISTRATOR), server.client(Role.VIDEO_OPERATOR)
    admin.post(PutCameras(cameras=(camera("c3", username="u", password=SECRET),)))
    acts = admin.http.get(f"{server.url}/v1/audit", timeout=60).text
    snapshot = operator.http.get(f"{server.url}/v1/snapshot", timeout=60).content
    assert SECRET not in acts
    assert SEALED not in acts
    assert SECRET.encode() not in snapshot
    assert admin.http.get(f"{server.url}/v1/cameras/key", timeout=60).status_code == 403
    given = operator.http.get(f"{server.url}/v1/cameras/key", timeout=60)
    assert given.json()["key"] == key.hex()
    assert given.headers["Cache-Control"] == "no-store"
    assert "read:camera_key" in admin.http.get(f"{server.url}/v1/audit", timeout=60).text
    for client in (admin, operator):
        client.close()
    server.stop()
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
