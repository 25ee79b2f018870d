"""What the sync thread does beside the stream: evidence goes up, the city pack comes down."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from pathlib import Path

from console.domain.killpoints import KillPoint
from console.protocol.messages import Result, Verdict
from console.store.outbox import EntryState, Outbox, OutboxEntry, OutboxError
from console.store.snapshotfile import sha256_of
from console.sync.evidence import EvidenceError, EvidenceFiles
from console.sync.http import CentralHttp, LinkError
from console.sync.keeper import Keeper
from console.sync.settings import SyncSettings
from console.sync.state import LinkTrouble, SyncListener
from console.sync.uploads import PART_BYTES, Uploads

#: Somebody else sends the same piece, or too much at once: later.
_LATER = frozenset({409, 429})
_PACK, _ZONE = "city_pack", "city_zone"
#: Pictures that go to central side by side.
_AT_ONCE = 4
_log = logging.getLogger("zhihui.sync")


class Errands:
    """Uploads and downloads; belongs to the sync thread.

    Attributes:
        token: Of the session, ``None`` before the first.
    """

    def __init__(
        self,
        settings: SyncSettings,
        outbox: Outbox,
        files: EvidenceFiles,
        http: CentralHttp,
        listener: SyncListener,
        *,
        keeper: Keeper,
        wake: Callable[[], None],
    ) -> None:
        """Args are set once; ``wake`` says that a command may go."""
        self._settings = settings
        self._outbox = outbox
        self._files = files
        self._http = http
        self._uploads = Uploads(settings, files, http)
        self._listener = listener
        self._keeper = keeper
        self._wake = wake
        self.token: str | None = None
        self._upload_now = asyncio.Event()
        self._city_wanted = asyncio.Event()
        self._upload_now.set()

    def went_live(self) -> None:
        """Central is there."""
        self._upload_now.set()
        self._city_wanted.set()

    def outbox_changed(self) -> None:
        """Something was put into the outbox."""
        self._upload_now.set()

    async def upload_evidence(self) -> None:
        """Take the bytes of evidence to central, then let the commands go that name them."""
        while True:
            await self._upload_now.wait()
            self._upload_now.clear()
            try:
                await self._upload_all()
            except Exception:  # noqa: BLE001 - evidence goes on, whatever one piece of it met
                _log.exception("evidence could not be sent; it is tried again")
                self._again_later()

    async def _upload_all(self) -> None:
        every = self._outbox.in_state(EntryState.WAITING)
        waiting = list({one.upload: one for one in every if one.upload}.values())
        # A long film does not hold up the pictures behind it; pictures go side by side.
        sizes = {one.command_id: self._files.size(one.upload or "") for one in waiting}
        waiting.sort(key=lambda one: sizes[one.command_id])
        while waiting:
            some = [one for one in waiting[:_AT_ONCE] if sizes[one.command_id] <= PART_BYTES]
            some = some or waiting[:1]
            waiting = waiting[len(some) :]
            token = self.token
            if token is None or not all(
                await asyncio.gather(*(self._uploaded(one, token) for one in some))
            ):
                self._again_later()
                break

    async def _uploaded(self, entry: OutboxEntry, token: str) -> bool:
        sha256 = entry.upload or ""
        try:
            media_type = entry.media_type or "application/octet-stream"
            await self._uploads.send(token, sha256, media_type=media_type)
        except EvidenceError as error:
            self._give_up(entry, str(error))
            return True
        except LinkError as error:
            if error.trouble is LinkTrouble.NOT_ALLOWED and error.status not in _LATER:
                self._give_up(entry, error.detail)
                return True
            _log.warning("evidence %s… is not at central yet: %s", sha256[:12], error)
            return False
        except OSError as error:
            self._give_up(entry, f"its bytes cannot be read here: {error}")
            return True
        self._settings.killpoints.reach(KillPoint.EVIDENCE_SENT)
        self._outbox.mark_uploaded(sha256)
        self._wake()
        return True

    def _give_up(self, entry: OutboxEntry, reason: str) -> None:
        """Put evidence that central will never take into the tray."""
        result = Result(command_id=entry.command_id, verdict=Verdict.REJECTED, reason=reason)
        self._keeper.take_result(result)
        self._keeper.tell_outbox()

    def _again_later(self, wanted: asyncio.Event | None = None) -> None:
        loop = asyncio.get_running_loop()
        wait_s = self._settings.retry_most_s * random.uniform(0.5, 1.0)
        loop.call_later(wait_s, (wanted or self._upload_now).set)

    # the city pack

    async def offer_packs(self) -> None:
        """Tell of the pack that is here, then of the one central uses when it differs."""
        self._tell_zone(self._outbox.remembered(_ZONE) or "")
        kept = self._kept_pack()
        if kept is not None:
            self._listener.on_city_pack(kept)
        told = kept
        while True:
            await self._city_wanted.wait()
            self._city_wanted.clear()
            try:
                wanted = await self._wanted_pack(kept)
                if wanted is not None:
                    self._outbox.remember(_PACK, str(wanted))
            except (LinkError, OSError, OutboxError) as error:
                _log.warning("the city pack could not be fetched: %s", error)
                self._again_later(self._city_wanted)
                continue
            if wanted is not None and wanted != told:
                self._listener.on_city_pack(wanted)
                told = kept = wanted

    def _tell_zone(self, zone: str) -> None:
        if zone:
            self._listener.on_city_zone(zone)

    def _kept_pack(self) -> Path | None:
        named = [self._settings.pack_path, Path(self._outbox.remembered(_PACK) or "")]
        return next((path for path in named if path is not None and path.is_file()), None)

    async def _wanted_pack(self, kept: Path | None) -> Path | None:
        token = self.token
        if token is None:
            return None
        offer = await asyncio.to_thread(self._http.city, token)
        if offer is None:
            return None
        if offer.zone and offer.zone != self._outbox.remembered(_ZONE):
            self._outbox.remember(_ZONE, offer.zone)
            self._tell_zone(offer.zone)
        if not offer.sha256:
            return None
        if kept is not None and await asyncio.to_thread(sha256_of, kept) == offer.sha256:
            return kept
        path = self._settings.home / "city" / f"central-{offer.sha256[:16]}.citypack"
        if not await asyncio.to_thread(path.is_file):
            await asyncio.to_thread(self._http.city_pack, token, path, sha256=offer.sha256)
        return path
