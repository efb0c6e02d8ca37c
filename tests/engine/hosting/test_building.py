"""What a profile may ask of its server's class, and what is said when it asks for something else."""

from __future__ import annotations

import pytest

from engine.hosting.building import check_attributes
from engine.hosting.profile import SERVER_CLASSES, Profile


def said(server_class: str, **attributes: object) -> str | None:
    return check_attributes(Profile("x", server_class=server_class, attributes=attributes))


@pytest.mark.parametrize("server_class", SERVER_CLASSES.values())
def test_a_class_as_it_is_is_good(server_class: str) -> None:
    assert said(server_class, poll_interval=0.1) is None


@pytest.mark.parametrize(
    ("server_class", "attributes"),
    [
        ("ThreadPoolTCPServer", {"max_workers": 4, "min_workers": 4, "queue_limit": 0, "overflow": "caller"}),
        ("ThreadPoolUDPServer", {"worker_idle_timeout": None, "thread_name_prefix": "w"}),
        ("PreforkTCPServer", {"workers": 2, "max_requests": 5, "worker_timeout": 1, "stop_timeout": None}),
        ("PreforkUnixDatagramServer", {"workers": None}),
    ],
)
def test_good_workforces(server_class: str, attributes: dict[str, object]) -> None:
    assert said(server_class, **attributes) is None


@pytest.mark.parametrize(
    ("server_class", "attributes", "sentence"),
    [
        ("ThreadPoolTCPServer", {"max_workers": 0}, "max_workers must be a whole number from 1 to 10,000, not 0."),
        (
            "ThreadPoolTCPServer",
            {"max_workers": 3, "min_workers": 4},
            "min_workers must be a whole number from 1 to 3, not 4.",
        ),
        (
            "ThreadPoolTCPServer",
            {"overflow": "panic"},
            "overflow must be one of 'wait', 'drop', 'caller', not 'panic'.",
        ),
        ("ThreadPoolTCPServer", {"overflow": 1}, "overflow cannot be 1; it takes text."),
        ("PreforkTCPServer", {"workers": 1025}, "workers must be a whole number from 1 to 1,024, not 1025."),
        ("PreforkTCPServer", {"workers": True}, "workers cannot be True; it takes a whole number."),
        (
            "TCPServer",
            {"workers": 4},
            "TCPServer has no attribute workers; choose another server class, or leave it out.",
        ),
    ],
)
def test_a_bad_value_is_told_in_one_sentence(server_class: str, attributes: dict[str, object], sentence: str) -> None:
    assert said(server_class, **attributes) == sentence


@pytest.mark.parametrize("name", ["worker_timeout", "stop_timeout"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_times_that_cannot_be_waited_for(name: str, value: float) -> None:
    sentence = said("PreforkTCPServer", **{name: value})
    assert sentence is not None
    assert sentence.startswith(f"{name} must be more than 0 s")
