"""Street scenes, encoding with names in slices of their own, faults: real encoders and decoders."""

import json
from contextlib import closing

import numpy as np
import pytest

from console.city.cameras.bands import band_picture
from console.city.cameras.clips import clip_pictures, open_folder
from console.city.cameras.encode import (
    BAND_LUMA,
    BandEncoder,
    decode_track,
    encode_track,
    planes,
    shape_of,
)
from console.city.cameras.faults import COMING_KINDS, Fault, FaultKind, FaultSchedule, TruthRecord
from console.city.cameras.fonts import Lettering
from console.city.cameras.points import Guard, Joining, credentials, point_specs
from console.city.cameras.scene import StreetScene
from console.city.cameras.settings import CameraCityError
from console.city.cameras.spoil import Spoiler
from console.city.cameras.street import Hour
from console.city.cameras.track import PacketTrack, Track
from console.domain.ids import CameraId
from console.media.nal import Codec


@pytest.fixture(scope="module")
def lettering():
    return Lettering()


def small_scene(lettering, number):
    return StreetScene(1, number, width_px=320, height_px=180, loop_s=8.0, lettering=lettering)


def moving_pictures(shape, count):
    """Yield noise that moves, in the size of the stream."""
    chance = np.random.default_rng(5)
    size = (shape.height_px * 3 // 2, shape.width_px)
    noise = np.kron(chance.integers(40, 200, (size[0] // 12, size[1] // 16)), np.ones((12, 16)))
    for index in range(count):
        yield np.roll(noise, (2 * index, 3 * index), (0, 1)).astype(np.uint8)


def test_that_scenes_differ_and_come_back_the_same(lettering):
    pictures = [small_scene(lettering, number).draw(10) for number in range(6)]
    for number, picture in enumerate(pictures):
        assert picture.shape == (180, 320, 3)
        for other in pictures[number + 1 :]:
            assert np.abs(picture.astype(int) - other).mean() > 12
    again = small_scene(lettering, 2).draw(10)
    assert np.array_equal(again, pictures[2])


def test_that_a_scene_moves_and_loops_without_a_seam(lettering):
    scene = small_scene(lettering, 1)
    first, second, looped = scene.draw(0), scene.draw(1), scene.draw(200)
    assert np.array_equal(first, looped)
    assert 0 < np.abs(first.astype(int) - second).mean() < 6
    before = scene.draw(199)
    assert np.abs(before.astype(int) - first).mean() < 6


def test_that_no_scene_looks_like_a_fault(lettering):
    seen = set()
    for number in range(7):
        scene = small_scene(lettering, number)
        luma = planes(next(scene.pictures(1)), 180)[0].astype(float)
        seen.add(scene.plan.hour)
        assert 30 < luma.mean() < 220
        assert luma.std() > 18
    assert {Hour.DAY, Hour.NIGHT} <= seen


@pytest.mark.parametrize("codec", list(Codec))
def test_that_a_name_changes_next_to_nothing_outside_its_band(codec, lettering):
    shape = shape_of(codec, "sub")
    track = encode_track(shape, moving_pictures(shape, 100))
    assert [index for index, key in enumerate(track.keys) if key] == [0, 50]
    band = band_picture(lettering, "工体北路与新东路路口 C0114", shape)
    encoder = BandEncoder(shape)
    for other in ("东三环中路 C0048", "三里屯太古里西门 C0052"):
        encoder.encode(band_picture(lettering, other, shape))
    named = encoder.encode(band)
    pictures = list(track.pictures)
    for parity, index in enumerate((0, 50)):
        pictures[index] = (*pictures[index][:-1], named[parity])
    marked = Track(
        codec=codec,
        width_px=shape.width_px,
        height_px=shape.height_px,
        sets=track.sets,
        pictures=tuple(pictures),
        keys=track.keys,
    )
    top = shape.height_px - shape.band_px
    touched = []
    for plain, shown in zip(decode_track(track), decode_track(marked), strict=True):
        difference = np.abs(plain[:top].astype(int) - shown[:top])
        assert difference.max() < 24
        touched.append((difference > 0).mean())
        read = shown[top : shape.height_px].astype(int)
        assert np.abs(read - band).mean() < 4
        assert np.abs(plain[top : shape.height_px].astype(int) - BAND_LUMA).max() < 9
    assert len(touched) == 100
    assert np.mean(touched) < 0.0005


def test_that_a_track_comes_back_from_disk_and_a_damaged_one_is_refused(tmp_path):
    shape = shape_of(Codec.H264, "sub")
    track = encode_track(shape, moving_pictures(shape, 50))
    path = tmp_path / "deep" / "a.track"
    track.save(path)
    assert Track.load(path) == track
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CameraCityError, match="made anew"):
        Track.load(path)
    with pytest.raises(CameraCityError, match="cannot be read"):
        Track.load(tmp_path / "none.track")


def test_that_a_frozen_track_shows_its_first_picture_only():
    shape = shape_of(Codec.H264, "sub")
    track = encode_track(shape, moving_pictures(shape, 50))
    flat = encode_track(shape, (np.full((540, 640), 90, np.uint8) for _ in range(50)))
    still = PacketTrack.of(track).still(PacketTrack.of(flat))
    assert len(still.pictures) == 50
    frozen = Track(
        codec=track.codec,
        width_px=640,
        height_px=360,
        sets=track.sets,
        pictures=(track.pictures[0], *flat.pictures[1:]),
        keys=track.keys,
    )
    shown = [picture[:336] for picture in decode_track(frozen)]
    assert all(np.array_equal(shown[0], picture) for picture in shown)


def luma_of(kind, severity):
    chance = np.random.default_rng(1)
    picture = chance.integers(60, 200, (540, 640)).astype(np.uint8)
    picture[360:] = 128
    spoiler = Spoiler(kind, severity, height_px=360, seed=1)
    spoilt = next(spoiler.apply(iter([picture])))
    luma, blue, red = planes(spoilt, 360)
    return planes(picture, 360)[0].astype(float), luma.astype(float), blue.astype(int), red


@pytest.mark.parametrize("severity", [1, 2, 3])
def test_that_faults_change_the_picture_as_they_say(severity):
    _, luma, _, _ = luma_of(FaultKind.BLACK, severity)
    assert luma.mean() < 30
    before, luma, _, _ = luma_of(FaultKind.BLURRED, severity)
    assert luma.std() < before.std() / 2
    before, luma, blue, _ = luma_of(FaultKind.COLOUR_CAST, severity)
    assert np.array_equal(before, luma)
    assert abs(blue - 128).mean() > 8
    before, luma, _, _ = luma_of(FaultKind.LOW_LIGHT, severity)
    assert luma.mean() < before.mean() * 0.6
    _, luma, _, _ = luma_of(FaultKind.OCCLUDED, severity)
    covered = (np.abs(luma - 52) < 3).mean()
    assert (0.04, 0.2, 0.45)[severity - 1] < covered


def test_that_faults_come_at_the_set_rate_and_from_their_own_seed():
    schedule, same, other = (FaultSchedule(seed, 0.05) for seed in (7, 7, 8))
    at_s = 1_795_444_200.0
    moments = [at_s + 700 * step for step in range(12)]
    found = [(no, schedule.at(no, at)) for at in moments for no in range(1, 1001)]
    assert 0.035 < sum(fault is not None for _, fault in found) / len(found) < 0.065
    assert {fault.kind for _, fault in found if fault} == set(COMING_KINDS)
    assert {fault.severity for _, fault in found if fault} == {1, 2, 3}
    assert found == [(no, same.at(no, at)) for at in moments for no in range(1, 1001)]
    assert found != [(no, other.at(no, at)) for at in moments for no in range(1, 1001)]
    assert all(fault is None for fault in (FaultSchedule(7, 0).at(no, at_s) for no in range(99)))


def test_that_a_fault_is_whole_within_its_times():
    schedule = FaultSchedule(3, 0.5)
    fault = next(fault for no in range(99) if (fault := schedule.at(no, 1e9)))
    no = next(no for no in range(99) if schedule.at(no, 1e9) == fault)
    assert schedule.at(no, fault.from_s) == fault == schedule.at(no, fault.to_s - 1)
    assert schedule.at(no, fault.to_s) != fault


def test_that_a_slightly_frozen_picture_comes_and_goes():
    fault = Fault(kind=FaultKind.FROZEN, severity=1, from_s=1000.0, to_s=2000.0)
    shown = [fault.shows(1000.0 + second) for second in range(60)]
    assert (sum(shown), shown[0], shown[25]) == (40, True, False)


def test_that_the_truth_is_written_once_a_fault(tmp_path):
    path = tmp_path / "city" / "truth.jsonl"
    fault = Fault(kind=FaultKind.BLACK, severity=2, from_s=1000.0, to_s=1600.0)
    with closing(TruthRecord(path)) as record:
        record.note(CameraId("C0007"), fault, at_s=1010.0)
        record.note(CameraId("C0007"), fault, at_s=1020.0)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert rows == [
        {
            "camera": "C0007",
            "kind": "black",
            "severity": 2,
            "from": "1970-01-01T00:16:50.000+00:00",
            "to": "1970-01-01T00:26:40.000+00:00",
        }
    ]


def test_that_points_are_the_same_for_the_same_seed_and_mixed():
    points = point_specs(1000, 1)
    assert points == point_specs(1000, 1)
    assert points != point_specs(1000, 2)
    assert sum(point.codec is Codec.H265 for point in points) == 250
    assert sum(point.live for point in points) == 8
    assert {point.guard for point in points} == set(Guard)
    assert {point.joining for point in points} == set(Joining)
    spread = np.bincount([point.phase % 50 for point in points], minlength=50)
    assert spread.min() >= 10
    assert len({credentials(no, 1).password for no in range(1, 1001)}) == 1000
    with pytest.raises(CameraCityError, match="Ask for 1 to"):
        point_specs(0, 1)


def write_clip(path, seconds, rate):
    import av  # noqa: PLC0415

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for index in range(seconds * rate):
            picture = np.full((240, 320, 3), (index * 5) % 200 + 20, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def test_that_clips_are_shown_and_bad_ones_are_said_and_left_out(tmp_path):
    write_clip(tmp_path / "street.mp4", 5, 15)
    (tmp_path / "broken.mp4").write_bytes(b"\0" * 5000)
    (tmp_path / "notes.txt").write_text("not a video")
    folder = open_folder(tmp_path, 2.0)
    assert [window.start_s for window in folder.windows] == [0.0, 2.0]
    assert len(folder.complaints) == 1
    assert "broken.mp4" in folder.complaints[0]
    shown = list(clip_pictures(folder.windows[1], 100, width=640, height=360))
    assert len(shown) == 100
    assert all(picture.shape == (540, 640) for picture in shown)
    assert len({int(picture[100, 100]) for picture in shown}) > 10


def test_that_a_folder_without_a_usable_clip_says_what_to_do(tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    with pytest.raises(CameraCityError, match=r"Put H\.264 or H\.265 MP4"):
        open_folder(tmp_path, 2.0)
