"""The faults of a command line: read from its options, and explained in its help."""

from __future__ import annotations

from typing import Any

from ..debug.kinds import KINDS, FaultKind
from ..debug.parameters import CHOICE
from ..hosting.errors import HostingError
from ..hosting.faulting import parse_fault, read_faults

_HEAD = """faults: KIND[=VALUE[~SECOND]][,NAME=VALUE ...][,if=CONDITION]
  --fault latency=200ms~50,at=sent    --fault split=3,share=25%    --fault "rst=100,every=2,if=peer:127.0.0.1"
  Every kind also takes share (of the requests), every (n-th request), seed, and last: if, a condition
  in the words of breakpoints (peer: handler: text: hex: regex: in> ...). The kinds, and what holds by default:
"""


def fault_help() -> str:
    """A line for each kind, with its parameters as they are by default."""
    return "\n".join([_HEAD, *(_line(kind) for kind in KINDS)])


def _line(kind: FaultKind) -> str:
    shown = []
    for parameter in kind.parameters:
        value = "|".join(parameter.choices) if parameter.unit == CHOICE else parameter.show(parameter.default)
        shown.append(f"{parameter.name}={value}")
    return f"  {kind.word:12} {kind.explanation}\n  {'':12} {', '.join(shown)}"


def make_faults(texts: list[str], seed: str, transport: str) -> list[dict[str, Any]]:
    """The faults as orders take them. Raises ValueError with a sentence."""
    if not seed.isdigit():
        raise ValueError(f"The seed must be a whole number, not {seed!r}.")
    faults = [parse_fault(text, number, int(seed)) for number, text in enumerate(texts, 1)]
    try:
        read_faults(faults, transport=transport)
    except HostingError as error:
        raise ValueError(error.sentence) from None
    return faults
