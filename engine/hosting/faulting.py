"""Faults as a person sets them, in the window or on a command line, read into what a host takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..capture.filters import FilterError
from ..debug.kinds import BY_WORD, FaultKind
from ..debug.parameters import COUNT, SHARE, Parameter
from .errors import HostingError
from .gating import read_condition

CHANCE = Parameter("share", SHARE, 1.0, "how many of the requests suffer, by the dice", 0, 1)
EVERY = Parameter("every", COUNT, 1, "each n-th request that the server accepts", 1, 1_000_000)
SEED = Parameter("seed", COUNT, 0, "of all dice: with the same seed a run repeats", 0, (1 << 53) - 1)
COMMON = (CHANCE, EVERY, SEED)
"""What every kind of fault takes besides its own parameters."""


def read_faults(data: object, server: int = 0, transport: str = "") -> list[dict[str, Any]]:
    """The faults that are on, for one of a host's servers or, 0, for all. Raises HostingError."""
    if not isinstance(data, list) or not all(isinstance(fault, dict) for fault in data):
        raise HostingError("bad_fault", "Faults are given as a list of objects.")
    return [_fault(fault, server, transport) for fault in data if fault.get("enabled", True)]


def _fault(fault: dict[str, Any], server: int, transport: str) -> dict[str, Any]:
    number = fault.get("number")
    try:
        kind = kind_named(str(fault.get("kind")))
        check_suits(kind, transport)
        return {
            "number": number,
            "kind": kind.word,
            "values": check_values(kind, fault.get("values", {})),
            "terms": read_condition(str(fault.get("condition", ""))),
            **{one.name: one.check(fault.get(one.name, one.default)) for one in COMMON},
            "servers": [server] if server else [],
        }
    except FilterError as error:
        raise HostingError("bad_condition", error.message, position=error.position, fault=number) from None
    except ValueError as error:
        raise HostingError("bad_fault", str(error), fault=number) from None


def kind_named(word: str) -> FaultKind:
    """The kind of this name. Raises ValueError with a sentence."""
    kind = BY_WORD.get(word.strip().lower().replace("-", "_"))
    if kind is None:
        raise ValueError(f"There is no fault {word!r}; there are {', '.join(BY_WORD)}.")
    return kind


def check_suits(kind: FaultKind, transport: str) -> None:
    """Raise ValueError with a sentence if this cannot be done to a server of that transport."""
    if not kind.suits(transport):
        wanted, there = ("connections", "datagrams") if kind.streams else ("datagrams", "connections")
        raise ValueError(f"{kind.word} is a fault of {wanted}; this server has {there}.")


def check_values(kind: FaultKind, values: object) -> dict[str, Any]:
    """All parameters of a kind, those that are not given as they are by default. Raises ValueError with a sentence."""
    if not isinstance(values, Mapping):
        raise ValueError(f"The parameters of {kind.word} are given as an object.")
    known = {parameter.name: parameter for parameter in kind.parameters}
    for name in values:
        if name not in known:
            raise ValueError(f"{kind.word} has no {name}; it has {', '.join(known)}.")
    return {name: one.check(values.get(name, one.default)) for name, one in known.items()}


def parse_fault(text: str, number: int, seed: int = 0) -> dict[str, Any]:
    """A fault as it is typed: `latency=200ms~50,at=sent,share=25%,every=2,if=text:slow`.

    The value after the kind is that of its first parameter, after `~` that of its second; `if` comes last and takes
    the rest. Raises ValueError with a sentence.
    """
    head, _, condition = text.partition(",if=")
    first, *rest = head.split(",")
    word, _, value = first.partition("=")
    kind = kind_named(word)
    fault: dict[str, Any] = {
        "number": number, "kind": kind.word, "values": _main_values(kind, value), "condition": condition, "seed": seed,
    }  # fmt: skip
    for part in _joined(rest):
        name, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"{part!r} sets nothing; write NAME=VALUE, as in {kind.word},share=25%.")
        _set(fault, kind, name.strip(), value)
    return fault


def _main_values(kind: FaultKind, text: str) -> dict[str, Any]:
    parts = text.split("~") if text else []
    if len(parts) > min(2, len(kind.parameters)):
        raise ValueError(f"{kind.word} takes one value, and after ~ a second; not {text!r}.")
    return {one.name: one.read(part) for one, part in zip(kind.parameters, parts, strict=False)}


def _joined(parts: list[str]) -> list[str]:
    """Offsets are a list with commas of its own."""
    joined: list[str] = []
    for part in parts:
        if joined and "=" not in part:
            joined[-1] += f",{part}"
        else:
            joined.append(part)
    return joined


def _set(fault: dict[str, Any], kind: FaultKind, name: str, text: str) -> None:
    own, common = ({one.name: one for one in some} for some in (kind.parameters, COMMON))
    if name in own:
        fault["values"][name] = own[name].read(text)
    elif name in common:
        fault[name] = common[name].read(text)
    else:
        raise ValueError(f"{kind.word} has no {name}={text}; it has {', '.join([*own, *common, 'if'])}.")
