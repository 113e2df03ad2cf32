"""What is committed holds no path of a machine, no registry's address and no secret."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

# Written in pieces, so that this file passes its own test. Ann is nobody: a path to hide in tests.
PATTERNS = {
    "a machine's path": r"(?<![\w.~$}>-])/(?:work|tmp|root|home/(?!ann/)\w+|Users/\w+)/" + r"\w",
    "a Windows user's path": r"[A-Za-z]:\\+Users\\+" + r"\w",
    "a registry's address": "|".join(
        [r"pypi" + r"\.org", r"python" + r"hosted\.org", r"npm" + r"js\.org", r"index" + r"[-_]url"]
    ),
    "a document that is not in this repository": r"\bDESIGN\.m" + r"d\b|\bfacts/",
    "a private key": r"BEGIN [A-Z ]*PRIVATE" + r" KEY",
    "an access key": r"\b(?:AKIA|ASIA)" + r"[0-9A-Z]{16}\b",
    "a token": r"\b(?:ghp|gho|glpat|xox[abp])" + r"[_-][A-Za-z0-9_-]{20,}",
    "a signed web token": r"\beyJ[\w-]{20,}\." + r"eyJ[\w-]{20,}\.",
}
BINARY = (".tif", ".gpkg", ".png", ".parquet", ".xlsx", ".npz", ".zip", ".kmz", ".qgz")
LARGEST_FILE = 1_000_000
"""Bytes: what is larger is data, and is made, not committed."""


def findings(text: str) -> Iterator[str]:
    """Yield what a file must not hold, with its line."""
    for what, pattern in PATTERNS.items():
        for match in re.finditer(pattern, text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"line {line}: {what}: {match.group()}"


@pytest.fixture(scope="module")
def tracked(root: Path) -> list[Path]:
    """Return the committed files of the checkout."""
    if shutil.which("git") is None or not (root / ".git").exists():
        pytest.skip("this is not a git checkout")
    out = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True)
    names = out.stdout.decode().rstrip("\0").split("\0")
    return [root / name for name in names if (root / name).is_file()]


def test_no_path_registry_or_secret_is_committed(tracked: list[Path], root: Path) -> None:
    wrong = []
    for path in tracked:
        if path.suffix not in BINARY:
            text = path.read_text("utf-8")
            wrong += [f"{path.relative_to(root)}: {finding}" for finding in findings(text)]
    assert wrong == []


def test_no_data_is_committed(tracked: list[Path]) -> None:
    assert [path.name for path in tracked if path.stat().st_size > LARGEST_FILE] == []


def test_the_constraints_pin_every_package_once(root: Path) -> None:
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][\w.]*", pin) for pin in pins)
    names = [pin.split("==")[0].lower().replace("_", "-") for pin in pins]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("out = '" + "/ho" + "me/ana/out'", True),
        ("cp x " + "/tm" + "p/x", True),
        ("https://host.example/" + "tm" + "p/x", False),
        ("data/" + "wor" + "k/x", False),
        ("AKIA" + "ABCDEFGHIJKLMNOP", True),
        ("--index" + "-url https://host.example", True),
        ("landcover run okapi.yaml", False),
    ],
)
def test_what_must_not_be_committed_is_seen(text: str, found: bool) -> None:
    assert bool(list(findings(text))) is found
