"""Which room may import which, read from the source; and what a process must not load."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import escalation

ROOT = Path(escalation.__file__).parent
MAY = {
    "text": set(),
    "syntax": {"text"},
    "analysis": {"text", "syntax"},
    "settings": {"text"},
    "decision": {"text", "syntax", "analysis", "settings"},
    "flow": {"text", "syntax", "analysis", "decision", "settings"},
    "scripted": set(),
    "repository": {"text", "syntax", "analysis", "decision", "settings", "flow"},  # it implements the flow's ports
    "store": set(),
    "history": {"store", "decision", "settings"},
    "workflow": {"text", "syntax", "analysis", "decision", "settings", "repository", "flow", "store", "history"},
    "host": {"settings"},
    "api": {
        "text", "analysis", "decision", "settings", "repository", "flow", "store", "history", "workflow", "host"
    },
    "cli": {
        "text", "syntax", "analysis", "decision", "settings", "repository", "flow", "scripted",
        "store", "history", "workflow", "host", "api",
    },
    "lsp": {"text", "syntax", "analysis", "decision", "settings", "repository", "flow", "host", "cli"},
}  # fmt: skip
# The edge to the disk and to git, and what only one room may know.
ONLY = {
    "pygls": {"lsp"},
    "lsprotocol": {"lsp"},
    "pygit2": {"repository", "analysis", "flow", "cli"},  # analysis, flow: diffs of texts; cli: the demonstration
    "rich": {"cli"},
    "anthropic": {"flow"},
    "httpx2": {"flow"},
    "argparse": {"cli"},
    "subprocess": {"repository", "host"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "dbos": {"workflow"},
    "fastapi": {"api"},
    "starlette": {"api"},
    "uvicorn": {"api"},
    "scipy": {"history"},
    "filelock": {"host", "store", "workflow"},
    "mcp": {"cli"},
}
MODULES = sorted(
    path for path in ROOT.rglob("*.py") if "demo_repository" not in path.parts and path.relative_to(ROOT).parts[1:]
)


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports in full"
            yield node.module or "", node.lineno


def at_module_level(path: Path) -> Iterator[str]:
    """What is imported when the module is, outside functions and `TYPE_CHECKING`."""
    nodes: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        nodes += ast.iter_child_nodes(node)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_rooms_import_only_what_they_may(path):
    room = path.relative_to(ROOT).parts[0]
    allowed = MAY[room] | {room}
    if name(path) == "cli/lsp.py":
        allowed |= {"lsp"}
    for module, line in imports(path):
        parts = module.split(".")
        if parts[0] == "escalation" and len(parts) > 1:
            assert parts[1] in allowed, f"{name(path)}:{line} imports {module}"
        if parts[0] in ONLY:
            assert room in ONLY[parts[0]], f"{name(path)}:{line} imports {module}"


def test_only_python_itself_and_the_users_check_command_are_started():
    starts = re.compile(
        r"^\s*(?:import|from) subprocess\b|create_subprocess_|\bos\.(?:system|popen|fork|spawn|exec)", re.M
    )
    found = {name(path) for path in MODULES if starts.search(path.read_text("utf-8"))}
    assert found == {"repository/prices.py", "repository/checking.py", "host/starting.py"}


def test_every_room_is_in_the_table():
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} <= set(MAY)


def test_the_command_line_imports_the_server_late():
    for path in MODULES:
        if path.parent.name == "cli":
            late = [
                module for module in at_module_level(path) if module.startswith(("escalation.lsp", "pygls", "lsprot"))
            ]
            assert late == [], name(path)


HEAVY = ("dbos", "fastapi", "anthropic", "sqlalchemy", "uvicorn", "httpx", "starlette")


def loaded(*arguments: str, stdin: bytes = b"") -> set[str]:
    """The top-level modules that a process loads, told by the interpreter: the server leaves at once when told to."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], input=stdin, capture_output=True, timeout=60, check=True
    )
    names = re.findall(r"(?m)^import time:.*\|\s*([\w.]+)$", done.stderr.decode())
    return {name.split(".")[0] for name in names}


def message(**fields: object) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **fields}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


SESSION = (
    message(id=1, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}})
    + message(method="initialized", params={})
    + message(
        method="textDocument/didOpen",
        params={"textDocument": {"uri": "untitled:a", "languageId": "python", "version": 1, "text": "x = 1\n"}},
    )
    + message(id=2, method="shutdown")
    + message(method="exit")
)


def test_the_server_loads_nothing_of_the_host():
    modules = loaded("-m", "escalation", "lsp", stdin=SESSION)
    assert modules >= {"pygls", "tree_sitter"}  # it has judged a text
    assert modules.isdisjoint(HEAVY)


@pytest.mark.parametrize("format", ["text", "json", "sarif"])
def test_check_loads_nothing_of_the_editor_or_the_host(format):
    task = ("--task", "Rename it", "a.py", "--fail-on", "never")
    modules = loaded("-m", "escalation", "check", *task, "--format", format)
    assert "pygit2" in modules
    assert modules.isdisjoint({"pygls", "lsprotocol", *HEAVY})
    assert ("rich" in modules) is (format == "text")
