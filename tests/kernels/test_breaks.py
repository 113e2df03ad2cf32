"""The one form in which detectors tell of breaks."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from landcover.kernels import breaks


def test_nothing_was_found_and_nothing_was_seen_at_first() -> None:
    found = breaks.empty((2, 3))
    assert (found.day == breaks.NEVER).all()
    assert found.day.shape == (breaks.BREAKS_KEPT, 2, 3)
    assert (found.kind == breaks.SHORT).all(), "what was not watched must not read as stable"
    assert np.isnan(found.magnitude).all()
    assert np.isnan(found.scale).all()


def test_parts_are_put_below_each_other_in_every_layer() -> None:
    upper, lower = breaks.empty((1, 2)), breaks.empty((2, 2))
    lower.kind[:] = breaks.ABRUPT
    lower.day[0] = 7
    whole = breaks.join((upper, lower))
    assert whole.kind.tolist() == [[breaks.SHORT] * 2, [breaks.ABRUPT] * 2, [breaks.ABRUPT] * 2]
    assert whole.day[0, :, 0].tolist() == [breaks.NEVER, 7, 7]
    for field in fields(breaks.Breaks):
        array = getattr(whole, field.name)
        assert array.shape[-2:] == (3, 2)
        assert array.dtype == getattr(upper, field.name).dtype


def test_no_part_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no part"):
        breaks.join(())
