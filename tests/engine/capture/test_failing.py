"""What a host says of an exception may be anything; a row comes of it all the same."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from engine.capture.failing import MESSAGE_LIMIT, read_failure


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(lambda v: json.dumps(v).encode()))
def test_anything_is_a_failure(data: bytes) -> None:
    failure = read_failure(data)
    assert failure.type
    failure.message.encode("utf-8")
    failure.detail.encode("utf-8")


def test_what_debug_writes() -> None:
    data = json.dumps({"type": "ValueError", "message": "x" * 9999, "server": 3, "frames": []}).encode()
    failure = read_failure(data)
    assert (failure.type, len(failure.message), failure.server) == ("ValueError", MESSAGE_LIMIT, 3)
    assert failure.headline == ("ValueError", "x" * MESSAGE_LIMIT)


def test_nesting_that_is_too_deep() -> None:
    assert read_failure(b"[" * 100_000).type == "Exception"


def test_a_death_is_told_by_its_cause() -> None:
    assert read_failure(b'{"type": "WorkerDied", "message": "killed by SIGKILL"}').headline == (
        "killed by SIGKILL",
        None,
    )
