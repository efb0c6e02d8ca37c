"""The filter language: what it means, what it says when it is not understood, and that nothing typed becomes SQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.capture.filters import FILTER_WORDS, FilterError, parse, suggestions
from engine.capture.records import State
from engine.observe.facts import Means, Outcome
from engine.observe.stages import Stage

from . import batches
from .batches import PID, START, closed, failed, interfered, number, opened, received, sent, stage, whole
from .conftest import Bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """1: an echo. 2: failed. 3: udp, large, rejected. 4: still served, by another worker."""
    bench = Bench(Path(tmp_path_factory.mktemp("filters")) / "a.capture")
    bench.servers[2] = bench.add_server("clock 100%", "udp")
    bench.feed(batches.worker_started(PID + 1, "Thread-1 (process_request_thread)"), *whole(1))
    bench.feed(opened(number(2), peer="[::1]:4242"), stage(number(2), Stage.HANDLE, START + 1, START + 2, thread=77))
    bench.feed(
        received(number(2), b'caf\xc3\xa9 "quoted"\r\n\x00\xff'), failed(number(2), Stage.HANDLE, "ValueError", "x_y")
    )
    bench.feed(stage(number(2), Stage.SHUTDOWN_REQUEST, START + 3, START + 4))
    bench.feed(closed(number(2), START + 5_000_000, Outcome.ERROR))
    bench.feed(opened(number(3), server=2, peer="10.0.0.1:53"), received(number(3), bytes(5000)))
    bench.feed(interfered(number(3), Means.LATENCY, 5_000_000), interfered(number(1), Means.EDITED))
    bench.feed(sent(number(3), bytes(300)), closed(number(3), START + 3_000_000_000, Outcome.REJECTED))
    bench.feed(opened(number(4), peer="fe80::1:80"), stage(number(4), Stage.SETUP, START + 9, thread=88))
    bench.commit()
    yield bench
    bench.close()


MEANINGS = [
    ("", [1, 2, 3, 4]),
    ("   ", [1, 2, 3, 4]),
    ("server:ECHO", [1, 2, 4]),
    ("server:echo,clock", [1, 2, 3, 4]),
    ("server:100%", [3]),
    ("server:%", [3]),
    ('server:"clock 100"', [3]),
    ("state:error", [2]),
    ("STATE:Error,done", [1, 2]),
    ("state:running", [4]),
    ("-state:running", [1, 2, 3]),
    ("state:active", [4]),
    ("state:Active,done", [1, 4]),
    ("state:new,idle", []),
    ("-state:active", [1, 2, 3]),
    ("peer:127.0.0.1", [1]),
    ("peer:::1", [2, 4]),
    ("peer:.", [1, 3]),
    ("worker:Thread-1", [1, 3]),
    ("worker:77", [2]),
    ("-worker:77", [1, 3, 4]),
    ("error:value", [2]),
    ("error:x_y", [2]),
    ("error:xay", []),
    ("error:*", [2]),
    ("-error:*", [1, 3, 4]),
    ("stage:handle", [2]),
    ("stage:setup,shutdown_request", [2, 4]),
    ("transport:udp", [3]),
    ("-transport:udp", [1, 2, 4]),
    ("touched:*", [1, 3]),
    ("touched:fault", [3]),
    ("touched:edited,half-close", [1]),
    ("-touched:Latency", [1, 2, 4]),
    ("id:2", [2]),
    ("id:#2,4", [2, 4]),
    ("id:2-3", [2, 3]),
    ("id:3-", [3, 4]),
    ("id:1,3-4,99", [1, 3, 4]),
    ("id:" + "2," * 3000 + "2", [2]),
    (" ".join(["server:" + ",".join("z" * 50)] * 5), []),
    (" ".join(["-x"] * 100), [1, 3, 4]),
    ("bytes>4k", [3]),
    ("bytes>5299", [3]),
    ("bytes>5300", []),
    ("bytes<10", [1, 4]),
    ("in>4", [2, 3]),
    ("in<1", [4]),
    ("out>0", [1, 3]),
    ("out<1", [2, 4]),
    ("ms>4.9 state:error", [2]),
    ("ms>2s -state:running", [3]),
    ("ms<1", [1]),
    ("text:ping", [1]),
    ("text:PING", []),
    ("text:café", [2]),
    (r'text:"é \"quoted"', [2]),
    (r"text:\r\n\x00\xff", [2]),
    ("hex:70696e67", [1]),
    ('hex:"70 69"', [1]),
    ("hex:70:69", [1]),
    ("ping", [1]),
    ("pong!", [1]),
    ("ValueError", [2]),
    ("clock", [3]),
    ("127.0.0.1:5000", [1]),
    ("fe80::1", [4]),
    ('"10.0.0.1:53"', [3]),
    ("echo -ping", [2, 4]),
    ("ping pong", [1]),
    ("' OR 1 --", []),
    ("server:echo state:done,error -id:1", [2]),
]


@pytest.mark.parametrize(("text", "ids"), MEANINGS)
def test_what_a_filter_means(bench: Bench, text: str, ids: list[int]) -> None:
    where = parse(text)
    assert list(bench.reader.ids(where)) == ids
    assert bench.reader.count(where) == len(ids)
    assert [record.id for record in bench.reader.requests(where)] == ids
    assert [record.id for record in bench.reader.requests(where, order="peer", descending=True, offset=1)] == [
        record.id for record in bench.reader.requests(where, order="peer", descending=True)
    ][1:]


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("state:foo", 0, "`state:` knows queued, running,"),
        ("peer:1 state:done,foo", 7, "not `foo`"),
        ("stage:x", 0, "`stage:` knows get_request,"),
        ("transport:sctp", 0, "`transport:` knows tcp, udp, unix, unixgram; not `sctp`."),
        ("state:", 0, "`state:` needs a value, as in `state:error`."),
        ("bytes>big", 0, "`bytes>` needs a size such as 100, 4k or 1.5m; not `big`."),
        ("ms>x", 0, "`ms>` needs milliseconds"),
        ("id:x", 0, "`id:` needs a number"),
        ("hex:0", 0, "`hex:` needs pairs of hex digits"),
        ("hex:zz", 0, "`hex:` needs pairs"),
        ('peer:x "open', 7, "A quote is opened here and not closed."),
        ('text:"open', 5, "A quote is opened here and not closed."),
        ("sevrer:echo", 0, "There is no filter `sevrer:`; there are `server:`,"),
        ("-", 0, "Something must follow `-`."),
        ("server:" + "a," * 60, 0, "`server:` takes at most 50 values."),
        ("id:" + "1-2," * 60 + "3", 0, "`id:` takes at most 50 values."),
        ("ab " * 101, 300, "too many words"),
        ("x" * 20_001, 20_000, "too long"),
        ("x size>4", 2, "There is no filter `size>`"),
    ],
)
def test_what_is_not_understood_is_said_and_where(text: str, position: int, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert message in caught.value.message
    assert caught.value.position == position


def test_every_word_explains_itself_by_examples_that_work(bench: Bench) -> None:
    for word in FILTER_WORDS:
        assert word.explanation
        for example in word.examples:
            assert example.startswith(word.word)
            bench.reader.count(parse(example))


PARTS = st.sampled_from(
    [*(word.word for word in FILTER_WORDS), "-", '"', "\\", " ", ",", "'", "%", "1", "x", "é", "\0", "\udc80"]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS | st.text(max_size=5), max_size=8).map("".join))
def test_anything_typed_is_a_filter_or_a_sentence(bench: Bench, text: str) -> None:
    suggestions(text)
    try:
        found, position = bench.reader.count(parse(text)), 0
    except FilterError as error:
        found, position = 0, error.position
    assert 0 <= found <= 4
    assert 0 <= position <= len(text)


@given(st.text(alphabet="abc';\"()-*/%_\\ ", min_size=1, max_size=20))
def test_nothing_typed_is_in_the_sql(value: str) -> None:
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert parse(f"peer:{quoted}").sql == parse("peer:x").sql or "," in value
    assert parse(quoted).sql == parse("x").sql


def test_suggestions_for_words_and_values() -> None:
    assert [one.text for one in suggestions("st")] == ["state:", "stage:"]
    assert [one.text for one in suggestions("peer:1 -tr")] == ["-transport:"]
    assert suggestions("peer:1 -tr")[0].start == 7
    assert [one.text for one in suggestions("transport:u")] == ["transport:udp", "transport:unix", "transport:unixgram"]
    assert [one.text for one in suggestions("state:error,re")] == ["state:error,rejected", "state:error,reset"]
    assert len(suggestions("")) == len(FILTER_WORDS)
    assert [one.text for one in suggestions("se peer:x", 2)] == ["server:"]


def test_all_states_and_stages_can_be_typed() -> None:
    values = {word.word: word.values for word in FILTER_WORDS}
    assert values["state:"] == (*(state.word for state in State), "new", "active", "idle")
    assert len(values["stage:"]) == len(Stage)
