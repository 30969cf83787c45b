import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typing_extensions import override


@pytest.fixture
def dockerfile(project: Path) -> str:
    return (project / "Dockerfile").read_text()


class Health(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/health" else 404)
        self.end_headers()

    @override
    def log_message(self, *arguments: object) -> None:
        """Keeps the test's output quiet."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Health.status = 200
    server = HTTPServer(("127.0.0.1", 0), Health)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def health_check(dockerfile: str, port: int) -> int:
    """Exit code of the image's own check against a monitor on that port."""
    found = re.search(r"HEALTHCHECK.*?CMD (\[.*?\])$", dockerfile, re.DOTALL | re.MULTILINE)
    assert found is not None
    _, *arguments = json.loads(found[1])
    environment = {"MICRO_MONITOR_PORT": str(port)}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=False).returncode


def test_hadolint_finds_nothing(project: Path):
    hadolint = Path(sys.executable).parent / "hadolint"
    result = subprocess.run(
        [hadolint, "--no-color", "Dockerfile"], cwd=project, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_the_health_check_passes_on_200_and_fails_on_503_and_on_silence(dockerfile: str, server: HTTPServer):
    assert health_check(dockerfile, server.server_port) == 0
    Health.status = 503
    assert health_check(dockerfile, server.server_port) == 1
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert health_check(dockerfile, port) == 1


def test_the_image_runs_as_an_unprivileged_user_under_an_init_that_passes_signals_on(dockerfile: str):
    assert dockerfile.index("USER 10001:10001") < dockerfile.index("ENTRYPOINT")
    assert 'ENTRYPOINT ["/usr/bin/tini", "--", "python", "run.py"]' in dockerfile


def test_packages_are_installed_by_hash_from_the_runtime_lock_on_a_pinned_base(dockerfile: str):
    assert "pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.lock" in dockerfile
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) == {"${BASE}"}
    base = re.search(r"^ARG BASE=(\S+)$", dockerfile, re.MULTILINE)
    assert base is not None
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm(@sha256:[0-9a-f]{64})?", base[1])


def test_only_sources_reach_the_image(project: Path):
    rules = [line for line in (project / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    let_through = {rule[1:] for rule in rules if rule.startswith("!")}
    rooms = {"actors", "commands", "config", "core", "localnet", "monitor", "strategies"}
    assert let_through == {*rooms, "requirements.lock", "run.py"}
