"""Parameters are read as people write them, and say what is wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.debug.kinds import KINDS
from engine.debug.parameters import (
    BYTES,
    CHOICE,
    COUNT,
    OFFSETS,
    RATE,
    SECONDS,
    SHARE,
    Parameter,
    read_offsets,
)  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "text", "value"),
    [
        (SECONDS, "200ms", 0.2),
        (SECONDS, "1.5s", 1.5),
        (SECONDS, "50", 0.05),
        (BYTES, "4k", 4096),
        (BYTES, "100", 100),
        (RATE, "10kb/s", 10240.0),
        (SHARE, "25%", 0.25),
        (SHARE, "0.25", 0.25),
        (COUNT, "3", 3),
    ],
)
def test_values(unit: str, text: str, value: float) -> None:
    high = 1 if unit == SHARE else 1e6
    assert Parameter("x", unit, 0, "", 0, high).read(text) == value


@pytest.mark.parametrize(
    ("parameter", "text", "said"),
    [
        (Parameter("time", SECONDS, 0, "", 0, 10), "soon", "time needs a time such as 200ms or 1.5s; not 'soon'."),
        (Parameter("time", SECONDS, 0, "", 0, 10), "11s", "time must be from 0s to 10s."),
        (Parameter("size", BYTES, 0, "", 1, 10), "0", "size must be from 1 to 10."),
        (Parameter("size", BYTES, 0, "", 1, 10), "-4", "size needs a size such as 100 or 4k; not '-4'."),
        (Parameter("share", SHARE, 0, "", 0, 1), "300%", "share must be from 0% to 100%."),
        (Parameter("way", CHOICE, "in", "", choices=("in", "out")), "up", "way is one of in, out; not 'up'."),
        (Parameter("offsets", OFFSETS, "", ""), "4-1", "offsets are numbers and ranges such as 0,4,10-12; not '4-1'."),
        (Parameter("offsets", OFFSETS, "", ""), "0-9999", "offsets can be 1000 at most."),
    ],
)
def test_what_makes_no_sense(parameter: Parameter, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        parameter.read(text)


@pytest.mark.parametrize("value", [None, "3", True, float("nan"), [1]])
def test_values_of_the_wrong_type(value: Any) -> None:
    with pytest.raises(ValueError, match="must be from"):
        Parameter("size", BYTES, 0, "", 1, 10).check(value)


def test_offsets() -> None:
    assert read_offsets("0, 4,10-12,") == [0, 4, 10, 11, 12]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.word))
def test_defaults_are_sensible_and_read_back(kind: Any) -> None:
    for parameter in kind.parameters:
        assert parameter.read(parameter.show(parameter.default)) == parameter.check(parameter.default)
        assert parameter.explanation
