"""What each sub-command does; everything heavy is imported when it is asked for."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

# The imports inside the functions are deliberate: central, city, import and doctor run without
# Qt, and a command starts without loading what only another one needs.
# ruff: noqa: PLC0415


def run(chosen: argparse.Namespace) -> int:
    """`zhihui run`: server, city, cameras, sweep and console on this machine."""
    from console.app.run import run_everything
    from console.app.wiring import RunPlan

    config = chosen.config
    if chosen.complaints and chosen.complaints_a_year is None:
        config = replace(config, complaints_a_year=0.0)
        say("Only the complaints of the file come in; --complaints-a-year N adds simulated ones.")
    plan = RunPlan(
        home=chosen.home,
        config=config,
        city=_path(chosen.city),
        clips=_path(chosen.clips),
        complaints=_path(chosen.complaints),
        replay_speed=chosen.replay_speed,
        window=not chosen.no_window,
        console_name=chosen.console_name,
        real_units=frozenset(chosen.real_unit),
    )
    return run_everything(plan)


def central(chosen: argparse.Namespace) -> int:
    """`zhihui central`: the server alone."""
    from console.app import wiring
    from console.central.server import run_central

    settings = wiring.central_settings(
        chosen.home, chosen.config, pack=_path(chosen.pack), database_url=chosen.database
    )
    return run_central(settings)


def backup(chosen: argparse.Namespace) -> int:
    """`zhihui central backup FOLDER`: database, evidence and keys, while central runs."""
    from datetime import UTC, datetime

    from console.app import wiring
    from console.central.backup import make_backup

    settings = wiring.central_settings(chosen.home, chosen.config, database_url=chosen.database)
    made = make_backup(settings, Path(chosen.into).expanduser().resolve(), at=datetime.now(UTC))
    held = made.manifest
    say(f"{made.folder}: revision {held.head} of epoch {held.epoch}, {held.evidence} pieces of "
        f"evidence ({held.evidence_bytes >> 20} MB).")  # fmt: skip
    return 0


def restore(chosen: argparse.Namespace) -> int:
    """`zhihui central restore BACKUP`: a central as of that day, under a new epoch."""
    from datetime import UTC, datetime

    from console.app import wiring
    from console.central.backup import restore_backup

    settings = wiring.central_settings(chosen.home, chosen.config, database_url=chosen.database)
    folder = Path(chosen.backup).expanduser().resolve()
    done = restore_backup(settings, folder, at=datetime.now(UTC), replace=chosen.replace)
    say(f"Restored as of {done.manifest.made_at:%Y-%m-%d %H:%M} UTC, revision "
        f"{done.manifest.head}. Consoles fetch everything anew and send again what they still "
        "hold of the last 72 hours.")  # fmt: skip
    return 0


def retention(chosen: argparse.Namespace) -> int:
    """`zhihui central retention`: take out what is older than it is kept."""
    from console.app import wiring
    from console.app.retention import retain

    settings = wiring.central_settings(chosen.home, chosen.config, database_url=chosen.database)
    say(retain(settings, dry_run=chosen.dry_run))
    return 0


def init_central(chosen: argparse.Namespace) -> int:
    """`zhihui central init --name HOST`: an authority, and a certificate for these names."""
    from datetime import UTC, datetime

    from console.app import wiring
    from console.central.tls import make_authority, renew_certificate, tls_files
    from console.store.trust import fingerprint

    settings = wiring.central_settings(chosen.home, chosen.config)
    files, at = tls_files(settings.folder), datetime.now(UTC)
    was_made = make_authority(files, at=at)
    renew_certificate(files, chosen.name, at=at)
    say("A new certificate authority was made." if was_made else "The authority stays as it was.")
    say(f"Give this file to every console, with --ca FILE at its first start: {files.ca}")
    say(f"Compare its fingerprint by phone: {fingerprint(files.ca)}")
    say("Central now serves with TLS: restart it if it runs. The handheld page is at")
    for name in chosen.name:
        say(f"  https://{name}:{chosen.config.port}/handheld/")
    return 0


def city(chosen: argparse.Namespace) -> int:
    """`zhihui city`: the simulated force, citizens and handhelds."""
    from console.app import wiring
    from console.city.run import run_city

    settings = wiring.city_settings(
        chosen.home,
        chosen.config,
        server=chosen.server,
        pack=Path(chosen.pack),
        complaints=_path(chosen.complaints),
        replay_speed=chosen.replay_speed,
        real_units=frozenset(chosen.real_unit),
        ca=_path(chosen.ca),
    )
    return run_city(settings)


def cameras(chosen: argparse.Namespace) -> int:
    """`zhihui cameras`: the RTSP points of the simulated city."""
    from console.app import wiring
    from console.city.cameras.server import run_cameras

    settings = wiring.camera_settings(
        chosen.home, chosen.config, pack=Path(chosen.pack), clips=_path(chosen.clips),
        fault_rate=chosen.fault_rate,
    )  # fmt: skip
    return run_cameras(settings)


def sweep(chosen: argparse.Namespace) -> int:
    """`zhihui sweep`: one process that visits every camera point over and over."""
    from console.app import wiring
    from console.video.sweep import run_sweep

    settings = wiring.sweep_settings(
        chosen.home,
        chosen.config,
        chosen.console_name,
        part=chosen.part,
        parts=chosen.parts,
        passphrase=wiring.passphrase_for(chosen.config, _path(chosen.passphrase_file)),
    )
    return run_sweep(settings)


def console(chosen: argparse.Namespace) -> int:
    """`zhihui console`: one console on a server."""
    from console.app.desktop_imports import spare_sources

    spare_sources()
    from console.app import wiring
    from console.app.desktop import run_console

    settings = wiring.console_settings(
        chosen.home,
        chosen.config,
        server=chosen.server,
        account=chosen.account,
        password_file=_path(chosen.password_file),
        name=chosen.console_name,
        pack=_path(chosen.pack),
        ca=_path(chosen.ca),
    )
    return run_console(
        replace(
            settings,
            passphrase=wiring.passphrase_for(chosen.config, _path(chosen.passphrase_file)),
            device_code=wiring.device_code_for(settings, _path(chosen.device_code_file)),
            workspace=chosen.workspace,
            wall_tiles=chosen.wall_tiles,
            started_file=_path(chosen.started_file),
            lag_file=_path(chosen.lag_file),
        )
    )


def import_file(chosen: argparse.Namespace) -> int:
    """`zhihui import osm|cameras|complaints FILE`."""
    from console.app import imports

    return imports.import_file(
        imports.ImportRequest(
            kind=chosen.kind,
            path=Path(chosen.file),
            home=chosen.home,
            mapping=_path(chosen.mapping),
            out=_path(chosen.out),
            name=chosen.name,
            zone=chosen.time_zone,
            onto=_path(chosen.onto),
            datum=chosen.datum,
            gateway=chosen.config.gb28181_gateway,
        )
    )


def repairs(chosen: argparse.Namespace) -> int:
    """`zhihui repairs --out FILE`: the repair list of camera points with its statistics."""
    from console.app import wiring
    from console.app.repairs import export
    from console.video.looks import LooksReader
    from console.video.pointrecords import month_ago, records
    from console.video.sweep import read_points

    settings = wiring.sweep_settings(
        chosen.home, chosen.config, chosen.console_name,
        passphrase=wiring.passphrase_for(chosen.config, _path(chosen.passphrase_file)),
    )  # fmt: skip
    looks = LooksReader(settings.looks_path)
    rows = records(looks, read_points(settings.points_path, settings.key), since=month_ago())
    out = Path(chosen.out).expanduser().resolve()
    export(out, rows)
    faulty = sum(bool(row.faults_now) for row in rows)
    say(f"{len(rows):,} camera points, {faulty:,} of them with a fault now: {out}")
    return 0


def bench(chosen: argparse.Namespace) -> int:
    """`zhihui bench NAME`: measure one thing and print one JSON object."""
    from console.app.bench import run_bench

    figures = run_bench(chosen.name, chosen.options, home=chosen.home)
    as_json = chosen.json or "--json" in chosen.options
    print(json.dumps(figures, ensure_ascii=False, indent=None if as_json else 2))
    return 0


def audit(chosen: argparse.Namespace) -> int:
    """`zhihui audit verify|show|export|key`."""
    from console.app import audit as audits

    return audits.audit(chosen)


def admin(chosen: argparse.Namespace) -> int:
    """`zhihui admin TABLE VERB`."""
    from console.app import admin as administration

    return administration.admin(chosen)


def doctor(chosen: argparse.Namespace) -> int:
    """`zhihui doctor`: what this machine lacks."""
    from console.app.doctor import examine, report

    findings = examine(chosen.home, chosen.config)
    print(report(findings))
    return 1 if any(finding.is_serious for finding in findings) else 0


def test(chosen: argparse.Namespace) -> int:
    """`zhihui test`: every check."""
    from console.app.checks import run_checks

    return run_checks(quick=chosen.quick, pytest_arguments=chosen.pytest)


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser().resolve() if text else None


def say(text: str) -> None:
    """Print one line of progress at once."""
    print(text, file=sys.stdout, flush=True)
