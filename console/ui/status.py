"""The status line: link, age of what is shown, what is unsent, who is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal, Slot

from console.sync.state import LinkPhase, LinkState, LinkTrouble, Who
from console.ui.mirror import CLOCK_OFF_S, Mirror
from console.ui.reasons import reason_text


def _noop(context: str, source: str) -> str:
    return source


_PHASES: Mapping[LinkPhase, str] = {
    LinkPhase.CONNECTING: _noop("StatusLine", "Connecting to {url}…"),
    LinkPhase.LOADING: _noop("StatusLine", "Loading from {url}…"),
    LinkPhase.LIVE: _noop("StatusLine", "Connected to {url}."),
    LinkPhase.DOWN: _noop("StatusLine", "Not connected."),
    LinkPhase.REFUSED: _noop("StatusLine", "Central refuses this console."),
    LinkPhase.STOPPED: _noop("StatusLine", "Stopped."),
}
_TROUBLES: Mapping[LinkTrouble, str] = {
    LinkTrouble.UNREACHABLE: _noop(
        "StatusLine",
        "Central at {url} does not answer. What you do is kept and sent when it does; if this "
        "lasts, check the address and whether central runs.",
    ),
    LinkTrouble.NOT_CENTRAL: _noop(
        "StatusLine", "{url} answers, but is not central ({detail}). Check the address."
    ),
    LinkTrouble.WRONG_PASSWORD: _noop(
        "StatusLine", "Central does not know this account or password ({detail}). Log on again."
    ),
    LinkTrouble.NOT_ALLOWED: _noop("StatusLine", "Central refuses this console: {detail}"),
    LinkTrouble.SILENT: _noop(
        "StatusLine", "Central has not been heard for {detail} s. Trying again."
    ),
    LinkTrouble.CLOSED: _noop("StatusLine", "Central ended the connection. {detail}"),
    LinkTrouble.GAP: _noop("StatusLine", "Changes were lost on the way and are asked for again."),
    LinkTrouble.BAD_SNAPSHOT: _noop(
        "StatusLine", "What central sent was damaged and is fetched anew. {detail}"
    ),
    LinkTrouble.CACHE_DAMAGED: _noop(
        "StatusLine",
        "The local copy was damaged; it is kept as {detail}, and all is fetched anew. "
        "Nothing typed was lost.",
    ),
    LinkTrouble.NO_CACHE: _noop("StatusLine", "Nothing can be kept on this machine: {detail}"),
    LinkTrouble.PROTOCOL: _noop(
        "StatusLine", "Central said something this console does not understand: {detail}"
    ),
    LinkTrouble.NOT_TRUSTED: _noop(
        "StatusLine",
        "{url} does not prove to be central ({detail}). Nothing was sent. If its administrator "
        "made a new certificate authority, give the new ca.pem with --ca; else somebody is in "
        "between.",
    ),
    LinkTrouble.FAULT: _noop(
        "StatusLine",
        "This console met a fault and tries again; what was typed is kept. If this lasts, see its "
        "log and check the disk. {detail}",
    ),
}


def link_sentence(link: LinkState | None) -> str:
    """Return in words how the link is, why, and what can be done; in the language shown."""
    if link is None:
        return QCoreApplication.translate("StatusLine", "Not connected.")
    source = _TROUBLES[link.trouble] if link.trouble is not None else _PHASES[link.phase]
    text = QCoreApplication.translate("StatusLine", source)
    return text.format(url=link.url, detail=reason_text(link.detail)).strip()


def cache_damaged_sentence(kept_as: Path) -> str:
    """Return in words that the cache was damaged and where it is now, in the language shown."""
    source = _TROUBLES[LinkTrouble.CACHE_DAMAGED]
    return QCoreApplication.translate("StatusLine", source).format(detail=kept_as)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLine:
    """What the bars at top and bottom say.

    Attributes:
        heard_age_s: How long central has not been heard; ``None`` if it never was.
        positions_age_s: Age of the newest position; ``None`` without one.
        behind: Revisions central has that are not here yet.
        clock_off_s: How far our clock is ahead of central's when that is more than 2 s.
        throttled: What is slowed down to keep the screen smooth, in words.
    """

    is_live: bool
    phase: LinkPhase
    sentence: str
    heard_age_s: float | None
    positions_age_s: float | None
    unsent: int
    in_tray: int
    behind: int
    clock_off_s: float | None
    who: Who | None
    throttled: tuple[str, ...]


class StatusModel(QObject):
    """Keeps the status line up to date, four times a second at most.

    Signals:
        changed: The `StatusLine`.
    """

    changed = Signal(object)

    def __init__(self, mirror: Mirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mirror = mirror
        self._newest_fix_ms: int | None = None
        self._throttled: tuple[str, ...] = ()
        self._clock = QTimer(self, interval=500)
        self._clock.timeout.connect(self.refresh)
        self._soon = QTimer(self, interval=0, singleShot=True)
        self._soon.timeout.connect(self.refresh)
        for signal in (mirror.link_changed, mirror.outbox_changed, mirror.who_changed):
            signal.connect(self._later)
        mirror.positions_changed.connect(self._take_positions)
        self.line = self._line()
        self._clock.start()

    def set_throttled(self, what: tuple[str, ...]) -> None:
        """Say what is slowed down."""
        self._throttled = what
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Look again: ages grow by themselves."""
        self.line = self._line()
        self.changed.emit(self.line)

    @Slot(object)
    def _later(self, _: object) -> None:
        if not self._soon.isActive():
            self._soon.start()

    @Slot(object)
    def _take_positions(self, _: object) -> None:
        force = self._mirror.force
        has_any = force is not None and len(force) and bool(force.has_fix.any())
        self._newest_fix_ms = int(np.max(force.t_ms)) if force is not None and has_any else None

    def positions_age_s(self) -> float | None:
        """Return the age of the newest position now, seconds; ``None`` without one."""
        if self._newest_fix_ms is None:
            return None
        central_s = self._mirror.now().timestamp()
        return max(central_s - self._newest_fix_ms / 1000.0, 0.0)

    def _line(self) -> StatusLine:
        link = self._mirror.link
        ahead_s = link.clock_ahead_s if link is not None else None
        return StatusLine(
            is_live=link is not None and link.is_live,
            phase=link.phase if link is not None else LinkPhase.STOPPED,
            sentence=link_sentence(link),
            heard_age_s=link.age_s(self._mirror.own_now()) if link is not None else None,
            positions_age_s=self.positions_age_s(),
            unsent=self._mirror.outbox.unsent,
            in_tray=len(self._mirror.outbox.tray),
            behind=link.behind if link is not None else 0,
            clock_off_s=ahead_s if ahead_s is not None and abs(ahead_s) > CLOCK_OFF_S else None,
            who=self._mirror.who,
            throttled=self._throttled,
        )
