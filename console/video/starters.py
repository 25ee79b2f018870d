"""Starting what works beside the console at the end of a line: in a process, or in a thread."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection

from console.video.hinthost import HintHost, run_hints
from console.video.tilehost import run_host, serve

_STOP_S = 8.0
#: Starts one on its end of the line and returns what waits for its end.
Starter = Callable[[Connection], Callable[[], None]]
_Work = Callable[[Connection], None]


def in_process(line: Connection) -> Callable[[], None]:
    """Start a decoder in a process of its own; return what waits for its end."""
    return _process(run_host, line, "zhihui-decoder")


def in_thread(line: Connection) -> Callable[[], None]:
    """Start a decoder in a thread of this process; return what waits for its end."""
    return _thread(serve, line, "zhihui-decoder")


def hints_in_process(line: Connection) -> Callable[[], None]:
    """Start what looks for hints in a process of its own; return what waits for its end."""
    return _process(run_hints, line, "zhihui-hints")


def hints_in_thread(line: Connection) -> Callable[[], None]:
    """Start what looks for hints in a thread of this process; return what waits for its end."""

    def work(end: Connection) -> None:
        HintHost(end).run()
        end.close()

    return _thread(work, line, "zhihui-hints")


def _process(work: _Work, line: Connection, name: str) -> Callable[[], None]:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=work, args=(line,), name=name, daemon=True)
    process.start()
    line.close()

    def join() -> None:
        process.join(_STOP_S)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()

    return join


def _thread(work: _Work, line: Connection, name: str) -> Callable[[], None]:
    thread = threading.Thread(target=work, args=(line,), name=name)
    thread.start()

    def join() -> None:
        thread.join(_STOP_S)

    return join
