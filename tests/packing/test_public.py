"""What the public gets of a run with secret mines: searched file by file."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio

from landcover import job as jobs
from landcover.outputs.sharing.reading import words_of
from landcover.packing import Packed, pack
from tests.outputs.report.reading import Page, facts

pytestmark = pytest.mark.slow  # whole parcels are made

TOLD = {
    "sites_sites.csv", "zones.gpkg", "patches.csv", "patches.gpkg", "disturbance.tif",
    "context.gpkg",
}  # fmt: skip
"""Files of the run in which places near mines stand."""

AllText = Callable[[Path], Iterator[tuple[str, str]]]


@pytest.fixture(scope="module")
def withheld(secret: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Packed, Path]:
    """Return the parcel of a job that withholds positions, and a folder for what is in it."""
    folder = tmp_path_factory.mktemp("withheld")
    job = jobs.load(secret.path, ("share.positions=withheld",))
    out = Path(shutil.copytree(secret.out, folder / "out"))
    return pack(job, out, folder / "parcel.zip", public=True, pictures=True), folder / "unpacked"


@pytest.fixture(scope="module")
def unpacked(withheld: tuple[Packed, Path], searcher: Any) -> tuple[Path, list[str]]:
    """Return the parcel's files, and those in which a mine's place was found."""
    packed, folder = withheld
    found = searcher.found_in(packed.path, folder)
    return folder / "secret", found


def test_no_file_tells_a_place_within_a_kilometre_of_a_mine(
    unpacked: tuple[Path, list[str]],
) -> None:
    assert unpacked[1] == []


def test_the_search_finds_what_there_is_to_find(secret: Any, searcher: Any) -> None:
    found = {Path(name).name for name in searcher.found_below(secret.out)}
    assert found >= TOLD


@pytest.mark.slow
def test_exact_positions_are_what_the_job_asked_for(
    secret: Any, searcher: Any, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(secret.out, tmp_path / "out"))
    job = jobs.load(secret.path, ("share.positions=exact",))
    packed = pack(job, out, tmp_path / "open.zip", public=True)
    found = {Path(name).name for name in searcher.found_in(packed.path, tmp_path / "open")}
    assert found >= TOLD
    assert packed.secret == ()


def test_no_file_has_an_id_a_name_a_column_or_a_path(
    unpacked: tuple[Path, list[str]], secret: Any, all_text: AllText
) -> None:
    words = [*secret.mines, "Carrière", "mineral1", "cassiterite", "phone_of_chief", "243 970"]
    words += [str(secret.path.parent), "sites.csv", "M\\u00c", "rings_m:\n      - 2000"]
    seen = {(name, word) for name, text in all_text(unpacked[0]) for word in words if word in text}
    assert seen == set()


def test_no_file_says_how_far_a_mine_is_from_a_reserve(
    unpacked: tuple[Path, list[str]], secret: Any, all_text: AllText
) -> None:
    table = pd.read_csv(secret.out / "tables" / "zones.csv", dtype={"parent": str})
    rings = table[table["parent"].isin(list(secret.mines))].drop_duplicates("parent")
    away = rings["reserve_distance_m"].tolist()
    assert len(away) == len(secret.mines)
    told = [metres for metres in away if metres > 0]
    assert told
    words = [f"{metres:.{digits}f}" for metres in told for digits in (1, 2, 3)]
    seen = {(name, word) for name, text in all_text(unpacked[0]) for word in words if word in text}
    assert seen == set()
    # no site is left, so that the column itself is gone
    assert "reserve_distance_m" not in pd.read_csv(unpacked[0] / "tables" / "zones.csv")


def test_it_lacks_what_would_repeat_the_run_or_tell_of_points(
    unpacked: tuple[Path, list[str]],
) -> None:
    folder = unpacked[0]
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"PARCEL.txt", "job.yaml", "scenes.json", "zones.gpkg", "run.json"} <= names
    assert not {name for name in names if name.startswith(("points", ".work"))}
    assert "run.log" not in names
    assert "inputs/reserves_reserves.geojson" in names
    listed = json.loads((folder / "inputs" / "inputs.json").read_text("utf-8"))["inputs"]
    assert [one["role"] for one in listed] == ["zones.reserves", "zones.territories"]
    assert "sites" not in json.loads(json.dumps(jobs_of(folder)))["zones"]
    pages = [*folder.glob("README.html"), *folder.glob("report.*.html")]
    assert len(pages) > 1
    assert [page.name for page in pages if "--locked" in page.read_text("utf-8")] == []


def jobs_of(folder: Path) -> Any:
    """Read the job of a parcel."""
    import yaml

    return yaml.safe_load((folder / "job.yaml").read_text("utf-8"))


def test_the_job_says_why_its_positions_are_exact(unpacked: tuple[Path, list[str]]) -> None:
    assert jobs_of(unpacked[0])["share"]["positions"] == "exact"
    text = (unpacked[0] / "job.yaml").read_text("utf-8")
    comment = " ".join(line[2:] for line in text.splitlines() if line.startswith("# "))
    assert "made coarse or withheld before it was written" in comment
    assert "retenues avant son écriture" in comment


def test_the_report_writes_hectares_of_mines_as_they_are_kept(
    unpacked: tuple[Path, list[str]],
) -> None:
    page = Page((unpacked[0] / "report.fr.html").read_text("utf-8"))
    told = [
        text
        for _, text, _, row, column in facts(page)
        if row.get("group") == "sites" and "/" not in column
    ]
    assert len(told) > 10
    assert [one for one in told if re.search(r",\d\d", one)] == []


@pytest.mark.parametrize("name", ["disturbance_kinds", "disturbance_area"])
def test_hectares_of_mines_make_up_their_totals(
    unpacked: tuple[Path, list[str]], name: str
) -> None:
    kinds = pd.read_csv(unpacked[0] / "tables" / f"{name}.csv")
    rings = kinds[(kinds["kind"] == "ring") & kinds["disturbed_ha"].notna()]
    assert rings["disturbed_ha"].max() > 0
    for parts in (("confirmed", "provisional", "low"), ("abrupt", "gradual", "recovering")):
        sums = rings[[f"{one}_ha" for one in parts]].sum(axis=1)
        np.testing.assert_allclose(sums, rings["disturbed_ha"], atol=1e-9)


def test_rasters_keep_what_lies_elsewhere_as_it_was(
    unpacked: tuple[Path, list[str]], secret: Any
) -> None:
    for path in sorted((unpacked[0] / "rasters").glob("*.tif")):
        with rasterio.open(path) as file, rasterio.open(secret.out / "rasters" / path.name) as run:
            down = round((run.bounds.top - file.bounds.top) / 250)
            across = round((file.bounds.left - run.bounds.left) / 250)
            rows, columns = file.shape
            whole = run.read()[:, down : down + rows, across : across + columns]
            stays = file.dataset_mask() > 0
            np.testing.assert_array_equal(file.read()[:, stays], whole[:, stays])
            assert 0 < stays.sum() < (run.dataset_mask() > 0).sum()


def test_tables_agree_with_those_of_the_run(unpacked: tuple[Path, list[str]], secret: Any) -> None:
    for name in ("zones", "disturbance_area", "disturbance_kinds", "zone_series"):
        whole = pd.read_csv(secret.out / "tables" / f"{name}.csv", dtype=str)
        public = pd.read_csv(unpacked[0] / "tables" / f"{name}.csv", dtype=str)
        mine = whole[whole["zone_id"].isin(["900001", "MC61", "MC62"])]
        same = public[public["zone_id"].isin(["900001", "MC61", "MC62"])]
        columns = [column for column in public if column != "mineral1"]
        assert same[columns].to_csv(index=False) == mine[columns].to_csv(index=False)


def test_it_says_what_is_hidden_in_both_languages(unpacked: tuple[Path, list[str]]) -> None:
    text = (unpacked[0] / "PARCEL.txt").read_text("utf-8")
    assert "Positions of sites are withheld." in text
    assert "ne sont pas communiquées" in text
    run = json.loads((unpacked[0] / "run.json").read_text("utf-8"))
    assert "Positions of sites are withheld. No site is listed." in run["warnings"]


def test_context_is_drawn_where_no_mine_is(unpacked: tuple[Path, list[str]], secret: Any) -> None:
    import pyogrio

    of_run = {str(name) for name, _ in pyogrio.list_layers(secret.out / "context.gpkg")}
    layers = {str(name) for name, _ in pyogrio.list_layers(unpacked[0] / "context.gpkg")}
    assert of_run >= {"place", "other", "road", "border"}
    assert "border" in layers
    assert not layers & {"place", "other", "road"}  # the road leads from mine to mine


def test_report_and_map_say_that_ground_is_left_out(
    unpacked: tuple[Path, list[str]],
) -> None:
    told = {"en": "Ground near sensitive sites", "fr": "Le terrain autour des sites sensibles"}
    for language, words in told.items():
        finding = (unpacked[0] / f"report.{language}.html").read_text("utf-8")
        assert finding.count(words) >= 1 + 3  # the finding, and the caption of each map
        (alone,) = re.findall("<noscript>.*?</noscript>", page_of(unpacked[0], language), re.S)
        assert words in alone[alone.index("<figcaption>") : alone.index("</figcaption>")]
        legend = page_of(unpacked[0], language)
        for name in ("nothing_drawn", "unjudged"):
            key = legend[legend.index(f'"{name}":"') :]
            assert words in key[: key.index('",')]


def test_shapes_project_catalogue_and_readme_say_that_ground_is_left_out(
    unpacked: tuple[Path, list[str]], all_text: AllText
) -> None:
    names = ["patches.gpx", "patches.kml", "collection.json", "README.html"]
    for language in ("en", "fr"):
        names += [f"project.{language}.qgz/project.{language}.qgs", f"report.{language}.html"]
    told = {name: text for name, text in all_text(unpacked[0]) if name in names}
    assert sorted(told) == sorted(names)
    words = re.compile("near sensitive sites|(proches de|autour des) sites sensibles")
    assert [name for name, text in told.items() if not words.search(text)] == []
    assert "No patch of disturbance was mapped" not in told["report.en.html"]


def test_every_row_that_the_report_names_stands_in_the_tables(
    unpacked: tuple[Path, list[str]],
) -> None:
    page = (unpacked[0] / "report.en.html").read_text("utf-8")
    assert "It stands so in the file that is named" in page
    named = set(re.findall(r"(?:parent|zone_id) = (sites_[^\s,;<]+)", page))
    assert named
    for name in ("zones", "disturbance_area", "disturbance_kinds"):
        assert named <= zones_of(unpacked[0], name)


def zones_of(folder: Path, name: str) -> set[str]:
    """Return the ids of a table's zones, and of what these belong to."""
    table = pd.read_csv(folder / "tables" / f"{name}.csv", dtype=str)
    zones = pd.read_csv(folder / "tables" / "zones.csv", dtype=str).set_index("zone_id")
    return {*table["zone_id"], *zones["parent"].reindex(table["zone_id"]).dropna()}


