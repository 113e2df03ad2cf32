"""Who may import whom: the floors, the homes of heavy libraries, no cycles, a light ``--help``.

Imports inside functions and under ``TYPE_CHECKING`` count like all others.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

FLOORS: tuple[frozenset[str], ...] = tuple(
    frozenset(rooms.split())
    for rooms in (
        "errors model",
        "settings files",
        "kernels sensors net",
        "zones catalog raster",
        "products synthetic",
        "engine outputs",
        "job",
        "shelves survey",
        "leave showing",
        "pipeline fetching pointing packing",
        "cli notebook",
        "__main__",
    )
)
HOMES: Mapping[str, frozenset[str]] = {
    "rasterio": frozenset({"raster"}),
    "dask": frozenset({"engine"}),
    "distributed": frozenset({"engine"}),
    "xarray": frozenset({"engine", "outputs", "notebook"}),
    "rioxarray": frozenset({"engine", "outputs"}),
    "numba": frozenset({"kernels"}),
    "matplotlib": frozenset({"outputs"}),
    "PIL": frozenset({"outputs"}),
    "typer": frozenset({"cli"}),
    "click": frozenset({"cli"}),
    "rich": frozenset({"cli", "engine"}),
    "pystac": frozenset({"catalog"}),
    "pystac_client": frozenset({"catalog"}),
    "requests": frozenset({"net"}),
    "httpx": frozenset({"net"}),
    "urllib3": frozenset({"net"}),
}
KERNELS_MAY_IMPORT = frozenset({"numpy", "scipy", "numba"}) | sys.stdlib_module_names
HEAVY = ("rasterio", "numba", "dask", "distributed", "xarray", "geopandas", "pandas", "scipy",
         "matplotlib")  # fmt: skip
"""What ``landcover --help`` must not load: seconds of start-up each time."""


def imported(name: str, tree: ast.AST, is_package: bool) -> Iterator[tuple[str, str]]:
    """Yield (module, attribute) of each import in `tree`; the attribute may be a module too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".") + ([""] if is_package else [])
                base = ".".join([*parts[: -node.level], *([base] if base else [])])
            yield from ((base, alias.name) for alias in node.names)


def room_of(module: str, attribute: str = "") -> str:
    """Name the room: the first step below ``landcover``; empty for the package itself."""
    steps = f"{module}.{attribute}".rstrip(".").split(".")
    return steps[1] if len(steps) > 1 else ""


def floor_of(room: str) -> int:
    """Count the floors below `room`; the package's own door stands above all."""
    for floor, rooms in enumerate(FLOORS):
        if room in rooms:
            return floor
    return len(FLOORS)


def wrong_floors(name: str, tree: ast.AST, is_package: bool = False) -> list[str]:
    """List the imports of a module that go upwards, or to a neighbour on the same floor."""
    mine = room_of(name)
    wrong = []
    for module, attribute in imported(name, tree, is_package):
        if module.split(".")[0] != "landcover" or (module, attribute) == (
            "landcover",
            "__version__",
        ):
            continue
        theirs = room_of(module, attribute)
        if theirs != mine and floor_of(theirs) >= floor_of(mine):
            wrong.append(f"{name} imports {module}.{attribute}: not from a lower floor")
    return wrong


def wrong_homes(name: str, tree: ast.AST, is_package: bool = False) -> list[str]:
    """List the imports of a library outside its home, and what kernels may not import."""
    mine = room_of(name)
    wrong = []
    for module, _ in imported(name, tree, is_package):
        library = module.split(".")[0]
        if mine not in HOMES.get(library, {mine}):
            wrong.append(f"{name} imports {library}, which lives in {sorted(HOMES[library])}")
        if mine == "kernels" and library not in KERNELS_MAY_IMPORT | {"landcover"}:
            wrong.append(f"{name} imports {library}: kernels are numpy, scipy and numba")
    return wrong


