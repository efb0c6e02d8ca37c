"""The test client: what it orders, what it shows of the answers, and what it refuses to send."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData
from pytestqt.qtbot import QtBot

from app.panels.client import HEX, ClientPanel
from app.panels.clientform import MOST_TEXT
from tests.app.models.captures import CaptureFile
from tests.app.stage import Stage

from .conftest import listening, tell


@pytest.fixture
def panel(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> Iterator[ClientPanel]:
    made = ClientPanel(stage.context)
    qtbot.addWidget(made)
    made.show()
    tell(stage, listening("k"), listening("u", name="udp", transport="udp", address="127.0.0.1:53"))
    yield made
    made.hide()


def event(what: str, *, clients: int = 1, data: bytes = b"", sentence: str = "") -> dict[str, object]:
    encoded = base64.b64encode(data).decode()
    return {"event": "clients", "clients": clients, "what": what, "client": 0, "at": 5, "data": encoded,
            "sentence": sentence}  # fmt: skip


def test_what_is_typed_is_sent_to_the_chosen_server(panel: ClientPanel, stage: Stage) -> None:
    panel.form.target.setCurrentIndex(panel.form.target.findData("u"))
    panel.form.hex_mode.setChecked(True)
    panel.form.text.setPlainText("00 ff")
    panel.form.clients.setValue(3)
    panel.form.repeat.setValue(10)
    panel.form.interval.setValue(20)
    panel.form.half_close.setChecked(False)
    panel.form.send()
    name, members = stage.client.orders[-1]
    assert name == "clients_start"
    assert base64.b64decode(members["payload"]) == b"\x00\xff"
    assert (members["key"], members["clients"], members["repeat"]) == ("u", 3, 10)
    assert (members["interval_ms"], members["half_close"]) == (20, False)


def test_any_address_can_be_a_target(panel: ClientPanel, stage: Stage) -> None:
    panel.form.target.setCurrentIndex(panel.form.target.findData(""))
    assert not panel.form.send_button.isEnabled()
    panel.form.address.setText("/tmp/x.sock")
    panel.form.transport.setCurrentText("unixgram")
    panel.form.send()
    members = stage.client.orders[-1][1]
    assert (members["address"], members["transport"]) == ("/tmp/x.sock", "unixgram")
    assert "key" not in members


def test_answers_are_listed_even_when_they_overtake_the_reply(qtbot: QtBot, panel: ClientPanel, stage: Stage) -> None:
    panel.form.send()
    stage.client.say(**event("sent", data=b"hello\r\n"))
    stage.client.say(**event("sent", clients=9, data=b"demo"))
    stage.client.accept(len(stage.client.orders), clients=1)
    stage.client.say(**event("received", data=b"HELLO\r\n"))
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2)
    assert panel.state.text() == "sending: sent 1  ·  received 1"
    assert panel.model.index(1, 5).data() == "HELLO\\r\\n"
    assert panel.table.currentIndex().row() == 1
    stage.client.say(**event("ended"))
    qtbot.waitUntil(lambda: not panel.form.stop_button.isEnabled())
    assert panel.form.send_button.isEnabled()


def test_clients_can_be_stopped(qtbot: QtBot, panel: ClientPanel, stage: Stage) -> None:
    panel.form.send()
    stage.client.accept(len(stage.client.orders), clients=4)
    qtbot.waitUntil(lambda: panel._run == 4)
    panel.form.stop_button.click()
    assert stage.client.orders[-1] == ("clients_stop", {"clients": 4})


def test_a_refusal_is_told_in_place(qtbot: QtBot, panel: ClientPanel, stage: Stage) -> None:
    panel.form.send()
    stage.client.refuse(len(stage.client.orders), "not_found", "That server is stopped.")
    qtbot.waitUntil(lambda: panel.form.message.text() == "That server is stopped.")


def test_a_failing_client_is_counted(qtbot: QtBot, panel: ClientPanel, stage: Stage) -> None:
    panel.form.send()
    stage.client.accept(len(stage.client.orders), clients=1)
    stage.client.say(**event("failed", sentence="Connection refused."))
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)
    assert "failed 1" in panel.state.text()
    assert panel.model.index(0, 5).data() == "Connection refused."


def test_a_wrong_escape_is_told_under_the_text(panel: ClientPanel) -> None:
    panel.form.text.setPlainText(r"\q")
    assert "is no escape" in panel.form.message.text()
    assert "is no escape" in panel.form.send_button.toolTip()
    assert not panel.form.send_button.isEnabled()


def test_too_much_is_refused_in_place(panel: ClientPanel) -> None:
    pasted = QMimeData()
    pasted.setText("x" * 600_000)
    panel.form.text.insertFromMimeData(pasted)
    assert panel.form.text.toPlainText() == r"hello\r\n"
    assert panel.form.message.text() == "That is too long: the field takes 64 KB of text. Nothing was inserted."
    assert panel.form.send_button.isEnabled()
    pasted.setText("x" * (MOST_TEXT - 11))
    panel.form.text.insertFromMimeData(pasted)
    assert panel.form.message.text() == ""
    pasted.setText("y" * MOST_TEXT)
    panel.form.text.selectAll()
    panel.form.text.insertFromMimeData(pasted)
    assert len(panel.form.text.toPlainText()) == MOST_TEXT


def test_the_selected_server_is_proposed(panel: ClientPanel, stage: Stage) -> None:
    assert panel.form.target.currentData() == "k"
    panel.form.target.setCurrentIndex(panel.form.target.findData("u"))
    tell(stage, listening("k", name="renamed"), listening("u"))
    assert panel.form.target.currentData() == "u"
    stage.context.selection.select_server("k")
    assert panel.form.target.currentData() == "k"
    panel.form.target.setCurrentIndex(panel.form.target.findData(""))
    stage.context.selection.select_server("u")
    assert panel.form.target.currentData() == ""


def test_a_program_is_no_target_but_what_it_made(panel: ClientPanel, stage: Stage) -> None:
    tell(stage, listening("s", kind="script", address=""), listening("s/1", script="s"), listening("k"))
    assert panel.form.target.findData("s") < 0
    stage.context.selection.select_server("s")
    assert panel.form.target.currentData() == "s/1"


def test_hex_digits_make_room_for_the_text(panel: ClientPanel) -> None:
    panel.resize(870, 220)
    assert panel.table.isColumnHidden(HEX)
    panel.resize(1400, 220)
    assert not panel.table.isColumnHidden(HEX)
