"""`tokens rotate`: new tokens at once, also for a process that runs, and none of them on the terminal."""

import stat
from pathlib import Path

from tests.commands.process import Product, ran

NAMES = ("api-token", "api-token-read", "mention-secret")


def test_an_old_token_is_shut_out_at_once_and_the_new_one_let_in(tmp_path: Path):
    product = Product(tmp_path).start(speed=1.0).ready()
    try:
        old = {name: (product.state / name).read_text() for name in NAMES}
        assert product.request("POST", "/pause", port=product.control_port, token=product.token())[0] == 202

        done = ran(tmp_path, "tokens", "rotate", "--state", str(product.state))

        assert done.returncode == 0, done.stderr
        new = {name: (product.state / name).read_text() for name in NAMES}
        assert all(old[name] != new[name] for name in NAMES)
        assert not any(secret.strip() in done.stdout for secret in (*old.values(), *new.values()))
        assert {stat.S_IMODE((product.state / name).stat().st_mode) for name in NAMES} == {0o600}
        before = old["api-token"].strip()
        assert product.request("POST", "/resume", port=product.control_port, token=before)[0] == 401
        assert product.request("POST", "/resume", port=product.control_port, token=product.token())[0] == 202
    finally:
        product.close()


def test_without_a_state_directory_it_is_refused_in_one_line(tmp_path: Path):
    done = ran(tmp_path, "tokens", "rotate", "--state", str(tmp_path / "nowhere"))

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "nowhere").exists()
