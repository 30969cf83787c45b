"""A command run in this process: a process of its own takes seconds to begin, and these are many."""

from dataclasses import dataclass
from pathlib import Path

import pytest

import run
from actors.adapters.keys import memory


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


class Here:
    """Runs in the folder it stands in; `sealed` counts how often the memory was kept out of sight."""

    def __init__(self, capture: "pytest.CaptureFixture[str]", patch: pytest.MonkeyPatch, folder: Path) -> None:
        self._capture, self._patch, self.folder = capture, patch, folder
        self.sealed = 0

    def __call__(self, *arguments: str, typed: str = "", at: Path | str = "", **given: str) -> Done:
        """One command with this standard input and these names in its environment."""
        with self._patch.context() as patch:
            patch.chdir(at or self.folder)
            patch.setattr(memory, "seal", self._seal)
            patch.setattr("sys.stdin", _Typed(typed))
            for name, value in given.items():
                patch.setenv(name, value)
            self._capture.readouterr()
            code = run.main(list(arguments))
            output = self._capture.readouterr()
        return Done(code, output.out, output.err)

    def _seal(self) -> None:
        self.sealed += 1


class _Typed:
    """A standard input that is no terminal."""

    def __init__(self, text: str) -> None:
        self._text = text

    def isatty(self) -> bool:
        return False

    def read(self, most: int = -1) -> str:
        return self._text[:most] if most >= 0 else self._text
