"""What `zhihui audit` and `zhihui admin` understand on the command line."""

from __future__ import annotations

import argparse


def audit_options(parser: argparse.ArgumentParser) -> None:
    """Add what `zhihui audit` understands to its parser."""
    parser.add_argument("what", choices=("verify", "show", "export", "key"))
    parser.add_argument("--database", metavar="URL", help="verify: default the home's own")
    parser.add_argument("--public-key", metavar="FILE", help="verify: a copy kept elsewhere")
    parser.add_argument("--checkpoints", metavar="FILE", help="verify: a copy kept elsewhere")
    parser.add_argument("--server", metavar="URL", help="default: the one running in this home")
    parser.add_argument("--account", default="admin")
    parser.add_argument("--password-file", metavar="FILE")
    parser.add_argument("--person", metavar="ID")
    parser.add_argument("--action", help="a command's name, log_on, read:…, export:…")
    parser.add_argument("--outcome", choices=("done", "refused", "failed"))
    parser.add_argument("--kind", help="kind of the row: incident, unit, camera, …")
    parser.add_argument("--id", dest="row_id", help="id of the row")
    parser.add_argument("--since", metavar="TIME", help="not earlier than, local time")
    parser.add_argument("--until", metavar="TIME", help="earlier than, local time")
    parser.add_argument("--limit", type=int, default=50, help="show: how many, newest")
    parser.add_argument("--json", action="store_true", help="show: as JSON")
    parser.add_argument("--out", metavar="FILE", default="audit.jsonl", help="export: where to")
    parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")


VERBS = (
    "list", "show", "add", "set", "retire", "restore", "import", "export", "history",
    "unlock", "admit", "block", "code", "discover", "pin", "slips",
)  # fmt: skip


def admin_options(parser: argparse.ArgumentParser) -> None:
    """Add what `zhihui admin` understands to its parser."""
    parser.add_argument(
        "table", help="users, devices, roles, jurisdictions, grids, units, cameras, forms, …"
    )
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument(
        "rest", nargs="*", metavar="ID|FILE|FIELD=VALUE", help="what the verb works on"
    )
    parser.add_argument("--all", action="store_true", help="list: retired ones too")
    parser.add_argument("--json", action="store_true", help="list, show: as JSON")
    parser.add_argument("--dry-run", action="store_true", help="import: only say what is wrong")
    parser.add_argument("--server", metavar="URL", help="default: the one running in this home")
    parser.add_argument("--account", default="admin")
    parser.add_argument("--password-file", metavar="FILE")
