"""What the web engine needs before the program's QApplication is made; quick to import."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

from PySide6.QtWebEngineCore import QWebEngineUrlScheme

#: "1" or "0" overrides the detection of a graphics processor.
OVERRIDE = "ZHIHUI_GPU"
#: Scheme of the map's page.
SCHEME = b"zhihui"


def has_gpu(environ: MutableMapping[str, str], devices: Path = Path("/dev/dri")) -> bool:
    """Return whether this machine can be expected to have a graphics processor.

    Args:
        environ: Environment; `OVERRIDE` decides if it is set.
        devices: Folder of the kernel's render nodes; looked at on Linux only.
    """
    override = environ.get(OVERRIDE)
    if override is not None:
        return override not in ("0", "")
    if not sys.platform.startswith("linux"):
        return True
    return any(os.access(node, os.R_OK | os.W_OK) for node in devices.glob("renderD*"))


def graphics_environment(environ: MutableMapping[str, str]) -> dict[str, str]:
    """Set what the web engine needs and return what was set; what is set already stays.

    Without a graphics processor Qt Quick paints in software, otherwise panning the page blocks
    Qt's main thread for 50 ms a frame. Chromium's sandbox refuses to run as root.
    """
    wanted: dict[str, str] = {}
    if not has_gpu(environ):
        wanted["QT_QUICK_BACKEND"] = "software"
    if sys.platform.startswith("linux") and os.geteuid() == 0:
        wanted["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
    made = {name: value for name, value in wanted.items() if name not in environ}
    environ.update(made)
    return made


def register_scheme() -> None:
    """Make the scheme known; call it once, before the program's QApplication is made."""
    if QWebEngineUrlScheme.schemeByName(SCHEME).name() == SCHEME:
        return
    scheme = QWebEngineUrlScheme(SCHEME)
    scheme.setSyntax(QWebEngineUrlScheme.Syntax.Host)
    flag = QWebEngineUrlScheme.Flag
    scheme.setFlags(flag.SecureScheme | flag.CorsEnabled | flag.FetchApiAllowed)
    QWebEngineUrlScheme.registerScheme(scheme)
