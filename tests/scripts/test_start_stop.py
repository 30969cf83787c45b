import os
import signal
import socket
import subprocess
from pathlib import Path

from tests.scripts.conftest import Checkout


def test_a_clone_starts_in_the_foreground_with_the_arguments_given(bare: Checkout, tmp_path: Path):
    code, output = bare.start("--local", "replay", "--fail", cwd=tmp_path)
    assert code == 7
    assert "arguments replay --fail\n" in output
    assert f"folder {bare.root}\n" in output
    assert "making .venv" in output

    code, output = bare.start("--local", "--", "--detach", "--fail")
    assert "arguments --detach --fail\n" in output
    assert "making" not in output
    assert "installing" not in output

    (bare.root / "requirements.lock").write_text("# changed\n")
    _, output = bare.start("--local", "--fail")
    assert "installing requirements.lock" in output


def test_signals_reach_the_process_in_the_foreground(checkout: Checkout):
    script = checkout.root / "scripts" / "start-micro-lightning.sh"
    with subprocess.Popen(
        [script, "--local"], env=checkout.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "ready\n":
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "drained\n"
    assert process.returncode == 0


def test_a_detached_instance_is_stopped_through_its_pid_file_and_its_exit_code_reported(checkout: Checkout):
    code, output = checkout.start("--local", "--detach", "paper")
    assert code == 0
    assert f"running with pid {checkout.pid()}" in output

    code, output = checkout.stop("--local")

    assert code == 0
    assert "drained\nstopped, exit code 0\n" in output
    assert not (checkout.state / "micro-lightning.pid").exists()
    assert "arguments paper\n" in (checkout.state / "micro-lightning.log").read_text()


def test_a_drain_that_fails_fails_the_stop(checkout: Checkout):
    checkout.start("--local", "--detach", "--unclean")
    code, output = checkout.stop()
    assert code == 5
    assert "stopped, exit code 5" in output


def test_a_second_detached_start_is_refused_and_names_the_first(checkout: Checkout):
    checkout.start("--local", "--detach")
    first = checkout.pid()
    code, output = checkout.start("--local", "--detach")
    assert code == 2
    assert f"already running with pid {first}" in output
    assert checkout.stop()[0] == 0


def test_an_instance_that_ends_at_once_is_reported_with_its_code_and_words(checkout: Checkout):
    code, output = checkout.start("--local", "--detach", "--fail")
    assert code == 7
    assert "arguments --fail" in output
    assert "run.py ended, exit code 7" in output
    assert checkout.start("--local", "--detach", "--ends")[0] == 0
    assert not (checkout.state / "micro-lightning.pid").exists()


def test_an_instance_that_does_not_listen_yet_runs_and_that_is_said(checkout: Checkout):
    code, output = checkout.start("--local", "--detach", "--silent", MICRO_START_TIMEOUT_S="1")
    assert code == 0
    assert "does not answer yet" in output
    assert f"running with pid {checkout.pid()}" in output


def test_a_port_that_another_process_holds_is_said_before_anything_starts(checkout: Checkout):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        code, output = checkout.start("--local", "--detach", MICRO_MONITOR_PORT=port)
    assert code == 2
    assert f"port {port} is taken" in output
    assert not (checkout.state / "micro-lightning.log").exists()


def test_stop_waits_no_longer_than_told_and_never_kills(checkout: Checkout):
    checkout.start("--local", "--detach", "--deaf")
    code, output = checkout.stop(MICRO_STOP_TIMEOUT_S="1")
    assert code == 1
    assert "told to stop" in output
    assert "still drains after 1 s" in output
    os.kill(checkout.pid(), 0)


def test_a_pid_that_now_belongs_to_somebody_else_is_left_alone(checkout: Checkout):
    checkout.state.mkdir()
    with subprocess.Popen(["/bin/sleep", "60"]) as stranger:
        (checkout.state / "micro-lightning.pid").write_text(f"{stranger.pid}\n")
        code, output = checkout.stop("--local")
        assert code == 0
        assert "gone or not ours" in output
        assert stranger.poll() is None
        stranger.kill()
    assert not (checkout.state / "micro-lightning.pid").exists()


def test_a_pid_file_with_anything_but_a_pid_signals_nobody(checkout: Checkout):
    checkout.state.mkdir()
    for text in ("", "-1\n", "0\n", "abc\n"):
        (checkout.state / "micro-lightning.pid").write_text(text)
        assert checkout.stop("--local")[0] == 0


def test_stop_without_an_instance_says_so(checkout: Checkout):
    code, output = checkout.stop()
    assert code == 0
    assert "no background instance" in output


def test_the_state_directory_comes_from_environment_or_settings_file(checkout: Checkout, tmp_path: Path):
    (checkout.root / ".env.micro-lightning").write_text(
        '# where\nMICRO_STATE_DIR="./from file"   # ours\nMICRO_SEED=1\n'
    )
    assert checkout.start("--local", "--detach")[0] == 0
    assert (checkout.root / "from file" / "micro-lightning.pid").exists()
    assert checkout.stop()[0] == 0

    elsewhere = tmp_path / "elsewhere"
    assert checkout.start("--local", "--detach", MICRO_STATE_DIR=str(elsewhere))[0] == 0
    assert (elsewhere / "micro-lightning.pid").exists()
    assert checkout.stop(MICRO_STATE_DIR=str(elsewhere))[0] == 0


def test_with_an_engine_and_a_compose_file_the_stack_goes_up_and_down(checkout: Checkout):
    (checkout.root / "docker-compose.yml").write_text("services: {}\n")
    checkout.tool("docker", 'echo "docker $*"')
    code, output = checkout.start()
    assert code == 0
    assert output.endswith("docker compose up --build\n")
    assert "put a webhook" in output
    assert (checkout.root / "secrets" / "api-token").read_text()
    assert checkout.start("--detach") == (0, "docker compose up --build --detach\n")
    assert "docker compose down --timeout 120\n" in checkout.stop()[1]
    assert "docker" not in checkout.stop("--local")[1]


def test_arguments_for_run_py_are_refused_where_compose_would_lose_them(checkout: Checkout):
    (checkout.root / "docker-compose.yml").write_text("services: {}\n")
    checkout.tool("docker", 'echo "docker $*"')
    code, output = checkout.start("live")
    assert code == 2
    assert "--local" in output
    assert "compose up" not in output


def test_an_engine_without_a_compose_file_runs_locally_and_says_so(checkout: Checkout):
    checkout.tool("docker", "exit 0")
    code, output = checkout.start("--fail")
    assert code == 7
    assert "no docker-compose.yml here: running locally" in output


def test_a_dead_engine_means_local(checkout: Checkout):
    (checkout.root / "docker-compose.yml").write_text("services: {}\n")
    assert checkout.start("--fail")[0] == 7


def test_without_a_supported_python_one_line_says_what_is_needed(bare: Checkout):
    for name in ("python", "python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        bare.tool(name, "exit 1")
    code, output = bare.start("--local")
    assert code == 2
    assert output == (
        "start-micro-lightning.sh: Python 3.11 or newer is needed, and none was found; install it or set MICRO_PYTHON\n"
    )


def test_help_is_the_head_of_the_script(checkout: Checkout):
    code, output = checkout.start("--help")
    assert code == 0
    assert output.startswith("Starts Micro-Lightning.\n")
    assert "set -euo" not in output
    assert checkout.stop("--help")[1].startswith("Stops Micro-Lightning")
