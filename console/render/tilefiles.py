"""Ready-made tiles: PMTiles v3 and MBTiles 1.3 files, raster or vector, read without a server."""

from __future__ import annotations

import json
import mmap
import sqlite3
import struct
import threading
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from console.domain.errors import ZhihuiError

#: A tile larger than this is no tile of a map people look at.
MOST_TILE_BYTES = 8 << 20
_MOST_DIRECTORY_BYTES = 64 << 20
_HEAD = 127
_GZIP = 2
_PLAIN = (0, 1)


class TileFileError(ZhihuiError):
    """A file of tiles that cannot be used; says which and why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The basemap {path.name} cannot be used: {reason}. The map goes on with the city "
            "pack; put another file in “basemap” of config.toml."
        )
        self.path, self.reason = path, reason


class RawTiles(Protocol):
    """Tiles as they are kept or fetched."""

    is_vector: bool
    min_zoom: int
    max_zoom: int
    attribution: str

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile's bytes, not compressed; ``None`` where there is none."""

    def close(self) -> None:
        """Let go of the file."""


def open_tiles(path: Path) -> RawTiles:
    """Open a file by its ending.

    Raises:
        TileFileError: It is missing, broken, or of another kind.
    """
    if path.suffix == ".pmtiles":
        return PmTiles(path)
    if path.suffix == ".mbtiles":
        return MbTiles(path)
    raise TileFileError(path, "it is neither .pmtiles nor .mbtiles")


def unpacked(path: Path, body: bytes) -> bytes:
    """Return a tile without gzip or zlib around it, never more than `MOST_TILE_BYTES`.

    Raises:
        TileFileError: It is damaged, or unpacks to more.
    """
    if not body.startswith((b"\x1f\x8b", b"\x78\x9c", b"\x78\x01", b"\x78\xda")):
        if len(body) > MOST_TILE_BYTES:
            raise TileFileError(path, f"a tile of {len(body) >> 20} MB is in it")
        return body
    return _inflated(path, body, MOST_TILE_BYTES)


def _inflated(path: Path, body: bytes, most: int) -> bytes:
    try:
        reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        plain = reader.decompress(body, most + 1)
    except zlib.error as error:
        raise TileFileError(path, f"a part of it is damaged ({error})") from error
    if len(plain) > most:
        raise TileFileError(path, f"a part of it unpacks to more than {most >> 20} MB")
    if not reader.eof:
        raise TileFileError(path, "a part of it is cut short")
    return plain


@dataclass(frozen=True, slots=True)
class _Entries:
    """One directory: tiles by number."""

    ids: tuple[int, ...]
    runs: tuple[int, ...]
    lengths: tuple[int, ...]
    offsets: tuple[int, ...]

    def find(self, tile_id: int) -> int | None:
        """Return the row that holds a tile, or leads to it."""
        row = bisect_right(self.ids, tile_id) - 1
        if row < 0:
            return None
        run = self.runs[row]
        return row if run == 0 or tile_id < self.ids[row] + run else None


