"""What a job reads is brought first; then it runs without network, and so do other jobs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pystac
import pytest
import rasterio
from shapely.affinity import scale
from shapely.geometry import mapping, shape

from landcover import fetching, pipeline
from landcover import job as jobs
from landcover.cli import main
from landcover.errors import DiskFullError, FolderError, InputError, ZoneError
from landcover.model import Note
from landcover.raster import remote
from landcover.raster.blocks import Rect
from landcover.raster.depot import Want
from landcover.raster.store import Store
from landcover.synthetic import country, dates

pytestmark = pytest.mark.slow

Same = Callable[..., None]
DAYS = dates(date(2021, 8, 3), date(2022, 6, 1), 30)
"""Ten dates, either side of the change of baseline of 25 January 2022."""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, study_in: Any) -> tuple[Any, Path]:
    """Return a study of a small country, and what a run of it on this machine gives."""
    study = study_in(tmp_path_factory.mktemp("fetched"), country((150, 170)), DAYS)
    ended = study.run()
    assert ended.code == 0
    return study, ended.out


@pytest.fixture
def calm(whole: tuple[Any, Path]) -> Path:
    """Return the results of an undisturbed run."""
    return whole[1]


@pytest.fixture
def own_study(whole: tuple[Any, Path], tmp_path: Path) -> Any:
    """Return a study with its own copy of the country."""
    world = replace(whole[0].world, folder=tmp_path / "world")
    shutil.copytree(whole[0].world.folder, world.folder)
    return replace(whole[0], world=world, folder=tmp_path)


@pytest.fixture
def server(own_study: Any, faulty: Any, at_once: None) -> Any:
    """Serve the scenes; the catalog stays on this machine, and names them there."""
    scenes = own_study.world.folder / "scenes"
    made = faulty(scenes)
    for path in scenes.rglob("*.json"):
        item = json.loads(path.read_text("utf-8"))
        for asset in item.get("assets", {}).values():
            file = (path.parent / asset["href"]).resolve().relative_to(scenes.resolve())
            asset["href"] = f"{made.address}/{file.as_posix()}"
        path.write_text(json.dumps(item), "utf-8")
    return made


def fetch(study: Any, out: str = "out", heard: Any = None, **changes: Any) -> fetching.Brought:
    """Bring what a study's job reads into its store."""
    job = jobs.load(study.job(**changes))
    return fetching.fetch(job, study.folder / out, study.folder / "store", progress=heard)


def run(study: Any, out: str = "out", offline: bool = False, **changes: Any) -> pipeline.Result:
    """Run a study's job with its store."""
    changes = {**changes, "run": {"scheduler": study.scheduler}}
    job, folder = jobs.load(study.job(**changes)), study.folder
    return pipeline.run(job, folder / out, offline=offline, store=folder / "store")


def held(study: Any) -> set[tuple[str, int]]:
    """List the blocks in a study's store."""
    store, found = Store(study.folder / "store"), set()
    for index in store.root.glob("index/*/*.json"):
        kept = store.marked(index.stem)
        assert kept is not None
        found |= {(kept.href, number) for number in kept.places}
    return found


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, int]]:
    """Note every stored block that is read of a remote file."""
    noted: set[tuple[str, int]] = set()
    real = remote.RemoteFile.read

    def spied(self: Any, band: int, window: Any, out: Any) -> None:
        header = self._opening.header
        rect = Rect(window.row_off, window.col_off, window.height, window.width)
        numbers = Want("", rect).numbers(header)
        noted.update((self._href, number) for number in numbers if header.parts(number))
        real(self, band, window, out)

    monkeypatch.setattr(remote.RemoteFile, "read", spied)
    return noted


@pytest.mark.parametrize("rate", [pytest.param(0.0, marks=pytest.mark.slow), 0.3])
def test_the_same_bytes_once_the_server_is_gone(
    own_study: Any, server: Any, calm: Path, same: Same, rate: float
) -> None:
    server.faults.rate = rate
    found = fetch(own_study)
    assert (found.exit_code, found.failures) == (0, ())
    assert found.brought_bytes > 1e5
    server.stop()
    ended = run(own_study, offline=True)
    assert ended.exit_code == 0
    same(ended.out, calm)