def page_of(folder: Path, language: str) -> str:
    """Read the map."""
    return (folder / f"map.{language}.html").read_text("utf-8")


def test_printed_pages_say_that_ground_is_left_out(unpacked: tuple[Path, list[str]]) -> None:
    pages = sorted((unpacked[0] / "pictures").glob("*.pdf"))
    assert len(pages) >= 6
    for page in pages:
        told = b"".join(words_of(page)).decode("latin-1")
        said = "Ground near sensitive" if ".en." in page.name else "Le terrain autour des sites"
        assert said in told, page.name


def test_a_job_names_the_context_that_lies_beside_it(unpacked: tuple[Path, list[str]]) -> None:
    job = jobs.load(unpacked[0] / "job.yaml")
    told = [(Path(one.path).name, one.layer, one.kind, one.label) for one in job.context]
    assert told == [("context.gpkg", "border", "border", "label")]
    assert Path(job.context[0].path).is_file()
    note = (unpacked[0] / "PARCEL.txt").read_text("utf-8")
    assert "job.yaml names them. They lack what lies in such squares" in note.replace("\n", " ")
    assert "3 layers that the run’s maps are drawn with are left out" in note.replace("\n", " ")


def test_the_note_is_listed_where_people_begin(unpacked: tuple[Path, list[str]]) -> None:
    page = (unpacked[0] / "README.html").read_text("utf-8")
    assert page.count('href="PARCEL.txt"') == 2
    assert page.count("pictures/") == 2


