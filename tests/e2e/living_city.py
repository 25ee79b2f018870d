"""Real processes for end-to-end tests: everything `zhihui run` starts, and a window on Xvfb."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import psutil
import requests
from numpy.typing import NDArray
from PIL import Image, ImageGrab

from console.app import served
from console.app.bench._screen import screen
from console.app.cachekey import key_file
from console.domain.ids import new_id
from tests.real_data import ROOT

START_WITHIN_S = 280.0
#: Spread of pixel values above which a part of the screen shows something.
CONTENT_STD = 12.0
#: How the program is started from the checkout; a bundle is a program of its own.
PROGRAM = (sys.executable, "-m", "console.app")


def _seat(program: Sequence[str]) -> Path | None:
    """Return the directory a program is started in: a bundle gets along with any."""
    return ROOT if program is PROGRAM else None


def until(condition: Callable[[], Any], what: str, timeout_s: float = 120.0) -> Any:
    """Wait until ``condition()`` is true and return it; fails with ``what`` when it never is."""
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.05)
    return found


class LivingCity:
    """A home on which `zhihui run --no-window` runs."""

    def __init__(self, home: Path, *arguments: str, program: Sequence[str] = PROGRAM) -> None:
        self.home = home
        command = [*program, "run", "--no-window", "--home", str(home),
                   "--port", "0", "--camera-port", "0", *arguments]  # fmt: skip
        self.log = home.parent / "run.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(command, cwd=_seat(program), stdout=log, stderr=log)
        try:
            until(self._is_up, f"the city; it said: {self.log}", START_WITHIN_S)
        except BaseException:
            self.stop()
            raise
        self.url = served.running_central(home).url  # type: ignore[union-attr]  # it is up

    def _is_up(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        said = self.log.read_text()
        return "Ctrl+C stops everything" in said and served.running_central(self.home) is not None

    @property
    def children(self) -> list[psutil.Process]:
        """The processes it started."""
        return psutil.Process(self._process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ask it to end, as Ctrl+C does; returns its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(120)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    @property
    def faults(self) -> list[str]:
        """What any of its processes, consoles among them, logged as an error."""
        logs = sorted((self.home / "logs").glob("*.log"))
        assert logs
        lines = [line for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if " ERROR " in line or " CRITICAL " in line]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask central's database."""
        path = self.home / "central" / "central.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()

    def complain(self, text: str, place: str, *, form: str, lat: float, lon: float) -> str:
        """Let a citizen complain by the hotline, as its gateway does; returns the report's id."""
        token = served.log_on(
            self.url, "city", served.password_of(self.home, "city"), kind="gateway"
        )
        now = datetime.now(UTC)
        report = {"id": new_id(now), "channel": "12345", "received_at": now.isoformat(),
                  "text": text, "place": place, "form": form, "lat": lat, "lon": lon,
                  "external_id": f"e2e-{new_id(now)}"}  # fmt: skip
        body = {"type": "AddReport", "report": report, "incident": new_id(now)}
        answer = requests.post(
            f"{self.url}/v1/commands", timeout=60, headers={"Authorization": f"Bearer {token}"},
            json=["command", new_id(now), "hotline", 1, now.isoformat(), body],
        )  # fmt: skip
        assert answer.json()[2] == "accepted", answer.text
        return str(report["id"])


