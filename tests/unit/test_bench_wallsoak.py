"""The soak's arithmetic: growth between medians, and what is refused."""

from __future__ import annotations

import pytest

from console.app.bench import run_bench
from console.app.bench.wallsoak import _Sample, figures
from console.domain.errors import ZhihuiError


def test_that_growth_is_between_medians_after_the_caches_have_filled(tmp_path) -> None:
    rising = [_Sample(100.0 + n / 10, 50.0, 80.0, 5, 40) for n in range(100)]
    found = figures([_Sample(10.0, 1.0, 1.0, 1, 1)] * 10 + rising[10:])
    assert found["wall_mb"] == [102.2, 109.2]
    assert found["wall_growth_percent"] == pytest.approx(6.85, abs=0.02)
    assert (found["decoders_growth_percent"], found["threads"], found["handles"]) == (
        0.0, [5, 5], [40, 40],
    )  # fmt: skip
    leaking = [_Sample(100.0, 50.0, 80.0, 5 + n // 50, 40 + n) for n in range(100)]
    assert figures(leaking)["handles"][1] > figures(leaking)["handles"][0]
    with pytest.raises(ZhihuiError, match="says nothing"):
        run_bench("wallsoak", ["--minutes", "0.5"], home=tmp_path)
