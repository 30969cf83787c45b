"""Compares the page's vendored files with the npm packages they come from, byte for byte.

    .venv/bin/python scripts/vendored.py

Needs npm. Ends with status 1 when a file differs from its package or from the manifest.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "monitor" / "static" / "vendor"


def packed(package: str, version: str, folder: Path) -> tarfile.TarFile:
    """The package as npm has it."""
    done = subprocess.run(
        ["npm", "pack", f"{package}@{version}", "--silent"], cwd=folder, capture_output=True, text=True, check=True
    )
    return tarfile.open(folder / done.stdout.split()[-1])


def main() -> int:
    manifest = json.loads((VENDOR / "manifest.json").read_text())
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        archives: dict[tuple[str, str], tarfile.TarFile] = {}
        for file, source in manifest.items():
            key = source["package"], source["version"]
            if key not in archives:
                archives[key] = packed(*key, Path(name))
            member = archives[key].extractfile(f"package/{source['path']}")
            theirs = hashlib.sha256(member.read() if member is not None else b"").hexdigest()
            ours = hashlib.sha256((VENDOR / file).read_bytes()).hexdigest()
            same = theirs == ours == source["sha256"]
            wrong += not same
            print(f"{'equal' if same else 'DIFFERS'}  {file}  {source['package']} {source['version']}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
