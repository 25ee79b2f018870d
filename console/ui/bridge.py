"""The one crossing from the sync thread to Qt: frozen batches over queued signals."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from console.sync.state import ChangeBatch, Contents, LinkState, OutboxState, Who
from console.tracking import ForceColumns

#: At most five batches of positions a second.
POSITIONS_EVERY_MS = 200


class Bridge(QObject):
    """Takes the sync thread's calls and gives them on in the thread it lives in, in order.

    What comes faster than the screen takes it is joined: of links, outboxes and positions only the
    newest counts, changes are kept all.

    Signals:
        link_changed: The `LinkState`.
        who_changed: The `Who` that is logged on.
        changes_arrived: A `ChangeBatch`.
        positions_arrived: `ForceColumns`, at most five times a second.
        outbox_changed: The `OutboxState`.
        cache_replaced: The `Contents`.
        city_pack_arrived: The pack's `Path`.
        city_zone_told: IANA name of the zone of the city's clocks.
    """

    link_changed = Signal(object)
    who_changed = Signal(object)
    changes_arrived = Signal(object)
    positions_arrived = Signal(object)
    outbox_changed = Signal(object)
    cache_replaced = Signal(object)
    city_pack_arrived = Signal(object)
    city_zone_told = Signal(object)
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, object]] = []
        self._positions: ForceColumns | None = None
        self._is_woken = False
        self._pace = QTimer(self, interval=POSITIONS_EVERY_MS, singleShot=True)
        self._pace.timeout.connect(self._give_positions)
        self._woken.connect(self._give, Qt.ConnectionType.QueuedConnection)

    # called in the sync thread

    def on_link(self, state: LinkState) -> None:
        """Take the state of the link."""
        self._put("link_changed", state, newest_only=True)

    def on_who(self, who: Who) -> None:
        """Take who is logged on."""
        self._put("who_changed", who)

    def on_changes(self, batch: ChangeBatch) -> None:
        """Take rows that changed."""
        self._put("changes_arrived", batch)

    def on_outbox(self, state: OutboxState) -> None:
        """Take what is not settled."""
        self._put("outbox_changed", state, newest_only=True)

    def on_cache_replaced(self, contents: Contents) -> None:
        """Take all rows anew."""
        self._put("cache_replaced", contents)

    def on_city_pack(self, path: Path) -> None:
        """Take where the city pack lies."""
        self._put("city_pack_arrived", path)

    def on_city_zone(self, zone: str) -> None:
        """Take the zone of the city's clocks."""
        self._put("city_zone_told", zone)

    def on_positions(self, columns: ForceColumns) -> None:
        """Take where the units are."""
        with self._lock:
            self._positions = columns
        self._wake()

    # in the thread it lives in

    @Slot()
    def _give(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._is_woken = False
        for name, value in _joined(waiting):
            getattr(self, name).emit(value)
        if not self._pace.isActive():
            self._give_positions()

    @Slot()
    def _give_positions(self) -> None:
        with self._lock:
            columns, self._positions = self._positions, None
        if columns is not None:
            self._pace.start()
            self.positions_arrived.emit(columns)

    def _put(self, name: str, value: object, *, newest_only: bool = False) -> None:
        with self._lock:
            if newest_only and self._waiting and self._waiting[-1][0] == name:
                self._waiting[-1] = (name, value)
            else:
                self._waiting.append((name, value))
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            if self._is_woken:
                return
            self._is_woken = True
        self._woken.emit()


def _joined(waiting: list[tuple[str, object]]) -> list[tuple[str, object]]:
    """Return the calls in order, batches of changes that follow each other joined into one."""
    joined: list[tuple[str, object]] = []
    for name, value in waiting:
        last = joined[-1][1] if joined else None
        if isinstance(value, ChangeBatch) and isinstance(last, ChangeBatch):
            rows = {(row.kind, row.id): row for row in (*last.rows, *value.rows)}
            joined[-1] = (name, ChangeBatch(rev=value.rev, rows=tuple(rows.values())))
        else:
            joined.append((name, value))
    return joined
