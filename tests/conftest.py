"""Fixtures that tests of several rooms use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from central_parts import CentralServer

# How long one example takes says more of what else the machine does than of the code.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("any-machine")


@pytest.fixture
def central_server(tmp_path: Path) -> Iterator[CentralServer]:
    """A real central on a free port with eight officers K1 … K8 on duty (ids u1 … u8)."""
    from central_parts import CentralServer, a_city, some_units  # noqa: PLC0415 - slow to import

    server = CentralServer(tmp_path / "home")
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()
