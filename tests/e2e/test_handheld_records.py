"""The officers' page makes records: checklist, signed document, inspection by two, look-ups."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from central_parts import CentralServer, some_units
from chromium import patient, started_chromium
from playwright.sync_api import Browser, BrowserContext, Page, expect
from test_handheld_page import Dispatcher, log_on, rows, until
from test_handheld_street import check_accessible

from console.domain.places import Jurisdiction, JurisdictionLevel
from tests.real_data import ROOT

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    server = CentralServer(
        tmp_path_factory.mktemp("records") / "home", resources_dir=ROOT / "resources"
    )
    server.seed(
        [replace(one, district="D01") for one in some_units()],
        jurisdictions=[
            Jurisdiction(
                id="D01", parent=None, level=JurisdictionLevel.DISTRICT, name_zh="东城区",
                name_en="East",
            )
        ],
    )  # fmt: skip
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started_chromium() as started:
        yield started


def a_phone(browser: Browser) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="zh-CN", color_scheme="light",
        geolocation={"latitude": 39.93, "longitude": 116.44}, permissions=["geolocation"],
    )  # fmt: skip
    return patient(context)


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = a_phone(browser)
    yield context
    context.close()


def open_task(page: Page, assignment: str) -> None:
    page.click(f".task[data-assignment='{assignment}']")
    page.click("#accept")


def sign(page: Page) -> None:
    page.locator("#signature").scroll_into_view_if_needed()
    box = page.locator("#signature").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 30)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 40 + 25 * step, box["y"] + 30 + 60 * (step % 2))
    page.mouse.up()


def test_that_a_checklist_is_answered_without_a_network_and_kept_in_the_case(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K1")
    incident, assignment = Dispatcher(central).send("u1")
    open_task(page, assignment)
    page.click("#open-checklist")
    expect(page.locator("fieldset")).to_have_count(6)
    check_accessible(page, "checklist")
    page.click("#checks-send")
    expect(page.locator("#notice")).to_contain_text("请至少回答一项")
    phone.set_offline(True)
    page.check("[data-check='0301-2'] input[value='no']")
    page.fill("[data-check='0301-3'] .note", "82")
    page.click("[data-check='0301-3'] summary")
    expect(page.locator("[data-check='0301-3'] .law p")).to_contain_text("禁止夜间进行")
    page.click("#checks-send")
    phone.set_offline(False)
    query = "SELECT detail FROM log_entry WHERE incident = ? AND verb = 'checked' ORDER BY detail"
    assert until(lambda: len(rows(central, query, incident)) == 2)
    assert [detail for (detail,) in rows(central, query, incident)] == [
        "— 场界实测噪声 dB(A) (zs-43) 82", "✗ 是否有夜间施工证明 (zs-43)",
    ]  # fmt: skip


def test_that_a_penalty_is_signed_numbered_shown_as_pdf_and_paid(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K2")
    incident, assignment = Dispatcher(central).send("u2")
    open_task(page, assignment)
    page.click("#open-papers")
    page.click("#paper-new > summary")
    page.select_option("#paper-kind", "penalty")
    check_accessible(page, "documents")
    page.select_option("#paper-law", "dq-81")
    page.fill("#paper-name", "张三")
    page.fill("#paper-key", "110101199001010010")
    page.fill("#paper-yuan", "150")
    page.click("#paper-send")
    expect(page.locator("#notice")).to_contain_text("请当事人签名")
    sign(page)
    page.click("#paper-send")
    query = "SELECT number, amount_fen, signature, id FROM paper WHERE incident = ?"
    assert until(lambda: bool(rows(central, query, incident)))
    ((number, fen, signature, paper),) = rows(central, query, incident)
    assert (fen, number[:5]) == (15_000, "东城区当罚")
    assert len(signature.split(" ")) >= 6
    page.click("#back")
    page.click("#open-papers")
    expect(page.locator(f"[data-paper='{paper}']")).to_contain_text(number)
    with page.expect_download() as download:
        page.click(".pdf")
    data = download.value.path().read_bytes()
    assert data.startswith(b"%PDF-1.7")
    kept = "SELECT sha256 FROM evidence WHERE id = ?"
    assert rows(central, kept, f"{paper}-pdf") == [(hashlib.sha256(data).hexdigest(),)]
    page.fill(".receipt", "京-2026-0001")
    page.click(".pay button")
    paid = "SELECT receipt_no FROM paper WHERE paid_at IS NOT NULL"
    assert until(lambda: rows(central, paid) == [("京-2026-0001",)])


def test_that_an_inspection_is_confirmed_on_the_seconds_own_handheld_or_with_the_pin(
    central: CentralServer, browser: Browser, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K3")

    def inspect(name: str, second: str, pin: str) -> None:
        page.click("#page-inspect")
        page.select_option("#inspect-kind", "shop")
        told = {"name": name, "key": "91110101MA01", "place": "南小街 5号", "findings": "证照齐全"}
        for field, text in {**told, "second": second, "pin": pin}.items():
            page.fill(f"#inspect-{field}", text)
        page.click("#inspect-send")

    page.click("#page-inspect")
    check_accessible(page, "inspection")
    inspect("老王面馆", "K3", "")
    expect(page.locator("#notice")).to_contain_text("核录须由两人进行")
    inspect("老王面馆", "k4", "")
    query = "SELECT second, confirmed_at IS NOT NULL FROM inspection WHERE name = ?"
    assert until(lambda: rows(central, query, "老王面馆") == [("u4", 0)])
    inspect("小李超市", "K5", "000000")
    expect(page.locator("#notice")).to_contain_text("第二名队员未能确认")
    page.fill("#inspect-pin", central.first_pin("K5"))
    page.click("#inspect-send")
    expect(page.locator("#notice")).to_contain_text("此口令由他人发放")
    central.officer("K5").close()
    page.fill("#inspect-pin", central.own_pin("K5"))
    page.click("#inspect-send")
    assert until(lambda: rows(central, query, "小李超市") == [("u5", 1)])
    expect(page.locator("#notice")).to_contain_text("两名队员均已确认")
    with a_phone(browser) as other:
        theirs = other.new_page()
        log_on(theirs, central, "K4")
        theirs.click("#page-inspect")
        expect(theirs.locator(".confirm")).to_be_visible()
        theirs.click(".confirm")
        assert until(lambda: rows(central, query, "老王面馆") == [("u4", 1)])


def test_that_records_and_the_law_are_looked_up_and_the_look_up_is_audited(
    central: CentralServer, phone: BrowserContext
) -> None:
    page = phone.new_page()
    log_on(page, central, "K6")
    page.click("#page-lookup")
    expect(page.locator("#laws .law")).to_have_count(9)
    check_accessible(page, "look-up")
    page.fill("#law-text", "烧烤")
    expect(page.locator("#laws .law")).to_have_count(1)
    page.click("#lookup-send")
    expect(page.locator("#lookup-found")).to_contain_text("至少输入 2 个字符")
    page.fill("#lookup-text", "110101199001010010")
    page.click("#lookup-send")
    expect(page.locator("#lookup-found")).to_contain_text("当场行政处罚决定书")
    expect(page.locator("#lookup-found")).to_contain_text("张三")
    audited = "SELECT details FROM audit WHERE action = 'read:records' AND person = 'u6'"
    assert until(lambda: any("110101199001010010" in one for (one,) in rows(central, audited)))