class Window:
    """A console's real window, driven by keys.

    Args:
        mark: What it has to have reached: "usable_s", or "window_s" when it gets no rows.
    """

    def __init__(self, city: LivingCity, name: str, environment: dict[str, str],
                 *arguments: str, mark: str = "usable_s",
                 program: Sequence[str] = PROGRAM) -> None:  # fmt: skip
        self._environment = environment
        self.marks = city.home / f"{name}.started.json"
        self.log = city.home.parent / f"{name}.log"
        command = [*program, "console", "--home", str(city.home),
                   "--console-name", name, "--started-file", str(self.marks),
                   *arguments]  # fmt: skip
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=_seat(program), env=environment, stdout=log, stderr=log
            )
        until(lambda: self._has_reached(mark), f"the window; it said: {self.log}", START_WITHIN_S)
        self._focus()

    def _has_reached(self, mark: str) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return self.marks.is_file() and mark in json.loads(self.marks.read_text())

    def _focus(self) -> None:
        """Give the window the keyboard: there is no window manager on this screen."""
        found = self._xdotool("search", "--onlyvisible", "--pid", str(self.process.pid)).split()
        sizes = {one: self._xdotool("getwindowgeometry", one) for one in found}
        widest = max(sizes, key=lambda one: int(sizes[one].split("Geometry: ")[1].split("x")[0]))
        self._xdotool("windowfocus", "--sync", widest)

    def _xdotool(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self._environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as xdotool names them."""
        self._xdotool("key", "--delay", "60", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._xdotool("type", "--delay", "30", text)

    def command(self, line: str) -> None:
        """Give a line to the command line."""
        self.press("ctrl+k")
        self.type(line)
        self.press("Return")

    def picture(self, path: Path, box: tuple[int, int, int, int] | None = None) -> Image.Image:
        """Take a picture of the screen and keep it."""
        taken = ImageGrab.grab(bbox=box, xdisplay=self._environment["DISPLAY"])
        path.parent.mkdir(parents=True, exist_ok=True)
        taken.save(path)
        return taken

    def calm(self, timeout_s: float = 40.0) -> Image.Image:
        """Wait until what was asked for is drawn, and return the picture.

        A window that shows moving pictures is never still: it is calm when, three times running
        with half a second between, few pixels differ and the differing ones are those of video.
        """
        end = time.monotonic() + timeout_s
        still, before = 0, self._grey()
        while still < 3 and time.monotonic() < end:
            time.sleep(0.5)
            now = self._grey()
            still = still + 1 if (np.abs(now - before) > 24).mean() < 0.02 else 0
            before = now
        return ImageGrab.grab(xdisplay=self._environment["DISPLAY"])

    def has_content(self, box: tuple[int, int, int, int]) -> bool:
        """Whether there is more in a part of the screen than its background."""
        part = np.asarray(ImageGrab.grab(bbox=box, xdisplay=self._environment["DISPLAY"]))
        return bool(part.std() > CONTENT_STD)

    def _grey(self) -> NDArray[np.int16]:
        taken = ImageGrab.grab(xdisplay=self._environment["DISPLAY"]).convert("L")
        return np.asarray(taken.resize((480, 270)), dtype=np.int16)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(120)

    def close(self) -> int:
        """Close the window by its key; returns the exit status."""
        if self.process.poll() is None:
            self.press("ctrl+q")
        try:
            return self.process.wait(120)
        finally:
            if self.process.poll() is None:
                self.process.kill()


@contextmanager
def own_screen() -> Iterator[dict[str, str]]:
    """Give the environment of a screen of our own, 1920×1080, whatever else there is."""
    before = os.environ.pop("DISPLAY", None)
    try:
        with screen() as environment:
            yield {**environment, "QT_QPA_PLATFORM": "xcb"}
    finally:
        if before is not None:
            os.environ["DISPLAY"] = before


def leftovers(processes: Sequence[psutil.Process]) -> list[str]:
    """Return the commands of those processes that still live."""
    _, alive = psutil.wait_procs(list(processes), timeout=120)
    return commands_of(alive)


def commands_of(processes: Sequence[psutil.Process]) -> list[str]:
    """Return the commands of processes; one that has ended and was not fetched has none."""
    found = []
    for one in processes:
        with contextlib.suppress(psutil.NoSuchProcess):  # a zombie is one of these
            found.append(" ".join(one.cmdline()))
    return found


def secrets_of(home: Path) -> dict[str, str]:
    """Return what must stand in no log and on no command line, by what it is."""
    central = home / "central"
    found: dict[str, str] = json.loads((central / "accounts.json").read_text())
    for name in ("token.key", "officers.key", "devices.code"):
        found[name] = (central / name).read_text().strip()
    found["console's key"] = key_file(home).read_text().strip()
    found["city's key"] = (home / "city" / "device.key").read_text().strip()
    with closing(sqlite3.connect(f"file:{central / 'central.db'}?mode=ro", uri=True)) as db:
        query = "SELECT password FROM camera WHERE password IS NOT NULL LIMIT 1"
        found["camera"] = str(db.execute(query).fetchone()[0])
    return found


def spilled(secrets: dict[str, str], texts: list[str]) -> list[str]:
    """Return which secrets stand in some of these texts."""
    return [name for name, secret in secrets.items() if any(secret in text for text in texts)]
