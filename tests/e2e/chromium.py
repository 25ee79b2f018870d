"""Debian's Chromium, as the handheld's tests start it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--no-first-run"]  # fmt: skip
# What comes true costs nothing; what does not is a failure on a busy machine as well.
PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def started_chromium() -> Iterator[Browser]:
    """Start it for as long as it is wanted."""
    chromium = shutil.which("chromium")
    assert chromium, "these tests need Debian's chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


def patient(context: BrowserContext) -> BrowserContext:
    """Give clicks and look-ups on its pages the same patience."""
    context.set_default_timeout(PATIENCE_MS)
    context.set_default_navigation_timeout(PATIENCE_MS)
    return context
