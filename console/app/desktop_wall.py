"""The wall's dock: the streams, the plan, the points near what is picked."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal

from console.app.desktop_hints import HintsLink
from console.app.desktop_keys import CameraKeys
from console.app.desktop_models import DeskModels
from console.app.desktop_patrol import PatrolLink
from console.app.desktop_ptz import CameraMover
from console.app.desktop_screens import WallScreens, screen_name
from console.domain.hints import Hint
from console.domain.ids import CameraId
from console.domain.incidents import Incident
from console.domain.places import Camera
from console.patrol.ledger import Look
from console.protocol.patrol import PlanSent
from console.store.cameraseal import CameraKey, opened_or_bare
from console.sync.state import Who
from console.ui.card import IncidentCard
from console.ui.cardlive import CardLive, points_of
from console.ui.moving import cameras_of_case, place_of
from console.ui.nearcameras import NearCameras
from console.ui.planbook import PlanBook
from console.ui.wall_directory import CameraDirectory, DirectoryDesk
from console.ui.wall_feed import WallFeed
from console.ui.wall_today import midnight
from console.video.live import Decoders
from console.video.looks import LooksReader
from console.video.ownlooks import OwnLooks
from console.video.rtsp import Patience
from console.video.sweep import write_points
from widgets.common.appearance import Appearance
from widgets.desk.card_live import CardLiveView
from widgets.wall.wall import WallWidget

_log = logging.getLogger("zhihui.console")
#: Points shown for a picked incident.
NEAR_POINTS = 4
#: Camera rows are gathered for so long; the sweep's own state is read as often as that.
GATHER_MS, SWEEP_MS = 400, 5000


def read_favourites(path: Path) -> list[CameraId]:
    """Return the favourites kept in a file; none if there is none or it is damaged."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        _log.warning("favourites cannot be read from %s: %s", path, error)
        return []
    return [CameraId(one) for one in kept if isinstance(one, str)] if isinstance(kept, list) else []


