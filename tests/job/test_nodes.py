"""Paths through the tree of a job."""

from __future__ import annotations

import pytest

from landcover.job.nodes import Entry, Node, Place, describe, find, graft, spell

HERE = Place("job.yaml", 1, 1)


def node(value: object) -> Node:
    """Make a tree from plain values."""
    if isinstance(value, dict):
        return Node(HERE, {key: Entry(HERE, node(one)) for key, one in value.items()})
    if isinstance(value, list):
        return Node(HERE, tuple(node(one) for one in value))
    return Node(HERE, value)  # type: ignore[arg-type]


def test_plain_gives_the_values_back() -> None:
    tree = {"a": [1, {"b": None}], "c": "text", "d": True}
    assert node(tree).plain == tree


def test_spell_writes_paths_as_authors_do() -> None:
    assert spell(("zones", "sites", "rings_m", 1)) == "zones.sites.rings_m[1]"
    assert spell(()) == ""


def test_find_skips_steps_that_the_text_does_not_have() -> None:
    tree = node({"every": [{"start": 1}]})
    taken, found = find(tree, ("every", "tuple[ListedPeriod, ...]", 0, "start"))
    assert taken == ("every", 0, "start")
    assert found.plain == 1


@pytest.mark.parametrize(
    ("path", "result"),
    [
        (("a", "b"), {"a": {"b": 9}, "list": [1, 2]}),
        (("new", "deep"), {"a": {"b": 1}, "list": [1, 2], "new": {"deep": 9}}),
        (("list", 1), {"a": {"b": 1}, "list": [1, 9]}),
        (("list", 2), {"a": {"b": 1}, "list": [1, 2, 9]}),
        (("list", 2, "x"), {"a": {"b": 1}, "list": [1, 2, {"x": 9}]}),
        (("a",), {"a": 9, "list": [1, 2]}),
    ],
)
def test_graft_changes_one_place(path: tuple[str | int, ...], result: object) -> None:
    before = node({"a": {"b": 1}, "list": [1, 2]})
    assert graft(before, path, node(9)).plain == result
    assert before.plain == {"a": {"b": 1}, "list": [1, 2]}


@pytest.mark.parametrize("path", [("list", 3), ("list", "x"), ("a", 0), ("a", "b", "c")])
def test_graft_refuses_places_that_cannot_be(path: tuple[str | int, ...]) -> None:
    with pytest.raises(KeyError):
        graft(node({"a": {"b": 1}, "list": [1, 2]}), path, node(9))


def test_describe_shows_values_shortly() -> None:
    assert describe("a") == "'a'"
    assert describe(None) == "nothing"
    assert describe(True) == "true"
    assert describe({"a": 1}) == "a table of keys"
    assert describe([1]) == "a list"
    assert len(describe("x" * 1000)) < 70
