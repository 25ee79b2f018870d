"""Files that are spoilt: every importer refuses them in a sentence, or takes what is left."""

from __future__ import annotations

import bz2
import csv
import gzip
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import openpyxl
import osmium
import pyarrow
import pyarrow.parquet
import pytest
from real_data import real_data
from test_import_osm import SMALL

from console.gateways.osm import import_osm

ROOT = Path(__file__).parents[2]
#: A file that takes this long hangs; the machine may be slow.
HANGS_S = 120.0
CAMERAS = [
    ("name", "url", "lat", "lon", "bearing", "username", "password"),
    ("东单路口", "rtsp://10.0.0.1/main", "39.91", "116.41", "90", "admin", "secret"),
    ("西单, 北", "rtsp://u:p@10.0.0.2:554/1", "39.92", "116.37", "", "", ""),
    ("Gate “3”", "rtsps://host/路", "39.93", "116.40", "359.9", "a", "b"),
]
COMPLAINTS = [
    {
        "Unique Key": f"6{number}",
        "Created Date": f"01/{1 + number % 28:02d}/2025 {number % 24:02d}:15",
        "Complaint Type": "Noise",
        "Descriptor": "夜间施工, loud",
        "Incident Address": f"{number} BROADWAY",
        "City": "NEW YORK",
        "Latitude": f"{40.7 + number / 1000:.4f}",
        "Longitude": f"{-73.9 - number / 1000:.4f}",
    }
    for number in range(40)
]


def an_extract(folder: Path) -> Path:
    path = folder / "small.osm"
    path.write_text(SMALL, encoding="utf-8")
    return path


def a_pbf(folder: Path) -> Path:
    path = folder / "small.osm.pbf"
    writer = osmium.SimpleWriter(str(path))
    for thing in osmium.FileProcessor(str(an_extract(folder))):
        writer.add(thing)
    writer.close()
    return path


def packed(folder: Path, suffix: str, pack: Callable[[bytes], bytes]) -> Path:
    path = folder / f"small.osm.{suffix}"
    path.write_bytes(pack(SMALL.encode()))
    return path


def a_pack(folder: Path) -> Path:
    path = folder / "small.citypack"
    import_osm(an_extract(folder), path, name="小城", progress=lambda _: None)
    return path


def camera_csv(folder: Path) -> Path:
    path = folder / "cameras.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(CAMERAS)
    return path


def camera_xlsx(folder: Path) -> Path:
    path = folder / "cameras.xlsx"
    book = openpyxl.Workbook()
    for row in CAMERAS:
        book.active.append(row)
    book.save(path)
    return path


def complaint_csv(folder: Path) -> Path:
    path = folder / "complaints.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, list(COMPLAINTS[0]))
        rows.writeheader()
        rows.writerows(COMPLAINTS)
    return path


def complaint_parquet(folder: Path) -> Path:
    path = folder / "complaints.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(COMPLAINTS), path)
    return path


def a_mapping(_folder: Path) -> Path:
    return ROOT / "resources" / "mappings" / "nyc311.toml"


CASES: list[tuple[str, str, Callable[[Path], Path], int]] = [
    ("osm", "xml", an_extract, 60),
    ("osm", "pbf", a_pbf, 120),
    ("osm", "gz", lambda folder: packed(folder, "gz", gzip.compress), 60),
    ("osm", "bz2", lambda folder: packed(folder, "bz2", bz2.compress), 60),
    ("cameras", "csv", camera_csv, 300),
    ("cameras", "xlsx", camera_xlsx, 200),
    ("complaints", "csv", complaint_csv, 200),
    ("complaints", "parquet", complaint_parquet, 200),
    ("mapping", "toml", a_mapping, 300),
    ("mapping_shape", "toml", a_mapping, 400),
    ("pack", "citypack", a_pack, 100),
    ("pack_unverified", "citypack", a_pack, 200),
]
REAL = [
    ("osm", "map/Helsinki.osm.pbf", 6),
    ("osm", "map/campo-grande.osm.gz", 6),
    ("complaints", "complaints/nyc311_animals_2025.csv", 4),
]


def run(kind: str, seed_file: Path, count: int, folder: Path) -> tuple[int, int]:
    """Have a process read spoilt files; return how many were taken and how many refused."""
    paths = os.pathsep.join(str(ROOT / one) for one in (".", "tests/crash"))
    words = [kind, str(seed_file), str(count), "5", str(folder)]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "crash" / "importer_run.py"), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert process.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    said: list[str] = []
    try:
        while (line := lines.get(timeout=HANGS_S)) is not None:
            said.append(line)
    except queue.Empty:
        pytest.fail(f"it hangs at {said[-1] if said else 'its start'}; seed 5, {kind}")
    finally:
        process.kill()
        code = process.wait()
        reader.join()
        process.stdout.close()
    assert said, code
    assert said[-1].startswith("ok "), f"status {code}:\n{''.join(said[-60:])}"
    _, taken, refused = said[-1].split()
    return int(taken), int(refused)


@pytest.mark.parametrize(
    ("kind", "make", "count"),
    [(kind, make, count) for kind, _, make, count in CASES],
    ids=[f"{kind}-{suffix}" for kind, suffix, _, _ in CASES],
)
def test_that_spoilt_files_are_refused_in_a_sentence_or_read(
    kind: str, make: Callable[[Path], Path], count: int, tmp_path: Path
) -> None:
    folder = tmp_path / "spoilt"
    folder.mkdir()
    taken, refused = run(kind, make(tmp_path), count, folder)
    assert taken + refused == count
    assert refused


@pytest.mark.parametrize(("kind", "name", "count"), REAL, ids=[name for _, name, _ in REAL])
def test_that_real_files_that_are_spoilt_are_refused_in_a_sentence_or_read(
    kind: str, name: str, count: int, tmp_path: Path
) -> None:
    taken, refused = run(kind, real_data(name), count, tmp_path)
    assert taken + refused == count


@pytest.mark.soak
@pytest.mark.parametrize(
    ("kind", "make"),
    [(kind, make) for kind, _, make, _ in CASES],
    ids=[f"{kind}-{suffix}" for kind, suffix, _, _ in CASES],
)
def test_that_thousands_of_spoilt_files_are_refused_in_a_sentence_or_read(
    kind: str, make: Callable[[Path], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "spoilt"
    folder.mkdir()
    assert sum(run(kind, make(tmp_path), 5000, folder)) == 5000
