"""Last positions are kept every few seconds; what could not be written is written next time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from test_area_events import Central

from console.central.disk import DiskGuard
from console.central.loop import WriterLink
from console.central.positions import read_fixes
from console.central.savedpositions import PositionSaver
from console.protocol.positions import FixFlag


def kept_flags(central: Central) -> list[int]:
    with central.engine.connect() as connection:
        return [int(flags) for flags in read_fixes(connection)["flags"]]


def test_that_a_page_asleep_is_kept_so_although_the_first_writing_failed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    central = Central(tmp_path)
    hub, guard = central.hub, DiskGuard(tmp_path)

    def keep() -> None:
        assert central.sequencer is not None
        link = WriterLink(central.sequencer, central.engine)
        asyncio.run(PositionSaver(hub, link, guard).keep())

    central.fix(1, (39.905, 116.405), 0.0)
    keep()
    assert kept_flags(central) == [0]
    hub._force.mark_asleep(np.array([1]))
    central.stop()  # nobody writes now
    keep()
    assert "are not kept yet" in caplog.text
    assert kept_flags(central) == [0]
    central.start()
    keep()
    assert kept_flags(central) == [FixFlag.ASLEEP]
    central.close()
