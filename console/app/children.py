"""The processes that `zhihui run` starts, each with the command line it is started with."""

from __future__ import annotations

from pathlib import Path

from console.app.processes import Child
from console.app.wiring import CAMERAS_NICE, CITY_NICE, CONSOLE_ENDS, SWEEP_NICE, RunPlan


def _common(plan: RunPlan) -> list[str]:
    config = plan.config
    return ["--home", str(plan.home), "--seed", str(config.seed),
            "--truth-seed", str(config.truth_seed)]  # fmt: skip


def central_child(plan: RunPlan, pack: Path) -> Child:
    """Return the process of the central server."""
    config = plan.config
    arguments = ["central", "--home", str(plan.home), "--pack", str(pack),
                 "--host", config.host, "--port", str(config.port)]  # fmt: skip
    return Child(name="the central server", arguments=arguments)


def cameras_child(plan: RunPlan, pack: Path) -> Child:
    """Return the process of the city's RTSP cameras."""
    config = plan.config
    arguments = ["cameras", *_common(plan), "--pack", str(pack), "--host", config.host,
                 "--camera-port", str(config.camera_port),
                 "--cameras", str(config.cameras)]  # fmt: skip
    if plan.clips is not None:
        arguments += ["--clips", str(plan.clips)]
    return Child(name="the cameras", arguments=arguments, nice=CAMERAS_NICE)


def city_child(plan: RunPlan, pack: Path, server: str) -> Child:
    """Return the process of the simulated city."""
    config = plan.config
    arguments = ["city", *_common(plan), "--server", server, "--pack", str(pack),
                 "--officers", str(config.officers), "--vehicles", str(config.vehicles),
                 "--complaints-a-year", str(config.complaints_a_year),
                 "--pace", str(config.pace)]  # fmt: skip
    if plan.complaints is not None:
        arguments += ["--complaints", str(plan.complaints),
                      "--replay-speed", str(plan.replay_speed)]  # fmt: skip
    for call_sign in sorted(plan.real_units):
        arguments += ["--real-unit", call_sign]
    return Child(name="the city", arguments=arguments, nice=CITY_NICE)


def sweep_child(plan: RunPlan, part: int = 0, parts: int = 1) -> Child:
    """Return one process of the sweep."""
    arguments = ["sweep", "--home", str(plan.home), "--console-name", plan.console_name,
                 "--sweep-points-per-s", str(plan.config.sweep_points_per_s),
                 "--part", str(part), "--parts", str(parts)]  # fmt: skip
    name = "the sweep" if parts == 1 else f"the sweep {part + 1} of {parts}"
    return Child(name=name, arguments=arguments, nice=SWEEP_NICE)


def console_child(plan: RunPlan, pack: Path, server: str) -> Child:
    """Return the process of the console."""
    arguments = ["console", "--home", str(plan.home), "--server", server,
                 "--console-name", plan.console_name, "--pack", str(pack)]  # fmt: skip
    if plan.config.language:
        arguments += ["--language", plan.config.language]
    if plan.config.theme:
        arguments += ["--theme", plan.config.theme]
    return Child(name="console", arguments=arguments, ends_on=CONSOLE_ENDS)
