"""Colours along ramps, linear and in steps."""

import numpy as np
import pytest

from landcover.outputs.colours import colour_at, colours_along, steps_of, steps_within
from landcover.outputs.style import Ramp

RAMP = Ramp(((-1.0, "#800000"), (0.0, "#ffffff"), (1.0, "#000080")))
YEARS = Ramp(
    ((2022.5, "#112233"), (2023.0, "#445566"), (2023.9, "#445566")),
    year=True,
    steps=({"en": "2022 (from July)", "fr": "2022 (dès juillet)"}, {"en": "2023"}),
)


@pytest.mark.parametrize(
    ("value", "colour"), [(-9, "#800000"), (-0.5, "#c08080"), (1, "#000080"), (9, "#000080")]
)
def test_a_ramp_is_linear_and_holds_at_its_ends(value: float, colour: str) -> None:
    assert colour_at(RAMP, value) == colour


def test_many_values_have_the_colours_of_each() -> None:
    values = np.array([[-2.0, 0.25], [0.0, 3.0]])
    got = colours_along(RAMP, values)
    assert (got.shape, got.dtype) == ((2, 2, 3), np.uint8)
    assert ["#" + bytes(one).hex() for one in got.reshape(-1, 3)] == [
        colour_at(RAMP, float(value)) for value in values.ravel()
    ]


def test_a_step_has_one_colour_from_its_stop_to_the_next() -> None:
    values = np.array([2010.0, 2022.5, 2022.999, 2023.0, 2023.8, 2040.0])
    assert steps_within(YEARS, values).tolist() == [0, 0, 0, 1, 1, 1]
    assert {colour_at(YEARS, float(value)) for value in values[:3]} == {"#112233"}
    assert {colour_at(YEARS, float(value)) for value in values[3:]} == {"#445566"}


def test_steps_are_named_in_a_language_or_else_in_another() -> None:
    assert steps_of(YEARS, "fr") == (("#112233", "2022 (dès juillet)"), ("#445566", "2023"))
    assert steps_of(RAMP, "fr") == ()
