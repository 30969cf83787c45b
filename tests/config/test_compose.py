"""The Compose file: read by a real implementation, and every promise of the deployment kept by every service."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it brings no types

from actors.adapters.keys import private_file
from commands.person import Reach, reach
from core.settings import Settings, from_texts
from tests.config.tools import checked

OURS = ("executor", "monitor")
OPTIONAL = {"tensorzero", "postgres"}


@pytest.fixture(scope="module")
def services(project: Path) -> dict[str, dict[str, Any]]:
    """As the implementation understands them: anchors and defaults resolved."""
    said = checked("docker-compose", "-f", project / "docker-compose.yml", "config")
    found: dict[str, dict[str, Any]] = yaml.safe_load(said)["services"]
    return found


def test_all_services_are_there_and_the_optional_ones_only_when_asked_for(services: dict[str, dict[str, Any]]):
    assert set(services) == {*OURS, "prometheus", "alertmanager", "grafana", *OPTIONAL}
    assert {name for name, service in services.items() if service.get("profiles")} == OPTIONAL


def test_each_is_hardened_limited_restarted_and_its_log_turns_over(services: dict[str, dict[str, Any]]):
    for name, service in services.items():
        assert service["restart"] == "unless-stopped", name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert {"max-size", "max-file"} <= service["logging"]["options"].keys(), name
        assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys(), name
        assert not service.get("privileged"), name


def test_ports_are_published_on_this_machine_alone_and_each_once(services: dict[str, dict[str, Any]]):
    published = [port for service in services.values() for port in service.get("ports", [])]

    assert len(published) == len(services) == len(set(published))
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_images_are_pinned_and_whatever_lasts_has_a_health_check(services: dict[str, dict[str, Any]]):
    for name, service in services.items():
        version = service["image"].rpartition(":")[2]
        assert version[0].isdigit() or version[0] == "v", name
        assert "healthcheck" in service, name


def test_the_executor_has_the_time_it_needs_to_drain(services: dict[str, dict[str, Any]]):
    assert services["executor"]["stop_grace_period"] in {"120s", "2m0s"}
    assert services["executor"]["command"][-2:] == ["--role", "executor"]
    assert services["monitor"]["command"][-2:] == ["--role", "monitor"]


def test_the_executor_gets_the_cores_first(services: dict[str, dict[str, Any]]):
    assert int(services["executor"]["cpu_shares"]) == 4 * 1024
    assert all("cpu_shares" not in service for name, service in services.items() if name != "executor")


def test_each_container_sees_only_its_own_secrets_and_none_stands_in_the_file(
    services: dict[str, dict[str, Any]], project: Path
):
    seen = {
        name: {one if isinstance(one, str) else one["source"] for one in service.get("secrets", [])}
        for name, service in services.items()
    }

    assert seen == {
        "executor": {"api-token", "api-token-read", "passphrase", "notify-urls", "telegram-token"},
        "monitor": {"api-token", "api-token-read"},
        "prometheus": {"api-token-read"},
        "alertmanager": {"api-token", "second-receiver-url"},
        "grafana": {"grafana-password"},
        "tensorzero": set(),
        "postgres": {"postgres-password"},
    }
    assert "/secrets/" in (project / ".gitignore").read_text().split()
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            assert not name.endswith(("PASSWORD", "TOKEN", "PASSPHRASE")), (name, value)


def test_settings_of_the_containers_are_settings(services: dict[str, dict[str, Any]]):
    for name in OURS:
        texts = {key: value for key, value in services[name]["environment"].items() if not key.endswith("_FILE")}
        runtime = from_texts(texts).runtime
        assert runtime.bind == "0.0.0.0"  # noqa: S104 - inside; the port is published on loopback
        assert {"executor", "monitor"} <= set(runtime.allowed_hosts)
        assert runtime.executor_url == "http://executor:8080"


def test_every_file_that_is_mounted_is_there(project: Path):
    plain = yaml.safe_load((project / "docker-compose.yml").read_text())
    volumes = [one for service in plain["services"].values() for one in service.get("volumes", [])]
    mounted = [one.split(":")[0] for one in volumes if one.startswith(".")]

    assert len(mounted) > 5
    assert [one for one in mounted if not (project / one).exists()] == []


def test_secrets_are_made_once_and_never_shown(project: Path, tmp_path: Path):
    script = f"source {project}/scripts/environment.sh; source {project}/scripts/instance.sh; make_secrets"

    def made() -> str:
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    said = made()
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    again = made()

    declared = yaml.safe_load((project / "docker-compose.yml").read_text())["secrets"]
    assert set(first) == set(declared)
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == first
    assert {name for name, text in first.items() if not text} == {"notify-urls", "telegram-token"}
    made_up = [text for text in first.values() if text]
    assert len({text for text in made_up if len(text) > 30}) == len(made_up)
    assert not any(text in said + again for text in made_up)


def test_the_executor_finds_the_ways_to_a_person_where_its_secrets_are_mounted(
    services: dict[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(private_file, "MOUNTED", tmp_path)
    names = {name: value for name, value in services["executor"]["environment"].items() if name.endswith("_FILE")}
    given = {one if isinstance(one, str) else one["source"] for one in services["executor"]["secrets"]}
    for name, value in names.items():
        assert value == f"/run/secrets/{Path(value).name}", name
        assert Path(value).name in given, name
        mounted = tmp_path / Path(value).name
        mounted.touch(mode=0o444)
        monkeypatch.setenv(name, str(mounted))
    assert reach(Settings(), None) == Reach()

    (tmp_path / "notify-urls").chmod(0o644)
    (tmp_path / "notify-urls").write_text("critical tgram://1:key/5\n")
    assert [one.name for one in reach(Settings(), None).addresses] == ["1 tgram://***"]
