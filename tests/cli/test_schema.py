"""`landcover schema`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from landcover import job

Call = Callable[..., Any]


def test_the_schema_is_printed(call: Call) -> None:
    ended = call("schema")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == json.loads(json.dumps(job.schema()))


def test_the_reference_is_printed(call: Call) -> None:
    assert call("schema", "--document").out == job.document()
