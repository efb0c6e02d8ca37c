"""The help of `serve` explains every fault."""

from __future__ import annotations

import pytest

from engine.cli.dicing import fault_help, make_faults
from engine.debug.kinds import KINDS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.word))
def test_each_kind_is_explained(kind: object) -> None:
    assert f"  {kind.word:12} {kind.explanation}" in fault_help()  # type: ignore[attr-defined]


def test_the_seed_is_everybodys() -> None:
    assert [fault["seed"] for fault in make_faults(["split", "rst,seed=3"], "7", "tcp")] == [7, 3]
