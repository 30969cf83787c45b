"""Builds the image and runs it as the Compose file says: hardened, healthy, drained, restarted, recovered.

    python -m tests.image.prove [--base IMAGE] [--optional]

Needs Debian's buildah, podman, runc and mmdebstrap, and root. Without --base the image is built on a base made of
Debian's packages, because a registry may be out of reach: that proves all but the official base. Executor and monitor
share a network of their own that leads nowhere, so published ports are not proven. Ends with 1 when something does not
hold, with 2 when the tools are missing (with 0 if that is allowed: --optional). The images stay, so that a second run
is quick; `podman rmi` takes them away.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.evidence import faults, journal_of, landings_of
from tests.image import build, compose
from tests.image.container import Container, state_of, within
from tests.image.stack import EXECUTOR, MONITOR, RESTORED, VOLUME, Stack

START_S = 180.0
"""What a start, an operation or a restart may take on a machine that does much else. Nothing is measured by it."""
UNPRIVILEGED = ("Uid:\t10001", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1")
WRITABLE = {"/": False, "/app": False, "/venv": False, "/tmp": True, "/state": True}  # noqa: S108 - in the container


class Proof:
    """What held and what did not, told as it comes."""

    def __init__(self) -> None:
        self.failed = 0

    def held(self, what: str, fact: bool, found: object = "") -> None:
        self.failed += not fact
        say(f"{'held' if fact else 'FAILED':6} {what}" + (f": {found}" if found != "" else ""))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def built(base: str) -> None:
    began_s = time.monotonic()
    if not base:
        build.make_base()
    based_s = time.monotonic()
    build.build(base or build.BASE)
    ended_s = time.monotonic()
    say(f"base {base or build.BASE} (the Dockerfile names {build.official_base()}): {based_s - began_s:.0f} s")
    say(f"image {build.IMAGE}, {build.size_mb()} MB: {ended_s - based_s:.0f} s")


def trades(proof: Proof, stack: Stack) -> None:
    """From the start to the first operation."""
    stack.monitor.start()
    stack.executor.start()
    proof.held("healthy after the start", within(START_S, stack.is_healthy), stack.health())
    status, answer = stack.monitor.get(MONITOR, "/status", stack.token())
    proof.held("it trades on paper", status == 200 and answer["mode"] == "paper")
    refused, _ = stack.monitor.get(MONITOR, "/status")
    proof.held("nobody reads it without a token", refused == 401, refused)
    status, actor = stack.monitor.get(EXECUTOR, "/actors/notifications", stack.token())
    shown = status == 200 and "json://***" in str(actor)
    proof.held("the notifications' addresses are read where they are mounted, and not shown", shown)
    proof.held("operations come", within(START_S, lambda: stack.operations() > 0), stack.operations())


def is_hardened(proof: Proof, one: Container) -> None:
    _, status = one.execute("cat", "/proc/1/status")
    proof.held(f"{one.name} runs without root and without capabilities", all(line in status for line in UNPRIVILEGED))
    written = {path: one.execute("touch", f"{path}/probe")[0] == 0 for path in WRITABLE}
    proof.held(f"{one.name} writes to /tmp and /state alone", written == WRITABLE)


def is_clean(proof: Proof, one: Container) -> None:
    """Where the build had the machine's pip.conf there is nothing, or an empty file on which it was mounted."""
    code, _ = one.execute("test", "-s", build.PIP_CONF)
    proof.held("the machine's pip.conf stayed out of the image", code == 1)


def health_checks(proof: Proof, stack: Stack, *, alive: bool) -> None:
    """Each command as the Compose file and the image name it."""
    for name, one in (("executor", stack.executor), ("monitor", stack.monitor)):
        if alive or name == "monitor":
            code, said = one.execute(*compose.health_check(compose.service(name)))
            proof.held(f"Compose's health check of the {name} passes", code == 0, said)
    code, _ = stack.monitor.execute(*build.health_check())
    proof.held(f"the image's health check {'passes' if alive else 'fails'}", (code == 0) == alive, code)


