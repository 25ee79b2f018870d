"""`zhihui run`: everything on one machine, started in order, looked after, stopped in reverse."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType

from console.app import children, served, wiring
from console.app.cityclock import keep_city_time
from console.app.config import sweep_processes
from console.app.ground import ensure_pack
from console.app.processes import Child, Family, ProcessError, wait_until
from console.app.site import site_zone
from console.app.wiring import RunPlan

_log = logging.getLogger("zhihui.run")
READY_TIMEOUT_S = 60.0
LOOK_AFTER_EVERY_S = 0.5
#: Crashes of the console, each soon after its start, after which the run gives up.
MOST_CRASHES = 4
#: Any length does: only whether the videos open is asked.
CLIP_PROBE_S = 10.0


class AlreadyRunningError(ProcessError):
    """Another `zhihui run` holds this home."""


def run_everything(plan: RunPlan) -> int:
    """Start the server, the city, its cameras, the sweep and the console; stay until it ends.

    Raises:
        ProcessError: Something that is needed did not come up.
    """
    stop = _Stop()
    with _only_one(plan.home), stop.on_signals():
        _need_screen(plan)
        _check_files(plan)
        plan = _with_camera_port(plan)
        pack = ensure_pack(plan)
        keep_city_time(os.environ, site_zone(plan.config, plan.home, pack))
        wiring.seed_home(plan, pack)
        family = Family()
        try:
            _start_all(family, plan, pack, stop)
            _stay(family, stop, plan.home)
        finally:
            _say("Stopping …")
            family.stop()
    _say("Stopped. Start again and it goes on where it was.")
    return 0


def _start_all(family: Family, plan: RunPlan, pack: Path, stop: _Stop) -> None:
    central = family.start(children.central_child(plan, pack))
    wait_until(
        lambda: stop.asked or _central_is_ready(plan, central),
        central,
        timeout_s=READY_TIMEOUT_S,
        log_hint=str(plan.home / "logs" / "central.log"),
    )
    if stop.asked:
        return
    server = served.running_central(plan.home)
    if server is None:
        raise ProcessError("The central server said it was ready and is gone. See its log.")
    _say(f"Central server: {server.url}   handheld page: {server.url}/handheld/")
    if plan.window:
        family.start(children.console_child(plan, pack, server.url))
    family.start(children.cameras_child(plan, pack))
    family.start(children.city_child(plan, pack, server.url))
    if plan.config.cache_key == "passphrase":
        _say("The sweep needs the passphrase too: start it with `zhihui sweep`, beside this one.")
    else:
        parts = sweep_processes(plan.config)
        for part in range(parts):
            family.start(children.sweep_child(plan, part, parts))
    _say("The city, its cameras and the sweep run niced, so that the window stays smooth.")
    _say("Ctrl+C stops everything." if not plan.window else "Close the window to stop everything.")


def _central_is_ready(plan: RunPlan, child: Child) -> bool:
    server = served.running_central(plan.home)
    if server is None or child.process is None or server.pid != child.process.pid:
        return False
    return served.is_healthy(server.url, served.own_ca(plan.home))


def _stay(family: Family, stop: _Stop, home: Path) -> None:
    """Look after the processes until someone asks to stop or the console is closed.

    A console that crashes is started again; the server and the city go on meanwhile.
    """
    consoles = [child for child in family.children if child.name == "console"]
    while not stop.wait(LOOK_AFTER_EVERY_S):
        family.look_after(time.monotonic())
        for console in consoles:
            if console.has_ended:
                return
            if console.deaths >= MOST_CRASHES:
                _say(
                    f"The console crashed {console.deaths} times in a row; see logs/console.log in "
                    f"{home}. Nothing is lost: start again, or run `zhihui doctor`."
                )
                return


class _Stop:
    """Whether someone asked to stop, by Ctrl+C or SIGTERM."""

    def __init__(self) -> None:
        self.asked = False

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Take SIGINT, SIGTERM and SIGHUP as the wish to stop, within this block."""
        wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._ask) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def wait(self, seconds: float) -> bool:
        """Wait that long, or less when someone asks; returns whether someone did."""
        end = time.monotonic() + seconds
        while not self.asked and time.monotonic() < end:
            time.sleep(min(0.05, seconds))
        return self.asked

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


@contextlib.contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Hold the home for this run; a second run on it is refused."""
    import fcntl  # noqa: PLC0415 - not on every system

    home.mkdir(parents=True, exist_ok=True)
    with (home / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRunningError(
                f"Zhihui already runs on {home}. Use its window, stop it, or give another --home."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _with_camera_port(plan: RunPlan) -> RunPlan:
    """Settle the cameras' port now: their addresses stand in the directory."""
    wanted = plan.config.camera_port
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((plan.config.host, wanted))
        except OSError as error:
            raise ProcessError(
                f"Port {wanted} is taken by another program ({error.strerror}), and the cameras "
                "need it. Stop that program, or choose another port with --camera-port."
            ) from error
        port = int(probe.getsockname()[1])
    return replace(plan, config=replace(plan.config, camera_port=port))


def _check_files(plan: RunPlan) -> None:
    """Read what the city and its cameras will need, so that a wrong name is said now.

    Raises:
        ReplayError: The complaints cannot be replayed.
        CameraCityError: None of the clips can be used.
    """
    if plan.complaints is not None:
        from console.city.replay import ReplaySource  # noqa: PLC0415 - only then

        source = ReplaySource(plan.complaints)
        left_out = f", {len(source.bad_lines):,} lines left out" if source.bad_lines else ""
        _say(f"{len(source):,} complaints to replay from {plan.complaints.name}{left_out}.")
    if plan.clips is not None:
        from console.city.cameras.clips import open_folder  # noqa: PLC0415 - loads a decoder

        for sentence in open_folder(plan.clips, CLIP_PROBE_S).complaints:
            _say(sentence)


def _need_screen(plan: RunPlan) -> None:
    seen = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if plan.window and not any(os.environ.get(name) for name in seen):
        raise ProcessError(
            "There is no screen here ($DISPLAY is not set). Start from a desktop session, put "
            "`xvfb-run -a` in front, or add --no-window to run the servers alone."
        )


def _say(text: str) -> None:
    print(text, flush=True)