def test_exactly_the_blocks_that_a_run_reads(
    own_study: Any, server: Any, read: set[tuple[str, int]]
) -> None:
    fetch(own_study)
    brought = held(own_study)
    assert read == brought
    read.clear()
    # a run without a store reads the same: pixels that are asked for their offset, then tiles
    assert own_study.run("other").code == 0
    assert read == brought


def test_a_second_job_over_the_same_place_reads_nothing_remote(
    own_study: Any, server: Any, read_table: Any
) -> None:
    fetch(own_study)
    server.asked.clear()
    other: dict[str, Any] = {
        "name": "other",
        "zones": {"territories": None, "specks": None},
        "period": [2021, 2021],
        "products": {"composite": {"index": ["ndvi"], "every": "quarter", "statistic": ["mean"]}},
    }
    ended = run(own_study, "other", **other)
    assert ended.exit_code == 0
    assert server.asked == []
    assert read_table(ended.out, "zone_series")["count"].sum() > 0
    again = fetch(own_study, "third", **other)
    assert again.brought_bytes == 0
    # one byte of each file tells that it is still the same
    assert {span for _, span in server.asked} == {"bytes=0-0"}
    assert max(Counter(server.asked).values()) == 1


def test_a_fetch_that_was_stopped_goes_on(
    own_study: Any, server: Any, calm: Path, same: Same
) -> None:
    class Stopping:
        """A watcher that presses Ctrl-C in the midst."""

        left = 15

        def begin(self, step: str, total: int, done: int) -> None:
            assert total > self.left

        def say(self, text: str) -> None:
            """Hear."""

        def advance(self, step: str, entry: Any) -> None:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

    server.faults.rate = 0.3
    with pytest.raises(KeyboardInterrupt):
        fetch(own_study, heard=Stopping())
    journals = sorted((own_study.folder / "store").glob("index/*/*.part"))
    assert len(journals) > 5
    store = Store(own_study.folder / "store")
    there = {path: store.marked(path.stem) for path in journals}
    spans = {
        (f"/{kept.href.split('/', 3)[3]}", at)
        for kept in there.values()
        if kept is not None
        for number in kept.places
        for at, _ in kept.header.parts(number)
    }
    with journals[3].open("ab") as file:
        file.write(b"LCB1 cut short")  # as a power cut leaves it
    server.asked.clear()
    found = fetch(own_study)
    assert found.exit_code == 0
    asked_again = {(path, int(span[6:].partition("-")[0])) for path, span in server.asked}
    assert spans
    assert not spans & asked_again
    server.stop()
    same(run(own_study, offline=True).out, calm)


@pytest.mark.parametrize("how", ["killed", "Ctrl-C"])
@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT as a POSIX terminal does")
def test_a_program_that_is_ended_goes_on(
    own_study: Any, server: Any, calm: Path, same: Same, how: str
) -> None:
    server.faults.latency_s = 0.05
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # else it hears no Ctrl-C
    store = own_study.folder / "store"
    command = [sys.executable, "-m", "landcover", "fetch", str(own_study.job()), "--out",
               str(own_study.folder / "out"), "--store", str(store)]  # fmt: skip
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    signal.signal(signal.SIGINT, before)
    until = time.monotonic() + 60
    while len(list(store.glob("index/*/*.part"))) < 10 and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT if how == "Ctrl-C" else signal.SIGKILL)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == (130 if how == "Ctrl-C" else -signal.SIGKILL)
    if how == "Ctrl-C":
        assert "Traceback" not in said
        assert said.splitlines()[-1].startswith("landcover: interrupted. What is finished is kept")
    assert len(list(store.glob("index/*/*.part"))) >= 10
    server.faults.latency_s, server.faults.rate = 0.0, 0.3
    assert fetch(own_study).exit_code == 0
    server.stop()
    same(run(own_study, offline=True).out, calm)


