"""The arithmetic, the arguments and the shapes of the benchmarks, and one real measurement of a few milliseconds."""

from __future__ import annotations

import json
import math

import pytest

from . import running
from .__main__ import parse, report
from .cases import CASES, Case, Contender
from .figures import GOALS, Figure, Row, outcomes, rows
from .handlers import work_of
from .tables import Result, as_json, as_markdown, as_text

PAIR = Case("A pair", "conn", "echo", (Contender("stdlib", "S"), Contender("ours", "S"), Contender("gevent", "")))


def test_ratios_are_those_of_each_round() -> None:
    """A machine that is twice as slow in one round must not show."""
    figures = [[Figure(100, 5), Figure(50, 9), Figure(110, 6)], [Figure(200, 2), Figure(100, 4), Figure(330, 3)], []]
    first, second = rows("tcp", PAIR, figures)
    assert (first.rate, first.ratio, first.cpu) == (100, 1, 6)
    assert (second.label, second.rate, second.ratio, second.cpu) == ("ours S", 200, 2, 3)


@pytest.mark.parametrize(("ratio", "reached"), [(2.0, True), (1.99, False)])
def test_a_goal_is_reached_or_missed(ratio: float, reached: bool) -> None:
    row = Row("tcp", "ours ThreadPoolTCPServer", 1000, ratio, 10)
    (only,) = outcomes([row], None)
    assert (only.number, only.reached, only.measured) == ("P1", reached, f"{ratio:.2f}")


@pytest.mark.parametrize(("ours", "reached"), [(0.6, True), (0.7, False)])
def test_the_hooks_have_a_price_in_microseconds(ours: float, reached: bool) -> None:
    (only,) = outcomes([], (0.4, ours))
    assert (only.number, only.reached) == ("P7", reached)


def test_each_goal_is_of_a_server_that_is_measured() -> None:
    labels = {(name, contender.label) for name, case in CASES.items() for contender in case.contenders}
    assert [goal for goal in GOALS if (goal.case, goal.server) not in labels] == []


def test_what_is_not_there_is_left_out_with_a_sentence() -> None:
    assert running.missing(Contender("ours", "ThreadPoolTCPServer")) == ""
    assert running.missing(Contender("ours", "NoSuchServer")) == "There is no NoSuchServer yet."


def test_the_default_measures_everything() -> None:
    assert parse([]).only == [*CASES, "hooks"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "tcp,quic"], "there is no 'quic'"),
        (["--seconds", "0"], "from 0.05 to 30"),
        (["--seconds", "nan"], "from 0.05 to 30"),
        (["--rounds", "0"], "from 1 to 99"),
        (["--rounds", "x"], "invalid"),
        (["--json", "--markdown"], "not allowed with"),
    ],
)
def test_arguments_without_sense_are_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(arguments)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["sleep1", "wait", "workx"])
def test_a_handler_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"handler|float"):
        work_of(name)


def test_a_result_has_three_shapes() -> None:
    row = Row("tcp", "ours ThreadPoolTCPServer", 12345.6, 2.123, 40.04)
    result = Result([row], outcomes([row], None), ["gevent is not installed."], 0.5, 3)
    assert "12,346    2.12     40.0" in as_text(result)
    assert "| ours ThreadPoolTCPServer | 12,346 | 2.12 | 40.0 µs |" in as_markdown(result)
    assert as_markdown(result).startswith("## Performance\n")
    assert json.loads(as_json(result))["outcomes"][0]["reached"] is True
    assert all("gevent is not installed." in shape(result) for shape in (as_text, as_markdown, as_json))


@pytest.mark.parametrize("name", ["udp", "http"])
def test_a_measurement_is_made_of_real_answers(name: str) -> None:
    result = report([name], 0.05, 1)
    assert [row.label for row in result.rows][:3] == [one.label for one in CASES[name].contenders[:3]]
    assert all(row.rate > 0 and row.cpu > 0 and math.isfinite(row.ratio) for row in result.rows)
    assert result.rows[0].ratio == 1
