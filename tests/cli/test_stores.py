"""A store that is named must be there; the usual one may be absent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import landcover
from landcover.errors import InputError

Call = Callable[..., Any]


@pytest.fixture
def named(tmp_path: Path) -> Callable[[str], Path]:
    """Return ``named(kind)``: a path at which there is no store."""

    def make(kind: str) -> Path:
        path = tmp_path / "mistyped"
        if kind == "a folder of other things":
            path.mkdir()
            (path / "thesis.doc").write_text("mine", "utf-8")
        elif kind == "a file":
            path.write_text("mine", "utf-8")
        return path

    return make


@pytest.mark.parametrize("verb", ["plan", "run"])
@pytest.mark.parametrize("how", ["option", "key"])
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("nothing", "does not exist"),
        ("a file", "is a file"),
        ("a folder of other things", "holds nothing that was brought"),
    ],
)
def test_a_store_that_is_named_and_is_none_is_refused(
    call: Call, study: Path, named: Any, verb: str, how: str, kind: str, said: str
) -> None:
    path = named(kind)
    given = ["--store", path] if how == "option" else ["--set", f"run.store={path}"]
    ended = call(verb, study / "job.yaml", *given)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        f"{path}: is to be read as a store, but {said}. "
        "Run `landcover fetch` with it first, or correct --store or run.store.\n"
    )


def test_the_usual_store_may_be_absent(call: Call, study: Path) -> None:
    ended = call("run", study / "job.yaml", "-q")
    assert "store" not in ended.err


def test_status_and_the_library_refuse_it_too(call: Call, study: Path, named: Any) -> None:
    path = named("nothing")
    (study / "out" / "small").mkdir(parents=True)
    (study / "out" / "small" / "scenes.json").write_text("{}", "utf-8")
    assert "does not exist" in call("status", study / "job.yaml", "--store", path).err
    with pytest.raises(InputError, match="does not exist"):
        landcover.run(study / "job.yaml", store=path)


@pytest.mark.parametrize(
    "key", ["sources[0].catalog=https://a.invalid/v1", "zones.sites.path=https://a.invalid/s.csv"]
)
def test_offline_names_the_store_that_it_looked_in(call: Call, study: Path, key: str) -> None:
    ended = call("run", study / "job.yaml", "-q", "--offline", "--set", key)
    assert ended.code == 2
    assert f"{study / 'landcover-store'} is no store of `landcover fetch`" in ended.err
    assert ended.err.count("\n") == 1