def test_stable_ground_named_after_a_mine_is_left_out(secret: Any, tmp_path: Path) -> None:
    mine = next(iter(secret.mines))
    out = Path(shutil.copytree(secret.out, tmp_path / "out"))
    for path in (out / "job.yaml", out / "tables" / "disturbance_rates.csv", out / "run.json"):
        _name_stable_ground(path, ["reserves", f"sites/{mine}"])
    packed = pack(jobs.load(secret.path), out, tmp_path / "p.zip", public=True, light=True)
    shutil.unpack_archive(packed.path, tmp_path)
    folder = tmp_path / "secret"
    assert jobs_of(folder)["products"]["disturbance"]["stable"]["zones"] == ["reserves"]
    rates = pd.read_csv(folder / "tables" / "disturbance_rates.csv")
    assert set(rates["stable_zones"]) == {"reserves"}
    told = json.loads((folder / "run.json").read_text("utf-8"))["disturbance"]["false_alarms"]
    assert told["stable_zones"] == ["reserves"]
    assert told["words"]["en"] == "Within reserves."


def test_failures_name_no_folder_of_the_machine_and_addresses_no_key(
    secret: Any, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(secret.out, tmp_path / "out"))
    folder = secret.path.parent
    reason = f"{folder}/zones/tracks.geojson is damaged, as is {folder}/zones/reserves.geojson"
    table = out / "tables" / "failures.csv"
    scene = str(pd.read_csv(out / "tables" / "scenes.csv")["scene"].iloc[0])
    row = f'{scene},s,red,r+0_c+0,"{reason}"\n'
    table.write_text(f"{table.read_text('utf-8')}{row}", "utf-8")
    account = json.loads((out / "run.json").read_text("utf-8"))
    failure = {"scene": scene, "source": "s", "band": "red", "tile": "t", "reason": reason}
    account["failures"], account["warnings"] = [failure], [reason]
    (out / "run.json").write_text(json.dumps(account), "utf-8")
    job = (out / "job.yaml").read_text("utf-8")
    url = "https://a.example/v1?token=abcdef123456"
    (out / "job.yaml").write_text(re.sub('catalog: ".*"', f'catalog: "{url}"', job), "utf-8")
    packed = pack(jobs.load(secret.path), out, tmp_path / "p.zip", public=True, light=True)
    shutil.unpack_archive(packed.path, tmp_path)
    for name in ("tables/failures.csv", "run.json", "report.en.html", "job.yaml", "tables.en.xlsx"):
        told = b"".join(map(bytes, words_of(tmp_path / "secret" / name)))
        assert str(folder).encode() not in told, name
        assert b"abcdef123456" not in told
    told = (tmp_path / "secret" / "tables" / "failures.csv").read_text("utf-8")
    assert "inputs/tracks.geojson is damaged, as is inputs/reserves.geojson" in told


