"""What the map looks at first."""

import pytest

from console.ui.mapmodel import FIRST_ZOOM, MapFrame


@pytest.mark.parametrize(
    ("bounds", "size_px", "zoom"),
    [
        ((24.935, 60.164, 24.954, 60.179), (900, 470), 14),  # central Helsinki
        ((24.935, 60.164, 24.954, 60.179), (1800, 1000), 15),
        ((115.9, 39.6, 116.9, 40.2), (900, 470), FIRST_ZOOM),  # Beijing: its middle
        ((24.935, 60.164, 24.954, 60.179), (0, 0), FIRST_ZOOM),  # not laid out yet
    ],
)
def test_that_a_small_city_is_looked_at_whole_and_a_large_one_in_its_middle(
    bounds: tuple[float, float, float, float], size_px: tuple[int, int], zoom: float
) -> None:
    assert MapFrame(bounds=bounds).first_zoom(size_px) == zoom
