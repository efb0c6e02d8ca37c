"""The class attributes: which kinds of server have them, and what may be typed."""

from __future__ import annotations

import socketserver

import pytest

from app.dialogs.attributes import ATTRIBUTES, Attribute, attributes_of, read_value
from engine.hosting.profile import SERVER_CLASSES


def names(owner: str, family: str, concurrency: str) -> list[str]:
    return [attribute.name for attribute in attributes_of(owner, family, concurrency)]


def test_a_threading_tcp_server_has_what_its_class_has() -> None:
    server = names("server", "tcp", "threading")
    assert "daemon_threads" in server
    assert "request_queue_size" in server
    assert "max_children" not in server
    assert "max_packet_size" not in server
    assert names("handler", "tcp", "threading") == ["rbufsize", "wbufsize", "timeout", "disable_nagle_algorithm"]


def test_a_forking_datagram_server_has_children_and_packets() -> None:
    server = names("server", "unixgram", "forking")
    assert {"max_children", "max_packet_size", "block_on_close"} <= set(server)
    assert names("handler", "unixgram", "forking") == []


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda a: f"{a.owner}.{a.name}")
def test_defaults_are_those_of_the_standard_library(attribute: Attribute) -> None:
    if attribute.name == "poll_interval":
        pytest.skip("an argument of serve_forever, not an attribute")
    classes = [
        cls
        for kind, name in SERVER_CLASSES.items()
        if attribute.applies(*kind) and (cls := getattr(socketserver, name, None))
    ]
    owners = classes if attribute.owner == "server" else [socketserver.StreamRequestHandler]
    found = [
        getattr(cls, attribute.name)
        for cls in owners
        if not (attribute.name == "timeout" and "Forking" in cls.__name__)
    ]
    assert found
    assert all(value == attribute.default for value in found)


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda a: f"{a.owner}.{a.name}")
def test_each_is_explained_and_its_default_can_be_typed(attribute: Attribute) -> None:
    assert attribute.explanation.endswith(".")
    if attribute.kind is not bool:
        assert read_value(attribute, str(attribute.default)) == (attribute.default, "")


@pytest.mark.parametrize("text", ["x", "1.5", "", "0", "65536", "-1", "9" * 400])
def test_what_cannot_be_a_backlog_is_refused_in_a_sentence(text: str) -> None:
    backlog = next(a for a in ATTRIBUTES if a.name == "request_queue_size")
    value, problem = read_value(backlog, text)
    assert value == backlog.default
    assert problem.startswith("request_queue_size")
    assert problem.endswith(".")


@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_odd_floats_are_refused(text: str) -> None:
    poll = next(a for a in ATTRIBUTES if a.name == "poll_interval")
    assert read_value(poll, text)[1]
