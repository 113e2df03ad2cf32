"""A job whose catalog wants a login or a token in its address: no file and no message shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PASSWORD, TOKEN = "passwordThatNobodySees", "tokenThatNobodySees"


@pytest.fixture
def address(own_study: Any, faulty: Any, at_once: None) -> str:
    """Serve an ItemCollection whose files lie beside it; its address holds both."""
    scenes: Path = own_study.world.folder / "scenes"
    items = []
    for path in sorted(scenes.glob("*/*.json")):
        item = json.loads(path.read_text("utf-8"))
        for asset in item["assets"].values():
            asset["href"] = f"{path.parent.name}/{Path(asset['href']).name}?token={TOKEN}"
        items.append(item)
    items[3]["assets"]["red"]["href"] = f"no-such-file.tif?token={TOKEN}"
    listing = {"type": "FeatureCollection", "features": items}
    (scenes / "items.json").write_text(json.dumps(listing), "utf-8")
    where = faulty(scenes).address.removeprefix("http://")
    return f"http://ann:{PASSWORD}@{where}/items.json?token={TOKEN}"


def test_no_file_holds_them(own_study: Any, address: str) -> None:
    ended = own_study.run(sources=[{"sensor": "sentinel-2-l2a", "catalog": address}])
    assert ended.code == 3
    told = "\n".join([*ended.notes, *ended.heard.said])
    for path in ended.out.rglob("*"):
        told += path.read_bytes().decode("latin-1") if path.is_file() else ""
    assert "no-such-file.tif" in told
    assert PASSWORD not in told
    assert TOKEN not in told
