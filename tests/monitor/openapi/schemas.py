"""Asks both APIs of a running paper instance everything that their descriptions allow, and much that they do not.

    python -m tests.monitor.openapi.schemas [--examples 30] [--seed 1]

Schemathesis reads `/openapi.json`, with the token that may operate: wrong and right values of everything, sequences
along the links, every answer held against its description. Event streams have no end and are left out. The process
that is asked must live on, and go on trading. Ends with status 1 when anything is not as described.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.commands.process import Product

CONFIG = Path(__file__).with_name("schemathesis.toml")
LONGEST_S = 1_200.0


def asked(product: Product, port: int, folder: Path, *, examples: int, seed: int) -> int:
    """The exit code of one run against one application; 0 when all is as described."""
    document = folder / f"{port}.json"
    status, described = product.get("/openapi.json", port=port, token=product.token())
    if status != 200:
        return status
    document.write_text(json.dumps(described))
    arguments = [
        f"--config-file={CONFIG}",
        "run",
        str(document),
        f"--url=http://127.0.0.1:{port}",
        f"--header=Authorization: Bearer {product.token()}",
        "--exclude-path=/events",
        f"--max-examples={examples}",
        f"--seed={seed}",
        "--generation-database=none",
        "--no-color",
    ]
    program = Path(sys.executable).with_name("st")
    # In a folder of its own: it leaves reports where it runs.
    done = subprocess.run([program, *arguments], cwd=folder, timeout=LONGEST_S, check=False)
    return done.returncode


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=30, help="of each operation in the phase of random values")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Its rate limit would answer 429 to all but the first changes.
        product = Product(folder, settings=["MICRO_CHANGE_BURST=1000000"]).start(speed=30.0)
        try:
            product.ready()
            codes = [
                asked(product, port, folder, examples=options.examples, seed=options.seed)
                for port in (product.monitor_port, product.control_port)
            ]
            status, health = product.get("/health")
            sys.stdout.write(f"monitor and control: {codes}; afterwards /health is {status}: {health}\n")
            product.terminate()
            ended = product.ended()
        finally:
            product.close()
    sys.stdout.write(f"it ended with {ended}\n")
    return 0 if codes == [0, 0] and status == 200 and ended == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
