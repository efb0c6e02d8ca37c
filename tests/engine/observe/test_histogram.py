"""A histogram's answers are near what sorting all values would say."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.observe.histogram import LIMIT, Histogram, buckets_of, edge

TIMES = st.lists(st.integers(0, 10**13), min_size=1, max_size=200)


@given(TIMES, st.sampled_from([0, 1, 50, 95, 99, 99.9, 100]))
def test_percentiles_are_off_by_little(values: list[int], percent: float) -> None:
    histogram = Histogram()
    histogram.add_all(values)
    exact = sorted(values)[max(math.ceil(percent * len(values) / 100) - 1, 0)]
    assert abs(histogram.percentile(percent) - exact) <= exact * 0.033 + 1
    assert histogram.count == len(values)
    assert histogram.longest == histogram.percentile(100) == max(values)


@given(TIMES, TIMES)
def test_merged_is_as_if_counted_together(some: list[int], others: list[int]) -> None:
    first, second, together = Histogram(), Histogram(), Histogram()
    first.add_all(some)
    for value in others:
        second.add(value)
    together.add_all([*some, *others])
    kept = first.copy()
    first.merge(second)
    assert first == together
    assert kept.count == len(some)


@given(TIMES)
def test_each_value_is_within_its_bucket(values: list[int]) -> None:
    for value, bucket in zip(values, buckets_of(values), strict=True):
        assert edge(bucket) <= value < edge(bucket + 1)
    histogram = Histogram()
    histogram.add_all(values)
    assert sum(count for *_, count in histogram.buckets()) == len(values)
    assert all(low < high for low, high, _ in histogram.buckets())


def test_nothing_counted() -> None:
    assert Histogram().percentile(50) == Histogram().longest == Histogram().count == 0
    assert Histogram().buckets() == []


def test_odd_values_have_a_place() -> None:
    histogram = Histogram()
    histogram.add_all([-5, 0, sys.maxsize])
    assert histogram.count == 3
    assert histogram.percentile(1) == 0
    assert all(bucket < LIMIT for bucket in buckets_of([-5, 0, sys.maxsize]))


@pytest.mark.parametrize("percent", [-1, 100.1, float("nan")])
def test_percent_has_a_range(percent: float) -> None:
    with pytest.raises(ValueError, match="percent must be from 0 to 100"):
        Histogram().percentile(percent)
