"""The officers' page in a real browser against a real central, online and offline."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import requests
from central_parts import CentralServer, a_city, some_units
from chromium import patient, started_chromium
from playwright.sync_api import Browser, BrowserContext, Page, expect

from console.app import served
from console.domain.ids import new_id
from console.domain.killpoints import KillPoint, Killpoints
from console.protocol.positions import FixFlag
from tests.real_data import ROOT

pytestmark = pytest.mark.e2e
PLACE = {"latitude": 39.93, "longitude": 116.44, "accuracy": 8}


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    server = CentralServer(tmp_path / "home", resources_dir=ROOT / "resources")
    server.seed(some_units(), jurisdictions=a_city())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with started_chromium() as started:
        yield started


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 390, "height": 780}, geolocation=PLACE, permissions=["geolocation"],
        locale="zh-CN",
    )  # fmt: skip
    yield patient(context)
    context.close()


class Losing(Killpoints):
    """Loses the bytes of a photo at central when they are all there."""

    def __init__(self, central: CentralServer, data: bytes, *, times: int) -> None:
        super().__init__()
        self.sha256 = hashlib.sha256(data).hexdigest()
        folder = central.home / "central" / "evidence"
        self.path = folder / self.sha256[:2] / self.sha256[2:4] / self.sha256
        self._left, self.lost = times, 0

    def reach(self, point: KillPoint) -> None:
        if point is KillPoint.UPLOADED and self._left:
            self.path.unlink()
            self._left -= 1
            self.lost += 1


class Dispatcher:
    """Gives commands to central over HTTP."""

    def __init__(self, central: CentralServer) -> None:
        self._url = central.url
        password = served.password_of(central.home, "dispatcher")
        self._token = served.log_on(central.url, "dispatcher", password)
        self._seq = 0

    def order(self, body: dict[str, Any]) -> None:
        self._seq += 1
        now = datetime.now(UTC)
        message = ["command", new_id(now), "test", self._seq, now.isoformat(), body]
        answer = requests.post(
            f"{self._url}/v1/commands", json=message, timeout=60,
            headers={"Authorization": f"Bearer {self._token}"},
        )  # fmt: skip
        assert answer.json()[2] == "accepted", answer.text

    def send(self, unit: str) -> tuple[str, str]:
        """Open an incident and send a unit; returns their ids."""
        incident, assignment = new_id(datetime.now(UTC)), new_id(datetime.now(UTC))
        self.order({
            "type": "OpenIncident", "incident": incident, "form": "0301", "place": "工体北路 4号",
            "summary": "夜间施工，噪声很大", "channel": "12345", "lat": 39.93, "lon": 116.44,
        })  # fmt: skip
        self.order(
            {"type": "AssignUnit", "assignment": assignment, "incident": incident, "unit": unit}
        )
        return incident, assignment


def log_on(page: Page, central: CentralServer, call_sign: str) -> None:
    page.goto(f"{central.url}/handheld/")
    page.fill("#call-sign", call_sign)
    known = central.has_own_pin(call_sign.upper())
    own, first = central.own_pin(call_sign.upper()), central.first_pin(call_sign.upper())
    page.fill("#pin", own if known else first)
    page.click("#log-on")
    if not known:
        given = re.compile("此口令由他人发放|was given to you")
        expect(page.locator("#notice")).to_contain_text(given)
        page.fill("#new-pin", own)
        page.fill("#new-pin-again", own)
        page.click("#log-on")
    page.wait_for_selector("#list")


def rows(central: CentralServer, query: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(central.database)) as connection:
        return connection.execute(query, values).fetchall()


def until(condition: Callable[[], bool], timeout_s: float = 120.0) -> bool:
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def a_photo() -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype="uint8")
    return cv2.imencode(".jpg", noise)[1].tobytes()


def test_that_a_wrong_pin_gets_a_sentence(central: CentralServer, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(f"{central.url}/handheld/")
    page.fill("#call-sign", "K7")
    page.fill("#pin", "000000")
    page.click("#log-on")
    expect(page.locator("#notice")).to_contain_text("无法登录")
    assert page.locator("#log-on-form").is_visible()


def test_that_a_task_is_worked_through_offline_and_sent_exactly_once(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "k7")
    incident, assignment = Dispatcher(central).send("u7")
    page.click(f".task[data-assignment='{assignment}']")
    page.click("#accept")
    page.wait_for_selector("#on-the-way")
    expect(page.locator("#unsent")).to_be_hidden()  # what was done so far is answered
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    central.stop()
    expect(page.locator("#link")).to_have_text("离线")
    page.click("#on-the-way")
    page.click("#on-scene")
    page.click("#outcome")
    page.fill("#text", "已责令停工，施工方配合。")
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
    page.set_input_files("#photo", photo)
    page.click("#send")
    expect(page.locator("#unsent")).to_contain_text("5")
    expect(page.locator("#notice")).to_contain_text("已保存")
    page.reload()  # the page itself comes off the device, and what was not sent is still there
    expect(page.locator("#unsent")).to_contain_text("5")
    central.start()
    expect(page.locator("#unsent")).to_be_hidden()
    found = rows(central, "SELECT stage, outcome FROM incident WHERE id = ?", incident)
    assert found == [("report_back", "已责令停工，施工方配合。")]
    kept = rows(central, "SELECT kind, size FROM evidence WHERE incident = ?", incident)
    assert kept == [("photo", len(a_photo()))]
    query = "SELECT verb FROM log_entry WHERE incident = ? ORDER BY id"
    said = [verb for (verb,) in rows(central, query, incident)]
    assert len(said) == len(set(said)), said


def test_that_a_film_goes_to_central_in_parts(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "k7")
    incident, assignment = Dispatcher(central).send("u7")
    page.click(f".task[data-assignment='{assignment}']")
    for step in ("#accept", "#on-the-way", "#on-scene", "#outcome"):
        page.click(step)
    page.fill("#text", "已责令停工。")
    film = os.urandom(5_000_000)
    parts: set[str] = set()
    page.on("request", lambda one: parts.update(one.headers.get("upload-offset", "").split()))
    page.set_input_files("#photo", {"name": "a.mp4", "mimeType": "video/mp4", "buffer": film})
    page.click("#send")
    query = "SELECT kind, size FROM evidence WHERE incident = ?"
    end = time.monotonic() + 60
    while not (kept := rows(central, query, incident)) and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert kept == [("video", len(film))]
    expect(page.locator("#unsent")).to_be_hidden()
    assert parts == {"0", str(2 << 20), str(4 << 20)}


@pytest.mark.parametrize("times", [1, 99])
def test_that_a_photo_that_central_loses_goes_again_by_itself_some_times(
    central: CentralServer, phone: BrowserContext, times: int
) -> None:
    """Once lost it is attached in the end, exactly once; lost for ever, the officer is told."""
    page = phone.new_page()
    log_on(page, central, "k7")
    incident, assignment = Dispatcher(central).send("u7")
    page.click(f".task[data-assignment='{assignment}']")
    page.click("#accept")
    page.wait_for_selector("#on-the-way")
    central.stop()
    expect(page.locator("#link")).to_have_text("离线")
    page.click("#on-the-way")
    page.click("#on-scene")
    page.click("#outcome")
    page.fill("#text", "已责令停工。")
    page.set_input_files("#photo", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": a_photo()})
    page.click("#send")
    expect(page.locator("#unsent")).to_contain_text("5")
    losing = Losing(central, a_photo(), times=times)
    central.change_settings(killpoints=losing)
    central.start()
    expect(page.locator("#unsent")).to_be_hidden()
    kept = rows(central, "SELECT sha256 FROM evidence WHERE incident = ?", incident)
    if times == 1:
        assert (kept, losing.lost) == ([(losing.sha256,)], 1)
        assert losing.path.read_bytes() == a_photo()
    else:
        assert (kept, losing.lost >= 4) == ([], True)  # more where an answer was lost on its way
        expect(page.locator("#notice")).to_contain_text("照片尚未传到中心")
    assert page.evaluate("import('/handheld/shelf.js').then(shelf => shelf.keys('bytes'))") == []


def test_that_a_refusal_carries_its_reason(central: CentralServer, phone: BrowserContext) -> None:
    page = phone.new_page()
    log_on(page, central, "K7")
    _, assignment = Dispatcher(central).send("u7")
    page.click(f".task[data-assignment='{assignment}']")
    page.click("#refuse")
    page.click("#send")
    assert page.locator("#tell").is_visible()
    page.fill("#text", "车辆故障")
    page.click("#send")
    wanted = [("refused", "车辆故障")]
    query = "SELECT state, note FROM assignment WHERE id = ?"
    assert until(lambda: rows(central, query, assignment) == wanted)


def test_that_what_one_officer_could_not_send_outlives_another_on_the_same_device(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K7")
    _, assignment = Dispatcher(central).send("u7")
    page.click(f".task[data-assignment='{assignment}']")
    page.wait_for_selector("#accept")
    query = "SELECT state FROM assignment WHERE id = ?"
    assert until(lambda: rows(central, query, assignment) == [("seen",)])
    expect(page.locator("#unsent")).to_be_hidden()
    central.stop()
    expect(page.locator("#link")).to_have_text("离线")
    page.click("#accept")
    expect(page.locator("#unsent")).to_contain_text("1")  # it is on the device
    page.click("#back")
    page.click("#log-off")
    central.start()
    log_on(page, central, "K8")
    expect(page.locator("#notice")).to_contain_text("另一人员")
    expect(page.locator("#unsent")).to_be_hidden()
    page.click("#log-off")
    log_on(page, central, "K7")
    assert until(lambda: rows(central, query, assignment) == [("accepted",)])


def test_that_a_rejection_stays_in_sight_and_the_page_shows_what_is_so(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K7")
    page.click("#toggle-duty")
    expect(page.locator("#duty")).to_have_text("在岗")
    _, assignment = Dispatcher(central).send("u7")
    page.click(f".task[data-assignment='{assignment}']")
    page.click("#accept")
    page.click("#back")
    page.click("#toggle-duty")
    refusal = "中心未接受：K7 仍有任务，反馈或撤回后才能下岗。"
    expect(page.locator("#notice")).to_contain_text(refusal)
    expect(page.locator("#duty")).to_have_text("在岗")
    page.click(f".task[data-assignment='{assignment}']")
    page.click("#on-the-way")
    expect(page.locator("#notice")).to_contain_text("仍有任务")
    page.click("#notice")
    expect(page.locator("#notice")).to_be_hidden()


def test_that_duty_is_reported_with_equipment_and_help_is_called_by_two_taps(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K7")
    page.click("#equipment > summary")
    for field, value in (("vehicle", "京A·12345"), ("body_camera", "BC-77"), ("post", "东单岗")):
        page.fill(f"#equipment-{field}", value)
    page.keyboard.press("Tab")
    page.click("#toggle-duty")
    expect(page.locator("#duty")).to_have_text("在岗")
    reported = "SELECT vehicle, body_camera, post FROM duty_report WHERE id = 'u7'"
    assert until(lambda: rows(central, reported) == [("京A·12345", "BC-77", "东单岗")])
    expect(page.locator("#unsent")).to_be_hidden()
    phone.set_offline(True)
    page.click("#panic")
    expect(page.locator("#notice")).to_contain_text("再按一次")
    expect(page.locator("#unsent")).to_be_hidden()  # one tap alone calls nobody
    pressed = "SELECT raised_at IS NOT NULL, cleared_at FROM alarm_mark WHERE id = 'panic:u7'"
    page.dblclick("#panic")  # two at once, for taps too far apart are not two
    expect(page.locator("#notice")).to_contain_text("求助已发出")
    assert rows(central, pressed) == []
    phone.set_offline(False)
    assert until(lambda: rows(central, pressed) == [(1, None)])
    page.reload()
    assert until(lambda: rows(central, "SELECT count(*) FROM alarm_mark") == [(1,)])


def test_that_an_officer_whose_page_is_put_away_is_asleep_and_not_fresh(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K7")
    page.click("#toggle-duty")

    def flags() -> list[int]:
        return [flag for (flag,) in rows(central, "SELECT flags FROM last_fix WHERE unit_no = 7")]

    assert until(lambda: flags() == [0])
    page.goto("about:blank")
    assert until(lambda: bool(flags()) and bool(flags()[0] & FixFlag.ASLEEP))


def test_that_the_page_speaks_english_too_and_can_be_installed(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.goto(f"{central.url}/handheld/")
    page.click("#language")
    expect(page.locator("#log-on")).to_have_text("Log on")
    manifest = page.evaluate("fetch('manifest.webmanifest').then(answer => answer.json())")
    assert manifest["display"] == "standalone"
    assert page.evaluate("navigator.serviceWorker.ready.then(ready => ready.scope)").endswith(
        "/handheld/"
    )


def test_that_every_word_of_the_page_is_there_in_both_languages(
    central: CentralServer, phone: BrowserContext
) -> None:
    sources = [one.read_text() for one in (ROOT / "resources" / "handheld").glob("*.js")]
    used = sorted({key for one in sources for key in re.findall(r'\bword\("(\w+)"\)', one)})
    assert len(used) > 100
    page = phone.new_page()
    page.goto(f"{central.url}/handheld/")
    for _ in range(2):
        missing = page.evaluate(
            "keys => import('/handheld/words.js').then(words => "
            "keys.filter(key => words.word(key) === undefined))",
            used,
        )
        assert missing == []
        page.click("#language")
    uneven = page.evaluate(
        """async () => {
          const keys = one => Object.entries(one).flatMap(([key, value]) =>
            [key, ...(typeof value === "object" ? Object.keys(value).map(k => `${key}.${k}`) : [])
            ]).sort();
          const { STREET } = await import("/handheld/words_street.js");
          const { RECORDS } = await import("/handheld/words_records.js");
          return [STREET, RECORDS].filter(one => `${keys(one.zh)}` !== `${keys(one.en)}`).length;
        }"""
    )
    assert uneven == 0
