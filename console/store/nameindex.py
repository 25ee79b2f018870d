"""Finds names as they are typed: any part of them, in Chinese, pinyin, initials or English.

Texts lie one after another in one string. Runs of two characters (three, where they are plain
letters) are known with the rows they occur in; what a typed word's runs have in common is then
looked through, the best rows first. Half a million names answer in a few milliseconds.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from console.store.pinyin import spelled

Longs = NDArray[np.int64]
_START = "\n"
#: A run of two takes 32 bits, one of three plain letters 21 and this one; a row number the rest.
_TRIPLE = 1 << 32
_ROW_BITS = 26
#: Few enough rows to be looked through one by one.
_FEW = 400
#: No more rows than this are looked through for one word.
_MOST = 6000


def plain(text: str) -> str:
    """Return a text as it is compared: full-width letters narrow, small, without edges."""
    return unicodedata.normalize("NFKC", text).lower().strip()


class _Texts:
    """Texts in rows, searched by parts."""

    def __init__(self, rows: Sequence[str]) -> None:
        self._blob = _START.join(["", *rows, ""])
        lengths = np.fromiter((len(row) + 1 for row in rows), np.int64, len(rows))
        self._starts = np.concatenate([[1], 1 + np.cumsum(lengths)])
        self._count = len(rows)
        self._codes, self._offsets, self._rows = _index(self._blob, self._starts)

    def texts(self) -> list[str]:
        """Return the texts of all rows."""
        return self._blob.split(_START)[1:-1]

    def text(self, row: int) -> str:
        """Return the text of a row."""
        return self._blob[self._starts[row] : self._starts[row + 1] - 1]

    def candidates(self, words: Sequence[str], *, at_start: bool) -> Longs | None:
        """Return rows that may hold every word, rising; ``None`` if nothing narrows them down.

        Args:
            words: As `plain` gives them.
            at_start: Whether one of the row's texts has to begin with the first word.
        """
        lists: list[Longs] = []
        for place, word in enumerate(words):
            wanted = _START + word if at_start and place == 0 else word
            for code in _grams(wanted):
                lists.append(self._posting(code))
        if not lists:
            return None
        lists.sort(key=len)
        found = lists[0]
        for other in lists[1:]:
            if len(found) <= _FEW:
                break
            held = np.zeros(self._count, bool)
            held[other] = True
            found = found[held[found]]
        return found

    def _posting(self, code: np.uint64) -> Longs:
        at = int(np.searchsorted(self._codes, code))
        if at >= len(self._codes) or self._codes[at] != code:
            return np.zeros(0, np.int64)
        return self._rows[self._offsets[at] : self._offsets[at + 1]].astype(np.int64)


def _index(blob: str, starts: Longs) -> tuple[NDArray[np.uint64], Longs, NDArray[np.int32]]:
    """Return the runs that occur, where each one's rows begin, and the rows."""
    units = np.frombuffer(blob.encode("utf-16-le", "surrogatepass"), np.uint16)
    if len(units) != len(blob):  # a character beyond the basic plane takes two units
        units = np.array([min(ord(one), 0xFFFF) for one in blob], np.uint16)
    units = np.where(units == 0x1F, ord(_START), units)  # fields of a row begin as rows do
    lengths = np.diff(starts, append=len(units))
    # The mark before the first row is counted to it.
    row_of = np.repeat(np.arange(len(starts)), lengths).astype(np.uint64)
    row_of = np.concatenate([[np.uint64(0)], row_of])
    code = units.astype(np.uint64)
    one, two = code[:-1], code[1:]
    pair = ((one == 10) & (two != 10)) | ((np.maximum(one, two) > 127) & (two != 10))
    at = np.flatnonzero(pair)
    pairs = (one[at] << np.uint64(16)) | two[at]
    # A run that begins with a row's mark belongs to the row behind it.
    pair_rows = row_of[at + 1]
    a, b, c = code[:-2], code[1:-1], code[2:]
    plain_ = (a < 128) & (b < 128) & (c < 128) & (b != 10) & (c != 10)
    at = np.flatnonzero(plain_)
    letters = (a[at] << np.uint64(14)) | (b[at] << np.uint64(7)) | c[at]
    codes = np.concatenate([pairs, letters | np.uint64(_TRIPLE)])
    keys = (codes << np.uint64(_ROW_BITS)) | np.concatenate([pair_rows, row_of[at + 1]])
    keys.sort()
    first = np.ones(len(keys), bool)
    first[1:] = keys[1:] != keys[:-1]
    keys = keys[first]
    codes = keys >> np.uint64(_ROW_BITS)
    rows = (keys & np.uint64((1 << _ROW_BITS) - 1)).astype(np.int32)
    begins = np.flatnonzero(np.append([True], codes[1:] != codes[:-1])[: len(codes)])
    offsets = np.append(begins, len(codes)).astype(np.int64)
    return codes[offsets[:-1]], offsets, rows


