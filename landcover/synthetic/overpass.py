"""When the satellite comes, and what it calls what it brings home.

It knows dates, names, processing baselines and the sun. It does not know land or weather.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from pyproj import Transformer

from landcover.synthetic.land import DAYS_PER_YEAR, Country, Square

__all__ = ["Pass", "Sun", "dates", "passes", "reprocessed", "sun"]

OFFSET_DAY = date(2022, 1, 25)
"""First sensing day of processing baseline 04.00, whose DN carry an offset (ESA)."""

OFFSET_DN = 1000
"""What baseline 04.00 and later add to each DN (BOA_ADD_OFFSET = -1000)."""

_BASELINES = (
    (date(2023, 12, 13), "05.10"),
    (date(2022, 12, 6), "05.09"),
    (OFFSET_DAY, "04.00"),
    (date.min, "03.01"),
)

LOCAL_TIME_H = 10.25
"""Mean local solar time at which Sentinel-2 passes, with some way to go (hours)."""

TILT_DEG = 23.44
"""Tilt of the Earth's axis (degrees)."""


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the sun stands at a pass (degrees; azimuth from north over east)."""

    azimuth_deg: float
    elevation_deg: float


@dataclass(frozen=True, slots=True)
class Pass:
    """One square seen on one day: what becomes one scene.

    `offset_dn` is what its DN carry above reflectance * 10,000.
    """

    id: str
    day: date
    square: Square
    time: datetime
    platform: str
    baseline: str
    generated: datetime
    orbit: int

    @property
    def offset_dn(self) -> int:
        """1000 from baseline 04.00 on, else 0."""
        return OFFSET_DN if self.baseline >= "04.00" else 0


def dates(start: date, end: date, every_days: int = 10) -> tuple[date, ...]:
    """Return the days of passes, from `start` on and before `end`.

    Examples
    --------
    >>> len(dates(date(2020, 1, 1), date(2021, 1, 1), 5))
    74
    """
    count = math.ceil((end - start).days / every_days)
    return tuple(start + timedelta(days=number * every_days) for number in range(count))


def passes(country: Country, days: tuple[date, ...]) -> tuple[Pass, ...]:
    """List each square's pass of each day, by time and id."""
    lon, _ = centre(country)
    found = [_pass(square, day, lon, second) for day in days
             for second, square in enumerate(country.squares)]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.time, one.id)))


def centre(country: Country) -> tuple[float, float]:
    """Longitude and latitude of the country's middle (degrees)."""
    transformer = Transformer.from_crs(country.crs, "EPSG:4326", always_xy=True)
    x, y = country.left_m + country.width_m / 2, country.top_m - country.height_m / 2
    lon, lat = transformer.transform(x, y)
    return float(lon), float(lat)


def _pass(square: Square, day: date, lon: float, second: int) -> Pass:
    """One square's pass of one day."""
    noon_shift = timedelta(hours=LOCAL_TIME_H - lon / 15)
    moment = datetime.combine(day, time(), tzinfo=UTC) + noon_shift
    moment = moment.replace(microsecond=0) + timedelta(seconds=14 * second)
    # Two satellites, ten days each, five days apart.
    unit = "ab"[day.toordinal() // 5 % 2]
    baseline = next(name for since, name in _BASELINES if day >= since)
    return Pass(
        id=f"S2{unit.upper()}_T{square.code}_{moment:%Y%m%dT%H%M%S}_L2A",
        day=day, square=square, time=moment, platform=f"sentinel-2{unit}", baseline=baseline,
        generated=datetime.combine(day, time(15), tzinfo=UTC),
        orbit=78 if day.toordinal() % 10 < 5 else 121,
    )  # fmt: skip


def reprocessed(one: Pass, baseline: str = "05.00") -> Pass:
    """Return a pass as a later processing gives it: another baseline, a newer file.

    Its item has the same datatake, square and time, and an id of its own.
    """
    return replace(
        one, id=f"{one.id}_R{baseline.replace('.', '')}", baseline=baseline,
        generated=one.generated + timedelta(days=700),
    )  # fmt: skip


def sun(country: Country, day: date) -> Sun:
    """Where the sun stands over the country at the pass of a day.

    Declination = 23.44 sin(2 pi (day of year - 81) / 365.25) degrees; hour angle 15 degrees
    an hour before noon.
    """
    _, lat = centre(country)
    turn = 2 * math.pi * (day.timetuple().tm_yday - 81) / DAYS_PER_YEAR
    tilt, high = math.radians(TILT_DEG * math.sin(turn)), math.radians(lat)
    hour = math.radians(15 * (LOCAL_TIME_H - 12))
    up = math.sin(high) * math.sin(tilt) + math.cos(high) * math.cos(tilt) * math.cos(hour)
    east = -math.cos(tilt) * math.sin(hour)
    north = math.cos(high) * math.sin(tilt) - math.sin(high) * math.cos(tilt) * math.cos(hour)
    azimuth = math.degrees(math.atan2(east, north)) % 360
    return Sun(azimuth, math.degrees(math.asin(up)))
