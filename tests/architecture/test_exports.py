"""``__all__`` tells the truth: a room's door lists what it exports, a module what it defines."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any


def listed(tree: ast.Module) -> list[str] | None:
    """Return the names in ``__all__`` of a module's source, None where it has none."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return [str(ast.literal_eval(element)) for element in node.value.elts]  # type: ignore[union-attr]
    return None


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that one statement binds for others to use."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("landc")):
        return {alias.asname or alias.name for alias in node.names}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    if isinstance(node, ast.If):  # TYPE_CHECKING: what a lazy door shows to type checkers
        return set().union(*(_bound(inner) for inner in node.body))
    return set()


def exported(tree: ast.Module) -> set[str]:
    """Return the public names that a room's door offers, lazily or at once.

    What it imports and then uses itself is not offered.
    """
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    names: set[str] = set()
    for node in tree.body:
        names |= _bound(node) - (used if isinstance(node, ast.ImportFrom) else set())
    return {name for name in names if not name.startswith("_")}


def untrue(tree: ast.Module, module: ModuleType) -> list[str]:
    """List the names in ``__all__`` that the module does not have, or has twice."""
    names = listed(tree) or []
    twice = [name for name in names if names.count(name) > 1]
    return [name for name in names if not hasattr(module, name)] + twice


def test_doors_list_what_they_export(modules: Mapping[str, Any]) -> None:
    wrong = {}
    for module in modules.values():
        if module.is_package:
            names = set(listed(module.tree) or ()) - {"__version__"}
            inner = {child.rpartition(".")[2] for child in modules if child.startswith(module.name)}
            hidden = exported(module.tree) - names - inner
            if hidden or listed(module.tree) is None:
                wrong[module.name] = hidden or "no __all__"
    assert wrong == {}


def test_what_is_listed_exists(modules: Mapping[str, Any]) -> None:
    found = {m.name: untrue(m.tree, importlib.import_module(m.name)) for m in modules.values()}
    assert {name: names for name, names in found.items() if names} == {}


def test_a_star_import_gives_what_is_listed(modules: Mapping[str, Any]) -> None:
    for module in modules.values():
        if module.is_package:
            got: dict[str, object] = {}
            exec(f"from {module.name} import *", got)
            assert set(got) - {"__builtins__"} == set(listed(module.tree) or ()), module.name


def test_a_hidden_export_is_seen() -> None:
    source = (
        "from typing import TYPE_CHECKING\nimport os\n"
        "from landcover.zones.rings import rings\n"
        "if TYPE_CHECKING:\n    from .load import load\n"
        "__all__ = ['rings']\nLIMIT = 3\n"
        "from .area import ha\nSQUARE = ha(LIMIT)\n_private = 4\ndef area(): ..."
    )
    assert exported(ast.parse(source)) == {"rings", "load", "LIMIT", "SQUARE", "area"}


def test_a_list_is_found() -> None:
    assert listed(ast.parse("__all__ = ['a']")) == ["a"]
    assert listed(ast.parse("__all__: list[str] = []")) == []
    assert listed(ast.parse("other = ['a']")) is None


def test_an_untrue_list_is_seen() -> None:
    module = ModuleType("made_up")
    module.here = 1  # type: ignore[attr-defined]
    assert untrue(ast.parse("__all__ = ['here', 'gone']"), module) == ["gone"]
    assert untrue(ast.parse("__all__ = ['here', 'here']"), module) == ["here", "here"]