def _grams(text: str) -> list[np.uint64]:
    """Return the runs of a typed word, by the rule of `_index`."""
    codes = [min(ord(one), 0xFFFF) for one in text]
    found = []
    for one, two in itertools.pairwise(codes):
        if one == 10 or max(one, two) > 127:
            found.append(np.uint64(one << 16 | two))
    for one, two, three in zip(codes, codes[1:], codes[2:], strict=False):
        if max(one, two, three) < 128:
            found.append(np.uint64(one << 14 | two << 7 | three | _TRIPLE))
    return found


class NameIndex:
    """Names in rows; the row a name was given in is the row that is found.

    Rows are looked through in their order: put what is likelier first.
    """

    def __init__(self, names: Sequence[tuple[str, ...]]) -> None:
        """Take the names.

        Args:
            names: For each row its texts: names in every language, an address, a number. Chinese
                ones are also found by pinyin and by initials.
        """
        written, latin = [], []
        for texts in names:
            known = [plain(text).replace("\n", " ") for text in texts if text]
            written.append("\x1f".join(known))
            spellings = [part for text in known if not text.isascii() for part in spelled(text)]
            latin.append("\x1f".join(spellings))
        self._written, self._latin = _Texts(written), _Texts(latin)
        self._whole: list[str] | None = None

    def holding(self, text: str) -> list[int]:
        """Return every row that holds every word of ``text``, in the rows' own order.

        A word too short to be narrowed down looks through all rows: a few milliseconds for tens
        of thousands. For half a million names use `find`.
        """
        if self._whole is None:
            pairs = zip(self._written.texts(), self._latin.texts(), strict=True)
            self._whole = [f"{written}\x1f{latin}" for written, latin in pairs]
        held, rows = self._whole, None
        for word in sorted(plain(text).split(), key=len, reverse=True):
            among = self._may_hold(word) if rows is None else rows
            rows = [row for row in among if word in held[row]]
        return list(range(len(held))) if rows is None else rows

    def _may_hold(self, word: str) -> Iterable[int]:
        """Return the rows that may hold a word, rising; all where nothing narrows them down."""
        lists = [texts.candidates([word], at_start=False) for texts in (self._written, self._latin)]
        found = [one for one in lists if one is not None]
        if len(found) < len(lists):
            return range(len(self._whole or ()))
        narrowed: list[int] = np.union1d(*found).tolist()
        return narrowed

    def find(self, text: str, limit: int = 12) -> list[int]:
        """Return rows that hold every word of ``text``: those that begin with it first."""
        words = plain(text).split()
        if not words:
            return []
        words.sort(key=len, reverse=True)
        found: dict[int, None] = {}
        spell = all(word.isascii() for word in words)
        for texts in (self._written, self._latin) if spell else (self._written,):
            for at_start in (True, False):
                self._add(found, texts, words, limit, at_start=at_start)
                if len(found) >= limit:
                    return list(found)[:limit]
        return list(found)

    def _add(
        self, found: dict[int, None], texts: _Texts, words: list[str], limit: int, *, at_start: bool
    ) -> None:
        rows = texts.candidates(words, at_start=at_start)
        if rows is None:
            return
        for row in rows[:_MOST].tolist():
            if row in found:
                continue
            held = texts.text(row)
            starts = held.startswith(words[0]) or f"\x1f{words[0]}" in held
            if (starts or not at_start) and all(self._holds(row, held, word) for word in words):
                found[row] = None
                if len(found) >= limit:
                    return

    def _holds(self, row: int, held: str, word: str) -> bool:
        return word in held or word in self._written.text(row)
