"""Faults as they are kept and shown."""

from __future__ import annotations

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.models.faults import COLUMNS, FaultSetting, FaultsModel, values_text, whom_text
from engine.debug.kinds import BY_WORD, KINDS


def setting(kind: str, **more: object) -> FaultSetting:
    return FaultSetting(1, kind, BY_WORD[kind].defaults(), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.word))
def test_kept_and_read_back_but_switched_off(kind: object) -> None:
    fault = setting(str(kind.word), condition="peer:a", share=0.5, every=3, seed=7)  # type: ignore[attr-defined]
    back = FaultSetting.from_json(fault.to_json())
    assert not back.enabled
    assert back.to_json() == {**fault.to_json(), "enabled": False}


@pytest.mark.parametrize(
    "data",
    [None, {}, {"kind": "explode"}, {"kind": "split"}, {"kind": "split", "number": 1, "values": {"size": 0}},
     {"kind": "split", "number": 1, "values": 3}, {"kind": "split", "number": 1, "values": {}, "share": 9}],
)  # fmt: skip
def test_what_is_no_fault(data: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        FaultSetting.from_json(data)


def test_texts() -> None:
    fault = FaultSetting(1, "latency", {"time": 0.3, "at": "sent"}, "peer:\n", 0.25, 5)
    assert values_text(fault) == "300ms, at sent"
    assert whom_text(fault) == r"peer:\n, every 5-th, 25%"
    assert whom_text(setting("split")) == "any request"


def test_the_table(qtbot: QtBot) -> None:
    model = FaultsModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show([setting("split"), setting("latency")], {1: "No."})
    model.show([FaultSetting(2, "rst", {}, enabled=False)], {})
    assert [model.index(0, place).data() for place in range(len(COLUMNS))] == [
        "○", "⚡ reset (RST)", "0", "any request",
    ]  # fmt: skip
    assert model.fault(0) == FaultSetting(2, "rst", {}, enabled=False)
    assert model.fault(1) is None
