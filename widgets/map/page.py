"""The web page inside the map widget: stays on its own address, and its messages reach the log."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, QUrl
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile

_LOG = logging.getLogger("zhihui.map")
_LEVELS = {
    QWebEnginePage.JavaScriptConsoleMessageLevel.InfoMessageLevel: logging.INFO,
    QWebEnginePage.JavaScriptConsoleMessageLevel.WarningMessageLevel: logging.WARNING,
    QWebEnginePage.JavaScriptConsoleMessageLevel.ErrorMessageLevel: logging.ERROR,
}


class LocalPage(QWebEnginePage):
    """A page that goes nowhere else and opens no windows."""

    def __init__(self, profile: QWebEngineProfile, home: QUrl, parent: QObject) -> None:
        super().__init__(profile, parent)
        self._home = home

    def acceptNavigationRequest(  # noqa: N802
        self,
        url: QUrl | str,
        type: QWebEnginePage.NavigationType,
        isMainFrame: bool,  # noqa: N803
    ) -> bool:
        """Stay on the page."""
        return QUrl(url).scheme() == self._home.scheme()

    def javaScriptConsoleMessage(  # noqa: N802
        self,
        level: QWebEnginePage.JavaScriptConsoleMessageLevel,
        message: str,
        line: int,
        source: str,
    ) -> None:
        """Write what the page's scripts say to the log."""
        _LOG.log(_LEVELS[level], "%s:%d: %s", source, line, message)
