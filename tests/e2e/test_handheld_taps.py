"""A tap on the officers' page counts, whatever the page is told in the same moment."""

from __future__ import annotations

import pytest
from central_parts import CentralServer
from playwright.sync_api import BrowserContext, expect
from test_handheld_page import Dispatcher, browser, central, log_on, phone, rows, until

__all__ = ["browser", "central", "phone"]
pytestmark = pytest.mark.e2e
#: Whether the page has kept, and so taken up, that a task is at a place.
KEPT_PLACE = """async ([assignment, place]) => {
    const { get } = await import("/handheld/shelf.js");
    return (await get("tasks", assignment))?.place === place;
}"""


def test_that_a_tap_counts_though_the_page_is_drawn_anew_while_it_is_pressed(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K7")
    dispatcher = Dispatcher(central)
    incident, assignment = dispatcher.send("u7")
    button = page.locator(f".task[data-assignment='{assignment}']")
    expect(button).to_be_visible()
    button.evaluate("one => { window.pressed = one; }")
    button.hover()
    page.mouse.down()
    dispatcher.order({"type": "AmendIncident", "incident": incident, "place": "工体东路 9号"})
    page.wait_for_function(KEPT_PLACE, arg=[assignment, "工体东路 9号"])
    assert page.evaluate("window.pressed.isConnected"), "what is pressed stays"
    page.mouse.up()
    page.click("#accept")
    state = "SELECT state FROM assignment WHERE id = ?"
    assert until(lambda: rows(central, state, assignment) == [("accepted",)])
    page.click("#back")
    expect(button).to_contain_text("工体东路 9号")
