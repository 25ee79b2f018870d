"""The sync client: one thread with one loop that keeps a console and central in step."""

from __future__ import annotations

import asyncio
import hmac
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from console.domain.errors import ZhihuiError
from console.domain.ids import CommandId, new_id
from console.domain.places import Evidence
from console.protocol.commands import (
    AnyBody,
    AssignUnit,
    AttachEvidence,
    OpenIncident,
    OrderByVoice,
    WithdrawAssignment,
)
from console.store.cachereads import CacheReader
from console.store.outbox import Draft, EntryState, OutboxEntry, OutboxError, open_outbox
from console.store.sealed import SealError
from console.sync.citycalls import CityCalls
from console.sync.evidence import EvidenceError, EvidenceFiles
from console.sync.exchange import Exchange
from console.sync.http import LinkError
from console.sync.settings import SyncSettings
from console.sync.state import OUT_OF_REACH, LinkTrouble, SyncListener
from console.sync.worker import Worker
from console.tracking.trails import Trail, unpack_trails

_T = TypeVar("_T")
#: Evidence that central has is kept here too, to be looked at, up to so much.
_LOCKED, _CAMERA_KEY = "locked", "camera_key"
KEPT_EVIDENCE_BYTES = 512 << 20
_log = logging.getLogger("zhihui.sync")


def utc_now() -> datetime:
    """Return the time now, aware UTC."""
    return datetime.now(UTC)


