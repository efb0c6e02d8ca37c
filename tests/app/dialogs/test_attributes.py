"""The class attributes: which kinds of server have them, and what may be typed."""

from __future__ import annotations

import socketserver

import pytest

import engine
from app.dialogs.attribute import Attribute, read_value
from app.dialogs.attributes import ATTRIBUTES
from engine.hosting.profile import SERVER_CLASSES


def names(owner: str, family: str, concurrency: str) -> list[str]:
    return [a.name for a in ATTRIBUTES if a.owner == owner and a.applies(family, concurrency)]


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
def test_defaults_are_those_of_the_classes(attribute: Attribute) -> None:
    if attribute.name == "poll_interval":
        pytest.skip("an argument of serve_forever, not an attribute")
    classes = [
        cls
        for kind, name in SERVER_CLASSES.items()
        if attribute.applies(*kind)
        and (cls := getattr(engine if kind[1] in ("pool", "prefork") else socketserver, name, None))
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


def test_a_pool_has_its_threads_and_a_preforking_server_its_processes() -> None:
    pool, prefork = names("server", "tcp", "pool"), names("server", "tcp", "prefork")
    assert {"max_workers", "min_workers", "worker_idle_timeout", "queue_limit", "overflow", "daemon_threads"} <= set(
        pool
    )
    assert {"workers", "max_requests", "worker_timeout", "stop_timeout"} <= set(prefork)
    assert not {"workers", "max_children"} & set(pool)
    assert not {"max_workers", "max_children", "daemon_threads"} & set(prefork)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("max_workers", "0", "max_workers must be from 1 to 10000."),
        ("workers", "many", "workers needs a whole number or None."),
        ("stop_timeout", "soon", "stop_timeout needs a number or None."),
    ],
)
def test_wrong_numbers_of_workers_are_refused_in_a_sentence(name: str, text: str, sentence: str) -> None:
    attribute = next(a for a in ATTRIBUTES if a.name == name)
    assert read_value(attribute, text)[1] == sentence
