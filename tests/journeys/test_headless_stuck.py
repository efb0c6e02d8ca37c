"""Requests that do not get on are named with their line, soon and by themselves; any live one tells where it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from engine.hosting.client import SupervisorClient

from .headless import DEADLINE, Running, until
from .test_headless_trouble import Site, _send, site

__all__ = ["site"]

SOON = 2.0
SLACK = 4.0
"""How much longer it may take while other programs want the processors, too."""


def stuck(site: Site) -> dict[str, Any]:
    """The tick's line about the one stuck request, once there is one."""
    until(lambda: bool(site.server()) and bool(site.tick.get("stuck")))
    found: dict[str, Any] = site.tick["stuck"][0]
    return found


def where(site: Site, request: int) -> dict[str, Any]:
    found: dict[str, Any] = site.client.request("where", DEADLINE, request=request)["where"]
    return found


def named_within(site: Site, began: float) -> float:
    """After how long the tick's warning and the stuck request were there."""
    stuck(site)
    until(lambda: bool(site.server().get("warning")))
    return time.monotonic() - began


def test_a_regex_that_never_ends_and_a_lock_are_named_soon(site: Site) -> None:
    address = site.start()["address"]
    with _send(address, b"take\n") as taking:
        assert taking.recv(100) == b"taken\n"
        wanting = _send(address, b"echo\nwant\n")
        assert wanting.recv(100) == b"done\n"
        assert named_within(site, time.monotonic()) < SOON + SLACK
        line = stuck(site)
        assert (line["doing"], line["call"], line["function"]) == ("lock", "with TILL", "Trouble.want")
        assert [holder["request"] for holder in line["holders"]] == [1]
        warning = site.server()["warning"]
        assert warning["code"] == "lock"
        assert "has waited" in warning["sentence"]
        assert "held by request #1 since line" in warning["sentence"]
        assert where(site, 1)["doing"] == "recv"
        assert where(site, 1)["call"] == "self.rfile.readline()"
        found = where(site, 2)
        assert found["frames"][-1]["function"] == "Trouble.want"
        assert any("with TILL" in text for _, text in found["frames"][-1]["source"])
        with _send(address, b"hold\n"):
            began = time.monotonic()
            until(lambda: (site.server().get("warning") or {}).get("code") == "hung")
            assert time.monotonic() - began < SOON + SLACK
            line = stuck(site)
            assert (line["request"], line["doing"], line["function"]) == (3, "interpreter", "hold")
            assert "by request #3" in site.server()["warning"]["sentence"]
            wanting.close()
            assert where(site, 3)["frames"][-1]["function"] == "hold" or "match" in str(where(site, 3)["frames"][-1])


def test_serve_tells_programs_who_is_stuck(tmp_path: Path) -> None:
    file = str(Path(__file__).with_name("handlers_headless.py"))
    with Running("serve", "--json", f"{file}:Trouble", "--bind", "127.0.0.1:0") as running:
        address = running.item()["address"]
        with _send(address, b"take\n") as taking:
            assert taking.recv(100) == b"taken\n"
            with _send(address, b"want\n") as wanting:
                line = running.item()["stuck"]
                assert (line["doing"], line["call"], line["function"]) == ("lock", "with TILL", "Trouble.want")
                taking.sendall(b"\n")
                assert wanting.recv(100) == b"done\n"
                assert running.item() == {"goes_on": line["request"]}
        assert running.stop() == 0


def test_two_that_wait_for_each_other(site: Site) -> None:
    address = site.start()["address"]
    with _send(address, b"cross 0\n") as one, _send(address, b"cross 1\n") as other:
        assert one.recv(100) == other.recv(100) == b"taken\n"
        one.sendall(b"\n")
        other.sendall(b"\n")
        until(lambda: bool(site.server()) and [line["deadlock"] for line in site.tick["stuck"]] == [[1, 2], [1, 2]])
        assert "Deadlock: requests #1 and #2" in site.server()["warning"]["sentence"]
        assert {line["call"] for line in site.tick["stuck"]} == {"with PAIR[second]"}


def test_one_that_waits_for_its_own_lock(site: Site) -> None:
    address = site.start()["address"]
    with _send(address, b"twice\n"):
        assert stuck(site)["kind"] == "lock"
        assert "which it holds itself since line" in site.server()["warning"]["sentence"]


def test_what_waits_for_its_peer_is_not_stuck(site: Site) -> None:
    address = site.start()["address"]
    with _send(address, b"echo\n") as client:
        assert client.recv(100) == b"done\n"
        until(lambda: bool(site.requests()))
        until(lambda: where(site, 1)["since"] < time.monotonic_ns() - 2_500_000_000)
        site.server()
        assert site.tick["stuck"] == []
        assert where(site, 1)["doing"] == "recv"


def test_a_wait_of_which_the_name_tells_nothing(site: Site) -> None:
    address = site.start()["address"]
    with _send(address, b"stand\n"):
        until(lambda: bool(site.requests()))
        until(lambda: where(site, 1)["doing"] == "waiting")
        assert where(site, 1)["call"] == "os.read(os.pipe()[0], 1)"


@pytest.mark.parametrize("server_class", ["ForkingTCPServer", "PreforkTCPServer"])
def test_children_tell_where_they_are(server_class: str, site: Site) -> None:
    address = site.start(server_class)["address"]
    with _send(address, b"twice\n"), _send(address, b"loop\n") as _looping, _send(address, b"echo\n") as client:
        assert client.recv(100) == b"done\n"
        until(lambda: bool(site.server()) and len(site.tick["stuck"]) == 2)
        by_doing = {line["doing"]: line for line in site.tick["stuck"]}
        assert by_doing["lock"]["call"] == "own.acquire()"
        assert by_doing["lock"]["function"] == "twice"
        assert by_doing["running"]["function"] == "loop"
        (calm,) = {request.id for request in site.requests()} - {line["request"] for line in site.tick["stuck"]}
        assert where(site, calm)["doing"] == "recv"
        everything = site.client.request("stacks", DEADLINE, key="t")["stacks"]
        assert {entry["request"] for entry in everything} >= {1, 2, 3}


def test_a_child_that_uses_signals_is_not_harmed(site: Site) -> None:
    address = site.start("ForkingTCPServer")["address"]
    with _send(address, b"signalled\n"):
        assert stuck(site)["function"] == "twice"
        assert [frame["function"] for frame in where(site, 1)["frames"]] == ["handle", "signalled", "twice"]
        assert site.requests()[0].state.live


def test_a_request_that_starves_in_the_queue(tmp_path: Path) -> None:
    from engine.hosting.profile import Profile

    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        site = Site(client)
        file = str(Path(__file__).with_name("handlers_headless.py"))
        attributes = {"max_workers": 1}
        profile = Profile(
            name="pool", server_class="ThreadPoolTCPServer", handler_file=file, handler_class="Trouble",
            attributes=attributes,
        )  # fmt: skip
        address = client.request("start", DEADLINE, key="t", profile=profile)["address"]
        with _send(address, b"take\n") as taking, _send(address, b"echo\n"):
            assert taking.recv(100) == b"taken\n"
            line = stuck(site)
            assert line["doing"] == "queue"
            assert line["request"] == 2
