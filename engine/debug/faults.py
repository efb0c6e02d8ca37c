"""Faults: what is to be done to which requests of a server, so that a run can be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ..observe.request import Request
from .delays import Delays
from .gates import Subject, Term
from .injuries import Injury
from .kinds import BY_WORD, FaultKind


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault that is switched on.

    Of the requests that the server accepts, numbered from 1 since the faults were set, each `every`-th is chosen, and
    of those a `share`; what is chosen suffers as soon as it matches all `terms`. Everything that chance decides comes
    from `seed`, the fault's number and the request's: not from the order in which workers come to run.
    """

    number: int
    kind: FaultKind
    values: Mapping[str, Any] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()
    share: float = 1.0
    every: int = 1
    seed: int = 0
    servers: tuple[int, ...] = ()
    """Numbers of the host's servers that it is for; empty: all of them."""

    def is_for(self, server: int) -> bool:
        """Whether it is done to requests of the host's server with this number."""
        return not self.servers or server in self.servers

    def chooses(self, ordinal: int) -> bool:
        """Whether the request of this number is one that may suffer."""
        if ordinal % self.every:
            return False
        return self.share >= 1 or Random(self._seed(ordinal)).random() < self.share

    def holds(self, subject: Subject) -> bool:
        """Whether all terms do."""
        return all(term.holds(subject) for term in self.terms)

    def injure(self, request: Request, ordinal: int, delays: Delays) -> Injury:
        """Put it to work on a request."""
        return self.kind.make(request, self.values, self._seed(ordinal), delays)

    def _seed(self, ordinal: int) -> str:
        return f"{self.seed}/{self.number}/{ordinal}"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fault:
        """Read what `hosting/faulting.py` made. Raises ValueError, KeyError or TypeError for what makes no sense."""
        kind = BY_WORD[data["kind"]]
        values = {one.name: one.check(data.get("values", {}).get(one.name, one.default)) for one in kind.parameters}
        return cls(
            int(data["number"]),
            kind,
            values,
            tuple(Term.from_json(term) for term in data.get("terms", ())),
            float(data.get("share", 1)),
            max(1, int(data.get("every", 1))),
            int(data.get("seed", 0)),
            tuple(int(number) for number in data.get("servers", ())),
        )
