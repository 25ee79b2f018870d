"""The whole loop on a living city, by keyboard, with real processes, a real window and browser."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from chromium import patient
from living_city import (
    LivingCity,
    Window,
    commands_of,
    leftovers,
    own_screen,
    secrets_of,
    spilled,
    until,
)
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.app import served, wiring
from console.app.consolesettings import ConsoleSettings
from console.app.desktop_models import DeskModels
from console.central.pins import FirstPins
from console.domain.incidents import Stage
from tests.real_data import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
PICTURES = ROOT / "docs" / "pictures"
#: Where the card's body and the map lie on a screen of 1920×1080.
CARD, MAP = (1450, 180, 1900, 600), (560, 100, 1400, 500)
LAT, LON = 39.93, 116.44
PLACE = "工体北路 4号"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[LivingCity]:
    started = LivingCity(
        tmp_path / "home", "--officers", "400", "--vehicles", "40", "--cameras", "24",
        "--complaints-a-year", "0", "--real-unit", "K7",
    )  # fmt: skip
    yield started
    started.stop()
    assert started.faults == []


@pytest.fixture
def officer(city: LivingCity) -> Iterator[Page]:
    """K7's handheld in a real browser, on duty."""
    chromium = shutil.which("chromium")
    assert chromium, "this test needs Debian's chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(
            viewport={"width": 390, "height": 780}, permissions=["geolocation"], locale="zh-CN",
            geolocation={"latitude": LAT + 0.002, "longitude": LON, "accuracy": 8},
        )  # fmt: skip
        page = patient(context).new_page()
        page.goto(f"{city.url}/handheld/")
        page.fill("#call-sign", "K7")
        ((unit,),) = city.rows("SELECT id FROM unit WHERE call_sign = 'K7'")
        page.fill("#pin", FirstPins(city.home / "central" / "officers.key").of(unit))
        page.click("#own-pin summary")
        page.fill("#new-pin", "k7-of-my-own")
        page.fill("#new-pin-again", "k7-of-my-own")
        page.click("#log-on")
        page.click("#toggle-duty")
        query = "SELECT 1 FROM unit WHERE call_sign = 'K7' AND status = 'available'"
        until(lambda: city.rows(query), "K7 on duty")
        yield page
        browser.close()


@pytest.fixture
def second(city: LivingCity, qtbot: QtBot) -> Iterator[DeskModels]:
    """A second console in this process: what its models hold is what its widgets show."""
    models = DeskModels(
        ConsoleSettings(
            url=city.url,
            account="lead",
            password=served.password_of(city.home, "lead"),
            home=city.home,
            resources=wiring.RESOURCES,
            name="second",
        )
    )
    with qtbot.waitSignal(models.mirror.replaced):
        models.start()
    yield models
    models.stop()


def shows(models: DeskModels, place: str) -> str | None:
    """Return the id of the incident that a console's queue shows at a place."""
    QApplication.processEvents()
    queue = models.queue
    for row in range(queue.rowCount()):
        texts = [
            str(queue.data(queue.index(row, column), Qt.ItemDataRole.DisplayRole))
            for column in range(queue.columnCount())
        ]
        if any(place in text for text in texts):
            return queue.incident_at(row)
    return None


def stage_on(models: DeskModels, incident: str) -> Stage | None:
    QApplication.processEvents()
    held = models.mirror.incident(incident)
    return held.stage if held is not None else None


def a_photo(path: Path) -> Path:
    picture = np.full((480, 640, 3), 90, dtype="uint8")
    cv2.putText(picture, "on scene", (150, 250), cv2.FONT_HERSHEY_SIMPLEX, 2, (255, 255, 255), 3)
    cv2.imwrite(str(path), picture)
    return path


def test_that_a_complaint_goes_by_keyboard_all_the_way_to_its_closing(
    city: LivingCity, officer: Page, second: DeskModels, tmp_path: Path
) -> None:
    with own_screen() as environment:
        window = Window(city, "first", environment, "--language", "zh", "--theme", "dark")
        try:
            incident = _work_through(city, officer, second, window, tmp_path)
            _take_evidence_off_the_wall(city, second, window)
            _take_pictures(window)
        except BaseException:
            window.picture(ROOT / "tests" / "output" / "failed.png")
            raise
        finally:
            status = window.close()
    assert status == 0, window.log.read_text()
    verbs = [verb for (verb,) in city.rows(
        "SELECT verb FROM log_entry WHERE incident = ? ORDER BY at, id", incident)]  # fmt: skip
    for verb in ("assigned", "accepted", "verified", "closed"):
        assert verb in verbs, verbs
    silent = city.rows(
        "SELECT verb FROM log_entry WHERE incident = ? AND (actor IS NULL OR at IS NULL)", incident
    )
    assert silent == [], "every step has who and when"
    children = city.children
    assert len(children) >= 4
    lines = commands_of(children)
    assert city.stop() == 0
    assert leftovers(children) == []
    secrets = secrets_of(city.home)
    assert {"dispatcher", "camera", "token.key", "officers.key"} <= set(secrets)
    assert spilled(secrets, lines) == [], "a secret on a command line"
    logs = [path.read_text(errors="replace") for path in (city.home / "logs").glob("*.log*")]
    assert len(logs) >= 4
    assert spilled(secrets, [*logs, city.log.read_text(), window.log.read_text()]) == []
    assert not any(re.search(r"eyJ[\w-]+\.[\w-]+\.|Bearer (?!●)", text) for text in logs)