def test_a_file_that_was_replaced_is_brought_anew(
    own_study: Any, server: Any, calm: Path, same: Same
) -> None:
    fetch(own_study)
    path = next(path for path, _ in server.asked if "B04" in path)
    server.etags[path] = '"new"'
    server.asked.clear()
    found = fetch(own_study)
    assert found.changed == (server.address + path,)
    assert {one for one, span in server.asked if span != "bytes=0-0"} == {path}
    server.stop()
    same(run(own_study, offline=True).out, calm)


def test_a_damaged_file_is_never_read_and_is_brought_anew(
    own_study: Any, server: Any, calm: Path, same: Same, read_table: Any
) -> None:
    fetch(own_study)
    store = Store(own_study.folder / "store")
    href = next(href for href, _ in sorted(held(own_study)) if "B04" in href)
    file = store.root / str(store.file_of(href))
    data = bytearray(file.read_bytes())
    data[-40] ^= 0xFF  # within the last block
    file.write_bytes(data)
    ended = run(own_study, offline=True)
    assert ended.exit_code == 3
    reason = read_table(ended.out, "failures")["reason"].iloc[0]
    assert "bring it with `landcover fetch`" in reason
    found = fetch(own_study)
    assert found.damaged == (href,)
    server.stop()
    ended = run(own_study, offline=True)
    assert ended.exit_code == 0
    same(ended.out, calm)


def test_online_a_damaged_block_comes_from_its_server(
    own_study: Any, server: Any, calm: Path, same: Same
) -> None:
    fetch(own_study)
    for file in (own_study.folder / "store").glob("items/*/*/*.tif"):
        data = bytearray(file.read_bytes())
        data[-40] ^= 0xFF
        file.write_bytes(data)
    ended = run(own_study)
    assert ended.exit_code == 0
    same(ended.out, calm)


def test_what_was_not_brought_is_an_error_and_never_a_number(
    own_study: Any, server: Any, read_table: Any
) -> None:
    fetch(own_study, period=[2021, 2021])
    server.stop()
    ended = run(own_study, offline=True)
    assert ended.exit_code == 3
    failures = read_table(ended.out, "failures")
    assert failures["scene"].nunique() > 2
    assert failures["reason"].str.contains("bring it with `landcover fetch`").all()
    series = read_table(ended.out, "zone_series")
    assert series["date"].str.startswith("2021").all()


def test_a_dead_file_is_named_and_the_rest_is_there(
    own_study: Any, server: Any, calm: Path, same: Same
) -> None:
    scene = sorted(path for path in server.folder.iterdir() if path.is_dir())[3]
    server.faults.dead = f"{scene.name}/B08"
    found = fetch(own_study)
    assert found.exit_code == 3
    assert {failure.scene for failure in found.failures} == {scene.name}
    assert {failure.band for failure in found.failures} == {"nir"}
    server.faults.dead = ""
    remote.rest()
    assert fetch(own_study).exit_code == 0
    server.stop()
    same(run(own_study, offline=True).out, calm)


def test_a_scene_that_failed_offline_is_read_once_it_was_brought(
    own_study: Any, server: Any, calm: Path, same: Same
) -> None:
    fetch(own_study, period=[2021, 2021])
    assert run(own_study, offline=True).exit_code == 3
    fetch(own_study)
    server.stop()
    ended = run(own_study, offline=True)
    assert ended.exit_code == 0
    same(ended.out, calm)


def test_zones_and_catalog_by_address_are_kept_too(own_study: Any, faulty: Any) -> None:
    world = faulty(own_study.world.folder)
    changes: dict[str, Any] = {
        "zones": {
            "reserves": {"path": f"{world.address}/zones/reserves.geojson"},
            "territories": None,
            "specks": None,
        },
        "sources": [
            {"sensor": "sentinel-2-l2a", "catalog": f"{world.address}/scenes/catalog.json"}
        ],
        "period": [2021, 2021],
    }
    path = own_study.job(**changes)
    text = path.read_text("utf-8").replace(f"{own_study.world.folder}/http:/", "http://")
    path.write_text(text, "utf-8")
    job, folder = jobs.load(path, (f"run.scheduler={own_study.scheduler}",)), own_study.folder
    assert fetching.fetch(job, folder / "out", folder / "store").exit_code == 0
    world.stop()
    assert pipeline.status(job, folder / "out").done == 0  # it names its zones by address, too
    # another folder of results: the store knows what the search found
    ended = pipeline.run(job, folder / "elsewhere", offline=True, store=folder / "store")
    assert ended.exit_code == 0
    with pytest.raises(InputError, match="run landcover fetch first"):
        pipeline.run(job, folder / "third", offline=True)