class WallDock(QObject):
    """Owns the wall and tells the sweep which points there are."""

    _directory_built = Signal(object)

    def __init__(
        self, models: DeskModels, appearance: Appearance, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._models, self._mirror = models, models.mirror
        self._points_key = CameraKey.of_secret(models.cache_key, "points")
        self._looks = LooksReader(models.settings.looks_path, self._points_key)
        who = models.mirror.who
        decoders = Decoders(patience=Patience(ca=models.settings.camera_ca))
        self.feed = WallFeed(
            self._mirror.cameras(),
            tiles=models.settings.wall_tiles,
            looks=self._looks,
            person=None if who is None else who.id,
            decoders=decoders,
            parent=self,
        )
        self.near = NearCameras(self._mirror)
        self.card = CardLive(
            self._mirror.incident, self._mirror.camera, self.near.of, decoders,
            self._looks.thumbnail, self,
        )  # fmt: skip
        self._own = OwnLooks(models.settings.own_looks_path)
        self.feed.remember(self._own.since(midnight()))
        self.feed.point_looked.connect(self._own.put)
        self.patrol = PatrolLink(models.client, self._looks, screen_name(models.settings), self)
        self.feed.point_looked.connect(self.patrol.note)
        self.patrol.looks_came.connect(self.feed.remember)
        self.patrol.granted.connect(self._sweep_granted)
        self.patrol.plans_came.connect(self._take_plans)
        self.patrol.past_came.connect(self.feed.plans.set_past)
        self.book = PlanBook(models.mirror, models.site_forms, models.client, self)
        self.book.changed.connect(self._offer_plans)
        self._key: CameraKey | None = None
        self._keys = CameraKeys(models.client, self)
        self._granted: frozenset[str] | None = None
        models.mirror.who_changed.connect(self._take_who)
        self.widget = WallWidget(self.feed, appearance)
        self.widget.set_plans(self.book)
        self.card_view = CardLiveView(appearance, self.card)
        self._join_screens(appearance)
        self.hints = HintsLink(self.feed, self._mirror, models.settings, self._looks, self).hints
        self.widget.set_hints(self.hints)
        self._join_directory()
        self._case: str | None = None
        self._mirror.assignments_changed.connect(self._look_again)
        self._gather = QTimer(self, interval=GATHER_MS, singleShot=True)
        self._gather.timeout.connect(self._put_cameras)
        self._mirror.cameras_changed.connect(self._gather_more)
        self._sweep = QTimer(self, interval=SWEEP_MS)
        self._sweep.timeout.connect(self._say_sweep)
        self._sweep.start()
        appearance.language_changed.connect(self._say_sweep)
        if self._mirror.cameras():
            self._put_cameras()
        self._keys.found.connect(self._use_key)
        self._keys.begin()

    def _join_screens(self, appearance: Appearance) -> None:
        """Join what leads beyond this wall: other screens, and cameras that move."""
        self.screens = WallScreens(self, self._models, appearance, self)
        self.card_view.camera_opened.connect(self.screens.open_full)
        self.mover = CameraMover(self._mirror, lambda: self._key, self)
        self.mover.told.connect(self.screens.told)
        self.screens.preset_wanted.connect(self.mover.send)
        self.screens.move_wanted.connect(self.mover.move)
        self.screens.presets_wanted.connect(self.mover.list_presets)
        self.mover.presets_came.connect(self.screens.presets_came)

    def _join_directory(self) -> None:
        """Offer the camera directory on the wall; it is built beside the window."""
        self._favourites = self._models.settings.folder / "favourites.json"
        self._directory = DirectoryDesk(CameraDirectory((), {}), self.feed.today.answering, self)
        self._builder = ThreadPoolExecutor(1, thread_name_prefix="directory")
        self._directory_of = 0
        self._directory_built.connect(
            self._directory.set_directory, Qt.ConnectionType.QueuedConnection
        )
        self._directory.set_favourites(read_favourites(self._favourites))
        self._directory.favourites_changed.connect(self._keep_favourites)
        self.widget.set_directory(self._directory)

    def _use_key(self, key: CameraKey) -> None:
        """Open credentials with this key: on every wall, and for the sweep."""
        self._key = key
        for feed in (self.feed, *(one.feed for one in self.screens.windows)):
            feed.use_key(key)
        self.card.use_key()
        self._write_points()

    @property
    def camera_key(self) -> CameraKey | None:
        """What credentials of cameras are opened with, once central has given it."""
        return self._key

    @property
    def directory(self) -> DirectoryDesk:
        """The camera directory."""
        return self._directory

    @property
    def looks(self) -> LooksReader:
        """The sweep's pictures."""
        return self._looks

    def looks_today(self) -> list[Look]:
        """Return what people have looked at today, here and elsewhere."""
        looks = (self.feed.today.last(one.id) for one in self._mirror.cameras())
        return [look for look in looks if look is not None]

    def confirmed_hint(self, point: str) -> Hint | None:
        """Return, once, the hint that evidence of a point was taken for, at any of the walls."""
        return self.hints.confirmed(point) or self.screens.confirmed(point)

    def note_look(self, look: Look) -> None:
        """Count a person's look at another window's wall."""
        self.feed.remember([look])
        self._own.put(look)
        self.patrol.note(look)

    def show_card(self, card: IncidentCard | None) -> None:
        """Show a camera of the incident that is on the card now."""
        self.card.pick(None if card is None else card.incident.id)

    def show_near(self, incident: Incident) -> None:
        """Show the points that look at an incident's place, or go on with the plan.

        Cameras of the units sent there come first, then the nearest, moving ones among them.
        """
        points = points_of(self.near.of(incident), NEAR_POINTS)
        self._case = incident.id if points else None
        if points:
            number = incident.short_number or incident.place
            self.feed.show_points(points, name=number)
        else:
            self.feed.resume_plan()

    def _look_again(self, _ids: list[str]) -> None:
        """Show the cameras of units that were sent to the case on the wall meanwhile."""
        incident = None if self._case is None else self._mirror.incident(self._case)
        if incident is None or not self.feed.is_lent or self.feed.plan.name not in (
            incident.short_number, incident.place,
        ):  # fmt: skip
            self._case = None
            return
        carried = cameras_of_case(self._mirror, incident.id, self._mirror.cameras())
        if set(carried) - set(self.feed.plan.points):
            self.show_near(incident)

    def show_camera(self, camera_id: str) -> str:
        """Show one point and its neighbours, and hold; return its name, "" if there is none."""
        camera = self._mirror.camera(camera_id)
        if camera is None or camera.retired:
            return ""
        lat, lon = place_of(self._mirror, camera, self._mirror.now()) or (None, None)
        around = points_of(self.near.around(lat, lon), self.feed.tiles + 1)
        others = [one for one in around if one != camera.id]
        self.feed.show_points([camera.id, *others][: self.feed.tiles], name=camera.name)
        return camera.name

    def _take_who(self, who: Who) -> None:
        self.feed.set_person(who.id)

    def close(self) -> None:
        """Stop every stream."""
        self._sweep.stop()
        self._keys.stop()
        self.card.stop()
        self.screens.close()
        self.mover.stop()
        self.patrol.leave()
        self._builder.shutdown(wait=True, cancel_futures=True)
        self._own.close()
        self.hints.stop()
        if not self.feed.stop():
            _log.warning("a camera stream did not end in time")

    def _gather_more(self, _ids: list[str]) -> None:
        if not self._gather.isActive():
            self._gather.start()

    def _put_cameras(self) -> None:
        cameras = self._mirror.cameras()
        for feed in (self.feed, *(one.feed for one in self.screens.windows)):
            feed.put_cameras(cameras)
        self._build_directory(cameras)
        self._offer_plans()
        self.patrol.want([one.id for one in cameras if not one.retired])
        self._write_points()

    def _build_directory(self, cameras: list[Camera]) -> None:
        """Have the directory built beside the window; only names, owners and districts count."""
        wanted = hash(tuple((one.id, one.name, one.owner, one.district) for one in cameras))
        if wanted == self._directory_of:
            return
        self._directory_of = wanted
        places: dict[str, tuple[str, ...]] = {
            one.id: (one.name_zh, one.name_en) for one in self._mirror.jurisdictions()
        }
        self._builder.submit(CameraDirectory, cameras, places).add_done_callback(
            lambda done: None if done.cancelled() else self._directory_built.emit(done.result())
        )

    def _keep_favourites(self, points: list[str]) -> None:
        try:
            self._favourites.write_text(json.dumps(points), encoding="utf-8")
        except OSError as error:
            _log.warning("favourites cannot be kept in %s: %s", self._favourites, error)

    def _sweep_granted(self, points: list[str]) -> None:
        """Sweep the points that central has leased to this console, no others."""
        self._granted = frozenset(points)
        self._write_points()

    def _take_plans(self, plans: list[PlanSent]) -> None:
        """Take the plans that are kept at central."""
        self.book.take(plans)

    def _offer_plans(self) -> None:
        plans = self.book.runnable()
        for feed in (self.feed, *(one.feed for one in self.screens.windows)):
            feed.plans.given = plans

    def _write_points(self) -> None:
        if self._granted is None:
            return  # nobody may sweep a point that central has not leased
        cameras = [one for one in self._mirror.cameras() if one.id in self._granted]
        try:
            opened = [opened_or_bare(one, self._key) for one in cameras]
            write_points(self._models.settings.points_path, opened, self._points_key)
        except OSError as error:
            _log.error("the sweep's points cannot be written: %s", error)

    def _say_sweep(self, _language: str = "") -> None:
        now = self._mirror.own_now()
        slowed = [
            state
            for state in self._looks.sweeps()
            if state.slowed and abs((now - state.at).total_seconds()) < 60
        ]
        if not slowed:
            self._models.status.set_throttled(())
            return
        per_s = sum(state.per_s for state in slowed)
        text = QCoreApplication.translate("WallDock", "sweep slowed to {0} points/s")
        self._models.status.set_throttled((text.format(f"{per_s:.1f}"),))
