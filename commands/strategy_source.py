"""What a strategy's source may not contain: the rules of a pure judgement, read off the syntax tree before it is run.

A guard against mistakes, not a prison: who writes a strategy also starts the process. What it keeps out is what would
make an answer depend on more than the question, or change anything: clocks, files, networks, processes, randomness,
foreign state, and the system's own machinery.
"""

import ast
from collections.abc import Iterator

PURE = frozenset(
    {"__future__", "abc", "bisect", "collections", "core.rules", "core.strategy", "core.types", "dataclasses"}
    | {
        "decimal",
        "enum",
        "fractions",
        "functools",
        "itertools",
        "math",
        "operator",
        "re",
        "statistics",
        "string",
        "typing",
    }
    | {"typing_extensions", "msgspec.Struct", "msgspec.field"}
)
CALLS = frozenset(
    {"__import__", "breakpoint", "compile", "delattr", "eval", "exec", "getattr", "globals", "input", "locals", "open"}
    | {"print", "setattr", "vars", "id", "hash"}
)
"""`id` and `hash` differ from run to run; the others reach what no judgement needs."""
DUNDERS = frozenset({"__init__", "__post_init__", "__name__"})


def complaint(source: str, *, own: str) -> str:
    """The first thing that the source may not do, with its line; empty when there is none. `own`: its top package."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        return f"is no Python: {error}"
    for node in ast.walk(tree):
        for reason in _complaints(node, own):
            return f"line {getattr(node, 'lineno', 0)} {reason}"
    return ""


def _complaints(node: ast.AST, own: str) -> Iterator[str]:
    match node:
        case ast.Import():
            for alias in node.names:
                if not is_pure(alias.name, own):
                    yield f"imports {alias.name}: {_ALLOWED}"
        case ast.ImportFrom(level=0):
            for alias in node.names:
                if alias.name == "*" or not is_pure(f"{node.module}.{alias.name}", own):
                    yield f"imports {alias.name} of {node.module}: {_ALLOWED}"
        case ast.ImportFrom():
            yield "imports relatively: name the whole module"
        case ast.Name(id=name) if name in CALLS or (name.startswith("__") and name not in DUNDERS):
            yield f"uses {name}: a strategy only judges what it is given"
        case ast.Attribute(attr=name) if name.startswith("__") and name not in DUNDERS:
            yield f"uses {name}: a strategy only judges what it is given"
        case ast.Global() | ast.Nonlocal():
            yield "keeps state outside its arguments: the same question must have the same answer"
        case ast.AsyncFunctionDef() | ast.Await() | ast.Yield() | ast.YieldFrom():
            yield "waits: a strategy answers at once"
        case _:
            pass


_ALLOWED = "a strategy may import its own package, core.strategy, core.rules, core.types, and pure parts of the library"


def is_pure(name: str, own: str) -> bool:
    """Whether a dotted name that is imported lies in what a strategy may use."""
    parts = name.split(".")
    if parts[0] == own and own != "core":
        return True
    return any(".".join(parts[:length]) in PURE for length in range(1, len(parts) + 1))


def imports_of_own(source: str, own: str) -> list[str]:
    """Dotted names of its own package that it imports; each may be a module or a name in one."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in found if name.split(".")[0] == own]
