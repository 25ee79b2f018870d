"""Colours: contrast by WCAG 2.2, differences by CIE76 in four kinds of vision."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from widgets.common.theme import STATUS_TOKENS, Theme, ThemeError, Token, load_theme

THEMES = Path(__file__).parents[2] / "resources" / "themes"
#: Machado, Oliveira, Fernandes 2009, severity 1, on linear sRGB.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
#: sRGB to CIE XYZ, D65.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
TEXT_PAIRS = [
    (fore, back, 4.5)
    for fore in (Token.TEXT, Token.SECONDARY, Token.CRITICAL)
    for back in (Token.WINDOW, Token.PANEL)
] + [
    (Token.TEXT, Token.RAISED, 7.0),
    (Token.TEXT, Token.INPUT, 7.0),
    (Token.SECONDARY, Token.RAISED, 4.5),
    (Token.SELECTION_TEXT, Token.SELECTION, 7.0),
    (Token.TEXT, Token.STRIPE, 4.5),
]
GRAPHIC_PAIRS = [
    (fore, back, 3.0)
    for fore in (*STATUS_TOKENS, Token.FOCUS, Token.EDGE)
    for back in (Token.WINDOW, Token.PANEL)
]


def linear(hex_colour: str) -> NDArray[np.float64]:
    value = np.array([int(hex_colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(theme: Theme, fore: Token, back: Token) -> float:
    dark, light = sorted(float(TO_XYZ[1] @ linear(theme.hex(t))) for t in (fore, back))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.fixture(params=["dark", "light"])
def theme(request: pytest.FixtureRequest) -> Theme:
    return load_theme(request.param, THEMES)


@pytest.mark.parametrize(("fore", "back", "least"), TEXT_PAIRS + GRAPHIC_PAIRS)
def test_that_each_pair_of_tokens_has_its_contrast(
    theme: Theme, fore: Token, back: Token, least: float
) -> None:
    assert contrast(theme, fore, back) >= least


@pytest.mark.parametrize("vision", VISIONS)
def test_that_any_two_status_colours_are_told_apart(theme: Theme, vision: str) -> None:
    seen = {token: lab(VISIONS[vision] @ linear(theme.hex(token))) for token in STATUS_TOKENS}
    differences = {
        (a.value, b.value): float(np.linalg.norm(seen[a] - seen[b]))
        for a, b in combinations(STATUS_TOKENS, 2)
    }
    assert {pair: d for pair, d in differences.items() if d < 24} == {}


def test_that_the_dark_theme_has_the_palette_of_the_house(theme: Theme) -> None:
    house = ("#FF4444", "#FB920B", "#F6EE73", "#B0C5C9", "#619DC4", "#D34CEE", "#646C76")
    shown = tuple(theme.hex(token) for token in STATUS_TOKENS)
    assert (shown == house) is theme.is_dark


def test_that_a_theme_with_a_colour_missing_says_which_file(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text('{"dark": true, "colours": {"window": "#000000"}}')
    with pytest.raises(ThemeError, match=r"odd\.json"):
        load_theme("odd", tmp_path)
