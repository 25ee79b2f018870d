"""Bad input at process level: a sentence, nothing lost, the rest goes on, no process left."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest
from city_parts import LAT0, LON0, write_small_pack

from console.app import served
from console.app.cachekey import key_file
from console.app.imports import ImportRequest, import_file
from console.store.cipher import connect
from tests.e2e.living_city import LivingCity, Window, leftovers, own_screen, until
from tests.real_data import ROOT, real_data

pytestmark = pytest.mark.e2e
SMALL = ("--officers", "20", "--vehicles", "2", "--cameras", "4")
GARBAGE = b"\x00\xffHTTP/1.1 418 tea\r\n\r\n" * 50


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city of a few streets."""
    return write_small_pack(tmp_path_factory.mktemp("pack") / "small.citypack")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good video, one that is none, one cut short before its first picture."""
    folder = tmp_path_factory.mktemp("clips")
    good = real_data("video/street_360p25_h264.mp4")
    shutil.copy(good, folder / "good.mp4")
    (folder / "noise.mp4").write_bytes(os.urandom(20_000))
    (folder / "cut.mp4").write_bytes(good.read_bytes()[:4_000])
    return folder


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, pack: Path, clips: Path) -> Iterator[LivingCity]:
    """A city that runs on the good video."""
    home = tmp_path_factory.mktemp("living") / "home"
    running = LivingCity(home, "--city", str(pack), "--clips", str(clips), *SMALL)
    children = running.children
    yield running
    assert running.stop() == 0
    assert leftovers(children) == []


def refused(home: Path, *arguments: str) -> str:
    """Start `zhihui run`, which cannot; returns what it said on stderr."""
    command = [sys.executable, "-m", "console.app", "run", "--no-window", "--home", str(home),
               *SMALL, *arguments]  # fmt: skip
    before = {one.pid for one in psutil.process_iter()}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    mine = [one for one in psutil.process_iter() if one.pid not in before]
    assert [one.pid for one in mine if _is_of(one, home)] == []
    return done.stderr


def _is_of(process: psutil.Process, home: Path) -> bool:
    try:
        return str(home) in process.cmdline()
    except psutil.Error:
        return False


@contextmanager
def taken_port() -> Iterator[int]:
    """Give a port on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


