"""The breakpoints panel: the form shows the chosen gate and changes nothing else of it."""

from __future__ import annotations

import dataclasses

from app.models.gates import GateSetting
from app.panels.gates import GatesPanel
from engine.hosting.profile import Profile
from tests.app.stage import Stage


def test_a_condition_is_taken_only_when_it_can_be_read(stage: Stage) -> None:
    context = stage.context
    key = stage.workspace.add(Profile("echo"))
    context.selection.select_server(key)
    gate = GateSetting(1, "handle", "after")
    context.gates.put(key, gate)
    panel = GatesPanel(context)
    assert panel.place.currentData() is not None
    panel.condition.setText("nonsense>:x")
    panel.condition.setText("peer:127")
    assert context.gates.of(key) == (dataclasses.replace(gate, condition="peer:127"),)
    panel.condition.setText('text:"open')
    assert context.gates.of(key)[0].condition == "peer:127"
    assert "At sign" in panel.message.text()
    panel.deleteLater()
