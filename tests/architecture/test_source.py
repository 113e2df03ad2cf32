"""How the source reads: sizes, docstrings, names, and nothing that only POSIX systems have."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

LONGEST_FUNCTION = 60
"""Lines, its docstring left out."""
MEDIAN_FUNCTION = 8
LONGEST_FILE = 400
EMPTY_NAMES = frozenset({"utils", "util", "helpers", "helper", "manager", "common", "misc"})

PLATFORM_HOME = "landcover.engine.platform"
"""The one module that may ask which system it runs on."""
POSIX_ONLY = {
    "os": """
        chown chroot fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid
        getpriority getsid getuid killpg lchown mkfifo mknod nice openpty posix_fadvise
        posix_spawn pread preadv pwrite sched_getaffinity sched_setaffinity setgid setpgid
        setpriority setsid setuid statvfs sysconf uname wait3 wait4
    """,
    "signal": "SIGKILL SIGHUP SIGQUIT SIGUSR1 SIGUSR2 SIGALRM SIGCHLD alarm",
    "socket": "AF_UNIX",
}
"""Module -> names that Windows lacks."""
POSIX_MODULES = "fcntl grp posix pty pwd resource syslog termios tty"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield every function and method of a module."""
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def length(node: Function) -> int:
    """Count a function's lines without its docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        text = node.body[0]
        lines -= (text.end_lineno or text.lineno) - text.lineno + 1
    return lines


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Yield the public functions, classes and methods that have no docstring."""
    for node in tree.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield node.name
        if isinstance(node, ast.ClassDef):
            members = (m for m in node.body if isinstance(m, Function) and m.name[0] != "_")
            yield from (f"{node.name}.{m.name}" for m in members if ast.get_docstring(m) is None)


def asserts(tree: ast.AST) -> list[int]:
    """List the lines of ``assert`` statements."""
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]


def posix_only(tree: ast.AST) -> Iterator[str]:
    """Yield what a module uses that Windows lacks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in POSIX_ONLY.get(node.value.id, "").split():
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name in POSIX_MODULES.split())
        elif isinstance(node, ast.ImportFrom):
            if node.module in POSIX_MODULES.split():
                yield str(node.module)
            names = POSIX_ONLY.get(node.module or "", "").split()
            yield from (f"{node.module}.{a.name}" for a in node.names if a.name in names)


def forks(tree: ast.AST) -> list[int]:
    """List the lines that ask multiprocessing for fork or forkserver."""
    words = ("fork", "forkserver")
    return [n.lineno for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value in words]


def test_functions_are_short(modules: Mapping[str, Any]) -> None:
    lengths = {f"{m.name}.{f.name}": length(f) for m in modules.values() for f in functions(m.tree)}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_FUNCTION


def test_files_are_short(modules: Mapping[str, Any]) -> None:
    lines = {m.name: m.path.read_text("utf-8").count("\n") for m in modules.values()}
    assert {name: n for name, n in lines.items() if n > LONGEST_FILE} == {}


def test_the_pipeline_reads_like_a_paragraph(modules: Mapping[str, Any]) -> None:
    assert modules["landcover.pipeline"].path.read_text("utf-8").count("\n") < 150


def test_public_names_have_docstrings(modules: Mapping[str, Any]) -> None:
    assert [f"{m.name}.{name}" for m in modules.values() for name in undocumented(m.tree)] == []
    assert [m.name for m in modules.values() if not ast.get_docstring(m.tree)] == []


def test_no_assert_in_the_package(modules: Mapping[str, Any]) -> None:
    assert {m.name: asserts(m.tree) for m in modules.values() if asserts(m.tree)} == {}


def test_no_empty_module_names(modules: Mapping[str, Any]) -> None:
    assert [name for name in modules if EMPTY_NAMES & set(name.split("."))] == []


def test_posix_only_calls_live_in_one_place(modules: Mapping[str, Any]) -> None:
    used = {m.name: sorted(posix_only(m.tree)) for m in modules.values() if m.name != PLATFORM_HOME}
    assert {name: names for name, names in used.items() if names} == {}


def test_processes_are_never_forked(modules: Mapping[str, Any]) -> None:
    assert {m.name: forks(m.tree) for m in modules.values() if forks(m.tree)} == {}


def test_a_long_function_is_seen() -> None:
    body = "\n".join("    x = 1" for _ in range(60))
    (long,) = functions(ast.parse(f"def f():\n    '''One.\n\n    Two.\n    '''\n{body}"))
    assert length(long) == LONGEST_FUNCTION + 1


def test_a_missing_docstring_is_seen() -> None:
    tree = ast.parse("def f(): 1\ndef _g(): 1\nclass A:\n    '''A.'''\n    def m(self): 1")
    assert list(undocumented(tree)) == ["f", "A.m"]


def test_an_assert_is_seen() -> None:
    assert asserts(ast.parse("def f(x):\n    assert x")) == [2]


@pytest.mark.parametrize(
    "source",
    [
        "os.kill(pid, signal.SIGKILL)",
        "import fcntl",
        "from os import sysconf",
        "def f():\n    import resource",
        "n = len(os.sched_getaffinity(0))",
    ],
)
def test_a_posix_only_call_is_seen(source: str) -> None:
    assert list(posix_only(ast.parse(source)))


def test_a_fork_is_seen() -> None:
    assert forks(ast.parse("multiprocessing.get_context('fork')")) == [1]
