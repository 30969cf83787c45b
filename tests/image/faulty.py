"""Runs in the container in place of `run.py`: at the first start the root has to give up, later all is well."""

import sys
from pathlib import Path

OVER = Path("/state/fault-over")


def main() -> int:
    sys.path.insert(0, "/app")
    import run  # patches before everything else, as in the product
    from actors.commandments import CommandmentsActor

    def step(*_: object) -> None:
        raise RuntimeError("a fault that comes back")

    if not OVER.exists():
        OVER.touch()
        CommandmentsActor.step = step  # type: ignore[method-assign, assignment]
    return run.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
