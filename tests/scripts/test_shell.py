import subprocess
import sys
from pathlib import Path

SHELLCHECK = Path(sys.executable).parent / "shellcheck"


def shell_scripts(project: Path) -> list[Path]:
    return sorted([*project.glob("scripts/*.sh"), project / ".ci" / "run"])


def test_every_shell_script_passes_shellcheck(project: Path):
    scripts = shell_scripts(project)
    assert len(scripts) > 4
    result = subprocess.run([SHELLCHECK, "-x", *scripts], cwd=project, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_scripts_with_a_first_line_for_the_shell_can_be_run_and_the_sourced_ones_cannot(project: Path):
    for script in shell_scripts(project):
        is_command = script.read_text().startswith("#!")
        assert bool(script.stat().st_mode & 0o111) == is_command, script.name
