"""What is wrong with the link and the files is said on the screen, and stays until it is right."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from console.app.desktop_models import DeskModels
from console.sync.state import Contents, LinkPhase
from console.ui.status import StatusLine, cache_damaged_sentence
from widgets.shell.notice import Notice

_log = logging.getLogger("zhihui.console")
#: A link that is down for less than this mends itself before anybody has read why.
SAID_AFTER_MS = 1500


class TroubleNotices(QObject):
    """Says why the link is down, and that a damaged file was set aside."""

    def __init__(self, notice: Notice, models: DeskModels, parent: QObject) -> None:
        super().__init__(parent)
        self._notice = notice
        self._wanted = self._said = ""
        self._soon = QTimer(self, interval=SAID_AFTER_MS, singleShot=True)
        self._soon.timeout.connect(self._say_link)
        models.status.changed.connect(self._take_status)
        models.bridge.cache_replaced.connect(self._take_contents)
        if models.client.damaged_outbox is not None:
            self._say_outbox(models.client.damaged_outbox)

    def _take_status(self, line: StatusLine) -> None:
        if line.is_live:
            self._soon.stop()
            self._notice.withdraw(self._said)
            self._wanted = self._said = ""
        elif line.phase in {LinkPhase.DOWN, LinkPhase.REFUSED}:
            self._wanted = line.sentence
            if self._wanted != self._said and not self._soon.isActive():
                self._soon.start()

    def _say_link(self) -> None:
        if self._wanted and self._wanted != self._said:
            self._said = self._wanted
            self._say(self._said, stays=True)

    def _take_contents(self, contents: Contents) -> None:
        if contents.damaged is not None:
            self._say(cache_damaged_sentence(contents.damaged))

    def _say_outbox(self, path: Path) -> None:
        words = self.tr(
            "What was typed here and not yet sent could not be read; it is kept as {0}. "
            "Look through your last orders, and give again what is missing."
        )
        self._say(words.format(path), stays=True)

    def _say(self, sentence: str, *, stays: bool = False) -> None:
        _log.warning("%s", sentence)
        self._notice.say(sentence, is_trouble=True, stays=stays)
