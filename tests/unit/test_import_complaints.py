from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from city_parts import write_small_pack

from console.domain.levels import Channel
from console.gateways.complaints import ImportedComplaint, load_mapping, read_complaints
from console.gateways.onto import move_onto
from console.gateways.rows import BadRowError, ImportFileError, ImportReport
from console.store.citypack import CityPack
from tests.real_data import ROOT, real_data

MAPPING = """
[columns]
external_id = "id"
received_at = "when"
text = ["kind", "words"]
lat = "lat"
lon = "lon"
channel = "via"
form = "kind"
[times]
timezone = "Asia/Shanghai"
format = "%Y-%m-%d %H:%M"
[channels]
default = "online"
"call" = "12345"
[forms]
"noise" = "0301"
[bounds]
south = 39
north = 41
west = 115
east = 118
"""


def write(folder: Path, rows: str, mapping: str = MAPPING) -> tuple[Path, Path]:
    data, columns = folder / "rows.csv", folder / "columns.toml"
    data.write_text("id,when,kind,words,lat,lon,via\n" + rows, encoding="utf-8")
    columns.write_text(mapping, encoding="utf-8")
    return data, columns


def test_that_a_row_becomes_a_complaint_in_utc(tmp_path: Path) -> None:
    data, columns = write(tmp_path, "7,2026-03-01 23:30,noise,太吵,39.9,116.4,call\n")
    report = ImportReport()
    (complaint,) = read_complaints(data, load_mapping(columns), report)
    assert complaint.received_at == datetime(2026, 3, 1, 15, 30, tzinfo=UTC)
    assert (complaint.channel, complaint.form) == (Channel.HOTLINE, "0301")
    assert complaint.text == "noise · 太吵"
    assert (report.taken, report.bad) == (1, 0)


def test_that_bad_rows_are_told_by_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = (
        "1,2026-03-01 08:00,noise,a,39.9,116.4,call\n"
        "2,yesterday,noise,a,39.9,116.4,call\n"
        "3,2026-03-01 08:00,,,39.9,116.4,call\n"
        "4,2026-03-01 08:00,noise,a,north,116.4,call\n"
        "5,2026-03-01 08:00,noise,a,59.9,116.4,call\n"
        "6,2026-03-01 09:00,noise,b,,,call\n"
    )
    data, columns = write(tmp_path, rows)
    report = ImportReport()
    found = read_complaints(data, load_mapping(columns), report)
    assert [item.external_id for item in found] == ["1", "6"]
    assert found[1].lat is None
    assert [line for line, _ in report.lines] == [3, 4, 5, 6]
    assert report.reasons == {
        "a time that cannot be read": 1,
        "no text": 1,
        "a position that is no number": 1,
        "a position outside the city": 1,
    }
    assert "line 3: a time that cannot be read ('yesterday')" in report.text()


def test_that_a_default_coordinate_is_not_taken_for_a_place(tmp_path: Path) -> None:
    default = "".join(f"d{n},2026-03-01 08:00,x,y,40.0,116.0,call\n" for n in range(60))
    real = "".join(f"r{n},2026-03-01 08:00,x,y,{39.5 + n / 1000},116.4,call\n" for n in range(100))
    data, columns = write(tmp_path, default + real)
    report = ImportReport()
    found = read_complaints(data, load_mapping(columns), report)
    assert all(item.lat is None for item in found if item.external_id.startswith("d"))
    assert all(item.lat is not None for item in found if item.external_id.startswith("r"))
    assert "60 rows" in report.notes[0]


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("not toml =", "cannot be read"),
        ('[columns]\ntext="kind"\n', "lacks ['received_at']"),
        ('[columns]\ntext="kind"\nreceived_at="when"\nsmell="x"\n', "smell"),
        (MAPPING.replace("Asia/Shanghai", "Asia/Atlantis"), "Atlantis"),
        (MAPPING.replace('"noise" = "0301"', '"noise" = "9999"'), "9999"),
        (MAPPING.replace('= "12345"', '= "pigeon"'), "pigeon"),
        (MAPPING.replace("east = 118", ""), "east"),
    ],
)
def test_that_a_wrong_mapping_is_refused_with_the_word_that_is_wrong(
    tmp_path: Path, mapping: str, said: str
) -> None:
    _, columns = write(tmp_path, "", mapping)
    with pytest.raises(ImportFileError) as caught:
        load_mapping(columns)
    assert said in str(caught.value)


def test_that_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    data, columns = write(
        tmp_path, "1,2026-03-01 08:00,a,b,39.9,116.4,call\n", MAPPING.replace('"via"', '"through"')
    )
    with pytest.raises(ImportFileError, match="no column through"):
        read_complaints(data, load_mapping(columns), ImportReport())


def test_that_boston_is_read_whole_and_its_default_coordinate_found() -> None:
    report = ImportReport()
    found = read_complaints(
        real_data("complaints/boston311_2015.parquet"),
        load_mapping(ROOT / "resources/mappings/boston311.toml"),
        report,
    )
    assert len(found) + report.bad == 121_145
    without = sum(item.lat is None for item in found) / len(found)
    assert 0.13 < without < 0.15
    assert found == sorted(found, key=lambda item: (item.received_at, item.external_id))


def test_that_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    columns = tmp_path / "m.toml"
    columns.write_text(MAPPING, encoding="utf-8")
    for name, content in (("a.parquet", b"PAR1 cut"), ("b.csv", b"PK\x03\x04"), ("c.doc", b"x")):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ImportFileError, match=name):
            read_complaints(path, load_mapping(columns), ImportReport())


def test_that_complaints_moved_onto_a_city_lie_at_its_places_under_its_names(
    tmp_path: Path,
) -> None:
    pack = write_small_pack(tmp_path / "small.citypack")
    start = datetime(2026, 3, 1, tzinfo=UTC)
    there = [
        ImportedComplaint(
            external_id=str(n), channel=Channel.APP, received_at=start, text="x",
            place="Roxbury", form="0599", lat=42.3 + n / 1000, lon=-71.1 + n / 1000, line=n + 2,
        )
        for n in range(100)
    ]  # fmt: skip
    there.append(replace(there[0], lat=None, lon=None, line=200))
    report = ImportReport()
    moved = move_onto(there, pack, report)
    assert report.taken == len(moved) == 98
    assert sorted(line for line, _ in report.lines) == [2, 101, 200]
    with CityPack.open(pack) as city:
        assert all(city.bounds.contains(item.lat or 0.0, item.lon or 0.0) for item in moved)
    assert {item.place.rstrip("0123456789号") for item in moved} <= {"东长街", "East"}
    assert len({item.place for item in moved}) > 5


def test_that_a_report_names_lines_of_every_reason() -> None:
    report = ImportReport()
    for line in range(2, 60):
        report.reject(line, BadRowError("no text"))
    report.reject(60, BadRowError("a time that cannot be read", "soon"))
    text = report.text(most=10)
    assert "58 × no text\n            line 2, 3, 4, 5, 6 … and 53 more" in text
    assert "line 60: a time that cannot be read ('soon')" in text
    assert len(report.lines) == 59


def test_that_the_first_known_word_of_several_columns_names_the_form(tmp_path: Path) -> None:
    mapping = MAPPING.replace('form = "kind"', 'form = ["words", "kind"]')
    assert mapping != MAPPING
    data, columns = write(tmp_path, "1,2026-03-01 08:00,noise,odd,39.9,116.4,call\n", mapping)
    (found,) = read_complaints(data, load_mapping(columns), ImportReport())
    assert found.form == "0301"
