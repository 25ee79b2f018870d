"""Pictures of evidence, fetched in the background and handed to the card."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import CancelledError, Future
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QImage

from console.domain.errors import ZhihuiError

#: Pictures kept in memory; the bytes stay on disk.
KEPT = 40


class EvidenceSource(Protocol):
    """Where the bytes of evidence come from: the sync client."""

    def evidence_bytes(self, sha256: str) -> Future[bytes]:
        """Return the bytes to come."""


class EvidencePictures(QObject):
    """Turns evidence's bytes into pictures.

    Signals:
        ready: SHA-256 and `QImage`.
        failed: SHA-256 and a sentence.
    """

    ready = Signal(str, QImage)
    failed = Signal(str, str)
    _came = Signal(str, object)

    def __init__(self, source: EvidenceSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._held: OrderedDict[str, QImage] = OrderedDict()
        self._asked: set[str] = set()
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def held(self, sha256: str) -> QImage | None:
        """Return a picture that is here already."""
        return self._held.get(sha256)

    @Slot(str)
    def want(self, sha256: str) -> None:
        """Fetch a picture; it is given by `ready` or `failed`, each once."""
        picture = self._held.get(sha256)
        if picture is not None:
            self._came.emit(sha256, picture)
        elif sha256 not in self._asked:
            self._asked.add(sha256)
            self._source.evidence_bytes(sha256).add_done_callback(
                lambda done: self._came.emit(sha256, _outcome(done))
            )

    @Slot(str, object)
    def _take(self, sha256: str, outcome: object) -> None:
        self._asked.discard(sha256)
        if isinstance(outcome, QImage) and not outcome.isNull():
            self._held[sha256] = outcome
            self._held.move_to_end(sha256)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
            self.ready.emit(sha256, outcome)
        elif isinstance(outcome, QImage):
            self.failed.emit(sha256, self.tr("These bytes are no picture that can be shown."))
        elif outcome:
            self.failed.emit(sha256, str(outcome))


def _outcome(done: Future[bytes]) -> QImage | str:
    """Return the picture, or why there is none; runs in the thread that fetched it."""
    try:
        return QImage.fromData(done.result())
    except CancelledError:
        return ""
    except (ZhihuiError, OSError) as error:
        return str(error)
