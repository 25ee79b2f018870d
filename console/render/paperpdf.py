"""A document of the street as PDF: its words, the party's signature, a QR code to check it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import segno

from console.domain.catalogue import CatalogueItem
from console.domain.streetwork import Paper
from console.render.pdf import WIDTH_PT, Font, Page, chinese_font, pdf_of

_LEFT, _RIGHT, _TOP, _BOTTOM = 72.0, WIDTH_PT - 72.0, 92.0, 640.0
_BODY, _LEADING = 12.0, 21.0
_QR_PT = 92.0
_SIGNATURE_W, _SIGNATURE_H = 150.0, 60.0
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperText:
    """What a document says besides its own row.

    Attributes:
        title: "当场行政处罚决定书".
        template: Words with {party}, {key}, {facts}, {law}, {text} and {amount} in them.
        law: Its legal basis, a row of the site's table.
        office: Who issues it, "东城区城市管理综合执法".
        officer: Call sign and name of the officer, empty for the bureau's own.
        case: Number of the case.
        address: Where its QR code leads.
    """

    title: str
    template: str
    law: CatalogueItem
    office: str
    officer: str
    case: str
    address: str
    zone: ZoneInfo


def paper_pdf(paper: Paper, text: PaperText) -> bytes:
    """Return a document as PDF, A4; the same document gives the same bytes.

    Raises:
        PdfFontError: There is no font with Chinese in it.
    """
    font = chinese_font()
    issued = paper.issued_at.astimezone(text.zone)
    page = Page()
    pages = [page]
    title_size = 22.0
    page.text((WIDTH_PT - font.width(text.title, title_size)) / 2, _TOP, title_size, text.title)
    number = paper.number or ""
    page.text(_RIGHT - font.width(number, _BODY), _TOP + 30, _BODY, number)
    y = _TOP + 66
    for line in wrapped(_filled(paper, text), font, _RIGHT - _LEFT):
        if y > _BOTTOM:
            page, y = Page(), _TOP
            pages.append(page)
        page.text(_LEFT, y, _BODY, line)
        y += _LEADING
    _foot(page, paper, text, max(y + 12, 380.0), issued)
    stamp = f"{issued:%Y%m%d%H%M%S%z}"
    made_at = f"{stamp[:-2]}'{stamp[-2:]}'"
    return pdf_of(pages, font, title=f"{text.title} {number}", made_at=made_at)


def wrapped(words: str, font: Font, width: float) -> list[str]:
    """Return words in lines that fit, paragraphs set in by two characters as is usual."""
    lines: list[str] = []
    for paragraph in words.split("\n"):
        line = "　　"
        for one in paragraph.strip():
            if font.width(line + one, _BODY) > width and one not in "，。；：、）”！？":
                lines.append(line)
                line = ""
            line += one
        lines.append(line)
    return lines


def yuan_in_words(fen: int) -> str:
    """Return an amount in capital numerals, "贰佰元整", as receipts have it."""
    yuan, rest = divmod(fen, 100)
    told = f"{_number_in_words(yuan)}元"
    jiao, last = divmod(rest, 10)
    if not rest:
        return f"{told}整"
    tens = f"{_DIGITS[jiao]}角" if jiao else "零"
    return told + tens + (f"{_DIGITS[last]}分" if last else "")


def _number_in_words(value: int) -> str:
    if value == 0:
        return _DIGITS[0]
    parts: list[str] = []
    for group in range(len(_GROUPS) - 1, -1, -1):
        four = value // 10_000**group % 10_000
        if not four:
            continue
        words = _four_in_words(four)
        if parts and four < 1000:
            words = _DIGITS[0] + words
        parts.append(words + _GROUPS[group])
    return "".join(parts)


def _four_in_words(value: int) -> str:
    told, is_gap = "", False
    for place in range(3, -1, -1):
        digit = value // 10**place % 10
        if digit:
            told += (_DIGITS[0] if is_gap and told else "") + _DIGITS[digit] + _PLACES[place]
            is_gap = False
        else:
            is_gap = True
    return told


def _filled(paper: Paper, text: PaperText) -> str:
    fen = paper.amount_fen
    amount = "" if fen is None else f"{fen / 100:.2f} 元（人民币{yuan_in_words(fen)}）"
    values: Mapping[str, str] = {
        "party": paper.party,
        "key": paper.party_key or "证件号未提供",
        "facts": paper.facts,
        "law": text.law.name_zh,
        "text": str(text.law.details.get("text_zh") or ""),
        "amount": amount,
    }
    words = text.template
    for name, value in values.items():
        words = words.replace(f"{{{name}}}", value)
    return words


def _foot(page: Page, paper: Paper, text: PaperText, y: float, issued: datetime) -> None:
    """Draw who issues it and when, the signature and the QR code."""
    for at, line in enumerate(
        (
            f"案件编号：{text.case}",
            f"违法地点：{paper.place}",
            f"执法人员：{text.officer or '—'}",
            f"当事人签名：{'' if paper.signature else '拒绝签名，已注明情况'}",
        )
    ):
        page.text(_LEFT, y + at * _LEADING, _BODY, line)
    _sign(page, paper.signature, _LEFT + 80, y + 3 * _LEADING - 12)
    stand = 760.0
    page.text(_LEFT + 240, stand - 24, _BODY, text.office)
    page.text(_LEFT + 240, stand, _BODY, f"{issued:%Y年%m月%d日 %H:%M}")
    _qr(page, text.address, _LEFT, stand - _QR_PT + 6)
    page.text(_LEFT, stand + 20, 8.0, f"扫码核验真伪：{text.address}")


def _sign(page: Page, strokes: str, x: float, y: float) -> None:
    for stroke in filter(None, strokes.split(";")):
        points = [tuple(int(one) for one in point.split(",")) for point in stroke.split()]
        page.line(
            [(x + px / 1000 * _SIGNATURE_W, y + py / 1000 * _SIGNATURE_H) for px, py in points],
            width=1.4,
        )


def _qr(page: Page, address: str, x: float, y: float) -> None:
    rows: Sequence[bytearray] = tuple(segno.make(address, error="m", micro=False).matrix)
    side = _QR_PT / len(rows)
    for no, row in enumerate(rows):
        for at, dark in enumerate(row):
            if dark:
                page.box(x + at * side, y + no * side, side + 0.05, side + 0.05)
