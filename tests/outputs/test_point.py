"""The table and the page of one place, from a story made by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape

import numpy as np
import pytest

from landcover.kernels.breaks import ABRUPT, RECOVERING, UNSEEN
from landcover.model import Period, Scene
from landcover.outputs.point import COLUMNS, Origin, Story, file_stem, point_table, point_text
from landcover.outputs.point_page import page
from landcover.products.disturbance import DisturbanceSettings
from landcover.products.mapped import MapState, OnMap
from landcover.products.tracing import Break, Chip, Followed, Look

DAYS = tuple(date(2020, 1, 5) + timedelta(days=40 * n) for n in range(18))
FALL = 12
"""Number of the look at which it breaks."""


def scene(day: date, name: str = "A") -> Scene:
    """Return a scene without files."""
    time = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    return Scene(f"{name}_{day:%Y%m%d}", "s2", "s2", time, day, "EPSG:32635", (0, 0, 1, 1), {})


def told_by(story: Story, language: str) -> str:
    """Return what a page says, with plain spaces."""
    return unescape(page(story, language, "0.1", "x.csv")).replace("\u00a0", " ")


def look(number: int, value: float) -> Look:
    """Return a look: the fifth is masked, the seventh near cloud."""
    day = DAYS[number]
    if number == 5:
        names = (("en", "Thin cirrus"), ("fr", "Cirrus mince"))
        return Look(day, scene(day), "class", 10, names)
    if number == 7:
        return Look(day, scene(day), "grown", 4)
    return Look(day, scene(day), "clear", 4, value=value)


@pytest.fixture
def story() -> Story:
    """Return a place that was cleared."""
    values = np.where(np.arange(len(DAYS)) < FALL, 0.8, 0.3).astype(np.float32)
    values[[5, 7]] = np.nan
    looks = tuple(look(n, float(v)) for n, v in enumerate(np.nan_to_num(values)))
    spare = Look(DAYS[3], scene(DAYS[3], "B"), "clear", 4)
    fit, none = np.full(len(DAYS), 0.8), np.full(len(DAYS), np.nan)
    one = Break(DAYS[FALL], DAYS[FALL - 1], ABRUPT, 3, -0.5, -0.52, 0.25, None)
    watched = Period(date(2021, 1, 1), date(2022, 1, 1))
    history = Period(date(2020, 1, 1), watched.start)
    told = Followed(
        DisturbanceSettings(), history, watched, DAYS, values, fit, fit - 0.05, none, none,
        (one,), 1, 2, 8, 8, 0.02, DAYS[-1],
    )  # fmt: skip
    chip = Chip(DAYS[FALL], "A", True, np.full((5, 5, 3), 90, np.uint8), 2, 2)
    titles = {"en": "A job", "fr": "Une tâche"}
    return Story(
        titles, 28.5, -1.25, 7, 8, "EPSG:32635", 10.0, (("Okapi", "reserve"),), "",
        (*looks[:4], spare, *looks[4:]), told, (chip,), "", True, "Sentinel-2", 60.0,
        {"en": "Copernicus"},
        OnMap("same", 10, (True,), ABRUPT), "lock", "d0123456789a",
    )  # fmt: skip


def test_files_are_named_after_the_place() -> None:
    assert file_stem(28.5, -1.25) == "28.5_-1.25"
    assert file_stem(28.12345678, -0.0000001) == "28.123457_0"


def test_a_row_a_scene(story: Story) -> None:
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in point_table(story).rows]
    assert len(rows) == len(DAYS) + 1
    assert [row["state"] for row in rows[3:9]] == [
        "clear", "spare", "clear", "class", "clear", "grown",
    ]  # fmt: skip
    assert [row["date"] for row in rows if row["break"]] == [DAYS[FALL]]
    assert (rows[6]["mask_code"], rows[6]["mask_name"]) == (10, "Thin cirrus")
    assert rows[6]["value"] is None
    assert rows[0]["boundary"] == pytest.approx(0.75)
    assert [(row["kind"], row["mapped"]) for row in rows if row["break"]] == [("abrupt", True)]
    assert {row["digest"] for row in rows} == {"d0123456789a"}
    assert [row["monitored"] for row in rows] == [row["date"] >= date(2021, 1, 1) for row in rows]
    assert point_text(story).count("\n") == len(rows) + 1


@pytest.mark.parametrize(
    ("language", "phrases"),
    [
        ("en", ("A break of NDVI", "Okapi (reserve)", "Thin cirrus (10)", "within 60 m of cloud",
                "−0.520", "25%", "another scene of the day came first", "Kind: abrupt",
                "confirmed")),
        ("fr", ("Une rupture de NDVI", "Okapi (réserve)", "Cirrus mince (10)",
                "à moins de 60 m d’un nuage", "−0,520", "25 %",
                "une autre scène du jour est venue avant", "Nature : abrupt", "confirmée")),
    ],
)  # fmt: skip
def test_a_page_tells_it_in_each_language(
    story: Story, language: str, phrases: tuple[str, ...]
) -> None:
    text = told_by(story, language)
    for phrase in phrases:
        assert phrase in text
    assert f'<html lang="{language}">' in text
    assert text.count("<circle") == len(DAYS) - 2 + 1  # a point a value, and one in the legend
    assert text.count("data:image/png;base64,") == 1
    assert not re.search(r"(src|href)=\"(?!data:)", text)
    assert "nan" not in re.sub(r"base64,[^\"]*", "", text).lower().replace("nuance", "")


@pytest.mark.parametrize(
    ("state", "english", "french"),
    [
        ("none", "whether this break is in one of them is not known here", "on ne le sait pas ici"),
        ("other", "made by other settings", "avec d’autres réglages"),
        ("same", "says the same", "dit la même chose"),
        ("left_out", "smaller than 0.1 ha (10 pixels), and was left out",
         "fait moins de 0,1 ha (10 pixels) et a été omis"),
        ("differs", "says otherwise (stable)", "dit autre chose (stable)"),
        ("differs", "of other scenes, zones or masks", "d’autres zones ou d’autres masques"),
    ],
)  # fmt: skip
def test_a_page_says_what_the_map_shows(
    story: Story, state: MapState, english: str, french: str
) -> None:
    other = replace(story, on_map=OnMap(state, 10, (False,), 1))
    assert english in told_by(other, "en")
    assert french in told_by(other, "fr")


def test_each_break_has_its_own_kind_and_place_on_the_map(story: Story) -> None:
    first = story.followed.breaks[0]
    later = replace(first, day=DAYS[16], kind=RECOVERING)
    told = replace(story.followed, breaks=(first, later), count=2)
    both = replace(story, followed=told, on_map=OnMap("partly", 10, (False, True), RECOVERING))
    text = told_by(both, "fr")
    assert "Nature : abrupt." in text
    assert "elle peut encore se révéler en régénération" in text
    assert f"la première du {DAYS[16]} : d’autres" in text
    assert re.search("<td>abrupt</td>.*<td>trop petite</td>", text)
    assert re.search("<td>en régénération</td>.*<td>oui</td>", text)
    assert f"ruptures les {DAYS[FALL]}, {DAYS[16]}" in text
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in point_table(both).rows]
    unclear = replace(both, on_map=OnMap("partly", 10, (True, None), RECOVERING))
    assert "on ne peut dire lesquelles des suivantes" in told_by(unclear, "fr")
    assert "which of the later ones it has cannot be told" in told_by(unclear, "en")
    kinds = [(row["break"], row["kind"], row["mapped"]) for row in rows if row["break"]]
    assert kinds == [(1, "abrupt", False), (2, "recovering", True)]


def test_what_was_followed_is_not_called_open(story: Story) -> None:
    one = replace(story.followed.breaks[0], recovered_24=0.1)
    seen = replace(story, followed=replace(story.followed, breaks=(one,)))
    assert "may still turn out to be recovering" in told_by(story, "en")
    assert "may still turn out to be recovering" not in told_by(seen, "en")


def of_bfast(story: Story, date_: str, drop: float) -> Story:
    """Return the same place as bfast tells it, with an alarm two looks later."""
    settings = DisturbanceSettings.model_validate({"method": "bfast", "bfast": {"date": date_}})
    one = replace(story.followed.breaks[0], drop=drop)
    told = replace(story.followed, settings=settings, breaks=(one,), alarm=DAYS[FALL + 2])
    return replace(story, followed=told)


def test_an_alarm_is_not_called_the_first_low_look(story: Story) -> None:
    drop, alarm = (of_bfast(story, date_, -0.5) for date_ in ("drop", "alarm"))
    text = told_by(drop, "en")
    assert f"the first low look is of {DAYS[FALL]}" in text
    assert f"The alarm is of {DAYS[FALL + 2]}." in text
    english, french = (told_by(alarm, language) for language in ("en", "fr"))
    assert f"the alarm is of {DAYS[FALL]}" in english
    assert "The change came up to a window before the alarm." in english
    assert "<th>alarm</th>" in english
    assert f"l’alerte est du {DAYS[FALL]}" in french
    for text in (english, french):
        assert "first low look" not in text
        assert "première observation basse" not in text


def test_a_gain_is_not_called_low(story: Story) -> None:
    text = told_by(of_bfast(story, "drop", 0.3), "en")
    assert "upwards: the first high look" in text
    assert "<th>first changed look</th>" in text
    assert "first low look" not in text


def test_without_a_gate_the_last_look_may_alarm(story: Story) -> None:
    keys = {"method": "bfast", "bfast": {"gate": 0}}
    told = replace(story.followed, settings=DisturbanceSettings.model_validate(keys))
    assert told.run == 1
    assert "none can begin" not in told_by(replace(story, followed=told), "en")


@pytest.mark.parametrize(
    ("origin", "english", "french"),
    [
        ("lock", "They are those of scenes.json", "Ce sont celles de scenes.json"),
        ("anew", "With --locked its scenes are read", "Avec --locked"),
        ("more", "lists no bands of NDVI", "ne liste pas les bandes de NDVI"),
        ("new", "holds no scenes.json", "n’a pas de scenes.json"),
    ],
)
def test_a_page_says_whose_scenes_it_read(
    story: Story, origin: Origin, english: str, french: str
) -> None:
    other = replace(story, origin=origin)
    assert english in told_by(other, "en")
    assert french in told_by(other, "fr")


def test_what_was_not_watched_to_the_end_is_not_no_change(story: Story) -> None:
    told = replace(story.followed, breaks=(), count=0, kind=UNSEEN, last=DAYS[13])
    english = told_by(replace(story, followed=told), "en")
    assert ">not watched</text>" in english
    assert f"up to {DAYS[13]}, the last look that could be judged" in english
    assert "That is not “no change”" in english
    french = told_by(replace(story, followed=told), "fr")
    assert f"jusqu’au {DAYS[13]}, dernière observation" in french
    few = replace(told, watched_looks=3, last=None)
    assert "hardly a clear look" in page(replace(story, followed=few), "en", "0", "x.csv")


def test_how_much_was_judged_is_told(story: Story) -> None:
    text = told_by(story, "en")
    assert f"clear looks: 8, of which judged: 8, the last one of {DAYS[-1]}" in text
    assert "A break takes 4 looks, so that none can begin at the last judged ones (3)." in text
    assert "Not judged is a look" not in text
    fewer = replace(story.followed, watched_looks=6)
    assert "Not judged is a look" in told_by(replace(story, followed=fewer), "en")


def test_a_reason_gives_no_secret_away(story: Story) -> None:
    reason = "https://a.example/b.tif?sig=abc%3D cannot be fetched"
    lost = replace(story.looks[0], state="unread", value=None, reason=reason)
    bad = replace(story, looks=(lost, *story.looks[1:]))
    assert bad.unread == (lost,)
    english, french = (told_by(bad, one) for one in ("en", "fr"))
    for text in (english, french, point_text(bad)):
        assert "sig=***" in text
        assert "abc" not in text
    assert "illisible (message en anglais : https" in french


@pytest.mark.parametrize("kind", [0, 1, 5, 6])
def test_what_is_not_known_is_never_no_change(story: Story, kind: int) -> None:
    told = replace(story.followed, breaks=(), count=0, kind=kind)
    english = page(replace(story, followed=told), "en", "0", "x.csv")
    french = told_by(replace(story, followed=told), "fr")
    assert ("not “no change”" in english) == (kind != 1)
    assert ("« aucun changement »" in french) == (kind != 1)
    assert "<h2>Breaks</h2>" not in english


def test_what_a_file_says_is_escaped(story: Story) -> None:
    bad = replace(story, zones=(("<script>", "site"),), titles={"en": "<b>x"})
    text = page(bad, "en", "0", "x.csv")
    assert "<script" not in text
    assert "<b>" not in text