def test_a_title_that_names_a_mine_is_told(secret: Any, tmp_path: Path) -> None:
    out = Path(shutil.copytree(secret.out, tmp_path / "out"))
    title = "title.en=Around CARRIÈRE 1, and Carrière 12"
    job = jobs.load(secret.path, (title, "title.fr=La réserve"))
    packed = pack(job, out, tmp_path / "p.zip", public=True, light=True)
    assert packed.in_titles == ("Carrière 1",)


def _name_stable_ground(path: Path, names: list[str]) -> None:
    """Make a run's file say that its stable ground lay in some zones."""
    import yaml

    if path.suffix == ".csv":
        pd.read_csv(path, dtype=str).assign(stable_zones=", ".join(names)).to_csv(path, index=False)
        return
    told = yaml.safe_load(path.read_text("utf-8"))
    if path.suffix == ".yaml":
        told["products"]["disturbance"]["stable"]["zones"] = names
    else:
        rates = told["disturbance"]["false_alarms"]
        rates["stable_zones"], rates["words"] = names, {"en": f"Within {', '.join(names)}."}
    path.write_text(json.dumps(told), "utf-8")


def test_coarse_positions_are_the_middles_of_squares(secret: Any, tmp_path: Path) -> None:
    import geopandas as gpd

    out = Path(shutil.copytree(secret.out, tmp_path / "out"))
    packed = pack(jobs.load(secret.path), out, tmp_path / "p.zip", public=True, light=True)
    assert packed.secret == ("sites",)
    shutil.unpack_archive(packed.path, tmp_path)
    sites = gpd.read_file(tmp_path / "secret" / "zones.gpkg", layer="sites")
    assert sites["name"].tolist() == ["n = 3"]  # in 20 km; the others are too few
    assert not (tmp_path / "secret" / "rasters").exists()
    assert "5 km" in (tmp_path / "secret" / "PARCEL.txt").read_text("utf-8")


@pytest.mark.slow
def test_the_same_parcel_is_the_same_bytes(
    withheld: tuple[Packed, Path], secret: Any, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(secret.out, tmp_path / "out"))
    job = jobs.load(secret.path, ("share.positions=withheld",))
    again = pack(job, out, tmp_path / "again.zip", public=True, pictures=True)
    assert again.path.read_bytes() == withheld[0].path.read_bytes()
