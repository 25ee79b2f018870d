"""The officers' page on the street: map and way, what is near, evidence, raising; offline too."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from central_parts import CentralServer, some_units
from chromium import patient, started_chromium
from city_parts import LAT0, LON0, STEP_DEG, write_small_pack
from playwright.sync_api import Browser, BrowserContext, Page, expect
from rtsp_points import Point, RtspPoints, make_clip, serving
from test_handheld_page import Dispatcher, a_photo, log_on, rows, until

from console.app.cameralook import look_through, watch_through
from console.domain.ids import new_id
from console.domain.places import Jurisdiction, JurisdictionLevel
from console.media.nal import Codec
from tests.real_data import ROOT

pytestmark = pytest.mark.e2e
LAT, LON = LAT0 + 8 * STEP_DEG, LON0 + 8 * STEP_DEG
LARGE = 36 << 20


@pytest.fixture(scope="module")
def points() -> Iterator[RtspPoints]:
    """A real camera that moves."""
    with serving(c1=Point(make_clip(Codec.H264)), c2=Point(make_clip(Codec.H265))) as server:
        yield server


@pytest.fixture(scope="module")
def central(
    tmp_path_factory: pytest.TempPathFactory, points: RtspPoints
) -> Iterator[CentralServer]:
    folder = tmp_path_factory.mktemp("street")
    server = CentralServer(
        folder / "home",
        resources_dir=ROOT / "resources",
        pack_path=write_small_pack(folder / "small.citypack"),
    )
    server.change_settings(look=look_through, watch=watch_through)
    server.seed(
        [replace(one, district="D01") for one in some_units()],
        cameras=[
            replace(points.camera(key), name=name, district="D01", lat=LAT, lon=LON)
            for key, name in (("c1", "东长街口"), ("c2", "西长街口"))
        ],
        jurisdictions=[
            Jurisdiction(
                id="D01",
                parent=None,
                level=JurisdictionLevel.DISTRICT,
                name_zh="东区",
                name_en="East",
            )
        ],
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started_chromium() as started:
        yield started


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        geolocation={"latitude": LAT, "longitude": LON, "accuracy": 8},
        permissions=["geolocation"], locale="zh-CN", color_scheme="dark",
    )  # fmt: skip
    yield patient(context)
    context.close()


def check_accessible(page: Page, screen: str) -> None:
    """Check that axe finds nothing serious on what is shown."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    grave = [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
    assert not grave, (screen, grave)


def placed(central: CentralServer, unit: str) -> tuple[str, str]:
    """Send a unit to an incident four crossings north."""
    dispatcher = Dispatcher(central)
    incident, assignment = dispatcher.send(unit)
    dispatcher.order(
        {"type": "AmendIncident", "incident": incident, "lat": LAT + 4 * STEP_DEG, "lon": LON}
    )
    return incident, assignment


