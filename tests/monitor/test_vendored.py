"""Files of others that the page brings along: unchanged, named, licensed, and served.

`scripts/vendored.py` compares them with the npm packages themselves.
"""

import json
from hashlib import sha256
from pathlib import Path

VENDOR = Path("monitor/static/vendor")
OWN = {"manifest.json", "NOTICE"}


def test_every_vendored_file_is_the_one_of_its_package(project: Path):
    folder = project / VENDOR
    manifest = json.loads((folder / "manifest.json").read_text())

    assert {path.name for path in folder.iterdir()} - OWN == set(manifest)
    for name, source in manifest.items():
        assert sha256((folder / name).read_bytes()).hexdigest() == source["sha256"], name


def test_licence_and_attribution_come_with_them(project: Path, monitor):
    folder = project / VENDOR
    notice = (folder / "NOTICE").read_text()

    assert "Apache License" in (folder / "lightweight-charts.LICENSE").read_text()
    assert "SIL OPEN FONT LICENSE" in (folder / "inter.LICENSE").read_text().upper()
    assert "TradingView" in notice
    assert "Inter" in notice
    for name in ("lightweight-charts.js", "inter-latin-wght-normal.woff2", "NOTICE"):
        with monitor.get(f"/static/vendor/{name}") as answer:
            assert answer.status_code == 200
    with monitor.get("/static/vendor/lightweight-charts.js") as answer:
        assert answer.mimetype == "text/javascript"