class PmTiles:
    """A PMTiles v3 file (the specification's version 3.4), read where it lies."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            TileFileError: It is missing, cut short or damaged.
        """
        self.path = path
        self._leaves: dict[int, _Entries] = {}
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise TileFileError(path, f"it cannot be read ({error})") from error
        try:
            self._read_head()
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            self.close()
            raise TileFileError(path, f"its head is damaged ({error})") from error
        except TileFileError:
            self.close()
            raise

    def _read_head(self) -> None:
        head = self._map[:_HEAD]
        if len(head) < _HEAD or head[:7] != b"PMTiles":
            raise TileFileError(self.path, "it is no PMTiles file")
        if head[7] != 3:
            raise TileFileError(self.path, f"it is PMTiles version {head[7]}; 3 is read here")
        root, root_size, meta, meta_size, leaves, _, data, _ = struct.unpack_from("<8Q", head, 8)
        self._leaf_start, self._data_start = leaves, data
        self._inner, tiles, kind = head[97], head[98], head[99]
        self.min_zoom, self.max_zoom = head[100], head[101]
        if self._inner not in (*_PLAIN, _GZIP) or tiles not in (*_PLAIN, _GZIP):
            raise TileFileError(self.path, "it is packed with Brotli or Zstandard; gzip is read")
        if kind not in range(1, 6) or not 0 <= self.min_zoom <= self.max_zoom <= 30:
            raise TileFileError(self.path, "its head says impossible things")
        self.is_vector = kind == 1
        self._root = self._directory(root, root_size)
        self.attribution = self._attribution(meta, meta_size)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile, ``None`` where there is none.

        Raises:
            TileFileError: The file is damaged there.
        """
        tile_id, entries = tile_id_of(z, x, y), self._root
        for _ in range(4):
            row = entries.find(tile_id)
            if row is None:
                return None
            offset, length = entries.offsets[row], entries.lengths[row]
            if entries.runs[row] > 0:
                return unpacked(self.path, self._part(self._data_start + offset, length))
            if offset not in self._leaves:
                self._leaves[offset] = self._directory(self._leaf_start + offset, length)
            entries = self._leaves[offset]
        raise TileFileError(self.path, "its directories lead in a circle")

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()

    def _part(self, offset: int, length: int) -> bytes:
        part = self._map[offset : offset + length]
        if len(part) != length:
            raise TileFileError(self.path, "it is cut short")
        return part

    def _directory(self, offset: int, length: int) -> _Entries:
        body = self._part(offset, length)
        if self._inner == _GZIP:
            body = _inflated(self.path, body, _MOST_DIRECTORY_BYTES)
        try:
            return _entries(body)
        except (IndexError, ValueError) as error:
            raise TileFileError(self.path, "a directory in it is damaged") from error

    def _attribution(self, offset: int, length: int) -> str:
        try:
            body = self._part(offset, length)
            if self._inner == _GZIP:
                body = _inflated(self.path, body, _MOST_DIRECTORY_BYTES)
            told = json.loads(body) if body else {}
            return str(told.get("attribution") or "")
        except (ValueError, AttributeError, RecursionError):
            return ""  # whose the data is can be missing; the tiles are good nonetheless


def _entries(body: bytes) -> _Entries:
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = body[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a number without end")

    count = number()
    if count > len(body):
        raise ValueError("more entries than bytes")
    ids, last = [], 0
    for _ in range(count):
        last += number()
        ids.append(last)
    runs = [number() for _ in range(count)]
    lengths = [number() for _ in range(count)]
    offsets: list[int] = []
    for row in range(count):
        told = number()
        offsets.append(offsets[row - 1] + lengths[row - 1] if told == 0 and row else told - 1)
    return _Entries(tuple(ids), tuple(runs), tuple(lengths), tuple(offsets))


def tile_id_of(z: int, x: int, y: int) -> int:
    """Return a tile's number on the Hilbert curve, after those of all smaller zooms."""
    base = ((1 << (2 * z)) - 1) // 3
    side, found = 1 << z, 0
    half = side >> 1
    while half > 0:
        right, down = int((x & half) > 0), int((y & half) > 0)
        found += half * half * ((3 * right) ^ down)
        if down == 0:
            if right == 1:
                x, y = half - 1 - (x & (half - 1)), half - 1 - (y & (half - 1))
            x, y = y, x
        half >>= 1
    return base + found


class MbTiles:
    """An MBTiles file: SQLite, rows counted from the south."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            TileFileError: It is missing, damaged or no MBTiles file.
        """
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        if not path.is_file():
            raise TileFileError(path, "there is no such file")
        try:
            told = dict(self._connection().execute("SELECT name, value FROM metadata").fetchall())
            zooms = (
                self._connection()
                .execute("SELECT min(zoom_level), max(zoom_level) FROM tiles")
                .fetchone()
            )
        except sqlite3.Error as error:
            self.close()
            raise TileFileError(path, f"it is no MBTiles file ({error})") from error
        if zooms[0] is None:
            self.close()
            raise TileFileError(path, "there is no tile in it")
        self.min_zoom, self.max_zoom = int(zooms[0]), int(zooms[1])
        self.is_vector = told.get("format") == "pbf"
        self.attribution = str(told.get("attribution") or "")

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile, ``None`` where there is none.

        Raises:
            TileFileError: The file is damaged there.
        """
        try:
            row = (
                self._connection()
                .execute(
                    "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? "
                    "AND tile_row = ?",
                    (z, x, (1 << z) - 1 - y),
                )
                .fetchone()
            )
        except sqlite3.Error as error:
            raise TileFileError(self.path, f"it is damaged ({error})") from error
        return None if row is None else unpacked(self.path, bytes(row[0]))

    def close(self) -> None:
        """Let go of the file."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def _connection(self) -> sqlite3.Connection:
        held: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if held is None:
            uri = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
            held = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self._local.connection = held
            self._connections.append(held)
        return held
