"""The text of a job: places, and every hostile corner of YAML."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.errors import JobError
from landcover.job.nodes import Entry, Place
from landcover.job.text import MAX_BYTES, decode, parse

TOP = Place("j.yaml", 1, 1)


def faults(text: str) -> list[str]:
    """List what is wrong with a text that can be read."""
    return [str(fault.problem()).removeprefix("j.yaml:") for fault in parse(text, TOP)[1]]


def refusal(text: str) -> str:
    """Return why a text cannot be read."""
    with pytest.raises(JobError) as caught:
        parse(text, TOP)
    return str(caught.value).removeprefix("j.yaml:")


def test_every_key_and_value_knows_its_place() -> None:
    node, found = parse("a: 1\nb:\n  - x\n  - {c: 'two'}\n", TOP)
    assert found == []
    assert node.plain == {"a": 1, "b": ["x", {"c": "two"}]}
    assert isinstance(node.value, dict)
    entry = node.value["b"]
    assert isinstance(entry, Entry)
    assert (entry.place.line, entry.place.column) == (2, 1)
    second = entry.node.value[1].value["c"]  # type: ignore[index,union-attr,call-overload]
    assert (second.place.line, second.place.column) == (4, 6)
    assert (second.node.place.line, second.node.place.column) == (4, 9)


def test_a_text_may_begin_elsewhere() -> None:
    node, _ = parse("[1, 2]", Place("--set", 1, 10))
    assert node.place == Place("--set", 1, 10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "a: 1\nb: 2\na: 3\n",
            "3:1: a: the key is given twice, first in line 1. Keep one of them.",
        ),
        ("x: {a: 1, a: 2}\n", "1:11: x.a: the key is given twice, first in line 1."),
        ("a: &here [1]\n", "1:4: a: &here is an anchor. Leave it out."),
        ("a: 1\nb: *a\n", "2:4: b: *a is an alias. Write the value out here."),
        ("<<: *base\n", "1:5: <<: *base is an alias."),
        (
            "a: !!python/object/apply:os.system [ls]\n",
            "1:4: a: !!python/object/apply:os.system is a",
        ),
        ("a: !!int '3'\n", "1:4: a: !!int is a tag."),
        ("a: !mine 3\n", "1:4: a: !mine is a tag."),
        ("? [a, b]\n: 1\n", "1:3: job: a key is not plain text."),
        ("{a: 1}: 2\n", "1:1: job: a key is not plain text."),
        ("a: 012\n", "1:4: a: '012' starts with 0"),
        ("a: {b: [1, 12:30:00]}\n", "1:12: a.b[1]: '12:30:00' looks like a time"),
        ("a: 1e3\n", "1:4: a: '1e3' has an exponent"),
        ('a: "\\ud800"\n', "1:4: a: the text holds half a character."),
    ],
)
def test_faults_stand_at_their_place(text: str, said: str) -> None:
    assert faults(text)[0].startswith(said)


def test_quoted_traps_are_text() -> None:
    node, found = parse("a: '012'\nb: \"12:30:00\"\nc: 'no'\nd: '2024-13-01'\ne: |\n  1e3\n", TOP)
    assert found == []
    assert node.plain == {"a": "012", "b": "12:30:00", "c": "no", "d": "2024-13-01", "e": "1e3\n"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1, 2\n", "2:1: yaml: a square bracket is not closed"),
        ("a: {b: 1\n", "2:1: yaml: a curly bracket is not closed"),
        ("a: 1\n\tb: 2\n", "2:1: yaml: a line is indented with a tab. Indent with spaces."),
        ("a: b: c\n", "1:5: yaml: a colon stands where none can."),
        ("a: 1\n  b: 2\n c: 3\n", "2:4: yaml: a colon stands where none can."),
        ("a: 1\n b: 2\n", "2:3: yaml: a colon stands where none can."),
        ("a: 'x\n", "2:1: yaml: a quote is not closed. Close it."),
        ("a: @x\n", "1:4: yaml: a value starts with a character that must be quoted."),
        ("- a\nb: c\n", "2:1: yaml: the line is not indented like its neighbours."),
        ("a: 1\n---\nb: 2\n", "2:1: yaml: a second document begins. Keep one job a file."),
        ("a: !<x y\n", "1:7: yaml: this is not YAML (while parsing a tag"),
        ("%YAML 9.9\n---\na: 1\n", "1:1: yaml: "),
    ],
)
def test_what_is_no_yaml_is_told_in_plain_words(text: str, said: str) -> None:
    assert refusal(text).startswith(said)


def test_an_alias_bomb_does_not_go_off() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]
    bomb = "\n".join(["l0: &l0 [lol, lol]", *levels])
    began = time.monotonic()
    found = faults(bomb)
    assert time.monotonic() - began < 2
    assert len([line for line in found if "is an alias" in line]) == 90


@pytest.mark.parametrize("text", ["[" * 10_000, "{a: " * 10_000, "{" * 10_000, "- " * 500 + "x"])
def test_depth_is_refused_at_once(text: str) -> None:
    began = time.monotonic()
    said = refusal(text)
    assert "more than 20 deep" in said
    assert time.monotonic() - began < 2


def test_deep_indentation_is_refused() -> None:
    text = "\n".join(f"{' ' * n}a:" for n in range(100))
    assert "more than 20 deep" in refusal(text)


def test_too_many_values_are_refused() -> None:
    assert "more than 50,000 values" in refusal(f"a: [{'1,' * 60_000}]")


def test_a_huge_file_is_refused_by_its_size() -> None:
    with pytest.raises(JobError, match=r"j.yaml:1:1: yaml: the file has more than 1,000,000 bytes"):
        decode("j.yaml", b"#" * (MAX_BYTES + 1))


def test_a_byte_order_mark_is_no_character() -> None:
    assert decode("j.yaml", "\ufeffschema: 1".encode()) == "schema: 1"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("a: 1\nb: R\xe9serve\n".encode("cp1252"), "2:5: yaml: the text is not UTF-8 (byte 0xe9)"),
        ("a: 1\n".encode("utf-16"), "1:1: yaml: the text is not UTF-8 (byte 0xff)"),
        (b"a: 1\nb: x\x00y\n", "2:5: yaml: the text holds the character U+0000"),
        (b"a: \x1b[31m\n", "1:4: yaml: the text holds the character U+001B"),
    ],
)
def test_odd_bytes_are_refused_at_their_place(raw: bytes, said: str) -> None:
    with pytest.raises(JobError) as caught:
        decode("j.yaml", raw)
    assert str(caught.value).startswith(f"j.yaml:{said}")


def outcome(text: str | bytes) -> str:
    """Read anything at all; return what was said, if it was refused."""
    try:
        parse(text if isinstance(text, str) else decode("j.yaml", text), TOP)
    except JobError as error:
        return str(error)
    return "j.yaml:1:1: "


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_one_sentence(raw: bytes) -> None:
    assert re.match(r"j\.yaml:\d+:\d+: ", outcome(raw))
    assert "\n" not in outcome(raw)


@given(st.text(alphabet="ab:-{}[], \n\t'\"#&*!|>%@`?0123456789", max_size=120))
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    assert re.match(r"j\.yaml:\d+:\d+: ", outcome(text))
    assert "\n" not in outcome(text)
