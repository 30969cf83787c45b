"""A command run in this process: a process of its own takes seconds to begin, and these are many."""

from dataclasses import dataclass
from io import StringIO
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

    def __call__(self, *arguments: str, typed: str = "", at: Path | str = "", terminal: str = "", **given: str) -> Done:
        """One command with this standard input (or what a person types at a terminal) and these names in its
        environment."""
        with self._patch.context() as patch:
            patch.chdir(at or self.folder)
            patch.setattr(memory, "seal", self._seal)
            patch.setattr("sys.stdin", _Typed(terminal or typed, is_terminal=bool(terminal)))
            for name, value in given.items():
                patch.setenv(name, value)
            self._capture.readouterr()
            code = run.main(list(arguments))
            output = self._capture.readouterr()
        return Done(code, output.out, output.err)

    def _seal(self) -> None:
        self.sealed += 1


class _Typed:
    """A standard input that holds this."""

    def __init__(self, text: str, *, is_terminal: bool) -> None:
        self._file, self._is_terminal = StringIO(text), is_terminal
        self.read, self.readline = self._file.read, self._file.readline

    def isatty(self) -> bool:
        return self._is_terminal
