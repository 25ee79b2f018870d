"""The command line `zhihui`: one sub-command a job."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from console import __version__
from console.app import commands
from console.app.audit_options import admin_options, audit_options
from console.app.cityclock import keep_city_time
from console.app.config import home_directory, load_config
from console.app.lineage import follow_parent
from console.app.logs import start_logging
from console.app.site import site_zone
from console.domain.errors import ZhihuiError
from console.patrol.plans import LAYOUTS

#: What these keep (passwords, callers' numbers, evidence, positions) is nobody else's to read.
_KEEPERS = frozenset({"run", "central", "city", "cameras", "sweep", "console"})
Handler = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command (the process's own if none is given); returns the exit status.

    That is 0 for good, 1 for failed, 2 for wrong use or settings.
    """
    follow_parent(os.environ)
    parser = build_parser()
    chosen = parser.parse_args(arguments)
    handler: Handler | None = getattr(chosen, "handler", None)
    if handler is None:
        parser.print_help()
        return 2
    if chosen.command in _KEEPERS:
        os.umask(0o077)
    try:
        chosen.home = home_directory(chosen.home)
        chosen.config = load_config(chosen.home, _overrides(chosen))
        pack = getattr(chosen, "pack", None)
        zone = site_zone(chosen.config, chosen.home, Path(pack) if pack else None)
        keep_city_time(os.environ, zone)
        if chosen.command not in {"test", "doctor"}:
            job = getattr(chosen, "job", None)  # beside a process of that command, which logs too
            process = f"{chosen.command}-{job}" if job else chosen.command
            as_json = chosen.config.log_format == "json"
            start_logging(chosen.home, process, verbose=chosen.verbose, as_json=as_json)
        return handler(chosen)
    except ZhihuiError as error:
        print(f"zhihui {chosen.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every command in it."""
    parser = argparse.ArgumentParser(
        prog="zhihui", description="Command-and-dispatch console, and everything behind it."
    )
    parser.add_argument("--version", action="version", version=f"zhihui {__version__}")
    parser.set_defaults(home=None, verbose=False)
    adder = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_run(adder)
    _add_servers(adder)
    _add_console(adder)
    _add_imports(adder)
    _add_tools(adder)
    _add_administration(adder)
    return parser


def _command(adder: Any, name: str, text: str, handler: Handler) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = adder.add_parser(name, help=text, description=text)
    parser.add_argument("--home", help="data directory (default: $ZHIHUI_HOME or the user's)")
    parser.add_argument("-v", "--verbose", action="store_true", help="say more on the terminal")
    parser.set_defaults(handler=handler)
    return parser


def _add_run(adder: Any) -> None:
    run = _command(
        adder, "run", "Start everything on this machine: server, city, console.", commands.run
    )
    run.add_argument("--city", metavar="FILE", help="an OpenStreetMap extract or a .citypack")
    run.add_argument(
        "--clips", metavar="DIR", help="H.264/H.265 MP4 files as the cameras' pictures"
    )
    run.add_argument("--complaints", metavar="FILE", help="imported complaints to replay")
    run.add_argument("--replay-speed", type=float, default=1.0, help="how many times faster")
    run.add_argument("--no-window", action="store_true", help="without the console")
    _shared(run)
    _city_sizes(run)
    run.add_argument("--language", choices=("zh", "en"))
    run.add_argument("--theme", choices=("dark", "light"))
    run.add_argument("--console-name", default="main")


def _shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="central's port, 0 for a free one")
    parser.add_argument("--camera-port", type=int, help="RTSP port, 0 for a free one")


def _city_sizes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int)
    parser.add_argument("--truth-seed", type=int)
    parser.add_argument("--officers", type=int)
    parser.add_argument("--vehicles", type=int)
    parser.add_argument("--cameras", type=int)
    parser.add_argument("--complaints-a-year", type=float)
    parser.add_argument("--pace", type=float, help="simulated handhelds work this much faster")
    parser.add_argument("--sweep-points-per-s", type=float)
    parser.add_argument(
        "--real-unit",
        action="append",
        default=[],
        metavar="CALLSIGN",
        help="held by a real person: the city leaves it alone",
    )


def _add_servers(adder: Any) -> None:
    central = _command(adder, "central", "Start the central server.", commands.central)
    central.add_argument("--pack", metavar="FILE", help="city pack it hands to consoles")
    central.add_argument(
        "--database", metavar="URL", help="SQLAlchemy URL (default: SQLite in home)"
    )
    _shared(central)
    _add_central_jobs(central)
    city = _command(
        adder, "city", "Start the simulated city: force, citizens, handhelds.", commands.city
    )
    city.add_argument("--server", required=True, metavar="URL")
    city.add_argument("--ca", metavar="FILE", help="central's certificate authority (https)")
    city.add_argument("--pack", required=True, metavar="FILE")
    city.add_argument("--complaints", metavar="FILE", help="imported complaints to replay")
    city.add_argument("--replay-speed", type=float, default=1.0)
    _city_sizes(city)
    cameras = _command(adder, "cameras", "Serve the city's RTSP camera points.", commands.cameras)
    cameras.add_argument("--pack", required=True, metavar="FILE")
    cameras.add_argument("--clips", metavar="DIR")
    cameras.add_argument("--fault-rate", type=float, default=None)
    _shared(cameras)
    _city_sizes(cameras)
    sweep = _command(
        adder, "sweep", "Visit every camera point over and over (niced).", commands.sweep
    )
    sweep.add_argument("--console-name", default="main")
    sweep.add_argument("--sweep-points-per-s", type=float)
    sweep.add_argument("--part", type=int, default=0, help="share of the points, from 0 …")
    sweep.add_argument("--parts", type=int, default=1, help="… of so many processes")
    _passphrase(sweep)


