"""What the proof runs is what the Compose file says, line by line."""

from pathlib import Path

import pytest

from tests.image import compose
from tests.image.build import PROJECT

SECRETS = Path("/somewhere")


def executor() -> list[str]:
    return compose.options(compose.service("executor"), secrets=SECRETS, prefix="p")


def test_the_executor_is_as_hardened_under_podman_as_under_compose():
    hardened = {"--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges"}

    assert hardened <= set(executor())
    assert {"--restart=unless-stopped", "--memory=2g", "--cpus=2", "--cpu-shares=4096"} <= set(executor())
    monitor = compose.options(compose.service("monitor"), secrets=SECRETS, prefix="p")
    assert hardened <= set(monitor)
    assert not [one for one in monitor if one.startswith("--cpu-shares")]


def test_state_settings_and_secrets_are_mounted_where_compose_mounts_them():
    volumes = {one.removeprefix("--volume=") for one in executor() if one.startswith("--volume=")}

    assert {
        "p-state:/state",
        f"{PROJECT}/.env.micro-lightning:/app/.env.micro-lightning:ro",
        "/somewhere/api-token:/state/api-token:ro",
        "/somewhere/passphrase:/run/secrets/passphrase:ro",
    } <= volumes


def test_the_grace_period_and_the_health_check_are_those_of_the_file():
    service = compose.service("executor")

    assert compose.grace_s(service) == 120
    assert compose.health_check(service)[0] == "python"


def test_what_the_proof_does_not_know_is_not_left_out_in_silence():
    service = compose.service("executor") | {"privileged": True}

    with pytest.raises(ValueError, match="privileged"):
        compose.options(service, secrets=SECRETS, prefix="p")
