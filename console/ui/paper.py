"""Writes what is on the desk into files, and says what could not be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QAbstractItemModel, QObject, Qt, Signal, Slot

from console.domain.errors import ZhihuiError
from console.domain.places import EvidenceKind
from console.ui.card import IncidentCard, card_of
from console.ui.caseprint import write_case_pdf, write_list
from console.ui.mirror import Mirror
from console.ui.queue import IncidentQueueModel

#: Names of the lists that are written, in both languages; the first is the queue.
LISTS: Mapping[str, str] = {
    "queue": "queue", "队列": "queue", "near": "near", "附近": "near", "tray": "tray",
    "待处置": "tray", "duty": "duty", "勤务": "duty", "messages": "messages", "消息": "messages",
    "alarms": "alarms", "告警": "alarms", "board": "board", "在岗": "board",
    "roster": "roster", "排班": "roster",
}  # fmt: skip


#: Larger films are printed by their hash only.
MOST_FILM_BYTES = 256 << 20
#: Originals of a picture that is printed itself; they carry no times.
_BARE_STREAMS = frozenset({"video/H264", "video/H265"})
#: Pictures of a film: seconds into it, and the picture.
Stills = Sequence[tuple[float, bytes]]


@dataclass(slots=True, kw_only=True)
class _Printing:
    """A case that waits for the pictures and films of its evidence."""

    card: IncidentCard
    path: Path
    wanted: set[str]
    films: frozenset[str]
    pictures: dict[str, bytes] = field(default_factory=dict)
    stills: dict[str, Stills] = field(default_factory=dict)


class DeskPaper(QObject):
    """Prints cases and exports lists.

    Args:
        mirror: Where cases are looked up.
        queue: The list of open incidents.
        refused: Told in a sentence why a file could not be written.

    Signals:
        written: Path of a case's file that waited for pictures and is there now.
    """

    written = Signal(str)
    _came = Signal(object, str, object)

    def __init__(
        self,
        mirror: Mirror,
        queue: IncidentQueueModel,
        refused: Callable[[str], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._mirror, self._refused = mirror, refused
        self.lists: dict[str, QAbstractItemModel] = {"queue": queue}
        #: Lists that nothing shows all the time are made when they are written.
        self.makers: dict[str, Callable[[], QAbstractItemModel]] = {}
        self.fetch: Callable[[str], Future[bytes]] | None = None
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)
        # Films are decoded beside what is fetched: readings and passwords wait there too.
        self._cutter = ThreadPoolExecutor(1, thread_name_prefix="stills")

    def print_case(self, incident: str, path: Path) -> bool:
        """Write a case as PDF, with the pictures and films among its evidence once they are here.

        Returns:
            Whether it was written, or waits for pictures and is `written` then.
        """
        card = card_of(self._mirror, incident)
        if card is None:
            return False
        shown = {one.sha256 for one in card.evidence if one.media_type.startswith("image/")}
        films = frozenset(
            one.sha256
            for one in card.evidence
            if one.kind is EvidenceKind.VIDEO
            and one.media_type not in _BARE_STREAMS
            and one.size <= MOST_FILM_BYTES
        )
        shown |= films
        if not shown or self.fetch is None:
            return self._done(lambda: write_case_pdf(card, path))
        waits = _Printing(card=card, path=path, wanted=shown, films=films)
        for sha256 in sorted(shown):
            self.fetch(sha256).add_done_callback(partial(self._give, waits, sha256))
        return True

    def export(self, path: Path, name: str = "queue") -> bool:
        """Write a list as it is shown; return whether it was."""
        model = self.lists.get(name)
        if model is not None:
            return self._done(lambda: write_list(model, path))
        make = self.makers.get(name)
        if make is None:
            return False
        made = make()
        try:
            return self._done(lambda: write_list(made, path))
        finally:
            made.deleteLater()

    def _give(self, waits: _Printing, sha256: str, done: Future[bytes]) -> None:
        """Carry a picture over, or have a film's stills made; not always in the window's thread."""
        got = _bytes_of(done)
        if got is None or sha256 not in waits.films:
            self._came.emit(waits, sha256, got)
            return
        self._cutter.submit(self._cut, waits, sha256, got)

    def _cut(self, waits: _Printing, sha256: str, film: bytes) -> None:
        """Make stills of a film; a film that cannot be read is printed by its hash."""
        stills: Stills | None = None
        try:
            from console.video.filmstills import stills_of  # noqa: PLC0415 - few cases have films

            stills = [(one.at_s, one.jpeg) for one in stills_of(film)]
        finally:
            self._came.emit(waits, sha256, stills)

    @Slot(object, str, object)
    def _take(self, waits: _Printing, sha256: str, got: bytes | Stills | None) -> None:
        waits.wanted.discard(sha256)
        if isinstance(got, bytes):
            waits.pictures[sha256] = got
        elif got:
            waits.stills[sha256] = got
        if not waits.wanted and self._done(
            lambda: write_case_pdf(waits.card, waits.path, waits.pictures, waits.stills)
        ):
            self.written.emit(str(waits.path))

    def _done(self, write: Callable[[], object]) -> bool:
        try:
            write()
        except ZhihuiError as error:
            self._refused(str(error))
            return False
        return True


def _bytes_of(done: Future[bytes]) -> bytes | None:
    """Return the bytes, ``None`` where they are not to be had; in the thread that fetched them."""
    try:
        return done.result()
    except (CancelledError, ZhihuiError, OSError):
        return None