@pytest.fixture
def by_address(own_study: Any, faulty: Any, at_once: None) -> tuple[Any, Path]:
    """Return a job whose reserves are named by an address, and their file."""
    world = faulty(own_study.world.folder)
    reserves = {"path": f"{world.address}/zones/reserves.geojson"}
    path = own_study.job(
        zones={"reserves": reserves, "territories": None, "specks": None}, period=[2021, 2021]
    )
    text = path.read_text("utf-8").replace(f"{own_study.world.folder}/http:/", "http://")
    path.write_text(text, "utf-8")
    job = jobs.load(path, (f"run.scheduler={own_study.scheduler}",))
    return job, own_study.world.folder / "zones" / "reserves.geojson"


def shrink(path: Path) -> None:
    """Publish zones anew, at half their width and height."""
    table = json.loads(path.read_text("utf-8"))
    for one in table["features"]:
        one["geometry"] = mapping(scale(shape(one["geometry"]), 0.5, 0.5))
    path.write_text(json.dumps(table), "utf-8")


def hectares(out: Path) -> float:
    """Sum up the areas of a run's zones."""
    return float(pd.read_csv(out / "tables" / "zones.csv")["area_ha"].sum())


def moved(notes: Sequence[Note]) -> list[str]:
    """Return what is told of files of zones that changed."""
    return [str(one) for one in notes if "changed since" in one.what]


def test_zones_that_were_published_anew_are_read_anew(
    by_address: tuple[Any, Path], tmp_path: Path
) -> None:
    job, reserves = by_address
    store = tmp_path / "store"
    fetching.fetch(job, tmp_path / "old", store)
    before = pipeline.run(job, tmp_path / "old", store=store)
    assert not moved(before.notes)
    shrink(reserves)
    # the same folder goes on with its own copy; so does a folder without network
    again = pipeline.run(job, tmp_path / "old", store=store)
    offline = pipeline.run(job, tmp_path / "off", store=store, offline=True)
    assert hectares(again.out) == hectares(offline.out) == hectares(before.out)
    about, _ = pipeline.plan(job, tmp_path / "planned", store=store)
    assert "zones may have moved" in str(moved(about.zones.notes))
    new = pipeline.run(job, tmp_path / "new", store=store)
    assert len(moved(new.notes)) == 1
    assert hectares(new.out) < 0.5 * hectares(before.out)
    fresh = pipeline.run(job, tmp_path / "old", store=store, fresh=True)
    assert len(moved(fresh.notes)) == 1
    assert hectares(fresh.out) == hectares(new.out)
    # the store has the new ones now, and a fetch brings what they need
    shrink(reserves)
    fetching.fetch(job, tmp_path / "again", store)
    assert "zones may have moved" in (tmp_path / "again" / "run.log").read_text("utf-8")
    carried = pipeline.run(job, tmp_path / "carried", store=store, offline=True)
    assert hectares(carried.out) < hectares(new.out)


def test_a_server_of_zones_that_is_gone_or_gives_something_else(
    by_address: tuple[Any, Path], tmp_path: Path
) -> None:
    job, reserves = by_address
    store = tmp_path / "store"
    fetching.fetch(job, tmp_path / "old", store)
    kept = {path: path.read_bytes() for path in (store / "downloads").iterdir()}
    good = reserves.read_bytes()
    reserves.write_text("<html>log in here</html>", "utf-8")
    with pytest.raises(ZoneError):
        pipeline.run(job, tmp_path / "old", store=store, fresh=True)
    assert {path: path.read_bytes() for path in (store / "downloads").iterdir()} == kept
    own = tmp_path / "old" / ".work" / "downloads"
    assert good in [path.read_bytes() for path in own.iterdir()]
    reserves.unlink()
    ended = pipeline.run(job, tmp_path / "new", store=store)
    assert ended.exit_code == 0
    assert any("0 days old" in one.what and "404" in one.what for one in ended.notes)


