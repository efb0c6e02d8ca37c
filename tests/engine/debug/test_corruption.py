"""Corrupted bytes: how many, which, and the same again with the same seed."""

from __future__ import annotations

from engine.observe.facts import Means
from tests.engine.debug.suffering import Server, Talkative, fault, suffering, told
from tests.engine.serving import ask


def corrupted(seed: int, chunks: list[bytes], rate: float = 0.3) -> bytes:
    with (
        suffering({**fault("corrupt", rate=rate, way="out"), "seed": seed}, server=Server(Talkative)) as (server, _),
    ):
        return b"".join(ask(server.server_address, b"go on\n") for _ in chunks)


def test_corrupted_bytes_are_the_same_with_the_same_seed() -> None:
    once = corrupted(7, [b"x"] * 8)
    assert once == corrupted(7, [b"x"] * 8)
    assert once != corrupted(8, [b"x"] * 8)
    changed = sum(a != b for a, b in zip(once, b"abcd" * 8, strict=True))
    assert 2 <= changed <= 20


def test_corrupted_at_offsets() -> None:
    with suffering(fault("corrupt", offsets="1,3-4", way="in")) as (server, notes):
        answer = ask(server.server_address, b"abcdef")
    assert [at for at, (a, b) in enumerate(zip(answer, b"abcdef", strict=True)) if a != b] == [1, 3, 4]
    assert all((a ^ b).bit_count() <= 1 for a, b in zip(answer, b"abcdef", strict=True))
    assert told(notes) == [(Means.CORRUPT, 3, "received byte 1 ff.")]
