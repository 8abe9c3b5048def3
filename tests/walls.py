"""What a file of the house may import, and what a pure one may touch: read from the source, nothing is run."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

SERVICES = ("ingest", "classifier", "related", "feeds", "webhooks")
PURE_PACKAGES = {"pydantic", "numpy", "yaml", "nh3", "markdown_it", "lxml", "feedgen", "cryptography"}
IN_MEMORY = {"io.BytesIO", "io.StringIO"}
GROUND_OF_PURE = {"shared.addresses", "shared.errors", "shared.events", "shared.notices", "shared.steps"}
IMPURE_MODULES = {
    "asyncio", "http.client", "http.server", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets",
    "select", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time",
    "urllib.request",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "now", "utcnow", "today", "uuid4", "uuid1", "sleep"}


def trespasses(path: Path, source: str, pure: set[str]) -> list[str]:
    """What `source`, as the file at `path` (relative to the root), does that its place forbids.

    `pure`: the dotted names of all pure modules.
    """
    tree = ast.parse(source)
    imported = sorted(_imports(tree))
    found = [f"{path}: {fault}" for name in imported for fault in _upward(path.parts, name)]
    if is_pure(source):
        found += [f"{path}: pure, but imports {name}" for name in imported if not _harmless(name, pure)]
        found += [f"{path}: pure, but calls {name}()" for name in sorted(_calls(tree) & IMPURE_CALLS)]
    return found


def is_pure(source: str) -> bool:
    """Whether a module says of itself that it does no I/O."""
    return (ast.get_docstring(ast.parse(source)) or "").startswith("Pure.")


def _imports(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            in_parts = (node.module.count(".") < 2 and node.module.startswith("services")) or whole <= IN_MEMORY
            names |= whole if in_parts else {node.module}
    return names


def _upward(parts: tuple[str, ...], name: str) -> list[str]:
    if parts[0] == "shared" and name.split(".", maxsplit=1)[0] in {"services", "tests"}:
        return [f"the ground imports {name}"]
    if parts[0] == "services" and name.split(".", maxsplit=1)[0] == "tests":
        return [f"the product imports {name}"]
    if parts[0] == "services" and parts[1] in SERVICES and name.startswith("services"):
        room = ".".join(name.split(".")[:2])
        return [] if room == f"services.{parts[1]}" else [f"{parts[1]} imports {name}"]
    return []


def _harmless(name: str, pure: set[str]) -> bool:
    if name.split(".", maxsplit=1)[0] in {"services", "shared"}:
        return name in GROUND_OF_PURE or any(name == module or name.startswith(module + ".") for module in pure)
    if name in IN_MEMORY:
        return True
    if name in IMPURE_MODULES:
        return False
    top = name.split(".", maxsplit=1)[0]
    return top in PURE_PACKAGES or top in sys.stdlib_module_names


def _calls(tree: ast.AST) -> set[str]:
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    plain = {func.id for func in called if isinstance(func, ast.Name)}
    return plain | {func.attr for func in called if isinstance(func, ast.Attribute)} & (IMPURE_CALLS - {"open"})
