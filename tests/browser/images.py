"""The pictures of the README.

    python -m tests.browser.images [--out docs/images]

The test of the dashboard takes the same ones and throws them away.
"""

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import argparse
import sys
import tempfile
from pathlib import Path

from tests.browser.eyes import DESK, PHONE, Browser
from tests.browser.png import shrink
from tests.browser.stage import Stage
from tests.commands.process import PROJECT

IMAGES = {
    "dashboard-dark.png": (DESK, "dark"),
    "dashboard-light.png": (DESK, "light"),
    "dashboard-phone.png": (PHONE, "dark"),
}


def take(browser: Browser, url: str, folder: Path) -> None:
    """One picture each."""
    for name, (size, scheme) in IMAGES.items():
        browser.open(url, size, scheme=scheme)
        browser.attribute("#chart", "data-candles", r"^\d+$")
        browser.attribute("#curve", "data-points", r"^\d+$")
        browser.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
        browser.shot(folder / name)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "images")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    browser = Browser()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder) / "state")
        try:
            take(browser, stage.url, options.out)
        finally:
            stage.close()
            browser.close()
    for name in IMAGES:
        shrink(options.out / name)
        sys.stdout.write(f"{name}: {(options.out / name).stat().st_size / 1024:.0f} KiB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