def _add_central_jobs(central: argparse.ArgumentParser) -> None:
    adder = central.add_subparsers(dest="job", metavar="JOB", title="instead of starting it")
    init = _job(
        adder,
        "init",
        "Make a certificate authority and a certificate, so that others may reach it.",
        commands.init_central,
    )
    init.add_argument(
        "--name", action="append", default=[], required=True, metavar="HOST",
        help="name or address consoles reach it by; may be given several times",
    )  # fmt: skip
    backup = _job(adder, "backup", "Back up a central, running or not.", commands.backup)
    backup.add_argument("into", metavar="FOLDER", help="a new folder is made in this one")
    restore = _job(
        adder,
        "restore",
        "Put a backup in a central's place; it gets a new epoch.",
        commands.restore,
    )
    restore.add_argument("backup", metavar="BACKUP", help="the folder that `backup` made")
    restore.add_argument(
        "--replace", action="store_true", help="set a database that is there aside"
    )
    retention = _job(
        adder,
        "retention",
        "Take out what is older than it is kept; --dry-run says what that would be.",
        commands.retention,
    )
    retention.add_argument("--dry-run", action="store_true", help="change nothing")


def _job(adder: Any, name: str, text: str, handler: Handler) -> argparse.ArgumentParser:
    """Add a job of a command; its options may stand before or after its name."""
    parser: argparse.ArgumentParser = adder.add_parser(name, help=text, description=text)
    parser.add_argument("--home", default=argparse.SUPPRESS, help="data directory")
    parser.add_argument(
        "--database", metavar="URL", default=argparse.SUPPRESS, help="SQLAlchemy URL"
    )
    parser.set_defaults(handler=handler)
    return parser


def _add_console(adder: Any) -> None:
    console = _command(adder, "console", "Open a console on a central server.", commands.console)
    console.add_argument("--server", metavar="URL", help="default: the one running in this home")
    console.add_argument(
        "--ca", metavar="FILE",
        help="central's certificate authority, given once for an https address",
    )  # fmt: skip
    console.add_argument("--account", default="dispatcher")
    console.add_argument(
        "--password-file", metavar="FILE", help="default: the home's accounts.json"
    )
    console.add_argument(
        "--device-code-file", metavar="FILE",
        help="a one-time code from an administrator, for a console that central does not know",
    )  # fmt: skip
    _passphrase(console)
    console.add_argument("--console-name", default="main")
    console.add_argument("--pack", metavar="FILE", help="a city pack that lies here already")
    console.add_argument("--language", choices=("zh", "en"))
    console.add_argument("--theme", choices=("dark", "light"))
    console.add_argument("--workspace", default=None)
    console.add_argument("--wall-tiles", type=int, choices=LAYOUTS, default=4)
    console.add_argument("--lag-file", metavar="FILE", help="write the event loop's lag here")
    console.add_argument("--started-file", metavar="FILE", help="write the start's times here")


def _passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file", metavar="FILE",
        help="opens what a console keeps, where config.toml says cache_key = “passphrase”",
    )  # fmt: skip


def _add_imports(adder: Any) -> None:
    importer = _command(adder, "import", "Bring in real data.", commands.import_file)
    importer.add_argument("kind", choices=("osm", "cameras", "complaints"))
    importer.add_argument("file", metavar="FILE")
    importer.add_argument("--mapping", metavar="TOML", help="complaints: which column is what")
    importer.add_argument("--out", metavar="FILE", help="where the result is written")
    importer.add_argument("--name", help="osm: name of the city")
    importer.add_argument(
        "--time-zone", metavar="ZONE",
        help="osm: of its clocks, like Europe/Helsinki (default: what the extract tells)",
    )  # fmt: skip
    importer.add_argument(
        "--datum", choices=("wgs84", "gcj02", "bd09"), default="wgs84",
        help="cameras: datum of the positions where no column says",
    )  # fmt: skip
    importer.add_argument("--onto", metavar="PACK", help="complaints: move them onto this city")


def _add_tools(adder: Any) -> None:
    bench = _command(adder, "bench", "Measure one thing on this machine.", commands.bench)
    bench.add_argument("name", help="loop, start, run, near, map, wall … (“list” names them)")
    bench.add_argument("--json", action="store_true", help="print one JSON object only")
    bench.add_argument("options", nargs=argparse.REMAINDER, help="options of that bench")
    repairs = _command(
        adder, "repairs", "Write the repair list of camera points (CSV or XLSX).", commands.repairs
    )
    repairs.add_argument("--out", required=True, metavar="FILE", help="ends in .csv or .xlsx")
    repairs.add_argument("--console-name", default="main", help="whose sweep it is from")
    _passphrase(repairs)
    _command(
        adder, "doctor", "Say what this machine lacks, and what to do about it.", commands.doctor
    )
    test = _command(adder, "test", "Run every check: lint, types, floors, tests.", commands.test)
    test.add_argument("--quick", action="store_true", help="without windows and servers")
    test.add_argument("pytest", nargs=argparse.REMAINDER, help="handed on to pytest")


def _add_administration(adder: Any) -> None:
    audit_options(_command(
        adder, "audit", "Verify, read or take out who did what; nothing changes it.",
        commands.audit,
    ))  # fmt: skip
    admin_options(_command(
        adder, "admin", "Users, devices, units, cameras, grids, the site's tables.",
        commands.admin,
    ))  # fmt: skip


def _overrides(chosen: argparse.Namespace) -> dict[str, Any]:
    names = (
        "host", "port", "camera_port", "seed", "truth_seed", "officers", "vehicles", "cameras",
        "complaints_a_year", "pace", "sweep_points_per_s", "language", "theme",
    )  # fmt: skip
    return {name: getattr(chosen, name, None) for name in names}