def test_the_store_is_a_catalog_of_its_own(
    own_study: Any, server: Any, calm: Path, same: Same
) -> None:
    fetch(own_study)
    server.stop()
    store = own_study.folder / "store"
    catalog = pystac.Catalog.from_file(str(store / "catalog.json"))
    items = list(catalog.get_items(recursive=True))
    assert len(items) == len(list(server.folder.glob("*/*.json")))
    for item in items:
        for asset in item.get_assets().values():
            with rasterio.open(asset.get_absolute_href()) as source:
                assert source.block_shapes == [(64, 64)]
                assert list(source.shape) == asset.extra_fields["proj:shape"]
    sources = [{"sensor": "sentinel-2-l2a", "catalog": str(store / "catalog.json")}]
    ended = own_study.run("from-store", sources=sources)
    assert ended.code == 0
    same(ended.out, calm)


def test_a_job_over_the_store_of_another_place_fails_loudly(
    own_study: Any, server: Any, read_table: Any
) -> None:
    """The reserve's blocks alone are held: a territory beyond it must not read as cloud-free 0."""
    fetch(own_study, zones={"territories": None, "specks": None})
    sources = [{"sensor": "sentinel-2-l2a", "catalog": str(own_study.folder / "store")}]
    ended = own_study.run("wide", sources=sources)
    assert ended.code == 3
    reasons = read_table(ended.out, "failures")["reason"]
    assert reasons.str.contains("bring it with `landcover fetch`").all()


def test_no_token_is_kept(own_study: Any, server: Any) -> None:
    secret = "sv=2023-01-03&se=2030-01-01&sp=r&sr=c&sig=c2VjcmV0"
    for path in (own_study.world.folder / "scenes").glob("*/*.json"):
        text = path.read_text("utf-8").replace('.tif"', f'.tif?{secret}"')
        path.write_text(text, "utf-8")
    found = fetch(own_study, period=[2021, 2021])
    assert found.exit_code == 0
    assert held(own_study)
    files = [path for path in own_study.folder.glob("[so]*/**/*") if path.is_file()]
    assert len(files) > 20
    assert not [path for path in files if b"c2VjcmV0" in path.read_bytes()]


def test_no_room_is_told_before_anything_comes(
    own_study: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(own_study.folder)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DiskFullError, match=r"MB are to be brought, and its disk has 0\.0 MB left"):
        fetch(own_study)


def test_a_folder_of_something_else_is_refused(own_study: Any, server: Any) -> None:
    (own_study.folder / "store").mkdir()
    (own_study.folder / "store" / "thesis.doc").write_text("mine", "utf-8")
    with pytest.raises(FolderError, match="holds other files, and is no store"):
        fetch(own_study)


def test_the_verb(own_study: Any, server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    job = own_study.job(
        period=[2021, 2021], run={"bandwidth_mbps": 10, "scheduler": own_study.scheduler}
    )
    assert main(["fetch", str(job), "--json"]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert found["exit_code"] == 0
    assert found["store"] == str(own_study.folder / "landcover-store")
    assert found["brought_bytes"] == found["held_bytes"] > 0
    assert "MB of" in told.err
    assert "min at 10 Mbit/s" in told.err
    assert main(["fetch", str(job), "--quiet"]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == found["store"]
    server.stop()
    assert main(["run", str(job), "--offline", "--quiet"]) == 0


def test_no_file_of_the_store_names_another_folder(own_study: Any, server: Any) -> None:
    """It can be carried to another machine on a disk."""
    fetch(own_study)
    store = own_study.folder / "store"
    files = [*store.glob("items/**/*.json"), *store.glob("index/*/*.json")]
    assert len(files) > 30
    assert not [one for one in files if str(own_study.folder) in one.read_text("utf-8")]
