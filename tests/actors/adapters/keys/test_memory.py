import subprocess
import sys
from pathlib import Path

PROGRAM = """
import resource
import sys
from actors.adapters.keys import memory
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
print(memory.is_sealed())
memory.seal()
print(memory.is_sealed(), resource.getrlimit(resource.RLIMIT_CORE))
import os
print(os.stat("/proc/self/mem").st_uid, oct(os.stat("/proc/self/mem").st_mode & 0o777))
sys.stdout.flush()
os.abort()
"""


def test_a_sealed_process_leaves_no_core_and_shows_its_memory_to_nobody(project: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["False", "True (0, 0)", "0 0o600"]
    assert done.returncode == -6
    assert list(tmp_path.iterdir()) == []
