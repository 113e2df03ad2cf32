"""The tree of errors: sentences, exit codes, and that they survive a worker's pickle."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from landcover import errors
from landcover.errors import InputError, JobError, LandcoverError, Problem

EVERY = [
    one
    for _, one in inspect.getmembers(errors, inspect.isclass)
    if issubclass(one, LandcoverError) and one is not JobError
]


def test_the_three_parts_of_a_sentence() -> None:
    error = InputError("zones.a", "it is empty", "Name a file")
    assert str(error) == "zones.a: it is empty. Name a file."
    assert str(InputError("zones.a", "it is empty.")) == "zones.a: it is empty."
    asked = InputError("a", "unknown key", "Did you mean 'b'?")
    assert str(asked) == "a: unknown key. Did you mean 'b'?"


@pytest.mark.parametrize("kind", EVERY)
def test_an_error_comes_back_from_a_worker_as_it_was(kind: type[LandcoverError]) -> None:
    error = kind("scene S2", "it is cut short", "Fetch it again")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert str(back) == str(error)
    assert back.where == "scene S2"


def test_exit_codes_are_those_drawn_in_the_tree() -> None:
    drawn = dict(re.findall(r"(\w+Error) +([12-])(?: |$)", errors.__doc__ or "", re.MULTILINE))
    assert drawn["InputError"] == "2"
    assert drawn["DiskFullError"] == "1"
    for kind in [*EVERY, JobError]:
        code = drawn[kind.__name__]
        assert code == "-" or kind.exit_code == int(code)


def test_every_error_is_public() -> None:
    assert {kind.__name__ for kind in EVERY} <= set(errors.__all__)


def test_all_problems_of_a_job_are_told_at_once() -> None:
    problems = (
        Problem("job.yaml", 3, 5, "grid.crs", "'EPSG:1' is no known CRS", "Write EPSG:32635"),
        Problem("job.yaml", 9, 1, "period", "it ends before it starts"),
    )
    error = JobError(problems)
    assert error.exit_code == 2
    assert "job.yaml:3:5: grid.crs: 'EPSG:1' is no known CRS. Write EPSG:32635." in str(error)
    assert "job.yaml:9:1: period: it ends before it starts." in str(error)
    assert pickle.loads(pickle.dumps(error)).problems == problems
