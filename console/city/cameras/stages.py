"""What happens at the running cameras and when: crowds that gather, things that are parked.

The schedule comes from a seed of its own, as that of the faults does, and what was shown goes on
record with the place in the picture. Only the first scenes are stages: each happening is a scene
that is drawn and encoded anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from console.city.cameras.happenings import VARIANTS, HappeningKind, happening_in, place_seed
from console.city.cameras.plan import plan_street
from console.city.cameras.settings import MAIN, SIZES_PX
from console.domain.hints import Box

#: So many scenes are stages.
STAGES = 12
PERIOD_S = 3600
_LEAST_S, _MOST_S = 600, 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something can happen in a scene, and what.

    Attributes:
        variant: Which of several places.
        box: Where it is to be seen in the picture.
    """

    kind: HappeningKind
    variant: int
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens at one camera.

    Attributes:
        from_s: When it begins, Unix seconds.
        to_s: When it is over.
    """

    place: Place
    from_s: float
    to_s: float


def stage_of(seed: int, scene: int, loop_s: float) -> tuple[Place, ...]:
    """Return where something can happen in a scene: one place for each kind, if there is any.

    Args:
        seed: Of the city.
        scene: Its number.
        loop_s: After so many seconds the scene is where it began.
    """
    width, height = SIZES_PX[MAIN]
    plan = plan_street(seed, scene, width_px=width, height_px=height, loop_s=loop_s)
    found = []
    for kind in HappeningKind:
        for variant in VARIANTS:
            happening = happening_in(plan, kind, place_seed(seed, scene, variant))
            if happening is not None:
                found.append(Place(kind=kind, variant=variant, box=happening.box))
                break
    return tuple(found)


class HappeningSchedule:
    """Says what happens where and when; the same for the same seed, whenever it is asked.

    Args:
        truth_seed: Decides it, apart from the seed of the pictures.
        chance: That something happens at a camera on a stage within an hour of its own.
        stages: Where something can happen, by number of the scene.
    """

    def __init__(
        self, truth_seed: int, chance: float, stages: Mapping[int, Sequence[Place]]
    ) -> None:
        self._seed, self._chance = truth_seed, min(1.0, chance)
        self._stages = stages
        self._known: dict[int, tuple[int, Event | None]] = {}

    def at(self, no: int, scene: int, at_s: float) -> Event | None:
        """Return what happens at camera number ``no`` at ``at_s`` (Unix seconds), if anything.

        Args:
            no: The camera's number.
            scene: Of the scene that it shows.
            at_s: When.
        """
        places = self._stages.get(scene)
        if not places or not self._chance:
            return None
        offset = no * 2246822519 % PERIOD_S
        period = int((at_s + offset) // PERIOD_S)
        known = self._known.get(no)
        if known is None or known[0] != period:
            begin_s = float(period * PERIOD_S - offset)
            known = self._known[no] = period, self._draw(no, period, begin_s, places)
        event = known[1]
        return event if event is not None and event.from_s <= at_s < event.to_s else None

    def _draw(self, no: int, period: int, begin_s: float, places: Sequence[Place]) -> Event | None:
        chance = np.random.default_rng([self._seed, no, period, 0x4A9])
        if chance.random() >= self._chance:
            return None
        length = int(chance.integers(_LEAST_S, _MOST_S + 1))
        start_s = begin_s + float(chance.integers(0, PERIOD_S - length))
        place = places[int(chance.integers(len(places)))]
        return Event(place=place, from_s=start_s, to_s=start_s + length)
