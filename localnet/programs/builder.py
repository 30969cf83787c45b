"""Builds the two programs: `python -m localnet.programs.builder` writes the header and the .so files anew.

Wants clang-19 (Debian: clang-19, libclang-common-19-dev). The built files are committed: a node needs no compiler.
"""

import shutil
import subprocess
from pathlib import Path

from core.errors import Refused
from localnet.programs.facts import HEADER, header
from localnet.programs.linker import link

FOLDER = Path(__file__).resolve().parent
PROGRAMS = ("pump", "pumpswap")
COMPILER = "clang-19"
FLAGS = (
    *("-target", "bpf", "-mcpu=v2", "-O2", "-ffreestanding", "-fno-builtin", "-nostdinc"),
    *("-mllvm", "-bpf-stack-size=4096", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function"),
)


def compiled(name: str) -> bytes:
    """The shared object of program `name`. Refused without a compiler, or with the compiler's words."""
    compiler = shutil.which(COMPILER)
    if compiler is None:
        raise Refused(f"{COMPILER} is not installed: apt-get install clang-19 libclang-common-19-dev")
    command = [compiler, *FLAGS, "-c", f"{name}.c", "-o", "-"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, check=False)  # noqa: S603 - the compiler and our own files
    if done.returncode:
        raise Refused(f"{COMPILER} refused {name}.c: {done.stderr.decode(errors='replace')}")
    return link(done.stdout)


def shared_object(name: str) -> Path:
    """Where the built program `name` lies."""
    return FOLDER / f"{name}.so"


def main() -> None:
    (FOLDER / HEADER).write_text(header(), encoding="utf-8")
    for name in PROGRAMS:
        shared_object(name).write_bytes(compiled(name))


if __name__ == "__main__":
    main()
