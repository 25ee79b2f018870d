"""The live picture on the incident card: which cameras, on real streams, only while it is seen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import desk_city
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from rtsp_points import Clip, RtspPoints, make_clip, mixed_points, serving

from console.domain.ids import CameraId, UnitId
from console.domain.places import Camera
from console.media.nal import Codec
from console.tracking.columns import empty_columns
from console.ui.card import CardModel
from console.ui.cardlive import CardLive
from console.ui.mirror import Mirror
from console.ui.nearcameras import NEAR_WITHIN_M, NearCameras
from console.ui.wall_values import TileKind
from console.video.live import Decoders, in_thread
from console.video.rtsp import Patience
from widgets.common.appearance import Appearance
from widgets.desk.card_live import CardLiveView
from widgets.desk.card_view import CardView

#: A living camera is never given up; the dead one sends garbage, which needs no waiting for.
PATIENT = Patience(connect_s=60.0, answer_s=60.0, silence_s=60.0)
LAT, LON = 39.93, 116.45
_METRES_A_DEGREE = 111_320.0


def placed(camera: Camera, north_m: float, east_m: float, **more: object) -> Camera:
    """Return a camera so many metres from the incidents of the small city."""
    lat = LAT + north_m / _METRES_A_DEGREE
    lon = LON + east_m / (_METRES_A_DEGREE * math.cos(math.radians(LAT)))
    return replace(camera, lat=lat, lon=lon, **more)  # type: ignore[arg-type]


def bare(row_id: str, **more: object) -> Camera:
    return Camera(id=CameraId(row_id), name=row_id, main_url="rtsp://h/1", **more)  # type: ignore[arg-type]


def stand(mirror: Mirror, **north_m: float) -> None:
    """Have units, by id, stand so many metres north of the incidents."""
    force = empty_columns(max(one.no for one in mirror.units()) + 1)
    for unit in mirror.units():
        if unit.id in north_m:
            force.lat[unit.no] = LAT + north_m[unit.id] / _METRES_A_DEGREE
            force.lon[unit.no] = LON
            force.t_ms[unit.no] = round(desk_city.NOW.timestamp() * 1000)
    mirror.take_positions(force)


def test_that_what_units_sent_carry_comes_first_then_what_looks_at_the_place(
    qapp: QApplication,
) -> None:
    mirror = desk_city.filled_mirror()
    running = next(one for one in mirror.running_assignments() if mirror.incident(one.incident))
    other = next(one for one in mirror.units() if not mirror.assignments_of_unit(one.id))
    desk_city.change(
        mirror,
        placed(bare("south looking north"), -200, 0, bearing_deg=10.0),
        placed(bare("north looking north"), 90, 0, bearing_deg=350.0),
        placed(bare("nobody knows where it looks"), 0, 150),
        placed(bare("too far"), NEAR_WITHIN_M + 5, 0, bearing_deg=180.0),
        placed(bare("gone"), 5, 0, retired=True),
        bare("no place"),
        bare("carried there", unit=running.unit),
        bare("carried near by", unit=other.id),
        bare("carried by nobody known", unit=UnitId("ghost")),
    )
    force = empty_columns(max(one.no for one in mirror.units()) + 1)
    force.lat[other.no], force.lon[other.no] = LAT, LON + 0.0001
    force.t_ms[other.no] = round(desk_city.NOW.timestamp() * 1000)
    mirror.take_positions(force)
    incident = mirror.incident(running.incident)
    assert incident is not None
    near = NearCameras(mirror).of(incident)
    assert [(one.camera, one.sees) for one in near] == [
        ("carried there", None),
        ("carried near by", None),
        ("south looking north", True),
        ("nobody knows where it looks", None),
        ("north looking north", False),
    ]
    assert near[0].is_sent
    assert near[0].away_m is None
    assert near[2].away_m == pytest.approx(200, abs=1)
    desk_city.change(mirror, placed(bare("new"), 1, 0, bearing_deg=180.0))
    assert NearCameras(mirror).around(LAT, LON)[0].camera == "new"
    assert NearCameras(mirror).around(None, LON) == []


pytestmark = pytest.mark.xvfb


@pytest.fixture(scope="module")
def clip() -> Clip:
    return make_clip(Codec.H264)


@pytest.fixture
def server(clip: Clip) -> Iterator[RtspPoints]:
    with serving(**mixed_points(clip)) as running:
        yield running


class Card:
    """A card with its live picture, on a small city with real cameras."""

    def __init__(self, appearance: Appearance, mirror: Mirror, *cameras: Camera) -> None:
        desk_city.change(mirror, *cameras)
        self.decoders = Decoders(1, PATIENT, in_thread)
        near = NearCameras(mirror)
        self.live = CardLive(
            mirror.incident, mirror.camera, near.of, self.decoders, lambda _point: None
        )
        model = CardModel(mirror, mirror)
        self.view = CardView(appearance, model, mirror.now)
        self.shown = CardLiveView(appearance, self.live)
        self.view.set_live(self.shown)
        model.changed.connect(
            lambda card: self.live.pick(None if card is None else card.incident.id)
        )
        self.model = model

    def close(self) -> None:
        self.view.hide()
        self.live.stop()
        self.decoders.close()

    @property
    def kind(self) -> TileKind | None:
        tile = self.live.picture().tile
        return None if tile is None else tile.kind


@pytest.fixture
def card(appearance: Appearance, server: RtspPoints, qtbot: QtBot) -> Iterator[Card]:
    """Two living cameras near, one silent one nearer than both."""
    made = Card(
        appearance,
        desk_city.filled_mirror(),
        placed(server.camera("C00"), -50, 0, bearing_deg=0.0),
        placed(server.camera("C01"), 0, 80, bearing_deg=270.0),
        placed(server.camera("C02"), 0, 10, bearing_deg=270.0),
    )
    qtbot.addWidget(made.view)
    made.view.resize(480, 640)
    made.view.show()
    yield made
    made.view.hide()
    made.live.stop()
    made.decoders.close()


def test_that_the_card_shows_a_living_camera_only_while_it_is_seen(
    card: Card, server: RtspPoints, qtbot: QtBot
) -> None:
    card.model.pick("i317")
    qtbot.waitUntil(lambda: card.kind is TileKind.LIVE)
    assert card.live.camera == "C00", "the silent one gave way"
    shot = card.shown.tile.grab().toImage()
    assert shot.pixelColor(shot.width() // 2, 40).lightness() > 40
    assert "2 of 3 cameras" in card.shown.words.text()
    assert "50 m away, looks here" in card.shown.words.text()
    assert server.points["C00"].playing == 1
    card.view.hide()
    qtbot.waitUntil(lambda: server.points["C00"].playing == 0)
    assert not card.live.is_open
    card.view.show()
    qtbot.waitUntil(lambda: card.kind is TileKind.LIVE and server.points["C00"].playing == 1)
    card.live.set_locked(True)  # the lock's cover is before the card, which stays shown
    qtbot.waitUntil(lambda: server.points["C00"].playing == 0)
    card.view.hide()
    card.view.show()
    assert not card.live.is_open
    card.live.set_locked(False)
    qtbot.waitUntil(lambda: card.kind is TileKind.LIVE and server.points["C00"].playing == 1)
    card.model.pick("")
    qtbot.waitUntil(lambda: server.points["C00"].playing == 0)
    assert not card.shown.isVisible()


def test_that_keys_choose_another_camera_and_what_is_chosen_stays(card: Card, qtbot: QtBot) -> None:
    card.model.pick("i317")
    qtbot.waitUntil(lambda: card.kind is TileKind.LIVE)
    qtbot.keyClick(card.view, Qt.Key.Key_Right)
    assert card.live.camera == "C01"
    qtbot.waitUntil(lambda: card.kind is TileKind.LIVE)
    qtbot.keyClick(card.view, Qt.Key.Key_Right)
    assert card.live.camera == "C02"
    qtbot.waitUntil(lambda: card.kind is TileKind.FAILED)
    tile = card.live.picture().tile
    assert tile is not None
    assert tile.trouble is not None
    card.live.tick()
    assert card.live.camera == "C02", "a person chose it"
    qtbot.keyClick(card.view, Qt.Key.Key_Left)
    assert card.live.camera == "C01"


def test_that_the_picture_stays_while_the_units_that_carry_cameras_move(
    appearance: Appearance, qtbot: QtBot, request: pytest.FixtureRequest
) -> None:
    mirror = desk_city.filled_mirror()
    at = next(one for one in mirror.running_assignments() if one.incident == "i317")
    spare = next(one for one in mirror.units() if not mirror.assignments_of_unit(one.id))
    desk_city.change(mirror, replace(at, id="second", unit=spare.id))
    card = Card(appearance, mirror, bare("K1", unit=at.unit), bare("K2", unit=spare.id))
    qtbot.addWidget(card.view)
    request.addfinalizer(card.close)
    stand(mirror, **{at.unit: 100.0, spare.id: 300.0})
    card.model.pick("i317")
    assert card.live.camera == "K1"
    for north_m in (250.0, 350.0, 450.0):
        stand(mirror, **{at.unit: north_m, spare.id: 300.0})
        card.live.look_again()
        assert card.live.camera == "K1", north_m
    desk_city.change(mirror, bare("K0", unit=at.unit))
    card.live.look_again()
    assert card.live.camera == "K0", "a camera that was not sent before is shown"


def test_that_a_dead_camera_of_a_moving_unit_is_not_taken_again(
    appearance: Appearance, server: RtspPoints, qtbot: QtBot, request: pytest.FixtureRequest
) -> None:
    mirror = desk_city.filled_mirror()
    at = next(one for one in mirror.running_assignments() if one.incident == "i317")
    dead = replace(server.camera("C02"), unit=at.unit)
    card = Card(appearance, mirror, dead, placed(server.camera("C00"), -50, 0, bearing_deg=0.0))
    qtbot.addWidget(card.view)
    request.addfinalizer(card.close)
    stand(mirror, **{at.unit: 100.0})
    card.view.show()
    card.model.pick("i317")
    assert card.live.camera == "C02"
    qtbot.waitUntil(lambda: card.kind is TileKind.LIVE)
    for north_m in (120.0, 140.0):
        stand(mirror, **{at.unit: north_m})
        card.live.look_again()
        assert card.live.camera == "C00", north_m


def test_that_it_opens_in_full_by_double_click_and_by_key(card: Card, qtbot: QtBot) -> None:
    card.model.pick("i317")
    qtbot.waitUntil(lambda: card.live.camera == "C00")
    with qtbot.waitSignal(card.shown.camera_opened) as opened:
        qtbot.mouseDClick(card.shown.tile, Qt.MouseButton.LeftButton)
    assert opened.args == ["C00"]
    with qtbot.waitSignal(card.shown.camera_opened) as opened:
        qtbot.keyClick(card.view, Qt.Key.Key_F)
    assert opened.args == ["C00"]


def test_that_a_card_without_cameras_says_why(appearance: Appearance, qtbot: QtBot) -> None:
    mirror = desk_city.filled_mirror()
    known = mirror.incident("i316")
    assert known is not None
    desk_city.change(mirror, replace(known, lat=None, lon=None, version=known.version + 1))
    card = Card(appearance, mirror)
    qtbot.addWidget(card.view)
    card.view.show()
    card.model.pick("i317")
    assert card.shown.words.text().startswith("No live picture: no camera stands within 600 m")
    assert not card.shown.tile.isVisibleTo(card.view)
    card.model.pick("i316")
    assert card.shown.words.text() == "No live picture: nobody knows where the incident is."
    card.view.hide()
    card.live.stop()
    card.decoders.close()
