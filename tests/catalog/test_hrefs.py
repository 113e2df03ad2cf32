"""What an item may name: hostile hrefs and ids are refused, decent ones resolved."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.catalog import hrefs
from landcover.errors import HostileFileError

REMOTE = "https://stac.example/items/a.json"
VRT = '<VRTDataset rasterXSize="1"><SourceFilename>/etc/hostname</SourceFilename></VRTDataset>'

HOSTILE = [
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    VRT,
    "  " + VRT,
    "%3CVRTDataset%3E",
    "GTIFF_DIR:1:/etc/passwd",
    "gtiff_dir:1:x.tif",
    "HDF5:x.h5://a",
    'NETCDF:"x.nc":a',
    "vrt://x.tif?bands=1",
    "/vsizip//vsicurl/https://a.example/x.zip/x.tif",
    "/vsicurl/https://a.example/x.tif",
    "/VSIMEM/x.tif",
    "vsicurl/x.tif",
    "%2Fvsicurl%2Fhttps://a.example/x.tif",
    "\\vsicurl\\x",
    "x.tif|if=GTiff",
    '{"type": "gdal_streamed_alg"}',
    "x.tif\n/etc/passwd",
    "x.tif\0",
    "x%00.tif",
    "s3://bucket/key.tif",
    "ftp://a.example/x.tif",
    "",
    " ",
    "x" * 3000,
    None,
    7,
]


OTHER_NAMES_OF_THIS_MACHINE = [
    "127.0.0.1", "127.0.0.2", "127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "0",
    "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "localhost",
    "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1:8080", "me@127.0.0.1", "10.0.0.1",
    "192.168.1.1", "169.254.169.254", "[fe80::1]",
]  # fmt: skip
READ_IN_TWO_WAYS = [
    "127.0.0.1\\@data.example", "data.example\\", "127。0。0。1", "①②⑦.0.0.1", "[bad", "a b",
    "a@b@data.example", "a.example:99999", "a.example:x", "[fe80::1%25eth0]",
]  # fmt: skip


@pytest.mark.parametrize("host", [*OTHER_NAMES_OF_THIS_MACHINE, *READ_IN_TWO_WAYS])
@pytest.mark.parametrize("start", ["https://", "//", "HTTPS://", "http://"])
def test_a_remote_catalog_names_no_machine_of_this_network(host: str, start: str) -> None:
    with pytest.raises(HostileFileError):
        hrefs.resolve(f"{start}{host}/x.tif", REMOTE, ())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "[::1]", "localhost"])
def test_a_catalog_on_this_machine_may_name_this_machine(host: str) -> None:
    place = "http://127.0.0.1:8000/items.json"
    assert hrefs.resolve(f"http://{host}:8001/x.tif", place, ()) == f"http://{host}:8001/x.tif"


@pytest.mark.parametrize("href", HOSTILE)
@pytest.mark.parametrize("place", [REMOTE, "/data/cat/a.json"])
def test_hostile_hrefs_are_refused_everywhere(href: object, place: str) -> None:
    with pytest.raises(HostileFileError):
        hrefs.resolve(href, place, (Path("/"),))


@pytest.mark.parametrize(
    "href",
    [
        "../../etc/passwd",
        "../x.tif",
        "/etc/passwd",
        "a/../../../x.tif",
        "%2e%2e/x.tif",
        "%2e%2e%2fx.tif",
        "%252e%252e/x.tif",
        "a/..%2f..%2fx.tif",
        "link/x.tif",
        "outside.tif",
    ],
)
def test_a_local_catalog_stays_in_its_folder(tmp_path: Path, href: str) -> None:
    root = tmp_path.resolve() / "cat"
    (root / "item").mkdir(parents=True)
    other = tmp_path / "other"
    other.mkdir()
    (root / "item" / "link").symlink_to(other)
    (other / "x.tif").write_text("")
    (root / "item" / "outside.tif").symlink_to(other / "x.tif")
    place = str(root / "item" / "a.json") if href not in ("../x.tif",) else str(root / "a.json")
    with pytest.raises(HostileFileError):
        hrefs.resolve(href, place, (root,))


def test_a_local_catalog_may_name_what_lies_below_it_or_is_allowed(tmp_path: Path) -> None:
    root, more = tmp_path.resolve() / "cat é", tmp_path.resolve() / "more"
    place = str(root / "item" / "a.json")
    assert hrefs.resolve("./B04 10%.tif", place, (root,)) == str(root / "item" / "B04 10%.tif")
    assert hrefs.resolve("../b/x.tif", place, (root,)) == str(root / "b" / "x.tif")
    with pytest.raises(HostileFileError, match="Add its folder to allow_paths"):
        hrefs.resolve(str(more / "x.tif"), place, (root,))
    assert hrefs.resolve(str(more / "x.tif"), place, (root, more)) == str(more / "x.tif")
    assert hrefs.resolve("https://a.example/x.tif", place, (root,)) == "https://a.example/x.tif"


def test_a_remote_catalog_never_names_this_machine() -> None:
    assert hrefs.resolve("/etc/passwd", REMOTE, ()) == "https://stac.example/etc/passwd"
    assert hrefs.resolve("../b/x.tif", REMOTE, ()) == "https://stac.example/b/x.tif"
    for href in (
        "http://a.example/x.tif",
        "http://127.0.0.1/x.tif",
        "https://localhost/x.tif",
        "https://[::1]/x.tif",
        "https://a.example/%2e%2e/x.tif",
        "https://a.example/b/../../x.tif",
        "https://a.example/%252e%252e/x.tif",
        "https:///x.tif",
    ):
        with pytest.raises(HostileFileError):
            hrefs.resolve(href, REMOTE, ())


def test_loopback_may_serve_over_http() -> None:
    place = "http://127.0.0.1:8000/a.json"
    assert hrefs.resolve("x.tif", place, ()) == "http://127.0.0.1:8000/x.tif"


def test_signatures_are_not_kept_nor_shown() -> None:
    href = "https://a.example/x.tif?sv=1&sig=SECRET"
    assert hrefs.resolve(href, REMOTE, ()) == "https://a.example/x.tif"
    with pytest.raises(HostileFileError) as caught:
        hrefs.resolve("http://a.example/x.tif?sig=SECRET", REMOTE, ())
    assert "SECRET" not in str(caught.value)


@given(st.text(max_size=60))
def test_whatever_a_local_href_says_it_stays_below_its_root(href: str) -> None:
    root = Path("/nowhere/cat")
    try:
        found = hrefs.resolve(href, str(root / "a.json"), (root,))
    except HostileFileError:
        return
    assert found.startswith("https://") or Path(found).is_relative_to(root)


@pytest.mark.parametrize(
    "name",
    ["../../evil", "a/b", "", ".hidden", "a..b", "a b", "x" * 201, None, 7, "a\n", "é", "-rf"],
)
def test_hostile_ids_are_refused(name: object) -> None:
    with pytest.raises(HostileFileError):
        hrefs.check_id(name)


@given(st.text())
def test_any_id_can_be_listed(name: str) -> None:
    shown = hrefs.safe_name(name)
    assert hrefs.check_id(shown.replace("..", "")) or shown == "unnamed"
    assert not set(shown) & set("/\\\n\t ,;")


def test_objects_in_known_buckets_have_web_addresses() -> None:
    for place in (REMOTE, "/data/cat/a.json"):
        assert hrefs.resolve("s3://eodata/Sentinel-2/a/B04_10m.jp2", place, ()) == (
            "https://eodata.dataspace.copernicus.eu/eodata/Sentinel-2/a/B04_10m.jp2"
        )


@pytest.mark.parametrize(
    ("href", "why"),
    [
        ("s3://usgs-landsat/collection02/a.TIF", "its reader pays"),
        ("s3://someones-own/a.tif", "landcover does not know it"),
        ("s3://eodata/../other/a.tif", "climbs out"),
        ("s3://eodata/%2e%2e/other/a.tif", "climbs out"),
    ],
)
def test_other_buckets_are_refused_with_the_reason(href: str, why: str) -> None:
    with pytest.raises(HostileFileError, match=why):
        hrefs.resolve(href, REMOTE, ())