class SyncClient(CityCalls):
    """Keeps a console in step with central; its methods may be called from any thread.

    The listener is called in the sync thread.
    """

    def __init__(
        self,
        settings: SyncSettings,
        listener: SyncListener,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Open the outbox; nothing is asked of central before `start`.

        Raises:
            TrustError: Nothing may be sent to central's address as it is.
            OutboxError: Commands could not be kept, so nothing may be typed.
        """
        self._settings = settings
        self._now = now
        self._http = Exchange(settings)
        opened = open_outbox(settings.folder / "outbox.db", settings.key)
        self._outbox = opened.outbox
        self._files = EvidenceFiles(settings.folder / "evidence", settings.key)
        self._fetching = ThreadPoolExecutor(max_workers=2, thread_name_prefix="fetch")
        self._worker = Worker(settings, self._outbox, self._files, self._http, listener, now=now)
        self._thread: threading.Thread | None = None
        self._is_stopped = False
        self.damaged_outbox: Path | None = opened.damaged

    @property
    def console_id(self) -> str:
        """What this console is called on the wire."""
        return self._outbox.console_id

    def start(self) -> None:
        """Begin: the cache is told first, then central is asked."""
        if self._thread is None:
            self._files.keep_only(self._outbox.kept_bytes(), most_bytes=KEPT_EVIDENCE_BYTES)
            self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End; what is not sent stays in the outbox. A second time does nothing."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._worker.stop()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._fetching.shutdown(cancel_futures=True)
        self._outbox.close()

    def reader(self) -> CacheReader:
        """Return reads of the cache for the thread that calls this."""
        return CacheReader(self._settings.cache_path, self._settings.key)

    def submit(self, body: AnyBody, base_version: int | None = None) -> CommandId:
        """Keep a command and send it when central is there; it is on disk when this returns.

        Args:
            body: What is asked.
            base_version: Version of the target row that was seen (`rules.target_of`).

        Raises:
            OutboxError: It could not be kept.
        """
        return self._kept(self._draft(body, base_version))

    def _kept(self, draft: Draft) -> CommandId:
        self._outbox.add(draft)
        self._worker.outbox_changed()
        return draft.command_id

    def _draft(self, body: AnyBody, base_version: int | None) -> Draft:
        at = self._now()
        return Draft(
            command_id=CommandId(new_id(at)),
            made_at=at,
            body=body,
            base_version=base_version,
            not_after=self._not_after(body, at),
        )

    def submit_voice_order(self, body: OrderByVoice, base_version: int | None = None) -> CommandId:
        """Keep an order given by voice; the order itself, where it was not sent, is not sent now.

        Args:
            body: What was said to whom; the assignment is that of the order, if there is one.
            base_version: Version of the unit that was seen.

        Raises:
            OutboxError: It could not be kept; the order stays as it was.
        """
        at = self._now()
        waiting = self._outbox.in_state(EntryState.WAITING, EntryState.NEEDS_ASKING)
        order = next(
            (
                one
                for one in waiting
                if isinstance(one.command.body, AssignUnit)
                and one.command.body.assignment == body.assignment
                and not one.was_sent
            ),
            None,
        )
        draft = Draft(
            command_id=CommandId(new_id(at)),
            made_at=at,
            body=body,
            base_version=base_version if order is None else order.command.base_version,
        )
        if order is None:
            self._outbox.add(draft)
        else:
            self._outbox.put_in_place(order.command_id, draft)
        self._worker.outbox_changed()
        return draft.command_id

    def submit_evidence(self, data: bytes, evidence: Evidence) -> CommandId:
        """Keep evidence with its bytes; both survive a restart and go when central is there.

        Raises:
            EvidenceError: The bytes could not be kept, or are not those of the hash.
            OutboxError: The command could not be kept.
        """
        return self.submit_with_evidence([(data, evidence)])[0]

    def submit_with_evidence(
        self, pieces: Sequence[tuple[bytes, Evidence]], opening: OpenIncident | None = None
    ) -> list[CommandId]:
        """Keep evidence with its bytes, and the incident it opens; all of it or nothing.

        Raises:
            EvidenceError: The bytes could not be kept, or are not those of their hashes.
            OutboxError: The commands could not be kept.
        """
        self._files.keep(*((data, one.sha256) for data, one in pieces))
        drafts = [self._naming(one) for _, one in pieces]
        if opening is not None:
            drafts.insert(0, self._draft(opening, None))
        self._outbox.add_all(drafts)
        self._worker.outbox_changed()
        return [draft.command_id for draft in drafts]

    def submit_evidence_file(self, path: Path, evidence: Evidence) -> Future[CommandId]:
        """Keep a file as evidence, whatever its size; hash and size are those of the copy kept.

        The future gives the command's id when both are on disk, or raises `EvidenceError` or
        `OutboxError`.
        """
        return self._fetching.submit(self._attach_file, path, evidence)

    def _attach_file(self, path: Path, evidence: Evidence) -> CommandId:
        sha256, size = self._files.keep_file(path)
        return self._kept(self._naming(replace(evidence, sha256=sha256, size=size)))

    def _naming(self, evidence: Evidence) -> Draft:
        """Return what names evidence whose bytes are here; they go to central first."""
        at = self._now()
        return Draft(
            command_id=CommandId(new_id(at)),
            made_at=at,
            body=AttachEvidence(evidence=evidence),
            upload=evidence.sha256,
            media_type=evidence.media_type,
        )

    def retry(self, command_id: str) -> CommandId | None:
        """Send a command from the tray once more.

        One past its time goes under its own id; a conflict or rejection was answered for good, so
        the same is asked under a new id, on what is so now.

        Returns:
            The id it goes under, ``None`` if it is not in the tray.
        """
        entry = self._outbox.entry(command_id)
        if entry is None:
            return None
        if entry.state is EntryState.NEEDS_ASKING:
            again = self._not_after(entry.command.body, self._now())
            self._outbox.confirm(command_id, not_after=again)
            self._worker.outbox_changed()
            return CommandId(command_id)
        if entry.state not in (EntryState.CONFLICT, EntryState.REJECTED):
            return None
        draft = self._asked_again(entry)
        if not self._outbox.ask_anew(command_id, draft):
            return None  # somebody else was quicker
        self._worker.outbox_changed()
        return draft.command_id

    def _asked_again(self, entry: OutboxEntry) -> Draft:
        body = entry.command.body
        if isinstance(body, AttachEvidence) and self._files.has(body.evidence.sha256):
            return self._naming(body.evidence)
        return self._draft(body, entry.result.version if entry.result is not None else None)

    def discard(self, command_id: str) -> bool:
        """Throw away a command that is in the tray, or was never sent.

        Returns:
            Whether it was; else central may have carried it out.
        """
        done = self._outbox.discard(command_id)
        self._worker.outbox_changed()
        return done

    def camera_key(self) -> Future[str]:
        """Return the key of cameras' credentials to come, kept here; or it raises `LinkError`."""

        def ask() -> str:
            asked = self._worker.token(), "GET", "/v1/cameras/key", dict[str, str]
            given = self._http.exchange(*asked)["key"]
            self._outbox.remember(_CAMERA_KEY, given)
            return given

        return self._fetching.submit(ask)

    def kept_camera_key(self) -> str | None:
        """Return the key as central last gave it, for a start without central."""
        return self._outbox.remembered(_CAMERA_KEY)

    def administer(
        self, method: str, path: str, kind: type[Any], body: object = None
    ) -> Future[Any]:
        """Return central's answer to an administrator to come; the future raises `LinkError`."""
        return self._asked(method, path, kind, body)

    def _asked(self, method: str, path: str, kind: type[_T], body: object = None) -> Future[_T]:
        def ask() -> _T:
            return self._http.exchange(self._worker.token(), method, path, kind, body)

        return self._fetching.submit(ask)

    def check_password(self, typed: str) -> Future[bool]:
        """Return whether this is the password of whoever is logged on, to come.

        Central says so, and counts wrong ones; where it is not there, the one that was used to log
        on here decides. The future raises `LinkError` if central will not say.
        """
        return self._fetching.submit(self._is_password, typed)

    def _is_password(self, typed: str) -> bool:
        try:
            return self._http.is_password(self._worker.token(), typed)
        except LinkError as error:
            if error.trouble not in OUT_OF_REACH:
                raise
        return hmac.compare_digest(typed.encode(), self._settings.password.encode())

    def remember_locked(self, is_locked: bool) -> None:
        """Keep whether the screen is covered, over a restart; that it could not be is logged."""
        try:
            self._outbox.remember(_LOCKED, "1" if is_locked else "")
        except OutboxError:
            _log.exception("whether the screen is locked could not be kept")

    def was_locked(self) -> bool:
        """Whether the screen was covered when this console ended."""
        return bool(self._outbox.remembered(_LOCKED))

    def evidence_bytes(self, sha256: str) -> Future[bytes]:
        """Return the bytes of evidence to come: from this machine, else from central.

        The future raises `LinkError` if they cannot be had.
        """
        return self._fetching.submit(self._evidence, sha256)

    def trails(
        self,
        from_ms: int,
        to_ms: int,
        *,
        unit: int | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> Future[list[Trail]]:
        """Return trails to come from central, one a unit; arguments as `CentralHttp.trails`.

        The future raises `LinkError` or `TrailError` if they cannot be had.
        """
        return self._fetching.submit(self._trails, from_ms, to_ms, unit, box)

    def _trails(
        self,
        from_ms: int,
        to_ms: int,
        unit: int | None,
        box: tuple[float, float, float, float] | None,
    ) -> list[Trail]:
        rows = self._http.trails(self._worker.token(), from_ms, to_ms, unit=unit, box=box)
        return unpack_trails(rows)

    def _evidence(self, sha256: str) -> bytes:
        if not self._files.has(sha256):
            self._fetch_evidence(sha256)
        try:
            return self._read(sha256)
        except SealError:  # of an earlier key, or damaged: central has it
            self._fetch_evidence(sha256)
            return self._read(sha256)

    def _read(self, sha256: str) -> bytes:
        with self._files.open(sha256) as file:
            return file.read()

    def _fetch_evidence(self, sha256: str) -> None:
        token = self._worker.token()
        try:
            self._http.evidence(token, sha256, lambda got: self._files.keep_blocks(got, sha256))
        except EvidenceError as error:
            detail = f"evidence {sha256[:12]}… came damaged"
            raise LinkError(LinkTrouble.PROTOCOL, detail) from error

    def _not_after(self, body: AnyBody, at: datetime) -> datetime | None:
        """Return until when a command may be sent without asking again.

        Sending a unit somewhere makes sense now, not in an hour; facts stay true.
        """
        asks: tuple[type[AnyBody], ...] = (AssignUnit, WithdrawAssignment)
        wait: timedelta = self._settings.ask_after
        return at + wait if isinstance(body, asks) else None

    def _run(self) -> None:
        try:
            asyncio.run(self._worker.run())
        except (LinkError, ZhihuiError):
            _log.exception("the sync thread has ended")
