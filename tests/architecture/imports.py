"""The import rules of the architecture, and the purity of core, decided on the syntax tree alone."""

import ast
from collections.abc import Iterator

OURS = {"commands", "core", "actors", "monitor", "localnet", "micro_lightning", "run", "strategies", "tests", "scripts"}
# What each room may take from the project besides itself. run, commands, scripts and tests may take anything.
MAY_IMPORT = {"core": set[str](), "actors": {"core"}, "monitor": {"core"}, "localnet": {"core"}, "strategies": {"core"}}

# What every actor stands on: life cycle, mailboxes, names, supervision. No module here is an actor of the business.
KERNEL = {
    "base",
    "clock",
    "control",
    "directory",
    "dump",
    "entry",
    "flow",
    "life",
    "machine",
    "mailbox",
    "names",
    "outcome",
    "reply",
    "services",
    "supervisor",
    "system",
    "tree",
    "turns",
    "ward",
}
# What puts the actors together has to name them.
ASSEMBLY = {"house", "tree", "system"}

# Whatever makes a decision depend on more than its arguments.
CONCURRENCY = {
    "asyncio",
    "concurrent",
    "gevent",
    "greenlet",
    "multiprocessing",
    "pykka",
    "signal",
    "subprocess",
    "threading",
}
NETWORK = {
    "aiohttp",
    "flask",
    "geventhttpclient",
    "http",
    "httpx",
    "requests",
    "select",
    "selectors",
    "socket",
    "ssl",
    "urllib",
    "urllib3",
    "websocket",
    "werkzeug",
}
SYSTEM = {
    "fcntl",
    "getpass",
    "glob",
    "io",
    "logging",
    "mmap",
    "os",
    "pathlib",
    "platform",
    "shutil",
    "sqlite3",
    "tempfile",
}
HIDDEN = {"importlib", "prometheus_client", "secrets", "time"}
IMPURE = CONCURRENCY | NETWORK | SYSTEM | HIDDEN
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}
CLOCK_READS = {"now", "utcnow", "today"}
RANDOM_IDS = {"uuid1", "uuid4"}
# The monitor reaches actors through the Directory port, and is served by the factory that run.py hands the tree.
ACTORS_ONLY = {"gevent", "greenlet", "pykka"}


def breaches(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """What in `source`, the module of that dotted name, breaks a rule; empty when nothing does."""
    tree = ast.parse(source)
    room = module.split(".")[0]
    found: list[str] = []
    for line, name in imported(tree, module, is_package=is_package):
        reason = import_breach(module, name)
        if reason:
            found.append(f"{module}:{line} {reason}")
    if room == "core":
        found += [f"{module}:{line} {reason}" for line, reason in impurities(tree)]
    return found


def imported(tree: ast.AST, module: str, *, is_package: bool) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything imported, at any depth, type-checking blocks included.

    `from a import b` gives `a.b`: `b` may be a module, and the rules look only at prefixes.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = absolute(module, node.level, node.module, is_package=is_package)
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def absolute(module: str, level: int, name: str | None, *, is_package: bool) -> str:
    if level == 0:
        return name or ""
    parts = module.split(".")
    up = level - 1 if is_package else level
    return ".".join([*parts[: len(parts) - up], *([name] if name else [])])


def import_breach(module: str, name: str) -> str:
    """The rule that importing `name` in `module` breaks, or an empty text."""
    room, target = module.split(".")[0], name.split(".")[0]
    if room not in MAY_IMPORT:
        return ""
    if target in OURS:
        if target != room and target not in MAY_IMPORT[room]:
            return f"{room} must not import {target} ({name})"
        return actor_breach(module, name) if room == target == "actors" else ""
    if room == "core" and target in IMPURE:
        return f"core must not import {target}"
    if room == "monitor" and target in ACTORS_ONLY:
        return f"monitor must not import {target}: it looks through the Directory port"
    return ""


def actor_breach(module: str, name: str) -> str:
    """Actor modules know the kernel and the adapters, never one another; adapters know the kernel and adapters."""
    importer, target = (*module.split("."), "")[1], (*name.split("."), "")[1]
    if target in {"", "adapters", importer} or target in KERNEL or importer in ASSEMBLY:
        return ""
    return f"{module} must not import actors.{target}: actors send messages to names"


def impurities(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Clock reads, input, output and randomness without a seed that need no forbidden import."""
    random_modules, random_classes = random_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                if node.module == "random" and alias.name != "Random":
                    yield node.lineno, f"core must not import random.{alias.name}: it has no seed"
                if node.module == "uuid" and alias.name in RANDOM_IDS:
                    yield node.lineno, f"core must not import uuid.{alias.name}: ids come from seed and sequence"
        elif isinstance(node, ast.Attribute):
            reason = attribute_breach(node, random_modules)
            if reason:
                yield node.lineno, reason
        elif isinstance(node, ast.Call):
            reason = call_breach(node, random_modules, random_classes)
            if reason:
                yield node.lineno, reason


def random_names(tree: ast.AST) -> tuple[set[str], set[str]]:
    """The names under which a module knows the module `random`, and the class `random.Random`."""
    modules, classes = set[str](), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names if alias.name == "random"}
        elif isinstance(node, ast.ImportFrom) and node.module == "random":
            classes |= {alias.asname or alias.name for alias in node.names if alias.name == "Random"}
    return modules, classes


def attribute_breach(node: ast.Attribute, random_modules: set[str]) -> str:
    owner = ast.unparse(node.value)
    if node.attr in CLOCK_READS and owner.split(".")[-1] in {"datetime", "date"}:
        return f"core must not read the clock ({owner}.{node.attr})"
    if owner in random_modules and node.attr != "Random":
        return f"core must not use {owner}.{node.attr}: it has no seed"
    if owner == "uuid" and node.attr in RANDOM_IDS:
        return f"core must not use uuid.{node.attr}: ids come from seed and sequence"
    return ""


def call_breach(node: ast.Call, random_modules: set[str], random_classes: set[str]) -> str:
    name = ast.unparse(node.func)
    if name in IMPURE_CALLS:
        return f"core must not call {name}()"
    if name in random_classes or name in {f"{module}.Random" for module in random_modules}:
        seeds = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not seeds or (isinstance(seeds[0], ast.Constant) and seeds[0].value is None):
            return "core must not make a Random() without a seed"
    return ""
