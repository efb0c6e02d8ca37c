"""`socketscope replay`: sends the requests of a capture again, and says how each answer compares with the old one."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ..capture.filters import FilterError, parse
from ..capture.reader import BadCapture, CaptureReader
from ..capture.records import RequestRecord, ServerRecord
from ..replay.comparison import common_prefix
from ..replay.expectations import BadExpectations, Expectation, read_expectations
from ..replay.playback import NotPlayable, Playback, read_playback
from ..replay.player import Played, Unreachable, play
from ..replay.targets import Refused, Target, read_target
from .terminal import BAD_INPUT, FAILED, complain, safe, say, say_json

EQUAL, DIFFERENT, NOT_ANSWERED, SKIPPED = "equal", "different", "failed", "skipped"


def replay(options: argparse.Namespace) -> int:
    """Send every request that the filter lets through, one after the other."""
    try:
        patience = float(options.patience)
        if options.capture.endswith(".json"):
            return _check_expectations(options, patience)
        where = parse(options.where)
        with CaptureReader(options.capture) as reader:
            numbers = reader.ids(where)
            if not numbers:
                return complain("No request of this capture is let through; nothing was sent.", BAD_INPUT)
            counts = Counter(_replay_one(reader, number, options, patience) for number in numbers)
    except FilterError as error:
        return complain(f"The filter cannot be understood: {error.message}", BAD_INPUT)
    except (BadCapture, BadExpectations, Refused) as error:
        return complain(str(error), BAD_INPUT)
    except ValueError:
        return complain(f"{options.patience!r} is no number of seconds.", BAD_INPUT)
    except KeyboardInterrupt:
        return 130
    return _sum_up(counts, options)


def _sum_up(counts: Counter[str], options: argparse.Namespace) -> int:
    if not options.json:
        say("  ".join(f"{counts[what]} {what}" for what in (EQUAL, DIFFERENT, NOT_ANSWERED, SKIPPED) if counts[what]))
    return FAILED if options.check and (counts[DIFFERENT] or counts[NOT_ANSWERED] or not counts[EQUAL]) else 0


def _check_expectations(options: argparse.Namespace, patience: float) -> int:
    """A file of expectations instead of a capture: it does not tell where the server is."""
    expectations = read_expectations(Path(options.capture))
    if not options.to:
        raise Refused("A file of expectations does not tell where the server is; add --to ADDRESS.")
    if not expectations:
        return complain(f"There are no expectations in {options.capture}; nothing was sent.", BAD_INPUT)
    return _sum_up(Counter(_check_one(one, options, patience) for one in expectations), options)


def _check_one(expectation: Expectation, options: argparse.Namespace, patience: float) -> str:
    target = read_target(options.to, expectation.playback.transport, anywhere=options.anywhere)
    try:
        played = play(expectation.playback, target, at_once=options.at_once, patience=patience)
    except Unreachable as error:
        what, words = NOT_ANSWERED, str(error)
    else:
        first = expectation.first_difference(played.answer)
        what, words = (EQUAL, "") if first is None else (DIFFERENT, f"from byte {first} on")
    if options.json:
        say_json({"name": expectation.name, "result": what, "detail": words})
    else:
        say(f"{what:10} {safe(expectation.name)}  {safe(words)}".rstrip())
    return what


def _replay_one(reader: CaptureReader, number: int, options: argparse.Namespace, patience: float) -> str:
    """Raises Refused for a target that nothing may be sent to: then nothing else is sent either."""
    played: Played | None = None
    try:
        playback = read_playback(reader, number)
        target = _target(reader, number, playback, options)
        played = play(playback, target, at_once=options.at_once, patience=patience)
    except NotPlayable as error:
        what, words = SKIPPED, str(error)
    except Unreachable as error:
        what, words = NOT_ANSWERED, str(error)
    else:
        what, words = _compared(playback, played)
    if options.json:
        _say_json(number, what, words, played)
    else:
        size = f"{len(played.answer)} B" if played is not None else ""
        took = f"{played.took / 1e6:.1f} ms" if played is not None else ""
        say(f"#{number:<7} {what:10} {size:>10} {took:>12}  {safe(words)}".rstrip())
    return what


def _compared(playback: Playback, played: Played) -> tuple[str, str]:
    if played.answer == playback.answer:
        return EQUAL, "" if playback.whole else "as far as the old answer was captured"
    first = common_prefix(playback.answer, played.answer)
    if first == len(playback.answer) and not playback.whole:
        return EQUAL, "as far as the old answer was captured"
    return DIFFERENT, f"from byte {first} on; it was {len(playback.answer)} B"


def _say_json(number: int, what: str, words: str, played: Played | None) -> None:
    item: dict[str, object] = {"request": number, "result": what, "detail": words}
    if played is not None:
        item |= {"size": len(played.answer), "took": played.took, "ended": played.ended}
    say_json(item)


def _target(reader: CaptureReader, number: int, playback: Playback, options: argparse.Namespace) -> Target:
    """Where to: as ordered, else to the server that the request came to."""
    server = next(_servers_of(reader, reader.request(number)), None)
    tls = bool(server is not None and server.profile.get("tls_cert"))
    address = options.to or (server.address if server is not None else "")
    if not address:
        raise Refused("The capture does not tell where this server was; add --to ADDRESS.")
    return read_target(address, playback.transport, tls=tls, anywhere=options.anywhere)


def _servers_of(reader: CaptureReader, request: RequestRecord | None) -> Iterator[ServerRecord]:
    return (server for server in reader.servers() if request is not None and server.id == request.server)
