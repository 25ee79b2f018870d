"""What each point shows at a moment: its scene, what happens there, its fault, its name."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from console.city.cameras.bands import BandLibrary
from console.city.cameras.faults import CLOCK_OFF_S, Fault, FaultKind, Faults, TruthRecord
from console.city.cameras.library import Library, Workers
from console.city.cameras.live import LiveSource
from console.city.cameras.maker import TrackKey
from console.city.cameras.plan import scene_kind
from console.city.cameras.points import PointSpec
from console.city.cameras.settings import MAIN, SUB, CameraCityError
from console.city.cameras.stages import Event, HappeningSchedule
from console.city.cameras.street import SceneKind
from console.city.cameras.track import PacketTrack
from console.media.nal import Codec

_LOG = logging.getLogger("zhihui.cameras")
_LOOK_S = 1.0
_AHEAD_S = 120.0
#: A scene in which something happens is drawn anew, which takes the best part of a minute.
_STAGED_AHEAD_S = 900.0
#: Every fourth scene is H.265, as every fourth point is.
_EVERY_H265 = 4


def scene_codec(scene: int) -> Codec:
    """Return the codec that a scene is encoded in."""
    return Codec.H265 if scene % _EVERY_H265 == _EVERY_H265 - 1 else Codec.H264


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is to come: which point is faulty when, where a crowd gathers or something is parked."""

    faults: Faults
    happenings: HappeningSchedule


