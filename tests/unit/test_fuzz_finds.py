"""What the fuzz once found, each as small as it can be said."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import openpyxl
import pytest
from central_parts import CentralServer
from rule_rows import filed_rows
from test_import_osm import SMALL, quiet

from console.domain.errors import RejectedError
from console.domain.levels import Role
from console.domain.units import Unit, UnitKind, UnitStatus
from console.gateways.complaints import load_mapping
from console.gateways.osm import import_osm
from console.gateways.rows import ImportFileError
from console.gateways.tables import read_rows
from console.protocol import commands as c
from console.protocol.codec import MessageError, decode_text
from console.protocol.positions import LIVE, MAX_MS, PositionFrame, decode_frame
from console.store.citypack import CityPack, CityPackError
from console.tracking import LiveForce

UNIT = Unit(id="u77", no=77, call_sign="K77", kind=UnitKind.OFFICER, status=UnitStatus.OFF_DUTY)


def test_that_a_number_only_json_knows_is_refused_on_every_way_in(
    central_server: CentralServer,
) -> None:
    with pytest.raises(MessageError):
        decode_text('["welcome","e",{"main":9},false,170000000000000000000]')
    admin = central_server.client(Role.ADMINISTRATOR)
    command = msgspec.json.encode(admin.command(c.PutUnits(units=(UNIT,))))
    large = command.replace(b'"officers":1', b'"officers":1' + b"0" * 30)
    assert large != command
    url = f"{central_server.url}/v1/commands"
    answer = admin.http.post(url, data=large, timeout=60)
    assert (answer.status_code, "no command" in answer.json()["error"]) == (422, True)
    wide = command.replace(b'"officers":1', b'"officers":99999999999')
    answer = admin.http.post(url, data=wide, timeout=60).json()
    assert "larger than can be kept" in answer[5], answer  # a tagged array: the reason
    (fine,) = admin.post(c.PutUnits(units=(UNIT,)))
    assert fine.verdict == "accepted"
    admin.close()


def test_that_a_character_no_database_keeps_is_refused() -> None:
    rows = filed_rows()
    with pytest.raises(RejectedError, match="cannot be kept"):
        rows.do(c.NoteIncident(incident="i", text="a\x00b"))
    with pytest.raises(RejectedError, match="cannot be kept"):
        rows.do(c.PutUnits(units=(replace(UNIT, skills=("a\x00",)),)), role=Role.ADMINISTRATOR)


def test_that_a_frame_of_no_time_or_no_place_moves_nobody() -> None:
    fixes = np.zeros(1, LIVE)
    fixes["unit"] = 5
    frame = PositionFrame(tile=0, seq=1, t0_ms=MAX_MS, fixes=fixes)
    assert decode_frame(frame.to_bytes()).t0_ms == MAX_MS
    with pytest.raises(MessageError):
        decode_frame(replace(frame, t0_ms=MAX_MS + 1).to_bytes())
    fixes["lat"] = 1_900_000_000
    force = LiveForce()
    assert force.apply_frame(replace(frame, t0_ms=1000)) == 0


def test_that_an_extract_whose_frame_is_no_place_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "small.osm"
    path.write_text(SMALL.replace('minlon="116.0"', 'minlon="1162"'), encoding="utf-8")
    with pytest.raises(ImportFileError, match="cannot be read"):
        import_osm(path, tmp_path / "out.citypack", progress=quiet)


def test_that_a_sheet_damaged_inside_its_archive_is_said_to_be(tmp_path: Path) -> None:
    path, spoilt = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    book = openpyxl.Workbook()
    book.active.append(("name", "url"))
    book.save(path)
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(spoilt, "w") as parts:
        for name in whole.namelist():
            data = whole.read(name)
            parts.writestr(name, data[:-40] if "sheet1" in name else data)
    with pytest.raises(ImportFileError, match="no readable XLSX"):
        list(read_rows(spoilt))


@pytest.mark.parametrize(
    "text",
    ["columns = 5", "columns = []", "times = 'x'", "[columns]\nreceived_at = 5",
     "[columns]\nreceived_at='a'\ntext='b'\n[times]\ntimezone=['x']",
     "[columns]\nreceived_at='a'\ntext='b'\n[bounds]\nsouth='x'",
     "[columns]\nreceived_at='a'\ntext='b'\n[times]\ntimezone='" + "9" * 5000 + "'"],
)  # fmt: skip
def test_that_a_mapping_of_other_kinds_of_values_is_told_which(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(ImportFileError, match=r"m\.toml"):
        load_mapping(path)


@pytest.mark.parametrize(
    "change",
    ["UPDATE jurisdiction SET level = 'county'", "UPDATE polygon SET ring = x'0102'",
     "UPDATE shape SET kind = 99", "UPDATE shape SET coords = x'01'",
     "UPDATE array SET dtype = 'nonsense'", "UPDATE array SET data = 5"],
)  # fmt: skip
def test_that_a_pack_with_nonsense_in_it_is_said_to_be_damaged(tmp_path: Path, change: str) -> None:
    source, path = tmp_path / "small.osm", tmp_path / "small.citypack"
    source.write_text(SMALL, encoding="utf-8")
    import_osm(source, path, name="小城", progress=quiet)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute(change).rowcount > 0
        db.commit()
    with CityPack.open(path) as pack, pytest.raises(CityPackError, match="damaged"):
        ask_everything(pack)


def ask_everything(pack: CityPack) -> None:
    pack.road_graph()
    list(pack.shapes(("road", "green"), pack.bounds))
    pack.jurisdictions()
    pack.districts_at(np.array([39.01]), np.array([116.01]))


def test_that_a_number_no_database_knows_is_refused_in_a_question_too(
    central_server: CentralServer,
) -> None:
    desk = central_server.client()
    url = f"{central_server.url}/v1/patrol/looks"
    answer = desk.http.get(url, params={"since_ms": 2**70}, timeout=60)
    assert (answer.status_code, "correct it" in answer.json()["error"]) == (422, True)
    desk.close()
