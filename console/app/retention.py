"""`zhihui central retention`: at the central that runs on a home, or on its database here."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

from console.app.audit import Asked, checked, logged_on_central
from console.app.served import TIMEOUT_S, running_central
from console.central.central import Foundation
from console.central.loop import WriterLink
from console.central.operations import ITSELF
from console.central.retention import Outdated, Retention
from console.central.settings import CentralSettings


def retain(settings: CentralSettings, *, dry_run: bool) -> str:
    """Take out what is outdated; return what that was as a sentence.

    Raises:
        ServedError: The running central refused.
        CentralError: The database cannot be used.
    """
    served = running_central(settings.home)
    if served is None:
        found = asyncio.run(_here(settings, dry_run=dry_run))
        return found.text(is_done=not dry_run)
    with logged_on_central(settings.home, Asked()) as (url, session):
        method = "GET" if dry_run else "POST"
        answer = session.request(method, f"{url}/v1/retention", timeout=TIMEOUT_S)
        return str(checked(answer).json()["text"])


async def _here(settings: CentralSettings, *, dry_run: bool) -> Outdated:
    foundation = Foundation(settings)
    with contextlib.closing(foundation):
        sequencer = foundation.sequencer(lambda _: None)
        retention = Retention(
            rules=settings.retention,
            link=WriterLink(sequencer, foundation.engine),
            evidence=foundation.evidence,
            clock=lambda: datetime.now(UTC),
        )
        sequencer.start()
        try:
            return await (retention.find() if dry_run else retention.run(ITSELF))
        finally:
            await asyncio.to_thread(sequencer.stop)
