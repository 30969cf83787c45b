"""Check everything that trading stands on, change nothing: exit code 0 when healthy, 1 when not.

Settings, files and their modes, state directory, disk, journal, keystore, clock, nodes, program canary. What is not
configured is unknown; with --live, as a live start asks it, unknown is not healthy.
"""

import argparse
import json

from commands.doctor.examination import examined, is_healthy
from commands.options import settings_of
from core.errors import Refused
from core.rules.verdict import Verdict

UNHEALTHY = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--live", action="store_true", help="ask for what a live start needs")
    parser.add_argument("--state", metavar="DIR", help="state directory (MICRO_STATE_DIR)")


def run(options: argparse.Namespace) -> int:
    try:
        settings = settings_of(options, MICRO_STATE_DIR=options.state)
    except Refused as refusal:
        verdicts: tuple[Verdict, ...] = (Verdict.failed("settings", str(refusal)),)
    else:
        verdicts = examined(settings, options.settings_file)
    healthy = is_healthy(verdicts, live=options.live)
    if options.json:
        rows = [{"check": one.criterion, "outcome": one.outcome.value, "text": one.reason} for one in verdicts]
        print(json.dumps({"healthy": healthy, "checks": rows}, indent=1))
    else:
        for one in verdicts:
            print(f"{one.outcome.value:<8} {one.criterion:<10} {one.reason}")
        print("Healthy." if healthy else "Not healthy.")
    return 0 if healthy else UNHEALTHY
