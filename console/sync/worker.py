"""The loop of the sync thread: logs on, fetches, streams, and tries again when the link is lost."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from console.domain.errors import ZhihuiError
from console.store.outbox import Outbox, OutboxError
from console.store.snapshotfile import SnapshotError
from console.sync.errands import Errands
from console.sync.evidence import EvidenceFiles
from console.sync.http import CentralHttp, LinkError
from console.sync.keeper import Keeper
from console.sync.login import Login
from console.sync.settings import SyncSettings
from console.sync.state import LinkPhase, LinkState, LinkTrouble, SyncListener
from console.sync.stream import SnapshotNeededError, Stream

_REFUSALS = frozenset({LinkTrouble.WRONG_PASSWORD, LinkTrouble.NOT_ALLOWED})
#: Central counts wrong passwords; who is refused does not knock often.
_AFTER_REFUSAL_S = 30.0
#: A link that held for so long begins its waits from the shortest again.
_STEADY_S = 5.0
#: Where the units are is kept so often for a start without central.
_POSITIONS_EVERY_BEATS = 5
#: No more than one snapshot in so long, whatever goes wrong.
_SNAPSHOT_EVERY_S = 2.0
_UNAUTHORIZED = 401
_SECRET = "device_secret"
_log = logging.getLogger("zhihui.sync")


class Worker:
    """Runs in the sync thread until stopped."""

    def __init__(
        self,
        settings: SyncSettings,
        outbox: Outbox,
        files: EvidenceFiles,
        http: CentralHttp,
        listener: SyncListener,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._outbox = outbox
        self._files = files
        self._http = http
        self._listener = listener
        self._now = now
        self._keeper: Keeper | None = None
        self._stream: Stream | None = None
        self._login: Login | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._is_stopped = False
        self._is_told = False
        self._ending = asyncio.Event()
        self._errands: Errands | None = None
        self._renewing = asyncio.Lock()
        self._failures = 0
        self._live_at_s: float | None = None
        self._snapshot_at_s = -_SNAPSHOT_EVERY_S
        self._snapshot_file = settings.folder / "snapshot.part"
        self._link = LinkState(phase=LinkPhase.CONNECTING, since=now(), url=settings.url)

    # called from other threads

    def stop(self) -> None:
        """End the loop."""
        with self._lock:
            self._is_stopped = True
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._ending.set)

    def outbox_changed(self) -> None:
        """Tell and send what was put into the outbox."""
        with self._lock:
            if self._loop is None or self._is_stopped or self._is_told:
                return
            self._is_told = True
            self._loop.call_soon_threadsafe(self._take_outbox)

    def token(self) -> str:
        """Return the token of the session.

        Raises:
            LinkError: Nobody is logged on.
        """
        if self._login is None:
            raise LinkError(LinkTrouble.UNREACHABLE, self._settings.url)
        return self._login.token

    # in the sync thread

    async def run(self) -> None:
        """Keep in step with central until stopped."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
            if self._is_stopped:
                self._ending.set()
        try:
            await self._run()
        finally:
            with self._lock:
                self._loop = None

    async def _run(self) -> None:
        # It lies open there: what the end of an earlier run left of one is taken away first.
        self._snapshot_file.unlink(missing_ok=True)
        try:
            self._keeper = Keeper(
                self._settings.cache_path,
                self._outbox,
                self._listener,
                now=self._now,
                key=self._settings.key,
                killpoints=self._settings.killpoints,
            )
        except (ZhihuiError, SQLAlchemyError) as error:
            self._tell(LinkPhase.DOWN, trouble=LinkTrouble.NO_CACHE, detail=str(error))
            _log.error("%s", error)
            return
        if self._keeper.damaged is not None:
            self._say_damaged(self._keeper)
        errands = Errands(
            self._settings, self._outbox, self._files, self._http, self._listener,
            keeper=self._keeper, wake=self._wake_stream,
        )  # fmt: skip
        self._errands = errands
        uploads = asyncio.create_task(errands.upload_evidence())
        cities = asyncio.create_task(errands.offer_packs())
        tidying = asyncio.create_task(self._keep_tidy(self._keeper))
        renewing = asyncio.create_task(self._keep_session())
        try:
            await self._keep_trying()
        finally:
            for task in (uploads, cities, tidying, renewing):
                task.cancel()
            await asyncio.gather(uploads, cities, tidying, renewing, return_exceptions=True)
            await self._log_off()
            self._keeper.close()
            self._tell(LinkPhase.STOPPED)

    async def _keep_tidy(self, keeper: Keeper) -> None:
        """Do what time alone asks for, whether central is there or not."""
        beats = 0
        while True:
            await asyncio.sleep(self._settings.beat_s)
            beats += 1
            try:
                keeper.expire()
                if beats % _POSITIONS_EVERY_BEATS == 0:
                    keeper.keep_positions()
            except (OutboxError, DatabaseError):
                _log.exception("outbox or cache could not be looked after; it is tried again")

    async def _keep_trying(self) -> None:
        ending = asyncio.create_task(self._ending.wait())
        while not ending.done():
            attempt = asyncio.create_task(self._attempt())
            await asyncio.wait({attempt, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not attempt.done():
                attempt.cancel()
                await asyncio.gather(attempt, return_exceptions=True)
                return
            wait_s = self._wait_after(attempt)
            if wait_s:
                await asyncio.wait({ending}, timeout=wait_s)
            else:
                await asyncio.sleep(0)

    def _wait_after(self, attempt: asyncio.Task[float]) -> float:
        """Return how long to wait, seconds; whatever an attempt met, there is another."""
        error = attempt.exception()
        return attempt.result() if error is None else self._stumbled(_cause(error))

    async def _attempt(self) -> float:
        """Log on, stream until the link ends, mend what can be mended.

        Returns:
            How long to wait before the next attempt, seconds.
        """
        keeper = self._kept()
        was_known = self._login is not None
        try:
            login = await self._logged_on(keeper)
            self._stream = Stream(self._settings, keeper, self, console_id=self._outbox.console_id)
            await self._stream.run(login)
        except SnapshotNeededError as need:
            return await self._fetch_snapshot(keeper, need.min_rev)
        except LinkError as error:
            if error.trouble in _REFUSALS:
                self._login = None
                if was_known:
                    return 0.0  # the session may only have ended
            return self._failed(error)
        except DatabaseError as error:
            return self._mend_cache(keeper, error)
        finally:
            self._stream = None
        return 0.0

    def _stumbled(self, error: BaseException) -> float:
        _log.error("an attempt ended in a fault", exc_info=error)
        return self._failed(LinkError(LinkTrouble.FAULT, str(error)))

    async def _logged_on(self, keeper: Keeper) -> Login:
        if self._login is not None and self._login.is_stale:
            await self._renew()
        if self._login is None:
            if self._failures == 0:
                self._tell(LinkPhase.CONNECTING)
            login = await asyncio.to_thread(
                self._http.log_on, device=self._outbox.console_id, secret=self._device_secret()
            )
            keeper.take_who(login.who)
            self._take_login(login)
            return login
        return self._login

    def _take_login(self, login: Login) -> None:
        self._login = login
        if self._errands is not None:
            self._errands.token = login.token

    async def _renew(self) -> None:
        """Renew the session before its token runs out; one that has ended is let go of."""
        async with self._renewing:
            login = self._login
            if login is None or not login.is_stale:
                return
            try:
                self._take_login(await asyncio.to_thread(self._http.renew, login))
            except LinkError as error:
                _log.info("the session was not renewed: %s", error)
                if error.status == _UNAUTHORIZED and self._login is login:
                    self._login = None

    async def _keep_session(self) -> None:
        """Renew the session for as long as the stream lives, for what goes beside it."""
        while True:
            await asyncio.sleep(self._settings.beat_s)
            await self._renew()

    def _device_secret(self) -> str:
        """Return what this console proves to be itself with, made when it first logs on."""
        known = self._outbox.remembered(_SECRET)
        if known is None:
            known = secrets.token_urlsafe(32)
            self._outbox.remember(_SECRET, known)
        return known

    async def _fetch_snapshot(self, keeper: Keeper, min_rev: int) -> float:
        if self._login is None:
            return 0.0
        self._tell(LinkPhase.LOADING)
        since_s = time.monotonic() - self._snapshot_at_s
        await asyncio.sleep(max(_SNAPSHOT_EVERY_S - since_s, 0.0))
        self._snapshot_at_s = time.monotonic()
        file = self._snapshot_file
        try:
            sha256 = await asyncio.to_thread(
                self._http.snapshot, self._login.token, file, min_rev=min_rev
            )
            keeper.replace_by(file, sha256=sha256)
        except LinkError as error:
            return self._failed(error)
        except SnapshotError as error:
            return self._failed(LinkError(LinkTrouble.BAD_SNAPSHOT, error.reason))
        except DatabaseError as error:
            return self._mend_cache(keeper, error)
        finally:
            file.unlink(missing_ok=True)
        return 0.0

    def _mend_cache(self, keeper: Keeper, error: DatabaseError) -> float:
        _log.error("the cache is damaged: %s", error)
        keeper.reopen_damaged()
        self._say_damaged(keeper)
        return self._settings.retry_first_s

    def _say_damaged(self, keeper: Keeper) -> None:
        self._tell(
            LinkPhase.DOWN, trouble=LinkTrouble.CACHE_DAMAGED, detail=str(keeper.damaged or "")
        )

    def _failed(self, error: LinkError) -> float:
        """Tell why the link is down; return how long to wait, seconds."""
        if self._live_at_s is not None and time.monotonic() - self._live_at_s > _STEADY_S:
            self._failures = 0
        self._live_at_s = None
        self._failures += 1
        _log.warning("link to %s: %s", self._settings.url, error)
        wait_s = self._wait_s(error)
        is_refusal = error.trouble in _REFUSALS
        self._tell(
            LinkPhase.REFUSED if is_refusal else LinkPhase.DOWN,
            trouble=error.trouble,
            detail=error.detail,
            retry_at=self._now() + timedelta(seconds=wait_s),
        )
        return wait_s

    def _wait_s(self, error: LinkError) -> float:
        if error.trouble is LinkTrouble.GAP:
            if self._failures > 1:
                self._kept().start_anew()
            return 0.0
        if error.trouble in _REFUSALS:
            return _AFTER_REFUSAL_S
        settings = self._settings
        grown_s: float = settings.retry_first_s * 2.0 ** min(self._failures - 1, 10)
        return min(grown_s, settings.retry_most_s) * random.uniform(0.5, 1.0)

    # what the stream tells

    def went_live(self) -> None:
        """Changes come in from now on."""
        self._live_at_s = time.monotonic()
        self._tell(LinkPhase.LIVE)
        if self._errands is not None:
            self._errands.went_live()

    def bytes_wanted(self) -> None:
        """Bytes that were at central have to go there again."""
        if self._errands is not None:
            self._errands.outbox_changed()

    def heard(self, *, clock_ahead_s: float | None, behind: int, full_ms: int = 0) -> None:
        """Central has said that it is there."""
        self._link = replace(
            self._link,
            heard_at=self._now(),
            clock_ahead_s=clock_ahead_s,
            behind=behind,
            full_ms=full_ms,
            lost_frames=self._kept().lost_frames,
        )
        self._listener.on_link(self._link)

    def _tell(
        self,
        phase: LinkPhase,
        *,
        trouble: LinkTrouble | None = None,
        detail: str = "",
        retry_at: datetime | None = None,
    ) -> None:
        since = self._link.since if phase is self._link.phase else self._now()
        self._link = replace(
            self._link, phase=phase, since=since, trouble=trouble, detail=detail, retry_at=retry_at
        )
        self._listener.on_link(self._link)

    def _kept(self) -> Keeper:
        if self._keeper is None:
            raise LinkError(LinkTrouble.NO_CACHE)
        return self._keeper

    # what goes out

    def _take_outbox(self) -> None:
        with self._lock:
            self._is_told = False
        if self._keeper is not None and not self._ending.is_set():
            self._keeper.tell_outbox()
            if self._errands is not None:
                self._errands.outbox_changed()
            self._wake_stream()

    def _wake_stream(self) -> None:
        if self._stream is not None:
            self._stream.wake()

    async def _log_off(self) -> None:
        if self._login is None or not self._link.is_live:
            return
        try:
            await asyncio.to_thread(self._http.log_off, self._login.token)
        except LinkError as error:
            _log.info("central did not hear that we log off: %s", error)


def _cause(error: BaseException) -> BaseException:
    """Return what happened first of what is told together."""
    return _cause(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
