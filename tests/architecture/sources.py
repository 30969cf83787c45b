"""The project's own files, as the architecture tests read them."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "actors", "monitor", "localnet")
TEXT = {
    "",
    ".cfg",
    ".css",
    ".html",
    ".in",
    ".js",
    ".json",
    ".lock",
    ".md",
    ".py",
    ".sh",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
}
# What a run, a build or an editor leaves beside the sources. Of the folders with a leading dot only .ci is ours.
LEFT_BEHIND = {"__pycache__", "build", "dist", "reports", "state"}
# Also left behind, at any depth: installed by others, and what git keeps as a file in a work tree of its own.
FOREIGN = {"__pycache__", "node_modules", ".git"}


def is_ours(path: Path) -> bool:
    """Whether a path relative to the root belongs to the project: `core/state` does, `state` at the root does not."""
    *folders, _ = path.parts
    if FOREIGN & set(path.parts) or (folders and folders[0] in LEFT_BEHIND):
        return False
    return not any(part.startswith(".") and part != ".ci" for part in folders)


def text_files() -> Iterator[tuple[Path, str]]:
    """Every text file of the project, path relative to its root."""
    for path in sorted(ROOT.rglob("*")):
        name = path.relative_to(ROOT)
        if path.suffix in TEXT and is_ours(name) and path.is_file():
            try:
                yield name, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # a binary without a suffix


def python_files() -> Iterator[tuple[Path, str]]:
    for name, text in text_files():
        if name.suffix == ".py":
            yield name, text


def module_name(path: Path) -> str:
    """`core/rules/entry.py` -> `core.rules.entry`; a package is named by its folder."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
