"""The simulated city as one process: force, citizens and handhelds around one line to central."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time

from console.city.citizens_rates import YEAR_S
from console.city.life import City
from console.city.settings import CitySettings
from console.domain.errors import ZhihuiError

__all__ = ["CitySettings", "run_city"]

_LOG = logging.getLogger("zhihui.city")


def run_city(settings: CitySettings) -> int:
    """Run the city until SIGINT or SIGTERM; return the exit code.

    A city pack that cannot be used, or a replay without complaints, is logged with what to do.
    """
    if settings.nice:
        os.nice(settings.nice)
        _LOG.info(
            "the city runs at lowered priority (nice +%d): a busy console goes first, positions "
            "then come in less often",
            settings.nice,
        )
    try:
        return asyncio.run(_run(settings))
    except ZhihuiError as error:
        _LOG.error("%s", error)
        return 1


async def _run(settings: CitySettings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    began = time.monotonic()
    city = await asyncio.to_thread(City, settings)
    _LOG.info(
        "%d units on %d crossings, %.0f reports an hour, pace %g (ready in %.1f s)",
        len(city.units),
        city.graph.n_nodes,
        settings.rate / YEAR_S * 3600.0,
        settings.pace,
        time.monotonic() - began,
    )
    await city.run(stop)
    _LOG.info("the city has stopped")
    return 0
