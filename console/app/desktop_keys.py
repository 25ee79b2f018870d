"""The key of cameras' credentials: as central gives it, or as it last did."""

from __future__ import annotations

import logging
from concurrent.futures import CancelledError, Future

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from console.domain.errors import ZhihuiError
from console.store.cameraseal import CameraKey, SealError
from console.sync.client import SyncClient

_log = logging.getLogger("zhihui.console")
#: Central is asked again after so long while it is away or says no, and once it has answered.
SOON_MS, LATER_MS = 2_000, 600_000


class CameraKeys(QObject):
    """Asks for the key until it is there, and now and then whether it is another one.

    Signals:
        found: The ``CameraKey``.
    """

    found = Signal(object)
    _came = Signal(str)

    def __init__(self, client: SyncClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._known = ""
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._ask)
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def begin(self) -> None:
        """Take the key that was kept, then ask for it."""
        kept = self._client.kept_camera_key()
        if kept:
            self._use(kept)
        self._ask()

    def stop(self) -> None:
        """Ask no more."""
        self._timer.stop()

    def _ask(self) -> None:
        try:
            self._client.camera_key().add_done_callback(self._answered)
        except RuntimeError:  # the client has been closed meanwhile
            self._timer.stop()

    def _answered(self, future: Future[str]) -> None:
        try:
            self._came.emit(future.result())
        except CancelledError:
            return
        except (ZhihuiError, OSError) as error:
            _log.debug("the camera key cannot be had yet: %s", error)
            self._came.emit("")

    def _take(self, given: str) -> None:
        if given:
            self._use(given)
        self._timer.start(LATER_MS if given else SOON_MS)

    def _use(self, given: str) -> None:
        if given == self._known:
            return
        try:
            key = CameraKey(given)
        except SealError as error:
            _log.error("%s", error)
            return
        self._known = given
        self.found.emit(key)