def _work_through(
    city: LivingCity, officer: Page, second: DeskModels, window: Window, folder: Path
) -> str:
    window.calm()
    city.complain("燃气味很大，楼道里都是", PLACE, form="0401", lat=LAT, lon=LON)
    incident = str(until(lambda: shows(second, PLACE), "the complaint in the second queue"))
    window.calm()
    window.press("alt+1", "Home", "Return")
    _give(window, "D 1 K7", lambda: stage_on(second, incident) is Stage.DISPATCH, "the order")
    officer.click(".task")
    officer.click("#accept")
    until(lambda: stage_on(second, incident) is Stage.HANDLE, "the acceptance")
    officer.click("#on-the-way")
    officer.click("#on-scene")
    until(lambda: _state(city, incident) == "on_scene", "the arrival")
    officer.click("#outcome")
    officer.fill("#text", "燃气公司到场关阀，险情排除。")
    officer.set_input_files("#photo", a_photo(folder / "scene.jpg"))
    officer.click("#send")
    until(lambda: stage_on(second, incident) is Stage.REPORT_BACK, "the outcome")
    (photo,) = city.rows("SELECT kind, unit FROM evidence WHERE incident = ?", incident)
    assert photo[0] == "photo"
    window.press("alt+1", "Home", "Return")
    until(lambda: window.has_content(CARD), "the card's reports and log")
    until(lambda: window.has_content(MAP), "the map")
    _keep(window.calm(), "card-zh-dark")
    _give(window, "V 1", lambda: stage_on(second, incident) is Stage.VERIFY, "the verification")
    closed = {Stage.EVALUATE, None}
    _give(window, "C 1", lambda: stage_on(second, incident) in closed, "the closing")
    until(lambda: shows(second, PLACE) is None, "the incident off the second queue")
    found = city.rows("SELECT stage, outcome FROM incident WHERE id = ?", incident)
    assert found == [("evaluate", "燃气公司到场关阀，险情排除。")]
    return incident


def _give(window: Window, line: str, done: Callable[[], bool], what: str) -> None:
    """Give a command line; again if the window, still starting, had no such row yet."""
    end = time.monotonic() + 60
    while True:
        window.press("Escape", "Escape")
        window.command(line)
        pause = time.monotonic() + 5
        while time.monotonic() < pause:
            if done():
                return
            time.sleep(0.05)
        assert time.monotonic() < end, f"{what} does not reach the second console"


def _state(city: LivingCity, incident: str) -> str | None:
    found = city.rows("SELECT state FROM assignment WHERE incident = ?", incident)
    return found[0][0] if found else None


def _take_evidence_off_the_wall(city: LivingCity, second: DeskModels, window: Window) -> None:
    """`S` on the wall makes an incident with the picture, which every console shows."""
    window.press("Escape", "F3")
    window.calm()
    query = "SELECT incident FROM evidence WHERE kind = 'frame' AND received_at IS NOT NULL"
    end = time.monotonic() + 90
    while not city.rows(query):
        assert time.monotonic() < end, "no picture off the wall became evidence"
        window.press("1", "s")
        pause = time.monotonic() + 5
        while time.monotonic() < pause and not city.rows(query):
            time.sleep(0.05)
    (incident,) = city.rows(query)[0]
    until(lambda: stage_on(second, incident) is Stage.FILE, "that incident on the second console")


def _take_pictures(window: Window) -> None:
    """Desk and wall, in both languages, dark and light; an empty one fails."""
    for language in ("zh", "en"):
        for theme in ("dark", "light"):
            for key, name in (("F2", "desk"), ("F3", "wall")):
                window.press(key)
                taken = window.calm()
                assert len(taken.getcolors(1 << 24) or []) > 100, "an empty picture"
                _keep(taken, f"{name}-{language}-{theme}")
            window.press("ctrl+t")
        window.press("ctrl+l")


def _keep(taken: Image.Image, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    taken.convert("RGB").save(PICTURES / f"{name}.jpg", quality=88, optimize=True)
