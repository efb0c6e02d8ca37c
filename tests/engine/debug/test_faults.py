"""Which requests a fault chooses depends on its seed and their number alone."""

from __future__ import annotations

import base64

import pytest

from engine.debug.faults import Fault
from engine.debug.kinds import KINDS


def chosen(**more: object) -> list[int]:
    fault = Fault.from_json({"number": 1, "kind": "split", **more})
    return [ordinal for ordinal in range(1, 201) if fault.chooses(ordinal)]


def test_every_nth() -> None:
    assert chosen(every=50) == [50, 100, 150, 200]


def test_a_share_by_the_dice() -> None:
    once = chosen(share=0.25, seed=7)
    assert 25 < len(once) < 75
    assert once == chosen(share=0.25, seed=7)
    assert once != chosen(share=0.25, seed=8)
    assert set(chosen(share=0.25, seed=7, every=2)) == {one for one in once if one % 2 == 0}
    assert chosen(share=0) == []
    assert len(chosen(share=1)) == 200


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.word))
def test_each_kind_has_defaults(kind: object) -> None:
    word = str(kind.word)  # type: ignore[attr-defined]
    fault = Fault.from_json({"number": 1, "kind": word, "servers": [2]})
    assert fault.values == fault.kind.defaults()
    assert fault.is_for(2)
    assert not fault.is_for(1)


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "split"},
        {"number": 1, "kind": "explode"},
        {"number": 1, "kind": "split", "values": {"size": 0}},
        {"number": 1, "kind": "split", "terms": [{"word": "no:", "value": base64.b64encode(b"x").decode()}]},
    ],
)
def test_what_makes_no_sense(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        Fault.from_json(data)
