"""Plans made and changed by people, started by the clock, and what nobody has looked at."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.domain.areas import Area, AreaId, AreaKind
from console.domain.ids import CameraId, JurisdictionId
from console.domain.incidents import Report
from console.domain.places import Camera, Evidence, Jurisdiction, JurisdictionLevel, LogEntry
from console.patrol.handing import KEPT_S, Handings, Seat
from console.patrol.ledger import Look, Looker
from console.patrol.plans import PatrolPlan
from console.protocol.patrol import PatrolPast, PlanSent
from console.sync.http import LinkError
from console.sync.state import Contents, LinkTrouble
from console.ui.formnames import SiteForms
from console.ui.mirror import Mirror
from console.ui.planbook import PlanBook
from console.ui.plandraft import PlanDraft, PlanDraftError, draft_of, read_draft
from console.ui.wall_clock import WallClock
from console.ui.wall_feed import WallFeed
from console.ui.wall_pool import StreamKey, StreamPool
from console.video.live import Decoders
from console.video.looks import LooksReader, LooksWriter, SweepLook
from widgets.common.appearance import Appearance
from widgets.wall.handover import HandMenu
from widgets.wall.plans import PlanSheet
from widgets.wall.unseen import UnseenPanel
from widgets.wall.wall import WallWidget


def cameras(count: int = 12) -> list[Camera]:
    return [
        Camera(id=CameraId(f"P{n:02d}"), name=f"路口 {n}", main_url="rtsp://127.0.0.1:9/x",
               lat=39.9 + n * 0.001, lon=116.4,
               district=JurisdictionId("cy" if n % 2 else "hd"))
        for n in range(count)
    ]  # fmt: skip


class NoDetails:
    """A cache without details."""

    def reopen(self) -> None:
        """Nothing is open."""

    def report(self, row_id: str) -> None:
        return None

    def report_from(self, channel: str, external_id: str) -> None:
        return None

    def evidence(self, row_id: str) -> None:
        return None

    def details_of(self, incident: str) -> list[Report | Evidence | LogEntry]:
        return []


class Kept:
    """A central that keeps plans as the real one does: by version."""

    def __init__(self) -> None:
        self.plans: dict[str, PlanSent] = {}

    def put_plan(self, plan: PlanSent) -> Future[PlanSent]:
        done: Future[PlanSent] = Future()
        held = self.plans.get(plan.id)
        if held is not None and held.version != plan.version:
            words = (f"The plan “{plan.name}” was changed by somebody else meanwhile (version "
                     f"{held.version}, yours is of {plan.version}); look at it anew and change it "
                     "again.")  # fmt: skip
            done.set_exception(LinkError(LinkTrouble.NOT_ALLOWED, words))
            return done
        kept = msgspec.structs.replace(plan, version=plan.version + 1)
        self.plans[plan.id] = kept
        done.set_result(kept)
        return done

    def retire_plan(self, plan: str) -> Future[dict[str, str]]:
        done: Future[dict[str, str]] = Future()
        self.plans.pop(plan, None)
        done.set_result({"retired": plan})
        return done

    def patrol_past(self, days: int, form: str | None = None) -> Future[PatrolPast]:
        done: Future[PatrolPast] = Future()
        hours = (0,) * 23
        counts = {"P03": (*hours, 2), "P07": (*hours, 5), "gone": (*hours, 9)}
        done.set_result(PatrolPast(days=days, form=form, counts=counts))
        return done


@pytest.fixture
def mirror(qapp: QApplication) -> Mirror:
    made = Mirror(NoDetails())
    event = Area(id=AreaId("race"), name="马拉松", kind=AreaKind.EVENT,
                 outline=((39.8995, 116.39), (39.8995, 116.41), (39.9025, 116.41),
                          (39.9025, 116.39)))  # fmt: skip
    districts = [
        Jurisdiction(id=JurisdictionId(key), parent=None, level=JurisdictionLevel.DISTRICT,
                     name_zh=zh, name_en=en)
        for key, zh, en in (("cy", "朝阳区", "Chaoyang"), ("hd", "海淀区", "Haidian"))
    ]  # fmt: skip
    made.take_contents(Contents(rev=1, rows=(*cameras(), event, *districts)))
    return made


@pytest.fixture
def central() -> Kept:
    return Kept()


@pytest.fixture
def book(mirror: Mirror, central: Kept) -> Iterator[PlanBook]:
    forms = SiteForms(mirror)
    yield PlanBook(mirror, forms, central)
    forms.stop()


def test_that_a_plan_typed_is_the_plan_kept_and_shown_again() -> None:
    draft = PlanDraft(
        name=" 朝阳夜间 ", points=("P01", "P02"), dwell="6,5", dwells={"P01": "20", "P02": " "},
        presets={"P02": "3", "gone": "1"}, revisit="15", days=(4, 5), from_time="22:00",
        to_time="6:30", tiles=9,
    )  # fmt: skip
    plan = read_draft(draft)
    assert (plan.name, plan.dwell_s, plan.max_revisit_s) == ("朝阳夜间", 6.5, 900.0)
    assert (plan.dwells, plan.presets) == ({"P01": 20.0}, {"P02": "3"})
    assert (plan.from_minute, plan.to_minute, plan.tiles) == (1320, 390, 9)
    again = read_draft(draft_of(plan))
    assert again == plan


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"points": ()}, "points"),
        ({"dwell": "soon"}, "dwell"),
        ({"dwell": "-3"}, "dwell"),
        ({"dwell": "nan"}, "dwell"),
        ({"revisit": "0"}, "revisit"),
        ({"from_time": "25:00", "to_time": "06:00"}, "from_time"),
        ({"from_time": "22:00"}, "from_time"),
        ({"from_time": "22:00", "to_time": "6.75"}, "to_time"),
        ({"dwells": {"P01": "x"}}, "dwells"),
    ],
)
def test_that_what_is_no_plan_names_the_field_to_mend(
    qapp: QApplication, change: dict[str, object], field: str
) -> None:
    right = {"name": "a", "points": ("P01",)}
    with pytest.raises(PlanDraftError) as found:
        read_draft(PlanDraft(**{**right, **change}))  # type: ignore[arg-type]
    assert found.value.field == field
    assert str(found.value).endswith(".")


def test_that_a_plan_is_made_from_a_district_a_form_and_an_event(
    book: PlanBook, qtbot: QtBot
) -> None:
    codes = {one.code for one in book.bases()}
    assert {"district:cy", "form:0301", "event:race"} <= codes
    for code, points in (
        ("district:cy", ["P01", "P03", "P05", "P07", "P09", "P11"]),
        ("form:0301", ["P07", "P03"]),
        ("event:race", ["P01", "P00", "P02"]),
    ):
        with qtbot.waitSignal(book.points_found) as found:
            book.find_points(code)
        assert found.args[0] == code
        assert sorted(found.args[1]) == sorted(points)


def test_that_what_central_refuses_is_said_and_nothing_typed_is_lost(
    book: PlanBook, central: Kept, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(book.saved) as saved:
        assert book.save(PlanDraft(name="a", points=("P01",))) is None
    plan_id = saved.args[0]
    central.plans[plan_id] = msgspec.structs.replace(central.plans[plan_id], version=7)
    draft = book.draft(plan_id)
    assert draft is not None
    with qtbot.waitSignal(book.failed) as failed:
        book.save(draft)
    assert "changed by somebody else" in failed.args[0]
    with qtbot.waitSignal(book.changed):
        book.retire(plan_id)
    assert book.plans == ()


def clocked(feed: WallFeed, *, at: list[datetime]) -> WallClock:
    return WallClock(feed, lambda: at[0])


def test_that_a_plan_starts_at_its_time_is_offered_beside_another_and_ends(
    appearance: Appearance, qtbot: QtBot
) -> None:
    feed = WallFeed(cameras(), tiles=4)
    night = PatrolPlan(name="night", points=(CameraId("P01"), CameraId("P02")), tiles=1,
                       from_minute=22 * 60, to_minute=6 * 60)  # fmt: skip
    other = PatrolPlan(name="other", points=(CameraId("P03"),))
    feed.plans.given = (other, night)
    at = [datetime(2026, 11, 28, 21, 59)]
    clock = clocked(feed, at=at)
    clock.look()
    assert feed.plan.name == "all"
    at[0] += timedelta(minutes=2)
    with qtbot.waitSignal(clock.plan_started):
        clock.look()
    assert (feed.plan.name, feed.tiles) == ("night", 1)
    clock.look()
    at[0] += timedelta(hours=8)
    with qtbot.waitSignal(clock.plan_ended):
        clock.look()
    assert feed.plan.name == "all"
    feed.set_plan(other)
    at[0] += timedelta(hours=16)
    with qtbot.waitSignal(clock.plan_offered) as offered:
        clock.look()
    assert (offered.args, feed.plan.name) == (["night"], "other")
    assert clock.accept()
    assert feed.plan.name == "night"
    assert not clock.accept()
    assert feed.stop()


def test_that_moving_cameras_are_sent_to_their_places_once_a_page(appearance: Appearance) -> None:
    feed = WallFeed(cameras(), tiles=1)
    clock = clocked(feed, at=[datetime(2026, 11, 28)])
    sent: list[tuple[str, str]] = []
    clock.preset_wanted.connect(lambda camera, preset: sent.append((camera, preset)))
    points = (CameraId("P01"), CameraId("P02"), CameraId("P03"))
    feed.set_plan(PatrolPlan(name="p", points=points, presets=((points[1], "gate"),)))
    assert sent == []
    feed.step(1)
    assert sent == [("P02", "gate")]
    feed.page_turned.emit()
    assert sent == [("P02", "gate")]
    feed.step(1)
    feed.step(-1)
    assert sent == [("P02", "gate")] * 2
    assert feed.stop()


def test_that_leads_are_learned_from_the_sweep(tmp_path: Path, appearance: Appearance) -> None:
    path = tmp_path / "looks.db"
    writer = LooksWriter(path)
    now = datetime.now(UTC)
    look = SweepLook(point=CameraId("P01"), visited_at=now, picture_at=now, first_frame_s=7.5)
    writer.put([(look, b"x")])
    writer.close()
    rows = {one.id: one for one in cameras()}
    pool = StreamPool(rows, Decoders())
    feed = WallFeed(cameras(), looks=LooksReader(path))
    learned = feed.today.read()
    assert {(key.camera, key.main) for key, _ in learned} == {("P01", False), ("P01", True)}
    usual = pool.lead_s(StreamKey(CameraId("P02"), False))
    for key, first_s in learned:
        pool.know(key, first_s=first_s)
    assert pool.lead_s(StreamKey(CameraId("P01"), True)) > 7.5 > usual
    lucky = StreamKey(CameraId("P03"), False)
    pool.know(lucky, first_s=0.1)
    assert pool.lead_s(lucky) < usual
    pool.know(lucky, first_s=2.3)
    assert pool.lead_s(lucky) >= usual, "the sweep met a key picture by chance, then did not"
    assert pool.close()
    assert feed.stop()


def test_that_the_list_names_what_nobody_and_what_no_person_has_seen(
    appearance: Appearance, tmp_path: Path
) -> None:
    feed = WallFeed(cameras(4), tiles=1)
    now = datetime.now(UTC)
    today, points = feed.today, [one.id for one in cameras(4)]
    feed.remember([
        Look(point=points[0], at=now, by=Looker.PERSON),
        Look(point=points[1], at=now, by=Looker.SWEEP),
        Look(point=points[2], at=now - timedelta(days=2), by=Looker.PERSON),
    ])  # fmt: skip
    assert [one.camera for one in today.unseen(points, by_person=False)] == ["P03", "P02"]
    assert [one.camera for one in today.unseen(points, by_person=True)] == ["P03", "P02", "P01"]
    assert feed.stop()


def test_that_what_is_handed_over_waits_for_its_screen_and_no_longer_than_it_may() -> None:
    handings: Handings[str] = Handings()
    handings.seen("a", Seat(name="left", person="Li"), 0.0)
    handings.seen("b", Seat(name="right", person="Wu"), 1.0)
    assert [(one, seat.name) for one, seat in handings.others("a", 2.0)] == [("b", "right")]
    handings.give("b", ["page"], 2.0)
    handings.give("gone", ["page"], 2.0)
    assert handings.take("a", 3.0) == []
    assert handings.take("b", 3.0) == ["page"]
    assert handings.take("b", 3.0) == []
    assert handings.take("gone", 2.0 + KEPT_S) == []
    assert handings.others("a", 100.0) == []


@pytest.mark.xvfb
def test_that_keys_make_change_and_run_a_plan(
    book: PlanBook, central: Kept, appearance: Appearance, qtbot: QtBot
) -> None:
    sheet = PlanSheet(book)
    qtbot.addWidget(sheet)
    sheet.resize(1020, 600)
    sheet.open()
    sheet.activateWindow()
    qtbot.waitUntil(sheet.isActiveWindow)
    qtbot.keyClick(sheet, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(sheet, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "name" in sheet.told.text()
    assert sheet.form.dwell.text() == "8"
    sheet.form.name.setFocus()
    for following in (sheet.form.base, sheet.form.dwell, sheet.form.revisit):
        qtbot.keyClick(sheet.focusWidget(), Qt.Key.Key_Tab)
        assert sheet.focusWidget() is following
    qtbot.keyClicks(sheet.form.name, "Haidian events")
    sheet.form.base.setCurrentIndex(sheet.form.base.findData("event:race"))
    with qtbot.waitSignal(book.points_found):
        sheet.form.base.activated.emit(sheet.form.base.currentIndex())
    sheet.form.add_points(["P09", "P01"])
    assert sheet.form.points.rowCount() == 4
    with qtbot.waitSignal(book.saved) as saved:
        qtbot.keyClick(sheet, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    (kept,) = central.plans.values()
    assert (kept.name, kept.base, sorted(kept.points)) == (
        "Haidian events", "event:race", ["P00", "P01", "P02", "P09"],
    )  # fmt: skip
    with qtbot.waitSignal(sheet.run_wanted) as run:
        qtbot.keyClick(sheet, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert run.args == [saved.args[0]]
    sheet.form.points.selectRow(0)
    qtbot.keyClick(sheet.form.points, Qt.Key.Key_Delete)
    assert sheet.form.points.rowCount() == 3
    with qtbot.waitSignal(book.changed):
        qtbot.keyClick(sheet, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert central.plans == {}
    with qtbot.waitSignal(sheet.closed):
        qtbot.keyClick(sheet, Qt.Key.Key_Escape)


@pytest.mark.xvfb
def test_that_the_walls_keys_open_what_lies_over_it(
    book: PlanBook, appearance: Appearance, qtbot: QtBot, tmp_path: Path
) -> None:
    feed = WallFeed(cameras(), tiles=4)
    wall = WallWidget(feed, appearance)
    qtbot.addWidget(wall)
    wall.set_plans(book)
    wall.resize(1280, 720)
    wall.show()
    wall.activateWindow()
    qtbot.waitUntil(wall.isActiveWindow)
    qtbot.keyClick(wall.canvas, Qt.Key.Key_E)
    assert wall.plans is not None
    assert wall.plans.isVisible()
    qtbot.keyClick(wall.plans.form.name, Qt.Key.Key_Escape)
    assert not wall.plans.isVisible()
    qtbot.keyClick(wall.canvas, Qt.Key.Key_U)
    panel: UnseenPanel = wall.unseen
    assert panel.isVisible()
    rows = [one.camera for one in panel.rows]
    assert sorted(rows) == [one.id for one in cameras()]
    with qtbot.waitSignal(panel.points_wanted) as wanted:
        qtbot.keyClick(panel.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert wanted.args[0] == rows[:4]
    assert not panel.isVisible()
    assert feed.is_lent
    with qtbot.waitSignal(wall.hand_wanted):
        qtbot.keyClick(wall.canvas, Qt.Key.Key_H)
    menu = HandMenu([("x", "Wall right · Li")], wall)
    menu.open_over(wall)
    with qtbot.waitSignal(menu.chosen) as chosen:
        qtbot.keyClick(menu, Qt.Key.Key_4)
    assert chosen.args == ["x", False]
    wall.close()
    assert feed.stop()
