"""PDF files with Chinese text: a small writer that embeds of a font what is used of it.

ISO 32000-1: text is set with Identity-H from a CID font, so that it can be searched and copied.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from console.domain.errors import ZhihuiError

#: A4 in points.
WIDTH_PT, HEIGHT_PT = 595.28, 841.89
_FACE = 2  # of the Noto collection: 0 JP, 1 KR, 2 SC, 3 TC, 4 HK
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
)
Point = tuple[float, float]


class PdfFontError(ZhihuiError):
    """There is no font with Chinese in it that could be embedded."""


@dataclass(slots=True)
class Page:
    """One page as it is drawn; y runs from the top, everything in points."""

    drawn: list[str] = field(default_factory=list)
    texts: list[tuple[float, float, float, str]] = field(default_factory=list)

    def text(self, x: float, y: float, size: float, words: str) -> None:
        """Set words with their baseline at (x, y)."""
        self.texts.append((x, y, size, words))

    def line(self, points: Sequence[Point], width: float = 0.8) -> None:
        """Draw a line through points."""
        if not points:
            return
        first, rest = points[0], points[1:] or points
        path = [f"{width:.2f} w 1 J 1 j {first[0]:.2f} {HEIGHT_PT - first[1]:.2f} m"]
        path += [f"{x:.2f} {HEIGHT_PT - y:.2f} l" for x, y in rest]
        self.drawn.append(" ".join([*path, "S"]))

    def box(self, x: float, y: float, width: float, height: float) -> None:
        """Fill a rectangle whose upper left corner is (x, y)."""
        self.drawn.append(f"{x:.2f} {HEIGHT_PT - y - height:.2f} {width:.2f} {height:.2f} re f")


class Font:
    """A font with Chinese in it, opened once; what is used of it is embedded."""

    def __init__(self, path: Path, face: int) -> None:
        from fontTools.ttLib import TTFont  # noqa: PLC0415 - only who prints needs it

        self.path, self.face = path, face
        with TTFont(path, fontNumber=face, lazy=True) as opened:
            self.cmap: dict[int, str] = opened.getBestCmap()
            self.units: int = opened["head"].unitsPerEm
            self._advances: dict[str, tuple[int, int]] = opened["hmtx"].metrics
            self.ascent, self.descent = opened["hhea"].ascent, opened["hhea"].descent

    def width(self, words: str, size: float) -> float:
        """Return how wide words are, in points."""
        return sum(self._advance(one) for one in words) * size / self.units

    def _advance(self, character: str) -> int:
        name = self.cmap.get(ord(character), ".notdef")
        return self._advances[name][0]

    def subset(self, text: str) -> tuple[bytes, dict[str, int], list[tuple[int, int]]]:
        """Return the CFF table with the glyphs of a text, codes by character, widths by code."""
        from fontTools.subset import Options, Subsetter  # noqa: PLC0415
        from fontTools.ttLib import TTFont  # noqa: PLC0415

        options = Options(
            layout_features=[], name_IDs=[], notdef_outline=True, hinting=False,
            desubroutinize=True, drop_tables=["GSUB", "GPOS", "vhea", "vmtx", "VORG", "BASE"],
        )  # fmt: skip
        with TTFont(self.path, fontNumber=self.face, lazy=True) as font:
            if "CFF " not in font or not hasattr(font["CFF "].cff.topDictIndex[0], "ROS"):
                raise PdfFontError(f"The font {self.path} has no outlines a document can carry.")
            subsetter = Subsetter(options)
            subsetter.populate(unicodes=sorted({ord(one) for one in text}))
            subsetter.subset(font)
            table = font.getTableData("CFF ")
        codes = {one: _cid(self.cmap.get(ord(one), ".notdef")) for one in sorted(set(text))}
        widths = {
            code: round(self._advance(one) * 1000 / self.units) for one, code in codes.items()
        }
        return table, codes, sorted(widths.items())


def _cid(glyph: str) -> int:
    return 0 if glyph == ".notdef" else int(glyph.removeprefix("cid"))


@lru_cache(maxsize=1)
def chinese_font() -> Font:
    """Return the font documents are set in.

    Raises:
        PdfFontError: None is installed.
    """
    for name in _FONTS:
        if Path(name).is_file():
            return Font(Path(name), _FACE)
    raise PdfFontError(
        "There is no font with Chinese in it on central's machine; install fonts-noto-cjk."
    )


def pdf_of(pages: Sequence[Page], font: Font, *, title: str, made_at: str) -> bytes:
    """Return a PDF file.

    Args:
        pages: What is on them.
        font: Everything is set in it.
        title: Of the document.
        made_at: "20261128093000+08'00'", see ISO 32000-1, 7.9.4.
    """
    text = "".join(words for page in pages for *_, words in page.texts) or " "
    cff, codes, widths = font.subset(text)
    scale = 1000 / font.units
    file = _File()
    stream = file.stream(cff, "/Subtype /CIDFontType0C")
    descriptor = file.add(
        f"<< /Type /FontDescriptor /FontName /NotoSansCJK /Flags 4 /FontBBox [-1000 -300 2000 1100]"
        f" /ItalicAngle 0 /Ascent {font.ascent * scale:.0f} /Descent {font.descent * scale:.0f}"
        f" /CapHeight 733 /StemV 80 /FontFile3 {stream} 0 R >>"
    )
    told = " ".join(f"{code} [{width}]" for code, width in widths)
    descendant = file.add(
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /NotoSansCJK /CIDSystemInfo << "
        "/Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 "
        f"/W [{told}] /FontDescriptor {descriptor} 0 R >>"
    )
    to_unicode = file.stream(_to_unicode(codes))
    face = file.add(
        "<< /Type /Font /Subtype /Type0 /BaseFont /NotoSansCJK /Encoding /Identity-H "
        f"/DescendantFonts [{descendant} 0 R] /ToUnicode {to_unicode} 0 R >>"
    )
    contents = [file.stream(_content(page, codes)) for page in pages]
    parent = file.next_no + len(contents)
    kids = [
        file.add(
            f"<< /Type /Page /Parent {parent} 0 R /MediaBox [0 0 {WIDTH_PT} {HEIGHT_PT}] "
            f"/Resources << /Font << /F {face} 0 R >> >> /Contents {content} 0 R >>"
        )
        for content in contents
    ]
    listed = " ".join(f"{one} 0 R" for one in kids)
    tree = file.add(f"<< /Type /Pages /Kids [{listed}] /Count {len(kids)} >>")
    root = file.add(f"<< /Type /Catalog /Pages {tree} 0 R /Lang (zh-CN) >>")
    info = file.add(f"<< /Title {_words(title)} /CreationDate (D:{made_at}) >>")
    return file.bytes(root, info)


class _File:
    """Numbered objects, written one after the other with their table at the end."""

    def __init__(self) -> None:
        self._out = io.BytesIO()
        self._out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        self._starts: list[int] = []

    @property
    def next_no(self) -> int:
        return len(self._starts) + 1

    def add(self, body: str | bytes) -> int:
        """Write an object; return its number."""
        self._starts.append(self._out.tell())
        no = len(self._starts)
        plain = body.encode("latin-1") if isinstance(body, str) else body
        self._out.write(b"%d 0 obj\n%s\nendobj\n" % (no, plain))
        return no

    def stream(self, data: bytes, more: str = "") -> int:
        """Write compressed bytes as an object; return its number."""
        packed = zlib.compress(data, 9)
        head = f"<< /Length {len(packed)} /Filter /FlateDecode {more} >>\nstream\n".encode()
        return self.add(head + packed + b"\nendstream")

    def bytes(self, root: int, info: int) -> bytes:
        """Return the file."""
        start = self._out.tell()
        size = self.next_no
        rows = b"".join(b"%010d 00000 n \n" % one for one in self._starts)
        self._out.write(b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, rows))
        self._out.write(
            f"trailer\n<< /Size {size} /Root {root} 0 R /Info {info} 0 R >>\n"
            f"startxref\n{start}\n%%EOF\n".encode()
        )
        return self._out.getvalue()


def _content(page: Page, codes: dict[str, int]) -> bytes:
    parts = list(page.drawn)
    for x, y, size, words in page.texts:
        shown = "".join(f"{codes[one]:04x}" for one in words)
        parts.append(f"BT /F {size:.1f} Tf {x:.2f} {HEIGHT_PT - y:.2f} Td <{shown}> Tj ET")
    return "\n".join(parts).encode()


def _to_unicode(codes: dict[str, int]) -> bytes:
    pairs = [
        f"<{code:04x}> <{one.encode('utf-16-be').hex()}>" for one, code in codes.items() if code
    ]
    blocks = [
        f"{len(some)} beginbfchar\n" + "\n".join(some) + "\nendbfchar\n"
        for some in (pairs[first : first + 100] for first in range(0, len(pairs), 100))
    ]
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def "
        "/CMapName /Zhihui def 1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{''.join(blocks)}endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()


def _words(text: str) -> str:
    return f"<feff{text.encode('utf-16-be').hex()}>"