def test_that_a_task_has_its_map_and_way_also_without_a_network(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.goto(f"{central.url}/handheld/")
    check_accessible(page, "log-on")
    log_on(page, central, "K1")
    check_accessible(page, "tasks")
    _, assignment = placed(central, "u1")
    page.click(f".task[data-assignment='{assignment}']")
    expect(page.locator("#way")).to_contain_text("分钟（步行）")
    assert page.locator(".map path.leaflet-interactive, .map svg path").count() >= 2
    loaded = "[...document.querySelectorAll('.map img.leaflet-tile')].some(one => one.naturalWidth)"
    page.wait_for_function(loaded)
    page.click("#accept")
    check_accessible(page, "task")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    phone.set_offline(True)
    page.reload()
    page.click(f".task[data-assignment='{assignment}']")
    expect(page.locator("#way")).to_contain_text("上次计算")
    assert page.locator(".map .mark.case").count() == 1
    phone.set_offline(False)


def test_that_a_camera_near_is_seen_live_and_let_go_of_when_the_page_is_put_away(
    central: CentralServer, points: RtspPoints, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K6")
    page.click("#page-near")
    page.click(".camera[data-camera='c1']")
    page.wait_for_selector("#camera-live:visible")
    expect(page.locator("#camera-age")).to_have_text("实时画面")
    check_accessible(page, "camera live")
    at = "document.getElementById('camera-live').currentTime"
    first = page.evaluate(at)
    page.wait_for_function(
        """first => {  // it runs on, near what the camera shows
        const { buffered, currentTime } = document.getElementById("camera-live");
        return currentTime > first + 3 && buffered.end(buffered.length - 1) - currentTime < 4;
    }""",
        arg=first,
    )
    assert page.evaluate("document.getElementById('camera-live').videoWidth") == 320
    assert points.points["c1"].playing == 1
    page.evaluate("""() => {
        Object.defineProperty(document, "visibilityState",
            { get: () => "hidden", configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    assert until(lambda: points.points["c1"].playing == 0)
    page.evaluate("""() => {
        delete document.visibilityState;
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    page.wait_for_selector("#camera-live:visible")
    page.click("#back")
    assert until(lambda: points.points["c1"].playing == 0)


@pytest.mark.parametrize(
    ("sent", "told"),
    [([], "实时画面没有继续传来。"), ([255] * 64, "本机浏览器无法播放该点位的画面。")],
)
def test_that_a_film_that_stops_or_cannot_be_played_is_told_in_the_officers_words(
    central: CentralServer, phone: BrowserContext, sent: list[int], told: str
) -> None:
    page = phone.new_page()
    page.goto(f"{central.url}/handheld/")
    heard = page.evaluate(
        """async sent => {
            const { play } = await import("/handheld/livefilm.js");
            const body = new ReadableStream({ start(to) {
                if (sent.length) to.enqueue(new Uint8Array(sent));
            } });
            const headers = { "Content-Type": 'video/mp4; codecs="avc1.42E01E"' };
            globalThis.fetch = async () => new Response(body, { headers });
            const video = document.body.appendChild(document.createElement("video"));
            const how = { headers: {}, signal: new AbortController().signal, playing: () => null };
            return play(video, "/film", how).then(() => "over", error => error.message);
        }""",
        sent,
    )
    assert heard == told


def test_that_near_are_cases_and_cameras_and_a_case_is_raised_offline(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K2")
    incident, _ = Dispatcher(central).send("u3")
    Dispatcher(central).order(
        {"type": "AmendIncident", "incident": incident, "lat": LAT + STEP_DEG, "lon": LON}
    )
    page.click("#page-near")
    page.click(f".case[data-incident='{incident}']")
    expect(page.locator(f".case[data-incident='{incident}'] .more")).to_have_text(
        "夜间施工，噪声很大"
    )
    expect(page.locator(".camera[data-camera='c1']")).to_contain_text("东长街口")
    check_accessible(page, "nearby")
    page.click(".camera[data-camera='c2']")  # H.265, which browsers need not play
    page.wait_for_selector("#camera-picture:visible")
    page.wait_for_function("document.getElementById('camera-picture').naturalWidth === 640")
    expect(page.locator("#camera-age")).to_contain_text("秒前")
    expect(page.locator("#camera-age")).to_contain_text("每 3 秒一张")
    check_accessible(page, "camera")
    page.click("#back")
    page.click("#raise")
    check_accessible(page, "raise")
    page.click("#raise-send")
    assert page.evaluate("document.getElementById('raise-form').validationMessage") == (
        "请选择违法形态。"
    )
    page.select_option("#raise-form", "0502")
    phone.set_offline(True)
    page.fill("#raise-place", "东长街 8号")
    page.fill("#raise-summary", "占道经营 🍢")
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
    page.set_input_files("#raise-take-photo", photo)
    expect(page.locator(".shots")).to_contain_text(hashlib.sha256(a_photo()).hexdigest()[:12])
    page.click("#raise-send")
    expect(page.locator("#unsent")).to_contain_text("3")
    phone.set_offline(False)
    expect(page.locator("#notice")).to_contain_text("已立案")
    expect(page.locator("#unsent")).to_be_hidden()
    found = rows(
        central, "SELECT channel, summary, lat, district FROM incident WHERE opened_by = 'u2'"
    )
    assert found == [("officer", "占道经营 🍢", LAT, "D01")]
    taken = rows(central, "SELECT sha256, lat FROM evidence WHERE taken_by = 'u2'")
    assert taken == [(hashlib.sha256(a_photo()).hexdigest(), LAT)]


def test_that_a_large_film_survives_a_restart_and_lets_a_call_for_help_pass(
    central: CentralServer, phone: BrowserContext, tmp_path: Path
) -> None:
    page = phone.new_page()
    log_on(page, central, "K4")
    incident, assignment = placed(central, "u4")
    page.click(f".task[data-assignment='{assignment}']")
    page.click("#accept")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    state = "SELECT state FROM assignment WHERE id = ?"
    assert until(lambda: rows(central, state, assignment) == [("accepted",)])
    expect(page.locator("#unsent")).to_be_hidden()
    phone.set_offline(True)
    film = tmp_path / "film.mp4"
    film.write_bytes(os.urandom(1 << 20) * (LARGE >> 20))
    page.set_input_files("#task-take-video", film)
    expect(page.locator(".shots")).to_contain_text("SHA-256")
    page.click("#on-the-way")
    page.click("#panic")
    page.click("#panic")
    page.reload()  # at once: before IndexedDB has said that it has the call for help
    expect(page.locator("#unsent")).to_contain_text("4")
    phone.set_offline(False)
    pressed = "SELECT raised_at FROM alarm_mark WHERE id = 'panic:u4'"
    assert until(lambda: bool(rows(central, pressed)))
    expect(page.locator("#unsent")).to_be_hidden(timeout=180_000)  # 36 MB, hashed on both sides
    query = "SELECT sha256, size FROM evidence WHERE incident = ?"
    with film.open("rb") as file:
        wanted = hashlib.file_digest(file, "sha256").hexdigest()
    assert rows(central, query, incident) == [(wanted, LARGE)]
    assert central.evidence(wanted).stat().st_size == LARGE
    told = rows(
        central,
        "SELECT row_kind FROM change_log WHERE row_id = 'panic:u4' OR row_kind = 'evidence' AND "
        "row_id IN (SELECT id FROM evidence WHERE incident = ?) ORDER BY rev",
        incident,
    )
    assert told[0] == ("alarm_mark",), "help goes before the film"
    assert ("evidence",) in told


def test_that_a_film_that_cannot_be_kept_is_refused_with_a_sentence(
    central: CentralServer, phone: BrowserContext, tmp_path: Path
) -> None:
    page = phone.new_page()
    log_on(page, central, "K5")
    _, assignment = placed(central, "u5")
    page.click(f".task[data-assignment='{assignment}']")
    page.click("#accept")
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        file.truncate(513 << 20)
    page.set_input_files("#task-take-video", film)
    expect(page.locator(".shots")).to_contain_text("超过 536.9 MB，没有保存")
    film.write_bytes(b"")
    page.set_input_files("#task-take-video", film)
    expect(page.locator(".shots")).to_contain_text("文件是空的")
    expect(page.locator("#unsent")).to_be_hidden()


def test_that_messages_are_read_answered_and_written_also_after_an_outage(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K6")
    page.click("#toggle-duty")
    dispatcher = Dispatcher(central)

    def send(kind: str, text: str) -> str:
        message = new_id(datetime.now(UTC))
        dispatcher.order({
            "type": "SendMessage", "message": message, "kind": kind, "text": text, "units": ["u6"],
        })  # fmt: skip
        return message

    def receipt(message: str) -> list[tuple[Any, ...]]:
        query = (
            "SELECT delivered_at IS NOT NULL, read_at IS NOT NULL, answered_at IS NOT NULL "
            "FROM receipt WHERE message = ?"
        )
        return rows(central, query, message)

    told = send("text", "雷雨将至，注意避险")
    assert until(lambda: receipt(told) == [(1, 0, 0)])
    expect(page.locator("#page-messages .count")).to_have_text("1")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.set_offline(True)
    page.reload()
    page.click("#page-messages")
    expect(page.locator(".message .words")).to_have_text("雷雨将至，注意避险")
    check_accessible(page, "messages")
    page.click("#reply-send")
    assert page.evaluate("document.getElementById('reply-text').validationMessage")
    page.fill("#reply-text", "收到，已避险")
    page.click("#reply-send")
    assert receipt(told) == [(1, 0, 0)]
    phone.set_offline(False)
    assert until(lambda: receipt(told) == [(1, 1, 0)])
    replied = "SELECT text, reply_to, from_unit FROM message WHERE kind = 'reply'"
    assert until(lambda: rows(central, replied) == [("收到，已避险", told, "u6")])
    call = send("roll_call", "请点名应答")
    page.click(".answer")
    assert until(lambda: receipt(call) == [(1, 1, 1)])
    expect(page.locator(".answer")).to_be_hidden()