def cycle(graph: Mapping[str, set[str]]) -> list[str]:
    """Find one cycle of a directed graph, as the names along it; empty where there is none."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph.get(name, ())):
            if found := walk(target, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := walk(name, []))), [])


def graph_of(trees: Mapping[str, tuple[ast.AST, bool]]) -> dict[str, set[str]]:
    """Draw who imports whom among `trees` (module name -> tree, whether a package)."""
    graph: dict[str, set[str]] = {name: set() for name in trees}
    for name, (tree, is_package) in trees.items():
        for module, attribute in imported(name, tree, is_package):
            if (module, attribute) == ("landcover", "__version__"):
                continue  # a constant: the door offers all else on first use
            target = f"{module}.{attribute}" if f"{module}.{attribute}" in trees else module
            if target in trees and target != name:
                graph[name].add(target)
    return graph


def test_every_room_has_a_floor(modules: Mapping[str, Any]) -> None:
    rooms = {room_of(name) for name in modules} - {""}
    assert rooms <= frozenset().union(*FLOORS), "a new room needs its floor"


def test_floors(modules: Mapping[str, Any]) -> None:
    assert [w for m in modules.values() for w in wrong_floors(m.name, m.tree, m.is_package)] == []


def test_heavy_libraries_stay_at_home(modules: Mapping[str, Any]) -> None:
    assert [w for m in modules.values() for w in wrong_homes(m.name, m.tree, m.is_package)] == []


def test_no_import_cycles(modules: Mapping[str, Any]) -> None:
    trees = {name: (m.tree, m.is_package) for name, m in modules.items()}
    assert cycle(graph_of(trees)) == []


def test_settings_are_light(modules: Mapping[str, Any]) -> None:
    """A room's settings need pydantic alone, so that a job is checked without GDAL or numba."""
    light = sys.stdlib_module_names | {"pydantic", "pydantic_core", "annotated_types", "landcover"}
    for module in modules.values():
        if module.name.endswith(".settings"):
            used = {m.split(".")[0] for m, _ in imported(module.name, module.tree, False)}
            assert used <= light, module.name


def test_help_is_light() -> None:
    code = (
        "import sys\n"
        "sys.argv = ['landcover', '--help']\n"
        "from landcover.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"print('loaded:', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    assert out.stdout.rstrip().endswith("loaded:"), out.stdout.rstrip().splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "source", "wrong"),
    [
        ("landcover.kernels.order", "from landcover.engine import plan", True),
        ("landcover.kernels.order", "def f():\n    import landcover.cli.run", True),
        ("landcover.zones.rings", "from landcover.raster.grid import snap", True),
        ("landcover.zones.rings", "from landcover import raster", True),
        ("landcover.zones.rings", "from ..raster import grid", True),
        ("landcover.model", "if TYPE_CHECKING:\n    from landcover.settings import x", True),
        ("landcover.engine.plan", "from landcover import run", True),
        ("landcover.net.http", "from landcover import __version__", False),
        ("landcover.zones.rings", "from . import load\nfrom ..model import Zone", False),
        ("landcover.cli.run", "from landcover.pipeline import run", False),
        ("landcover", "from landcover.cli import main", False),
    ],
)
def test_a_wrong_floor_is_seen(name: str, source: str, wrong: bool) -> None:
    assert bool(wrong_floors(name, ast.parse(source))) is wrong


@pytest.mark.parametrize(
    ("name", "source", "wrong"),
    [
        ("landcover.zones.rings", "import rasterio.features", True),
        ("landcover.products.composite", "def f():\n    import xarray as xr", True),
        ("landcover.kernels.order", "import pandas", True),
        ("landcover.raster.reading", "import rasterio", False),
        ("landcover.kernels.order", "from math import pi\nimport numba", False),
    ],
)
def test_a_library_away_from_home_is_seen(name: str, source: str, wrong: bool) -> None:
    assert bool(wrong_homes(name, ast.parse(source))) is wrong


def test_a_cycle_is_seen() -> None:
    sources = {
        "landcover.a": "def f():\n    from landcover.b import x",
        "landcover.b": "from . import c",
        "landcover.c": "import landcover.a",
        "landcover.d": "import landcover.a",
    }
    trees: dict[str, tuple[ast.AST, bool]] = {n: (ast.parse(s), False) for n, s in sources.items()}
    assert cycle(graph_of(trees)) == ["landcover.a", "landcover.b", "landcover.c", "landcover.a"]
    trees["landcover.c"] = (ast.parse(""), False)
    assert cycle(graph_of(trees)) == []
