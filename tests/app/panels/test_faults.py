"""The faults panel: forms are made from what is declared, and take only what can be read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.models.faults import FaultSetting
from app.panels.faultform import FaultForm
from app.panels.faults import FaultsPanel
from app.panels.parameteredit import ParameterEdit
from engine.debug.kinds import BY_WORD, KINDS
from engine.debug.parameters import SECONDS, Parameter
from engine.hosting.profile import Profile
from tests.app.stage import Stage


@pytest.fixture
def panel(qtbot: QtBot, stage: Stage) -> Iterator[FaultsPanel]:
    key = stage.workspace.add(Profile("echo"))
    stage.context.selection.select_server(key)
    made = FaultsPanel(stage.context)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.hide()


def type_into(field: ParameterEdit, text: str) -> None:
    assert isinstance(field.editor, QLineEdit)
    field.editor.setText(text)
    field.editor.textEdited.emit(text)


def test_a_fault_is_added_changed_switched_and_deleted(stage: Stage, panel: FaultsPanel) -> None:
    key = stage.context.selection.server
    panel.add()
    type_into(panel.form.own["time"], "1.5s")
    type_into(panel.form.common["share"], "25%")
    panel.form.condition.setText("peer:127")
    (fault,) = stage.context.faults.of(key)
    assert (fault.kind, fault.values["time"], fault.share, fault.condition) == ("latency", 1.5, 0.25, "peer:127")
    panel.switch()
    assert not stage.context.faults.of(key)[0].enabled
    panel.remove()
    assert stage.context.faults.of(key) == ()
    assert panel.form.isHidden()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("time", "soon", "time needs a time such as 200ms or 1.5s; not 'soon'."),
        ("share", "200%", "share must be from 0% to 100%."),
        ("every", "0", "every must be from 1 to 1000000."),
    ],
)
def test_bad_numbers_are_told_of_in_place(stage: Stage, panel: FaultsPanel, name: str, text: str, said: str) -> None:
    panel.add()
    before = stage.context.faults.of(stage.context.selection.server)
    type_into({**panel.form.own, **panel.form.common}[name], text)
    assert panel.message.text() == said
    assert stage.context.faults.of(stage.context.selection.server) == before


def test_another_kind_has_other_fields(stage: Stage, panel: FaultsPanel) -> None:
    panel.add()
    panel.form.kind.setCurrentIndex(panel.form.kind.findData("split"))
    panel.form.kind.activated.emit(0)
    (fault,) = stage.context.faults.of(stage.context.selection.server)
    assert (fault.kind, fault.values) == ("split", BY_WORD["split"].defaults())
    assert list(panel.form.own) == ["size", "way", "gap"]


def test_what_the_supervisor_refuses_is_told_of(stage: Stage, panel: FaultsPanel) -> None:
    key = stage.context.selection.server
    panel.add()
    stage.context.faults._errors[key] = {1: "Not that."}
    stage.context.faults.changed.emit()
    assert panel.message.text() == "Not that."


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.word))
def test_each_kind_is_shown_and_read_back(qtbot: QtBot, kind: object) -> None:
    form = FaultForm()
    qtbot.addWidget(form)
    form.offer("")
    word = str(kind.word)  # type: ignore[attr-defined]
    fault = FaultSetting(4, word, BY_WORD[word].defaults(), "", 0.5, 2, 9, enabled=False)
    form.show_fault(fault)
    assert form.problem() == ""
    assert form.read(fault) == fault
    assert all(field.editor.accessibleName() for field in (*form.own.values(), *form.common.values()))


def test_only_kinds_that_suit_are_offered(qtbot: QtBot) -> None:
    form = FaultForm()
    qtbot.addWidget(form)
    form.offer("udp")
    words = [form.kind.itemData(place) for place in range(form.kind.count())]
    assert words == [kind.word for kind in KINDS if kind.datagrams]
    form.show_fault(dataclasses.replace(FaultSetting(1, "split"), values=BY_WORD["split"].defaults()))
    assert form.kind.currentData() == "split"


def test_a_field_keeps_what_is_being_typed(qtbot: QtBot) -> None:
    field = ParameterEdit(Parameter("time", SECONDS, 0.2, "how long", 0, 10))
    qtbot.addWidget(field)
    field.show_value(0.2)
    assert isinstance(field.editor, QLineEdit)
    assert field.editor.text() == "200ms"
    field.show()
    field.editor.setFocus()
    field.editor.setText("0.2s")
    field.show_value(0.2)
    assert field.editor.text() in ("0.2s", "200ms")  # no window has the focus on some platforms