class CameraCity:
    """The points and what they show; makes pictures behind what is served.

    Args:
        points: Every point.
        names: Finds out what is burnt into each point's pictures, by its number; a thread does it,
            while the points are served already.
        scene_count: Scenes there are to be, at least 4.
        script: Says what is to come at which point.
        truth: Where faults and happenings are put on record.
        zone: Of the clocks in the pictures; this machine's own where ``None``.
    """

    def __init__(
        self,
        *,
        points: Sequence[PointSpec],
        names: Callable[[], Mapping[int, str]],
        scene_count: int,
        script: Script,
        truth: TruthRecord,
        library: Library,
        workers: Workers,
        zone: tzinfo | None = None,
    ) -> None:
        self.points = {point.id: point for point in points}
        self._script, self._truth = script, truth
        self._find_names = names
        self._names: asyncio.Task[Mapping[int, str]] | None = None
        self._library, self._workers = library, workers
        self._scenes = {
            codec: [n for n in range(scene_count) if scene_codec(n) is codec] for codec in Codec
        }
        self.bands, self._zone = BandLibrary(zone), zone
        self._faults: dict[int, Fault] = {}
        self._events: dict[int, Event] = {}
        self._stills: dict[tuple[TrackKey, str], PacketTrack] = {}
        self._live: dict[tuple[int, str], tuple[LiveSource, int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to make what is missing and to follow the faults."""
        for point in self.points.values():
            if point.clock_off_s and not point.live:
                self._truth.note_clock(point.id, point.clock_off_s, at_s=time.time())
        self._names = asyncio.create_task(asyncio.to_thread(self._find_names))
        for keep in (self._make_scenes(), self._follow_faults()):
            self._spawn(keep)

    async def stop(self) -> None:
        """End everything that was started."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._names is not None:
            await asyncio.gather(self._names, return_exceptions=True)
        for source, _ in list(self._live.values()):
            await asyncio.to_thread(source.stop)
        self._live.clear()
        await self._library.stop()
        await self._workers.stop()
        self.bands.close()
        self._truth.close()

    def fault(self, point: PointSpec, at_s: float) -> Fault | None:
        """Return what is wrong with a point now and can be shown.

        Args:
            point: The point.
            at_s: Unix seconds.
        """
        fault = self._faults.get(point.no)
        return fault if fault is not None and fault.shows(at_s) else None

    def clock_off_s(self, point: PointSpec, at_s: float) -> int:
        """Return how far the clock in a point's pictures is ahead, seconds.

        Args:
            point: The point.
            at_s: Unix seconds.
        """
        fault = self.fault(point, at_s)
        if fault is not None and fault.kind is FaultKind.WRONG_CLOCK:
            return CLOCK_OFF_S[fault.severity - 1]
        return point.clock_off_s or 0

    def showing(self, point: PointSpec, stream: str, at_s: float) -> PacketTrack | None:
        """Return what a point shows from now on, ``None`` while that is still being loaded."""
        return self._library_track(self._key(point, stream, at_s), point, stream, at_s)

    async def first_track(self, point: PointSpec, stream: str, at_s: float) -> PacketTrack:
        """Return what a point shows, waiting until there is something.

        Raises:
            CameraCityError: The pictures cannot be made.
        """
        key = self._key(point, stream, at_s)
        track = await self._library.track(key, stream)
        return self._library_track(key, point, stream, at_s) or track

    def _library_track(
        self, key: TrackKey, point: PointSpec, stream: str, at_s: float
    ) -> PacketTrack | None:
        track = self._library.held(key, stream)
        fault = self.fault(point, at_s)
        if track is None or fault is None or fault.kind is not FaultKind.FROZEN:
            return track
        still = self._stills.get((key, stream))
        standing = self._library.held(TrackKey(codec=point.codec, scene=-1), stream)
        if still is None and standing is not None:
            still = self._stills[key, stream] = track.still(standing)
        return still or track

    def _scene(self, point: PointSpec) -> int:
        scenes = self._scenes[point.codec]
        return scenes[point.scene % len(scenes)]

    def _key(self, point: PointSpec, stream: str, at_s: float) -> TrackKey:
        """Return the tracks a point shows: spoilt, its own scene's, or the starter's."""
        plain = TrackKey(codec=point.codec, scene=self._scene(point))
        fault = self.fault(point, at_s)
        if fault is not None and fault.kind.changes_picture:
            return spoilt(plain, fault)
        event = self._events.get(point.no)
        if event is not None and event.from_s <= at_s < event.to_s:
            return _staged(plain, event)
        if self._library.is_made(plain):
            return plain
        return self._starter(point.codec, stream)

    def _starter(self, codec: Codec, stream: str) -> TrackKey:
        # A lane has the least in it to draw.
        scenes = self._scenes[codec]
        scene = next((n for n in scenes if scene_kind(n) is SceneKind.HUTONG), scenes[0])
        return TrackKey(codec=codec, scene=scene, starter=stream)

    async def _make_scenes(self) -> None:
        begun = time.monotonic()
        wanted = [TrackKey(codec=scene_codec(n), scene=n) for n in self._all_scenes()]
        missing = self._library.missing(wanted)
        if missing:
            first = [self._starter(codec, stream) for stream in (SUB, MAIN) for codec in Codec]
            await self._make_all(first, urgent=True)
            shown_s = time.monotonic() - begun
            _LOG.info(
                "All points show the first scenes after %.1f s; %d scenes are made behind.",
                shown_s,
                len(missing),
            )
        self._workers.keep(1)
        standing = [TrackKey(codec=codec, scene=-1) for codec in Codec]
        await self._make_all([*standing, *missing], urgent=False)
        if missing:
            _LOG.info("All %d scenes are made.", len(wanted))

    def _all_scenes(self) -> list[int]:
        return sorted(n for scenes in self._scenes.values() for n in scenes)

    async def _make_all(self, keys: Sequence[TrackKey], *, urgent: bool) -> None:
        made = (self._library.make(key, urgent=urgent) for key in keys)
        for trouble in await asyncio.gather(*made, return_exceptions=True):
            if isinstance(trouble, CameraCityError):
                _LOG.warning("A scene is left out: %s", trouble)
            elif isinstance(trouble, BaseException):
                raise trouble

    async def _follow_faults(self) -> None:
        while True:
            now_s = time.time()
            self.follow_faults(now_s)
            self.follow_happenings(now_s)
            await asyncio.sleep(_LOOK_S)

    def follow_faults(self, at_s: float) -> None:
        """Let faults begin and end, and have the pictures made for those that come.

        Args:
            at_s: Unix seconds.
        """
        for point in self.points.values():
            if point.live:
                continue
            coming = self._script.faults.at(point.no, at_s + _AHEAD_S)
            present = self._script.faults.at(point.no, at_s)
            for fault in (present, coming):
                if fault is not None:
                    self._prepare(point, fault)
            if present is None or not self._is_ready(point, present):
                self._faults.pop(point.no, None)
            else:
                self._faults[point.no] = present
                self._truth.note(point.id, present, at_s=at_s)

    def follow_happenings(self, at_s: float) -> None:
        """Let things happen and be over, and have the pictures made for those that come.

        A point that is faulty shows its fault instead.

        Args:
            at_s: Unix seconds.
        """
        for point in self.points.values():
            if point.live:
                continue
            scene = self._scene(point)
            plain = TrackKey(codec=point.codec, scene=scene)
            coming = self._script.happenings.at(point.no, scene, at_s + _STAGED_AHEAD_S)
            present = self._script.happenings.at(point.no, scene, at_s)
            for event in (present, coming):
                # Not before the scene itself, and never before a fault that is to be seen.
                if event is not None and self._library.is_made(plain):
                    key = _staged(plain, event)
                    if not self._library.is_made(key):
                        self._workers.made(key, urgent=False)
            ready = present is not None and self._library.is_made(_staged(plain, present))
            if present is None or not ready:
                self._events.pop(point.no, None)
            elif self._faults.get(point.no) is None:
                self._events[point.no] = present
                self._truth.note_event(point.id, present, at_s=at_s)

    def _is_ready(self, point: PointSpec, fault: Fault) -> bool:
        plain = TrackKey(codec=point.codec, scene=self._scene(point))
        if fault.kind is FaultKind.FROZEN:
            return self._library.is_made(TrackKey(codec=point.codec, scene=-1))
        return not fault.kind.changes_picture or self._library.is_made(spoilt(plain, fault))

    def _prepare(self, point: PointSpec, fault: Fault) -> None:
        plain = TrackKey(codec=point.codec, scene=self._scene(point))
        key = spoilt(plain, fault)
        # Not before the scene itself: its making must not wait behind a spoilt one's.
        due = fault.kind.changes_picture and self._library.is_made(plain)
        if due and not self._library.is_made(key):
            self._workers.made(key, urgent=True)

    async def name(self, point: PointSpec) -> str:
        """Return what is burnt into a point's pictures.

        Raises:
            CityPackError: The city pack, which it comes from, cannot be used.
            CameraCityError: The city has no roads.
        """
        assert self._names is not None
        return (await asyncio.shield(self._names))[point.no]

    def watch_live(self, point: PointSpec, stream: str, name: str) -> LiveSource:
        """Return the source of a live point, begun when the first one watches."""
        source, watchers = self._live.get((point.no, stream), (None, 0))
        if source is None:
            key = self._key(point, stream, time.time())
            path = self._library.path(key, stream)
            source = LiveSource(point, stream, name, path, self._zone)
            source.start()
        self._live[point.no, stream] = source, watchers + 1
        return source

    def leave_live(self, point: PointSpec, stream: str) -> None:
        """End a live point's source when the last one leaves."""
        source, watchers = self._live.pop((point.no, stream))
        if watchers > 1:
            self._live[point.no, stream] = source, watchers - 1
        else:
            self._spawn(asyncio.to_thread(source.stop))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _LOG.error("Part of the camera city has ended", exc_info=task.exception())


def _staged(plain: TrackKey, event: Event) -> TrackKey:
    """Return the key of a scene's tracks with something happening in them."""
    return replace(plain, happens=(event.place.kind, event.place.variant))


def spoilt(plain: TrackKey, fault: Fault) -> TrackKey:
    """Return the key of a scene's tracks with a fault in them; black is black in every scene."""
    scene = _scene_of_black(plain) if fault.kind is FaultKind.BLACK else plain.scene
    return TrackKey(codec=plain.codec, scene=scene, fault=(fault.kind, fault.severity))


def _scene_of_black(plain: TrackKey) -> int:
    """Return the scene that stands for all in the black: the first of its codec."""
    return _EVERY_H265 - 1 if plain.codec is Codec.H265 else 0
