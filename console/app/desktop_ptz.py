"""Moving cameras (云台) sent to their places by plans, and moved by hand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Qt, Signal

from console.domain.places import Camera
from console.gateways.onvif import CameraServiceError, Login, Preset, go_to, move, presets_of
from console.store.cameraseal import CameraKey, opened_or_bare
from console.ui.mirror import Mirror
from console.ui.reasons import reason_text

_log = logging.getLogger("zhihui.console")
_AT_ONCE = 6


class CameraMover(QObject):
    """Talks to cameras' ONVIF services in threads of its own.

    Args:
        mirror: Knows the cameras.
        key: Gives what their credentials are opened with.

    Signals:
        told: A sentence to be shown, and whether it is a trouble.
        presets_came: Id of a camera, what its presets are called, and why there are none, ""
            where it has some.
    """

    told = Signal(str, bool)
    presets_came = Signal(str, list, str)
    _came = Signal(str, str)
    _listed = Signal(str, list, str)

    def __init__(
        self, mirror: Mirror, key: Callable[[], CameraKey | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._mirror, self._key = mirror, key
        self._said: dict[str, str] = {}
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ptz")
        self._came.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        self._listed.connect(self.presets_came, Qt.ConnectionType.QueuedConnection)

    def send(self, camera_id: str, preset: str) -> None:
        """Send a camera to a preset."""
        camera = self._mirror.camera(camera_id)
        if camera is None:
            return
        if camera.onvif_url is None:
            words = self.tr(
                "{0} has no ONVIF service, so no presets; its address is entered in the "
                "administration."
            )
            self._tell(camera_id, words.format(camera.name))
            return
        url = camera.onvif_url
        self._do(camera, lambda login: go_to(url, login, preset))

    def move(self, camera_id: str, pan: float, tilt: float, zoom: float) -> None:
        """Have a camera move, speeds from -1 to 1; all 0 stops it."""
        camera = self._mirror.camera(camera_id)
        if camera is not None and camera.onvif_url is not None:
            url = camera.onvif_url
            self._do(camera, lambda login: move(url, login, pan=pan, tilt=tilt, zoom=zoom))

    def list_presets(self, camera_id: str) -> None:
        """Ask a camera where it can be sent; `presets_came` brings the answer in any case."""
        camera = self._mirror.camera(camera_id)
        if camera is None or camera.onvif_url is None:
            self._listed.emit(camera_id, [], self.tr("has no ONVIF service, so no presets"))
            return
        url, login = camera.onvif_url, self._login(camera)

        def job() -> None:
            try:
                found = presets_of(url, login)
            except CameraServiceError as error:
                self._listed.emit(camera_id, [], reason_text(str(error)))
            except Exception:  # noqa: BLE001 - a thread of a pool has nobody else to tell
                _log.exception("a camera's presets could not be listed")
                self._listed.emit(camera_id, [], self.tr("does not say what presets it has"))
            else:
                none = "" if found else self.tr("has no presets")
                self._listed.emit(camera_id, preset_names(found), none)

        self._pool.submit(job)

    def stop(self) -> None:
        """End; what was asked already is carried out."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _do(self, camera: Camera, ask: Callable[[Login], None]) -> None:
        login = self._login(camera)

        def job() -> None:
            try:
                ask(login)
            except CameraServiceError as error:
                self._came.emit(camera.id, f"{camera.name}: {reason_text(str(error))}")
            except Exception:  # noqa: BLE001 - a thread of a pool has nobody else to tell
                _log.exception("a camera could not be moved")
            else:
                self._came.emit(camera.id, "")

        self._pool.submit(job)

    def _login(self, camera: Camera) -> Login:
        opened = opened_or_bare(camera, self._key())
        return Login(username=opened.username or "", password=opened.password or "")

    def _tell(self, camera_id: str, sentence: str) -> None:
        """Say what went wrong, once until it goes well again."""
        if not sentence:
            self._said.pop(camera_id, None)
        elif self._said.get(camera_id) != sentence:
            self._said[camera_id] = sentence
            self.told.emit(sentence, True)


def preset_names(presets: Sequence[Preset]) -> list[str]:
    """Return what a plan calls a camera's presets: by name, by token where that says which."""
    names = [one.name for one in presets]
    return [one.name if one.name and names.count(one.name) == 1 else one.token for one in presets]
