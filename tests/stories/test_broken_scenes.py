"""Two scenes broken on purpose cost themselves only, are named, and are read once repaired."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landcover.cli import main
from landcover.synthetic import broken
from landcover.synthetic.stac import write_catalog

Same = Callable[..., None]


def scenes_of(folder: Path) -> list[Path]:
    """Return the folders of the scenes, by date."""
    return sorted(path for path in (folder / "scenes").iterdir() if path.is_dir())


@pytest.fixture
def broken_two(own_study: Any, tmp_path: Path) -> tuple[Any, Path, Path]:
    """Break two scenes; return the study and the two scenes."""
    first, second = (scenes_of(own_study.world.folder)[number] for number in (3, 10))
    shutil.copytree(own_study.world.folder / "scenes", tmp_path / "whole")
    broken.truncated(first, "red")
    broken.vrt_in_disguise(second, "nir", second / "B04.tif")
    return own_study, first, second


def without(study: Any, *scenes: Path, out: str) -> Any:
    """Run the job over a catalog that never had some scenes."""
    folder = study.world.folder / "fewer"
    shutil.copytree(study.world.folder / "scenes", folder)
    for scene in scenes:
        shutil.rmtree(folder / scene.name)
    items = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*/*.json"))]
    write_catalog(folder, items)
    source = {"sensor": "sentinel-2-l2a", "catalog": "fewer/catalog.json"}
    return study.run(out, sources=[source])


def test_they_are_named_and_cost_themselves_only(
    broken_two: Any, same: Same, read_table: Callable[..., Any]
) -> None:
    study, first, second = broken_two
    # a file cut in half still has its first blocks: cut it where none is whole
    path = first / "B04.tif"
    path.write_bytes(path.read_bytes()[:2000])
    ended = study.run()
    assert ended.code == 3
    failures = read_table(ended.out, "failures")
    assert set(failures["scene"]) == {first.name, second.name}
    assert set(failures.set_index("scene").loc[[first.name], "band"]) == {"red"}
    assert set(failures.set_index("scene").loc[[second.name], "band"]) == {"nir"}
    assert "cannot be opened as GTiff" in failures["reason"].iloc[-1]
    fewer = without(study, first, second, out="fewer-out")
    assert fewer.code == 0
    same(ended.out, fewer.out, ())
    # the two dates have no row: what could not be read was not observed
    series, less = (read_table(one.out, "zone_series") for one in (ended, fewer))
    kept = series[series["date"].isin(set(less["date"]))].reset_index(drop=True)
    assert kept.equals(less)
    gone = series[~series["date"].isin(set(less["date"]))]
    assert (gone["count"] == 0).all(), "only zones under cloud alone, where nothing was to read"
    assert len(gone) < 2 * series["zone_id"].nunique(), "what could not be read is not cloud"


def test_a_file_cut_in_half_costs_the_tiles_that_need_the_rest(
    broken_two: Any, read_table: Callable[..., Any], manifest: Callable[..., Any]
) -> None:
    study, first, _ = broken_two
    ended = study.run()
    assert ended.code == 3
    failures = read_table(ended.out, "failures")
    tiles = failures.groupby("scene")["tile"].nunique()
    assert 1 <= tiles[first.name] < len(manifest(ended.out))
    assert all(str(scene) in (ended.out / "run.json").read_text("utf-8") for scene in tiles.index)


def test_repaired_files_are_read_at_the_next_run(
    broken_two: Any, tmp_path: Path, calm: Path, same: Same, read_table: Callable[..., Any]
) -> None:
    study, first, second = broken_two
    assert study.run().code == 3
    still = study.run()
    assert (still.code, still.heard.made) == (3, [])
    shutil.copytree(tmp_path / "whole" / first.name, first, dirs_exist_ok=True)
    one = study.run()
    assert one.code == 3
    assert "a scene that had failed can be read now" in one.heard.text
    assert set(read_table(one.out, "failures")["scene"]) == {second.name}
    shutil.copytree(tmp_path / "whole" / second.name, second, dirs_exist_ok=True)
    both = study.run()
    assert both.code == 0
    assert len(read_table(both.out, "failures")) == 0
    same(both.out, calm)


def test_on_the_command_line(broken_two: Any, capfd: pytest.CaptureFixture[str]) -> None:
    study, _, _ = broken_two
    path = study.job(run={"scheduler": study.scheduler})
    assert main(["run", str(path), "--out", str(study.folder / "out"), "-q"]) == 3
    said = capfd.readouterr().err
    assert "failures.csv" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "name",
    [
        "without_file",
        pytest.param("without_asset", marks=pytest.mark.slow),
        pytest.param("without_projection", marks=pytest.mark.slow),
        pytest.param("wrong_shape", marks=pytest.mark.slow),
        pytest.param("huge_sparse", marks=pytest.mark.slow),
        pytest.param("huge_block", marks=pytest.mark.slow),
    ],
)
def test_other_faults_cost_one_scene(
    own_study: Any, name: str, read_table: Callable[..., Any]
) -> None:
    scene = scenes_of(own_study.world.folder)[5]
    getattr(broken, name)(scene)
    ended = own_study.run()
    assert ended.code == 3
    assert set(read_table(ended.out, "failures")["scene"]) == {scene.name}
