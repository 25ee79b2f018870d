"""Background models on the simulated city's scenes: what parks, what gathers, what is usual."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from console.city.cameras.fonts import Lettering
from console.city.cameras.happenings import HappeningKind
from console.city.cameras.scene import StreetScene
from console.domain.hints import Box, HintKind
from console.video.scenewatch import SceneWatch
from console.video.things import Seen


@pytest.fixture(scope="module")
def lettering() -> Lettering:
    return Lettering()


def pictures(lettering: Lettering, happens: tuple[HappeningKind, int] | None) -> tuple:
    scene = StreetScene(
        1, 6, width_px=320, height_px=180, loop_s=8.0, lettering=lettering, happens=happens
    )
    drawn = [cv2.cvtColor(scene.draw(at), cv2.COLOR_BGR2BGRA) for at in range(0, 200, 20)]
    return drawn, None if scene.happening is None else scene.happening.box


def watched(plain: list[np.ndarray], after: list[np.ndarray]) -> tuple[SceneWatch, list[Seen]]:
    chance, watch, found = np.random.default_rng(2), SceneWatch(), []
    for look in range(60):
        shown = plain if look < 30 else after
        picture = shown[int(chance.integers(len(shown)))].astype(np.int16)
        noisy = (picture + chance.integers(-3, 4, picture.shape)).clip(0, 255).astype(np.uint8)
        found = [*watch.look(noisy, look * 20.0)]
    return watch, [one for one in found if one.kind is not HintKind.MOTION]


@pytest.mark.parametrize(
    ("kind", "hint"),
    [(HappeningKind.PARKED, HintKind.PARKED), (HappeningKind.CROWD, HintKind.CROWD)],
)
def test_that_what_comes_and_stays_is_hinted_at_where_it_is(
    lettering: Lettering, kind: HappeningKind, hint: HintKind
) -> None:
    plain, _ = pictures(lettering, None)
    after, box = pictures(lettering, (kind, 2))
    assert box is not None
    watch, found = watched(plain, after)
    assert hint in {one.kind for one in found}
    right = next(one for one in found if one.kind is hint)
    assert right.box.shared(box.grown(0.15)) > 0.5 * right.box.area
    if hint is HintKind.PARKED:  # what a person dismisses belongs to the place from then on
        watch.absorb(right.box.grown(0.2))
        again = watch.look(after[0], 60 * 20.0)
        assert not any(one.kind is hint and one.box.shared(right.box) > 0 for one in again)


def test_that_what_is_usual_and_what_has_gone_are_not_hinted_at(lettering: Lettering) -> None:
    plain, _ = pictures(lettering, None)
    with_car, box = pictures(lettering, (HappeningKind.PARKED, 2))
    assert box is not None
    assert watched(plain, plain)[1] == []
    gone = [one for one in watched(with_car, plain)[1] if one.kind is HintKind.PARKED]
    assert not any(one.box.shared(box) > 0.3 * one.box.area for one in gone)


def test_that_another_view_is_learned_anew_and_not_called_anything() -> None:
    chance = np.random.default_rng(1)
    one, two = (np.kron(chance.integers(20, 230, (18, 32, 1)), np.ones((10, 10, 4))) for _ in "ab")
    watch = SceneWatch()
    for look in range(60):
        shown = one if look < 30 else two
        assert watch.look(shown.astype(np.uint8), look * 20.0) == ()
    assert watch.knows


def test_that_boxes_share_and_grow_within_the_picture() -> None:
    box = Box(left=0.9, top=0.0, width=0.1, height=0.5)
    assert box.likeness(box) == pytest.approx(1.0)
    assert box.likeness(Box(left=0, top=0, width=0.2, height=0.2)) == 0.0
    grown = box.grown(0.5)
    assert (grown.left, grown.top) == pytest.approx((0.85, 0.0))
    assert grown.left + grown.width <= 1.0
