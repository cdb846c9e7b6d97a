from __future__ import annotations

import numpy as np
import pytest

from app.ui.analysis.pyramid import MAX_POINTS, ColumnPyramid, MinMaxPyramid

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("count", [1, 2, 3, 1000, 100_001])
@pytest.mark.parametrize("columns", [50, 900, 4000])
def test_a_curve_keeps_its_extremes_and_stays_small(count, columns):
    values = RNG.normal(size=count).astype(np.float32)
    pyramid = MinMaxPyramid(values, values, 0.01)
    times_s, shown = pyramid.view(0.0, count * 0.01, columns)
    assert len(times_s) == len(shown) <= MAX_POINTS
    assert shown.min() == values.min()
    assert shown.max() == values.max()
    assert np.all(np.diff(times_s) >= 0)


def test_a_single_value_lasts_as_long_as_its_bin():
    """A recording shorter than a step has one: a single point would draw an empty lane."""
    value = np.array([0.25], np.float32)
    times_s, shown = MinMaxPyramid(value, value, 0.5, 0.1).view(0.0, 0.4, 900)
    np.testing.assert_allclose(times_s, [0.1, 0.6])
    assert shown.tolist() == [0.25, 0.25]
    times_s, low, high = MinMaxPyramid(value - 1, value, 0.5, 0.1).edges(0.0, 0.4, 900)
    np.testing.assert_allclose(times_s, [0.1, 0.6])
    assert (low.tolist(), high.tolist()) == ([-0.75, -0.75], [0.25, 0.25])


def test_a_curve_shows_only_what_is_in_view():
    values = np.arange(100_000, dtype=np.float32)
    times_s, shown = MinMaxPyramid(values, values, 0.01).view(500.0, 510.0, 900)
    assert times_s.min() >= 499.9
    assert times_s.max() <= 510.1
    np.testing.assert_allclose(shown, times_s / 0.01, atol=0.6)


@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 100.0), (31.7, 33.0), (99.0, 100.0), (50.0, 50.05)])
def test_columns_hold_the_extremes_of_their_samples(start_s, end_s):
    low = -RNG.uniform(0, 1, 10_000).astype(np.float32)
    high = RNG.uniform(0, 1, 10_000).astype(np.float32)
    left_s, column_s, shown_low, shown_high = MinMaxPyramid(low, high, 0.01).columns(start_s, end_s, 200)
    assert column_s == pytest.approx((end_s - start_s) / 200)
    assert left_s <= start_s + 1e-9
    assert left_s + column_s * len(shown_low) >= end_s - 1e-6
    assert len(shown_low) <= 202
    finest = max(1, int(column_s / 0.01))  # no level coarser than a column is used
    for index in range(0, len(shown_low) - 1, 7):
        # Each sample is in the envelope of its column or of the next one, and nothing from afar widens either.
        first = int(np.ceil(round((left_s + index * column_s) / 0.01, 6)))
        last = int(np.floor(round((left_s + (index + 1) * column_s) / 0.01, 6)))
        if last > first:
            assert shown_low[index : index + 2].min() <= low[first:last].min()
            assert shown_high[index : index + 2].max() >= high[first:last].max()
        wide = slice(max(first - finest - 1, 0), last + finest + 1)
        assert shown_low[index] >= low[wide].min()
        assert shown_high[index] <= high[wide].max()


def test_columns_do_not_change_while_panning():
    values = RNG.uniform(0, 1, 50_000).astype(np.float32)
    pyramid = MinMaxPyramid(-values, values, 0.01)
    left_a, column_s, _, high_a = pyramid.columns(100.0, 200.0, 500)
    left_b, _, _, high_b = pyramid.columns(110.03, 210.03, 500)
    shift = round((left_b - left_a) / column_s)
    np.testing.assert_array_equal(high_a[shift : shift + 400], high_b[:400])


def test_a_stack_keeps_its_sum():
    over_time = RNG.dirichlet(np.ones(4), 9_731).astype(np.float32)
    left_s, bin_s, shown = ColumnPyramid(over_time, 0.37).view(0.0, 3600.0, 900)
    assert len(shown) <= 902
    assert bin_s > 0.37
    assert left_s == 0.0
    np.testing.assert_allclose(shown.sum(axis=1), 1.0, atol=1e-5)


def test_bytes_are_averaged_without_overflow():
    columns = RNG.integers(0, 256, (4096, 8), dtype=np.uint8)
    _, _, shown = ColumnPyramid(columns, 1.0).view(0, 4096, 2100)
    exact = (columns[0::2].astype(int) + columns[1::2]) // 2
    np.testing.assert_array_equal(shown, exact)


def test_a_value_is_that_of_its_own_bin():
    values = np.arange(10, dtype=np.float32)
    pyramid = MinMaxPyramid(values, values, 0.5, offset_s=1.0)
    assert pyramid.at(1.0) == (0.0, 0.0)
    assert pyramid.at(1.51) == (1.0, 1.0)
    assert pyramid.at(99.0) == (9.0, 9.0)
