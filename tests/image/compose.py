"""A service of the Compose file as options of `podman run`, so that what is proven is what the file says."""

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # it brings no types

from tests.image.build import PROJECT

TAKEN = {
    *("command", "environment", "volumes", "secrets", "tmpfs", "healthcheck", "stop_grace_period", "deploy"),
    *("restart", "read_only", "security_opt", "cap_drop", "cpu_shares"),
}
LEFT_OUT = {"image", "build", "networks", "ports", "logging"}
"""The image is the one that was built; nothing is reached from outside; podman's logs have options of their own."""


def service(name: str) -> dict[str, Any]:
    """As the file has it, anchors resolved."""
    found: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"][name]
    return found


def options(service: dict[str, Any], *, secrets: Path, prefix: str) -> list[str]:
    """`secrets`: the folder of their files; `prefix`: of names of volumes. Raises ValueError for what is unknown."""
    unknown = service.keys() - TAKEN - LEFT_OUT
    if unknown:
        raise ValueError(f"the proof does not know what podman should make of {', '.join(sorted(unknown))}")
    limits = service["deploy"]["resources"]["limits"]
    found = [f"--restart={service['restart']}", f"--cpus={limits['cpus']}", f"--memory={limits['memory']}"]
    if "cpu_shares" in service:
        found.append(f"--cpu-shares={service['cpu_shares']}")
    found += ["--read-only"] * service["read_only"]
    found += [f"--tmpfs={path}" for path in service["tmpfs"]]
    found += [f"--cap-drop={name}" for name in service["cap_drop"]]
    found += [f"--security-opt={one.removesuffix(':true')}" for one in service["security_opt"]]
    found += [f"--env={name}={value}" for name, value in service["environment"].items()]
    found += [f"--volume={_volume(one, prefix)}" for one in service.get("volumes", [])]
    found += [f"--volume={_secret(one, secrets)}" for one in service["secrets"]]
    return found


def grace_s(service: dict[str, Any]) -> int:
    return int(service["stop_grace_period"].removesuffix("s"))


def health_check(service: dict[str, Any]) -> list[str]:
    kind, *command = service["healthcheck"]["test"]
    assert kind == "CMD"
    return list(command)


def _volume(text: str, prefix: str) -> str:
    source, _, rest = text.partition(":")
    return f"{PROJECT / source}:{rest}" if source.startswith(".") else f"{prefix}-{source}:{rest}"


def _secret(secret: str | dict[str, str], folder: Path) -> str:
    if isinstance(secret, str):
        secret = {"source": secret, "target": secret}
    target = secret["target"]
    return f"{folder / secret['source']}:{target if target.startswith('/') else f'/run/secrets/{target}'}:ro"
