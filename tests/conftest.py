"""Fixtures that tests of several rooms use."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

if TYPE_CHECKING:
    from central_parts import CentralServer

# How long one example takes says more of what else the machine does than of the code.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("any-machine")
# A wait that comes true costs nothing; one that does not is a failure on a busy machine as well.
PATIENCE_MS = 30_000


class PatientBot(QtBot):
    """pytest-qt's bot, with limits that hold on a busy machine."""

    def waitUntil(self, callback: Callable[[], Any], *, timeout: int = PATIENCE_MS) -> None:  # noqa: N802
        super().waitUntil(callback, timeout=timeout)

    def waitExposed(self, widget: Any, *, timeout: int = PATIENCE_MS) -> Any:  # noqa: N802
        return super().waitExposed(widget, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, **more: Any) -> Any:  # noqa: N802
        return super().waitSignal(signal, timeout=timeout, **more)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[QtBot]:
    """The bot that drives widgets.

    Widgets in reference cycles go here, in Qt's own thread: collected in a thread of the next
    test they would take their timers with them there, and crash.
    """
    yield PatientBot(request)
    gc.collect()


@pytest.fixture
def central_server(tmp_path: Path) -> Iterator[CentralServer]:
    """A real central on a free port with eight officers K1 … K8 on duty (ids u1 … u8)."""
    from central_parts import CentralServer, a_city, some_units  # noqa: PLC0415 - slow to import

    server = CentralServer(tmp_path / "home")
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()
