"""A screen for benches that show a window: the one that is there, else a virtual one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from console.domain.errors import ZhihuiError

SIZE = "1920x1080x24"


class NoScreenError(ZhihuiError):
    """There is no screen and no Xvfb to make one."""


@contextmanager
def screen() -> Iterator[dict[str, str]]:
    """Give the environment of a process that shows a window.

    Raises:
        NoScreenError: There is neither a screen nor Xvfb.
    """
    if os.environ.get("DISPLAY"):
        yield dict(os.environ)
        return
    server = shutil.which("Xvfb")
    if server is None:
        raise NoScreenError("There is no screen here: install xvfb, or set DISPLAY.")
    read_end, write_end = os.pipe()
    with subprocess.Popen(
        [server, "-displayfd", str(write_end), "-screen", "0", SIZE, "-nolisten", "tcp"],
        pass_fds=(write_end,), stderr=subprocess.DEVNULL,
    ) as xvfb:  # fmt: skip
        os.close(write_end)
        try:
            with os.fdopen(read_end) as numbers:
                number = numbers.readline().strip()
            if not number:
                raise NoScreenError("Xvfb could not start; try `xvfb-run -a zhihui bench …`.")
            yield {**os.environ, "DISPLAY": f":{number}"}
        finally:
            xvfb.terminate()
