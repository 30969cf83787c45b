"""The house rules that no linter knows: lengths, unfinished work, printing, swallowed errors, names of machines."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

FILE_LINES, TEST_FILE_LINES = 300, 500
FUNCTION_LINES = 60

# Written in halves, so that these rules do not find themselves.
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + r"Error)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.$}])/(?:wo" + r"rk|ho" + r"me|ro" + r"ot|fa" + r"rm|Us" + r"ers)/\w")
REGISTRY_HOSTS = re.compile(
    r"py" + r"pi\.org|pythonhos" + r"ted\.org|registry\.npm" + r"js\.org|proxy\.golang" + r"\.org"
)

BLIND = {"", "Exception", "BaseException"}
# Who talks to a person on a terminal. Everyone else returns, tells or logs.
MAY_PRINT = {"run.py"}


def complaints(path: Path, text: str) -> list[str]:
    """What in a file of the project, path relative to its root, breaks a house rule; empty when nothing does."""
    found = [f"{path}:{line} {reason}" for line, reason in text_complaints(text)]
    if path.suffix == ".py":
        found += [f"{path}:{line} {reason}" for line, reason in python_complaints(path, text)]
    return found


def text_complaints(text: str) -> Iterator[tuple[int, str]]:
    for line, content in enumerate(text.splitlines(), 1):
        if MACHINE_PATHS.search(content):
            yield line, "names a path of one machine"
        if REGISTRY_HOSTS.search(content):
            yield line, "names a package registry: who installs chooses where from"


def python_complaints(path: Path, text: str) -> Iterator[tuple[int, str]]:
    lines = text.splitlines()
    limit = TEST_FILE_LINES if path.parts[0] == "tests" else FILE_LINES
    if len(lines) > limit:
        yield len(lines), f"has {len(lines)} lines, more than {limit}"
    for number, content in enumerate(lines, 1):
        if UNFINISHED.search(content):
            yield number, "is unfinished"
    for node in ast.walk(ast.parse(text)):
        reason = node_complaint(node, path)
        if reason:
            yield getattr(node, "lineno", 0), reason


def node_complaint(node: ast.AST, path: Path) -> str:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return function_complaint(node, path)
        case ast.ExceptHandler() if exception_names(node) & BLIND and swallows(node):
            return "swallows every exception"
        case ast.ExceptHandler(type=None):
            return "catches without naming what"
        case ast.Call(func=ast.Name(id="print")) if not may_print(path):
            return "prints"
        case _:
            return ""


def function_complaint(node: ast.FunctionDef | ast.AsyncFunctionDef, path: Path) -> str:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if length > FUNCTION_LINES:
        return f"{node.name} has {length} lines, more than {FUNCTION_LINES}"
    if path.parts[0] == "tests" and node.name.startswith("test_") and not asserts(node):
        return f"{node.name} asserts nothing"
    return ""


def may_print(path: Path) -> bool:
    return path.as_posix() in MAY_PRINT or path.parts[0] in {"commands", "scripts", "tests"} or path.stem == "cli"


def exception_names(handler: ast.ExceptHandler) -> set[str]:
    match handler.type:
        case None:
            return {""}
        case ast.Tuple(elts=elements):
            return {ast.unparse(element) for element in elements}
        case single:
            return {ast.unparse(single)}


def swallows(handler: ast.ExceptHandler) -> bool:
    """Whether the handler does nothing at all with what it caught."""
    return all(
        isinstance(statement, ast.Pass | ast.Continue)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in handler.body
    )


def asserts(node: ast.AST) -> bool:
    """Whether a test asserts, expects an exception, or calls something that says it does one of these."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert):
            return True
        if isinstance(inner, ast.Call):
            name = ast.unparse(inner.func).split(".")[-1]
            if name == "raises" or name.startswith(("assert_", "check_", "expect_")):
                return True
    return False
