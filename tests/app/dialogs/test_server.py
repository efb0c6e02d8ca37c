"""The server dialog: what it takes from a profile and gives back, and what it says about wrong values."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit
from pytestqt.qtbot import QtBot

from app.dialogs.server import ServerDialog
from engine.hosting.building import check_attributes
from engine.hosting.profile import SERVER_CLASSES, Profile
from tests.engine.certificates import FOLDER, certificate

SOURCE = """\
import sys
sys.modules["imported_by_mistake"] = sys
import socketserver

class Echo(socketserver.StreamRequestHandler):
    def handle(self): pass

class Clock(socketserver.DatagramRequestHandler):
    def handle(self): pass
"""

Open = Callable[..., ServerDialog]


@pytest.fixture
def handler_file(tmp_path: Path) -> Path:
    path = tmp_path / "handlers.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def show(qtbot: QtBot) -> Open:
    def show(profile: Profile | None = None, **more: object) -> ServerDialog:
        dialog = ServerDialog(profile, **more)  # type: ignore[arg-type]  # a test passes what the constructor takes
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return show


def good(handler_file: Path) -> Profile:
    return Profile(name="echo", handler_file=str(handler_file), handler_class="Echo", port=9009)


def test_an_empty_dialog_says_why_it_cannot_be_accepted_and_accuses_nobody(show: Open) -> None:
    dialog = show()
    assert not dialog.buttons.start.isEnabled()
    assert "Give the server a name." in dialog.buttons.start.toolTip()
    assert all(not row.message.isVisible() for row in dialog.main.rows)


def test_a_profile_comes_back_as_it_went_in(show: Open, handler_file: Path, tmp_path: Path) -> None:
    profile = dataclasses.replace(
        good(handler_file),
        server_class="ForkingTCPServer",
        attributes={"allow_reuse_address": True, "request_queue_size": 128, "max_children": 4, "poll_interval": 0.1},
        handler_attributes={"timeout": 2.5, "wbufsize": -1},
        arguments=("--port", "90 09"),
        directory=str(tmp_path),
        environment={"A": "1", "B": "x=y"},
        interpreter=sys.executable,
        example="echo",
    )
    dialog = show(profile)
    assert dialog.problem() == ""
    assert dialog.profile() == profile


@pytest.mark.parametrize(("kind", "server_class"), SERVER_CLASSES.items())
def test_family_and_concurrency_name_the_class(
    show: Open, handler_file: Path, tmp_path: Path, kind: tuple[str, str], server_class: str
) -> None:
    dialog = show(good(handler_file))
    dialog.family.choose(kind[0])
    dialog.concurrency.choose(kind[1])
    dialog.handler.choice.setCurrentIndex(0 if kind[0] in ("tcp", "unix") else 1)
    dialog.address.path.setText(str(tmp_path / "s.sock"))
    assert dialog.problem() == ""
    assert dialog.profile().server_class == server_class
    assert server_class in dialog.summary.text()


def test_the_handler_classes_are_read_not_imported(show: Open, handler_file: Path) -> None:
    dialog = show()
    dialog.handler.file.setText(str(handler_file))
    names = [dialog.handler.choice.itemData(i) for i in range(dialog.handler.choice.count())]
    assert names == ["Echo", "Clock"]
    assert "imported_by_mistake" not in sys.modules


def test_a_syntax_error_is_shown_with_its_line_where_the_file_is_named(show: Open, handler_file: Path) -> None:
    handler_file.write_text("import socketserver\nclass Echo(:\n")
    dialog = show()
    dialog.name.setText("echo")
    dialog.handler.file.setText(str(handler_file))
    message = dialog.main.row_of(dialog.handler.file).message
    assert message.isVisible()
    assert "line 2" in message.text()
    assert not dialog.buttons.keep.isEnabled()


def test_a_dropped_file_is_a_proposal_with_a_name_and_its_error_shown(show: Open, handler_file: Path) -> None:
    dialog = show(Profile(name="", handler_file=str(handler_file)), taken=["handlers"])
    assert dialog.windowTitle() == "New server"
    assert dialog.name.text() == "handlers-2"
    assert dialog.problem() == ""
    handler_file.write_text("def broken(:\n")
    dialog = show(Profile(name="", handler_file=str(handler_file)))
    assert "line 1" in dialog.main.row_of(dialog.handler.file).message.text()


def test_a_corrected_file_is_read_again(show: Open, handler_file: Path) -> None:
    handler_file.write_text("class Echo(:\n")
    dialog = show()
    dialog.name.setText("echo")
    dialog.handler.file.setText(str(handler_file))
    assert dialog.problem()
    handler_file.write_text(SOURCE)
    dialog.activateWindow()
    dialog.read_again()
    assert dialog.problem() == ""
    assert dialog.handler.chosen() == "Echo"


def test_a_stream_handler_cannot_serve_datagrams(show: Open, handler_file: Path) -> None:
    dialog = show(good(handler_file))
    dialog.family.choose("udp")
    assert dialog.problem() == "Echo handles a stream; this family needs a datagram handler."


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_an_address_for_everyone_must_be_confirmed(show: Open, handler_file: Path, host: str) -> None:
    dialog = show(good(handler_file))
    assert not dialog.address.confirmed.isVisible()
    dialog.address.host.setText(host)
    assert dialog.address.confirmed.isVisible()
    assert "other machines" in dialog.problem()
    dialog.address.confirmed.setChecked(True)
    assert dialog.problem() == ""


def test_a_bad_port_is_told_next_to_the_field(show: Open, handler_file: Path) -> None:
    dialog = show(good(handler_file))
    dialog.address.port.setText("99999")
    message = dialog.main.row_of(dialog.address.host).message
    assert message.text() == "Port 99999 is out of range: use 0 to 65535."
    assert "out of range" in dialog.buttons.start.toolTip()


def test_attributes_follow_the_kind_of_server(show: Open, handler_file: Path) -> None:
    dialog = show(good(handler_file))
    dialog.tabs.setCurrentIndex(1)
    children = dialog.attributes.editor("server", "max_children")
    assert not children.isVisible()
    dialog.concurrency.choose("forking")
    assert children.isVisible()
    assert isinstance(children, QLineEdit)
    children.setText("many")
    assert dialog.problem() == "max_children needs a whole number."
    dialog.concurrency.choose("threading")
    assert dialog.problem() == ""


def test_only_what_differs_from_the_default_is_kept(show: Open, handler_file: Path) -> None:
    dialog = show(good(handler_file))
    assert dialog.profile().attributes == {}
    reuse = dialog.attributes.editor("server", "allow_reuse_address")
    assert isinstance(reuse, QCheckBox)
    reuse.setChecked(True)
    assert dialog.profile().attributes == {"allow_reuse_address": True}


def test_accepting_tells_the_profile_and_whether_to_start(qtbot: QtBot, show: Open, handler_file: Path) -> None:
    dialog = show(good(handler_file))
    with qtbot.waitSignal(dialog.profile_accepted) as told:
        dialog.buttons.start.click()
    assert told.args == [good(handler_file), True]
    assert not dialog.isVisible()


def test_a_name_must_be_the_only_one(show: Open, handler_file: Path) -> None:
    dialog = show(good(handler_file), taken=["echo"])
    assert dialog.problem() == "Another server has this name already."


def test_hostile_file_contents_stay_plain(show: Open, handler_file: Path) -> None:
    path = handler_file.with_name("<img src=x>.py")
    path.write_text("x = 1\n")
    dialog = show()
    dialog.name.setText("x")
    dialog.handler.file.setText(str(path))
    assert "<img src=x>.py has no class" in dialog.main.row_of(dialog.handler.file).message.text()
    assert "<img" not in dialog.buttons.start.toolTip()


def test_a_pool_keeps_fewer_threads_than_it_may_have(show: Open, handler_file: Path) -> None:
    dialog = show(good(handler_file))
    dialog.concurrency.choose("pool")
    least, most = (dialog.attributes.editor("server", name) for name in ("min_workers", "max_workers"))
    assert isinstance(least, QLineEdit)
    assert isinstance(most, QLineEdit)
    least.setText("5")
    most.setText("4")
    assert dialog.problem() == "min_workers cannot be more than max_workers, which is 4."
    most.setText("5")
    assert dialog.problem() == ""
    assert dialog.profile().attributes == {"min_workers": 5, "max_workers": 5}


@pytest.mark.parametrize(
    ("server_class", "attributes"),
    [
        ("ThreadPoolTCPServer", {"max_workers": 8, "worker_idle_timeout": None, "overflow": "drop"}),
        ("PreforkTCPServer", {"workers": 3, "max_requests": 100, "worker_timeout": 2.5, "stop_timeout": None}),
    ],
)
def test_what_a_workforce_is_told_comes_back(
    show: Open, handler_file: Path, server_class: str, attributes: dict[str, object]
) -> None:
    profile = dataclasses.replace(good(handler_file), server_class=server_class, attributes=attributes)
    dialog = show(profile)
    assert dialog.problem() == ""
    assert dialog.profile() == profile
    assert check_attributes(profile) is None


def test_tls_and_hardening_come_back_as_they_went_in(show: Open, handler_file: Path, tmp_path: Path) -> None:
    certificate(tmp_path)
    cert, key = str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem")
    profile = dataclasses.replace(good(handler_file), hardened=True, tls_cert=cert, tls_key=key)
    dialog = show(profile)
    assert dialog.problem() == ""
    assert dialog.profile() == profile
    dialog.family.choose("udp")
    assert not dialog.tls.cert.isVisible()
    assert dialog.profile().tls_cert == ""


def test_what_is_wrong_with_tls_files_is_said_beneath_them(show: Open, handler_file: Path, tmp_path: Path) -> None:
    certificate(tmp_path)
    dialog = show(good(handler_file))
    cert, key = dialog.tls.cert, dialog.tls.key
    below_cert, below_key = dialog.main.row_of(cert).message, dialog.main.row_of(key).message
    key.setText(str(tmp_path / "key.pem"))
    assert below_key.text() == "A key without a certificate is of no use; choose the certificate, too."
    cert.setText(str(tmp_path / "missing.pem"))
    assert below_cert.text() == f"There is no file {tmp_path}/missing.pem."
    assert not below_key.isVisible()
    other = FOLDER / "test-only-second-certificate.pem"
    cert.setText(str(other))
    assert f"does not belong to the certificate in {other}" in below_key.text()
    assert dialog.problem() == below_key.text()
    cert.setText(str(tmp_path / "certificate.pem"))
    assert dialog.problem() == ""
    key.setText("")
    assert below_key.text() == f"Choose the key: {tmp_path}/certificate.pem holds none."
    assert not below_cert.isVisible()
    cert.setText(str(tmp_path / "key.pem"))
    assert below_cert.text().startswith(str(tmp_path / "key.pem"))
    assert not below_key.isVisible()


def test_who_has_just_chosen_a_certificate_is_asked_for_its_key(show: Open, handler_file: Path, tmp_path: Path) -> None:
    certificate(tmp_path)
    dialog = show(good(handler_file))
    dialog.tls.cert.setText(str(tmp_path / "certificate.pem"))
    assert dialog.problem() == dialog.buttons.why.text() == f"Choose the key: {tmp_path}/certificate.pem holds none."
    for path in (dialog.tls.cert, dialog.tls.key):
        assert not dialog.main.row_of(path).message.isVisible()


@pytest.mark.parametrize(("typed", "fits"), [("0.25", True), ("0", True), ("-1", False), ("soon", False), ("", False)])
def test_how_long_a_stage_may_last(show: Open, handler_file: Path, typed: str, fits: bool) -> None:
    dialog = show(good(handler_file))
    assert (dialog.launch.slow_after.text(), dialog.launch.slow_accepting.text()) == ("1", "0.1")
    dialog.launch.slow_after.setText(typed)
    if fits:
        assert dialog.problem() == ""
        assert dialog.profile().slow_after == float(typed)
    else:
        assert dialog.problem().startswith("Seconds from 0 (never)")


def test_enter_in_a_field_starts_it(qtbot: QtBot, show: Open, handler_file: Path) -> None:
    dialog = show(good(handler_file))
    assert dialog.focusWidget() is dialog.name
    QTest.keyClicks(dialog.name, "other")
    with qtbot.waitSignal(dialog.profile_accepted) as told:
        QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    assert told.args is not None
    assert (told.args[0].name, told.args[1]) == ("other", True)
