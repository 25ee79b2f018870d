"""Cameras that speak ONVIF, found from the administration and entered at central."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Qt, Signal, Slot

from console.domain.errors import ZhihuiError
from console.domain.ids import new_id
from console.domain.places import Camera
from console.gateways.onvif import CameraServiceError, Found, Login, camera_from, find, look_up
from console.protocol.commands import PutCameras
from console.protocol.messages import Command, Result, Verdict
from console.ui.admin import AdminSource
from console.ui.reasons import reason_text

_DONE = frozenset({Verdict.ACCEPTED, Verdict.DUPLICATE})
_AT_ONCE = 8
_log = logging.getLogger("zhihui.console")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCamera:
    """One camera that has answered.

    Attributes:
        camera: The point it makes, ``None`` where it does not let us look.
        trouble: Why.
    """

    name: str
    service: str
    streams: int = 0
    presets: tuple[str, ...] = ()
    camera: Camera | None = None
    trouble: str = ""


class CameraDiscovery(QObject):
    """Finds cameras and looks them up in threads of its own; tells in Qt's.

    Signals:
        found: A list of ``FoundCamera``.
        entered: How many points were entered.
        failed: A sentence: why something could not be done.
    """

    found = Signal(list)
    entered = Signal(int)
    failed = Signal(str)
    _came = Signal(object)

    def __init__(self, source: AdminSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="discovery")
        self._came.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def stop(self) -> None:
        """End; what is asked already is answered to nobody."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def search(self, user: str, password: str, addresses: Sequence[str] = ()) -> None:
        """Find the cameras of all networks of this machine, or those at some addresses."""
        login = Login(username=user.strip(), password=password)

        def job() -> Callable[[], None]:
            cameras = _looked(find(list(addresses)), login)
            return lambda: self.found.emit(cameras)

        self._pool.submit(self._run, job)

    def enter(self, cameras: Sequence[Camera]) -> None:
        """Enter points at central."""

        def job() -> Callable[[], None]:
            at = datetime.now(UTC)
            body = PutCameras(cameras=tuple(cameras))
            command = Command(new_id(at), "console-administration", 0, at, body)
            asked = self._source.administer("POST", "/v1/commands", Result, command)
            result = asked.result()
            if result.verdict not in _DONE:
                raise ZhihuiError(result.reason or str(result.verdict))
            return lambda: self.entered.emit(len(cameras))

        self._pool.submit(self._run, job)

    def _run(self, job: Callable[[], Callable[[], None]]) -> None:
        try:
            tell = job()
        except (ZhihuiError, OSError) as error:
            sentence = str(getattr(error, "detail", "") or error)
            self._came.emit(lambda: self.failed.emit(reason_text(sentence)))
        except Exception as error:  # noqa: BLE001 - said on the screen, whatever it is
            _log.exception("the discovery of cameras stumbled")
            told = f"{type(error).__name__}: {error}"
            self._came.emit(lambda: self.failed.emit(told))
        else:
            self._came.emit(tell)

    @Slot(object)
    def _tell(self, tell: Callable[[], None]) -> None:
        tell()


def _looked(found: Sequence[Found], login: Login) -> list[FoundCamera]:
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="onvif") as pool:
        return list(pool.map(lambda one: _looked_at(one, login), found))


def _looked_at(one: Found, login: Login) -> FoundCamera:
    try:
        looked = look_up(one, login)
    except CameraServiceError as error:
        return FoundCamera(
            name=one.name or one.hardware, service=one.service, trouble=reason_text(str(error))
        )
    return FoundCamera(
        name=one.name or looked.model,
        service=one.service,
        streams=len(looked.profiles),
        presets=tuple(preset.name or preset.token for preset in looked.presets),
        camera=camera_from(looked, login),
    )