def backs_up(proof: Proof, stack: Stack) -> str:
    """While it trades; the name of the backup."""
    code, said = stack.executor.execute("python", "run.py", "backup")
    proof.held("a backup while it trades, with the passphrase that is mounted", code == 0, said.splitlines()[-1])
    return next((one.name for one in (state_of(VOLUME) / "backups").glob("*.mlbackup")), "")


def restores(proof: Proof, stack: Stack, name: str) -> None:
    """Onto an empty volume, as docs/operating.md has it."""
    code, said = stack.command("restore", f"/copies/backups/{name}", prefix=RESTORED, copies=VOLUME)
    proof.held("the backup is restored onto an empty volume", code == 0, said.splitlines()[-1])
    code, said = stack.command("audit", prefix=RESTORED)
    proof.held("audit of what was restored", code == 0, said.splitlines()[-1])


def drains(proof: Proof, stack: Stack) -> None:
    """SIGTERM, as `docker stop` sends it."""
    took_s = stack.executor.stop(stack.grace_s)
    code = stack.executor.ends()[-1]
    proof.held(f"SIGTERM: drained, exit 0 within {stack.grace_s} s", code == 0, f"exit {code} after {took_s:.1f} s")
    proof.held(
        "its last words", "Stopped. Operations:" in stack.executor.logs(), stack.executor.logs().splitlines()[-1]
    )
    proof.held("the monitor sees it gone", within(START_S, lambda: not stack.is_healthy()), stack.health())
    health_checks(proof, stack, alive=False)


def recovers(proof: Proof, stack: Stack, before: int) -> None:
    """The root gives up; podman starts the container again; it goes on from the journal. `before`: records so far."""
    stack.faulty.start()
    proof.held("gave up, started again", within(START_S, lambda: stack.faulty.restarts() == 1), stack.faulty.ends())
    proof.held("healthy after the restart", within(START_S, stack.is_healthy), stack.health())
    more = within(START_S, lambda: stack.records() > before)
    proof.held("the journal goes on", more, f"{before} records before, {stack.records()} now")
    took_s = stack.faulty.stop(stack.grace_s)
    ends = stack.faulty.ends()
    proof.held("escalation ends with 1, SIGTERM with 0", ends == [1, 0], f"{ends}, {took_s:.1f} s to drain")


def adds_up(proof: Proof, stack: Stack, folder: Path) -> None:
    """What stays on the volume, for the product's own audit and for ours."""
    code, said = stack.command("audit")
    proof.held("audit", code == 0, said.splitlines()[-1])
    state = state_of(VOLUME)
    found = list(faults(journal_of(state, folder / "copy"), landings_of(state)))
    proof.held("nothing lost, done twice or made up", not found, found[:3] or "")


def proven(folder: Path) -> int:
    """How much does not hold."""
    proof = Proof()
    stack = Stack(folder)
    stack.remove()
    try:
        trades(proof, stack)
        for one in (stack.executor, stack.monitor):
            is_hardened(proof, one)
        is_clean(proof, stack.executor)
        health_checks(proof, stack, alive=True)
        backup = backs_up(proof, stack)
        drains(proof, stack)
        restores(proof, stack, backup)
        recovers(proof, stack, stack.records())
        adds_up(proof, stack, folder)
    finally:
        stack.remove()
    return proof.failed


def main() -> int:
    parser = argparse.ArgumentParser(description="build the image and prove what it promises")
    parser.add_argument(
        "--base", default="", metavar="IMAGE", help="build on this, instead of one of Debian's packages"
    )
    parser.add_argument("--optional", action="store_true", help="without the tools say so and end well")
    arguments = parser.parse_args()
    try:
        build.check_tools()
    except build.Absent as reason:
        sys.stderr.write(f"not proven: {reason}\n")
        return 0 if arguments.optional else 2
    built(arguments.base)
    with tempfile.TemporaryDirectory() as folder:
        failed = proven(Path(folder))
    say(f"{failed} of it does not hold" if failed else "all of it holds")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
