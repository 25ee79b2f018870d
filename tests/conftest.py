"""Fixtures that tests of several rooms use."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

if TYPE_CHECKING:
    from central_parts import CentralServer, Database

    from console.app.cluster import Cluster
    from widgets.common.appearance import Appearance

# How long one example takes says more of what else the machine does than of the code.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True,
    derandomize=True,  # whether a change lands is a matter of the change, not of luck
)  # fmt: skip
#: New examples each time, for those who look for faults: `--hypothesis-profile searching`.
settings.register_profile(
    "searching", settings.get_profile("any-machine"), derandomize=False, max_examples=1_000
)
settings.load_profile("any-machine")
# A wait that comes true costs nothing; one that does not is a failure on a busy machine as well.
PATIENCE_MS = 120_000
RESOURCES = Path(__file__).parents[1] / "resources"


class PatientBot(QtBot):
    """pytest-qt's bot, with limits that hold on a busy machine."""

    def waitUntil(self, callback: Callable[[], Any], *, timeout: int = PATIENCE_MS) -> None:  # noqa: N802
        super().waitUntil(callback, timeout=timeout)

    def waitExposed(self, widget: Any, *, timeout: int = PATIENCE_MS) -> Any:  # noqa: N802
        return super().waitExposed(widget, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, **more: Any) -> Any:  # noqa: N802
        return super().waitSignal(signal, timeout=timeout, **more)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """The bot that drives widgets."""
    return PatientBot(request)


@pytest.fixture
def appearance(qapp: QApplication) -> Iterator[Appearance]:
    """The dark look in English, and English again for whoever comes after."""
    from widgets.common.appearance import Appearance  # noqa: PLC0415 - as below

    shown = Appearance(qapp, RESOURCES, theme="dark", language="en")
    yield shown
    shown.use_language("en")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test leave neither windows nor a clock behind for those that come after it.

    Models and widgets in reference cycles go after their test, in Qt's own thread: collected in
    another, of this test or of a later one, they would take their timers with them there, and
    crash. A test that failed leaves its frames, and so its windows, to a debugger that nobody
    starts; the next test would let go of them in whatever thread it happens to be.

    A console in the test's own process keeps the time of the city that its central tells.
    """
    zone, is_of_qt = os.environ.get("TZ"), "qapp" in getattr(item, "fixturenames", ())
    if is_of_qt:
        gc.disable()
    try:
        return (yield)
    finally:
        if is_of_qt:
            for name in ("last_type", "last_value", "last_traceback"):
                vars(sys).pop(name, None)
            gc.collect()
            gc.enable()
        if os.environ.get("TZ") != zone:
            os.environ.pop("TZ", None)
            os.environ.update({} if zone is None else {"TZ": zone})
            time.tzset()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked ``both_databases`` on SQLite and on PostgreSQL."""
    is_marked = metafunc.definition.get_closest_marker("both_databases") is not None
    if is_marked and "database" in metafunc.fixturenames:
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of the tests' own, started with the first test that asks for it."""
    from console.app.cluster import temporary_cluster  # noqa: PLC0415 - as below

    with temporary_cluster() as started:
        yield started


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Where central keeps its records: SQLite, or PostgreSQL by ``both_databases``."""
    from central_parts import Database  # noqa: PLC0415 - slow to import

    kind = getattr(request, "param", "sqlite")
    made = Database(request.getfixturevalue("cluster") if kind == "postgresql" else None)
    yield made
    made.drop()


@pytest.fixture
def central_server(tmp_path: Path, database: Database) -> Iterator[CentralServer]:
    """A real central on a free port with eight officers K1 … K8 on duty (ids u1 … u8)."""
    from central_parts import CentralServer, a_city, some_units  # noqa: PLC0415 - slow to import

    server = CentralServer(tmp_path / "home", database=database)
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()