@contextmanager
def talker() -> Iterator[int]:
    """Give the port of a program that answers whoever calls with garbage."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_talk, args=(server,), daemon=True).start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


def _talk(server: socket.socket) -> None:
    while True:
        try:
            caller, _ = server.accept()
        except OSError:
            return  # the test is over
        with caller:
            caller.recv(4_096)
            caller.sendall(GARBAGE)


def test_that_a_taken_port_of_central_is_said(tmp_path: Path, pack: Path) -> None:
    with taken_port() as port:
        said = refused(tmp_path, "--city", str(pack), "--port", str(port), "--camera-port", "0")
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


def test_that_a_taken_port_of_the_cameras_is_said(tmp_path: Path, pack: Path) -> None:
    with taken_port() as port:
        said = refused(tmp_path, "--city", str(pack), "--port", "0", "--camera-port", str(port))
    assert f"Port {port} is taken" in said
    assert "--camera-port" in said


def test_that_an_extract_cut_short_is_said_and_leaves_no_city(tmp_path: Path) -> None:
    source = tmp_path / "cut.osm.pbf"
    source.write_bytes(real_data("map/Helsinki.osm.pbf").read_bytes()[:300_000])
    home = tmp_path / "home"
    assert "cut short" in refused(home, "--city", str(source))
    assert list((home / "city").iterdir()) == []


@pytest.mark.parametrize("keep", [100, 20_000])
def test_that_a_city_pack_cut_short_is_said_and_kept(tmp_path: Path, pack: Path, keep: int) -> None:
    cut = tmp_path / "cut.citypack"
    cut.write_bytes(pack.read_bytes()[:keep])
    said = refused(tmp_path / "home", "--city", str(cut))
    assert "cut.citypack cannot be used" in said
    assert "Fetch it again" in said
    assert cut.stat().st_size == keep


def test_that_a_damaged_database_is_said_and_not_touched(tmp_path: Path, pack: Path) -> None:
    database = tmp_path / "central" / "central.db"
    database.parent.mkdir()
    bytes_before = os.urandom(8_192)
    database.write_bytes(bytes_before)
    said = refused(tmp_path, "--city", str(pack), "--port", "0", "--camera-port", "0")
    assert "is damaged or cannot be read" in said
    assert "backup" in said
    assert database.read_bytes() == bytes_before


def test_that_complaints_and_videos_that_are_none_are_said_before_anything_starts(
    tmp_path: Path, pack: Path
) -> None:
    (tmp_path / "rows.jsonl").write_text("no json\n", encoding="utf-8")
    said = refused(
        tmp_path / "a", "--city", str(pack), "--complaints", str(tmp_path / "rows.jsonl")
    )
    assert "zhihui import complaints" in said
    said = refused(tmp_path / "b", "--city", str(pack), "--clips", str(tmp_path))
    assert "No video in" in said


def test_that_a_second_run_on_a_home_is_refused_and_the_first_goes_on(city: LivingCity) -> None:
    assert "already runs on" in refused(city.home, "--port", "0", "--camera-port", "0")
    assert served.is_healthy(city.url)


def test_that_videos_that_do_not_decode_are_named_and_the_good_one_is_shown(
    city: LivingCity,
) -> None:
    said = city.log.read_text()
    for name in ("noise.mp4", "cut.mp4"):
        assert f"The video {name} cannot be used" in said
    assert "good.mp4" not in said
    log = city.home / "logs" / "cameras.log"
    # They are made by processes that give way to everything else; the log begins with the first.
    until(
        lambda: log.exists() and "All points show" in log.read_text(),
        "pictures from the good video",
        240.0,
    )


def test_that_a_wrong_address_is_said_in_the_window_which_stays_open(city: LivingCity) -> None:
    with taken_port() as port:
        url = f"http://127.0.0.1:{port}"  # where nobody listens any more
    options = ("--server", url, "--language", "en")
    with (
        own_screen() as environment,
        Window(city, "lost", environment, *options, mark="window_s") as window,
    ):
        until(lambda: f"{url} does not answer" in window.log.read_text(), "a sentence on the link")
        assert window.process.poll() is None
        assert window.close() == 0


def test_that_a_damaged_cache_is_set_aside_and_a_camera_of_garbage_is_found_out(
    city: LivingCity, tmp_path: Path
) -> None:
    folder = city.home / "console" / "main"  # the one for which the sweep goes round
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cache.db").write_bytes(os.urandom(40_000))
    with own_screen() as environment, talker() as port:
        table = tmp_path / "garbage.csv"
        place = f"{LAT0 + 0.01},{LON0 + 0.01}"
        table.write_text(f"id,name,url,lat,lon\nG1,Garbage,rtsp://127.0.0.1:{port}/1,{place}\n")
        assert import_file(ImportRequest(kind="cameras", path=table, home=city.home)) == 0
        with Window(city, "main", environment, "--language", "en") as window:
            said = window.log.read_text
            until(lambda: "local copy was damaged" in said(), "a sentence on the cache")
            assert (folder / "cache.db.damaged-1").stat().st_size == 40_000
            until(lambda: _rows(folder / "cache.db", "camera") == 5, "a new cache, with the point")
            looks = folder / "looks.db"
            until(lambda: _troubles(looks).get("G1") == "garbage", "what is wrong with the point")
            until(lambda: None in _troubles(looks).values(), "a picture of another point")
            assert window.close() == 0
        assert "Traceback" not in said()


def _rows(database: Path, table: str) -> int:
    """Return how many rows a table has, 0 while it is being made."""
    is_locked = database.name == "cache.db"
    key = key_file(database.parents[2]).read_text(encoding="ascii") if is_locked else None
    with closing(connect(database, key, read_only=True)) as connection:
        query = "SELECT count(*) FROM sqlite_master WHERE name = ?"
        if not connection.execute(query, (table,)).fetchone()[0]:
            return 0
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _troubles(looks: Path) -> dict[str, str | None]:
    """Return what is wrong with each point by what the sweep found last."""
    if not looks.is_file() or not _rows(looks, "look"):
        return {}
    with closing(sqlite3.connect(f"file:{looks}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("SELECT point, trouble FROM look").fetchall())
