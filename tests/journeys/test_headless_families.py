"""Every family with every kind of concurrency, served and shown: rows, bytes, workers and stages are right."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.hosting.profile import SERVER_CLASSES

from .headless import Running, data_of, port_of, show, talk, wait_closed

HANDLERS = Path(__file__).with_name("handlers_headless.py")
CLIENTS = 5

STAGES = {"get_request", "verify_request", "process_request", "finish_request", "setup", "handle", "finish"}


@pytest.mark.parametrize(("family", "concurrency"), SERVER_CLASSES)
def test_rows_bytes_workers_and_stages(family: str, concurrency: str, tmp_path: Path) -> None:
    capture = tmp_path / "a.socketscope"
    datagrams = family in ("udp", "unixgram")
    handler = "UpperDatagram" if datagrams else "Upper"
    bind = f"unix:{tmp_path}/s.sock" if family.startswith("unix") else "127.0.0.1:0"
    server = SERVER_CLASSES[family, concurrency]
    words = ("serve", f"{HANDLERS}:{handler}", "--server", server, "--bind", bind, "--json", "--record", str(capture))
    with Running(*words) as running:
        started = running.item()
        address = started["address"] if family.startswith("unix") else port_of(started["address"])
        talks = _talk_all(family, address, tmp_path)
        wait_closed(capture, CLIENTS)
        assert running.stop() == 0, running.errors
    requests = show(capture)
    assert len(requests) == CLIENTS
    by_bytes = {data_of(request, "in"): request for request in requests}
    for name, sent, answer in talks:
        request = by_bytes[sent]
        assert answer == sent.upper()
        assert data_of(request, "out") == answer
        assert (request["bytes_in"], request["bytes_out"]) == (len(sent), len(answer))
        assert (request["server"], request["transport"], request["state"]) == (handler, family, "done")
        if family != "unix":
            assert request["peer"] == name
        assert request["local"] == started["address"]
        assert request["opened"] < request["closed"]
        assert {stage["stage"] for stage in request["stages"]} >= STAGES
        assert all(stage["started"] <= stage["ended"] for stage in request["stages"])
        _check_worker(concurrency, started["pid"], request["worker"])
    if concurrency in ("threading", "forking"):  # the others use their workers again
        assert len({(r["worker"]["pid"], r["worker"]["thread"]) for r in requests}) > 1


def _talk_all(family: str, address: str | tuple[str, int], folder: Path) -> list[tuple[str, bytes, bytes]]:
    kind = socket.SOCK_DGRAM if family in ("udp", "unixgram") else socket.SOCK_STREAM

    def one(number: int) -> tuple[str, bytes, bytes]:
        sent = f"client {number} says\nsome \u20ac bytes\n".encode() + bytes(range(256)) * number
        name, answer = talk(kind, address, sent, folder / f"c{number}" if family == "unixgram" else None)
        return name, sent, answer

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(one, range(CLIENTS)))


def _check_worker(concurrency: str, pid: int, worker: dict[str, int]) -> None:
    if concurrency in ("forking", "prefork"):
        assert worker["pid"] != pid
        assert worker["status"] == 0
        assert worker["cpu"] > 0
        assert worker["memory"] > 1 << 20
    else:
        assert worker["pid"] == pid
        assert (worker["thread"] == pid) == (concurrency == "single")
