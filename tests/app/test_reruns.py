"""Running again from the window: what is ordered, what is heard, and what comes of it in words."""

from __future__ import annotations

import base64
from typing import Any

from pytestqt.qtbot import QtBot

from app.reruns import Bench, Pair, in_words

from .stage import Stage


def play(stage: Stage, **members: Any) -> None:
    event = {"event": "clients", "clients": 7, "of": 1, "client": 0, "what": "played", "equal": True, "took": 5}
    stage.client.say(**{**event, **members})


def test_one_more_time(stage: Stage, qtbot: QtBot) -> None:
    reruns = stage.context.reruns
    stage.context.selection.select_request(1)
    stage.context.run("request.again")
    assert stage.client.orders[-1] == ("run_again", {"request": 1, "repeat": 1, "clients": 1, "at_once": True})
    with qtbot.waitSignal(reruns.answered) as answered:
        play(stage, request=9)  # may overtake the reply that names its clients
        stage.client.accept(len(stage.client.orders), clients=7)
    assert answered.args == [Pair(1, 9)]
    with qtbot.waitSignal(reruns.benched):
        play(stage, what="ended", client=None)
    assert reruns.bench is not None
    assert in_words(reruns.bench) == "1 of 1 answered  ·  all equal to #1"


def test_what_is_refused_is_told(stage: Stage, qtbot: QtBot) -> None:
    reruns = stage.context.reruns
    reruns.run_again(1)
    with qtbot.waitSignal(reruns.refused) as refused:
        stage.client.refuse(len(stage.client.orders), "not_running", "echo does not run; start it first.")
    assert refused.args == ["echo does not run; start it first."]
    assert reruns.bench is not None
    assert not reruns.bench.running
    assert in_words(reruns.bench) == "echo does not run; start it first."


def test_other_clients_are_not_ours(stage: Stage, qtbot: QtBot) -> None:
    reruns = stage.context.reruns
    reruns.order(1, payloads=[b"a", b"b"], repeat=2, clients=2)
    assert stage.client.orders[-1][1]["payloads"] == [base64.b64encode(one).decode() for one in (b"a", b"b")]
    with qtbot.waitSignals([stage.link.replied, reruns.benched]):
        stage.client.accept(len(stage.client.orders), clients=7)
        stage.client.say(event="clients", clients=7, what="received", client=0)
        play(stage, clients=8, request=5)
        play(stage, equal=False, request=6, first=2, took=9)
    assert reruns.bench is not None
    assert (reruns.bench.played, reruns.bench.odd, reruns.bench.expected) == (1, 6, 4)


def test_a_bench_counts() -> None:
    bench = Bench(4, 3)
    assert in_words(bench) == "Running #4 again …"
    for took, equal in ((30, True), (10, True), (20, False)):
        bench.take({"what": "played", "took": took, "equal": equal, "request": took})
    bench.take({"what": "failed", "sentence": "Nothing listens."})
    assert (bench.shortest, bench.longest, bench.total, bench.odd, bench.last) == (10, 30, 60, 20, 20)
    assert in_words(bench) == "3 of 3 answered  ·  1 differ from #4  ·  1 failed"
