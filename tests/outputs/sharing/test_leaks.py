"""The last door: an id is found whatever file it hides in."""

from __future__ import annotations

import zipfile
from pathlib import Path

from landcover.outputs.sharing.leaks import leaks

WORDS = ("MC0001", "Mine of Kibali", "12345", "MC2")


def test_ids_are_found_in_names_bytes_and_zips(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.csv").write_text("id\nMC0001\n", "utf-8")
    (tmp_path / "MC0001.png").write_bytes(b"png")
    with zipfile.ZipFile(tmp_path / "p.qgz", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("p.qgs", "<a>" * 50 + "MC0001_0-500m")
    (tmp_path / "fine.csv").write_text("Mine of Kibali,12345,MC2,MC0002\n", "utf-8")
    (tmp_path / "empty.csv").write_bytes(b"")
    assert leaks(tmp_path, WORDS) == ("MC0001.png", "p.qgz", "tables/a.csv")


def test_words_that_anybody_may_use_are_not_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Mine of Kibali 12345 MC2", "utf-8")
    assert leaks(tmp_path, WORDS[1:]) == ()
