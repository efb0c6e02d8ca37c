"""What is known about a class, what is looked for, and what was found."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .patient import Patient


class Verdict(enum.Enum):
    """What came of a check."""

    HAS = "has it"
    HAS_NOT = "has not"
    OPT_IN = "opt-in"
    """Has it by default, for compatibility; something that the class itself offers cures it."""
    NOT_APPLICABLE = "does not apply"
    UNKNOWN = "not measured"


@dataclass(frozen=True)
class Traits:
    """A class as seen from outside. `workers` says where a handler runs: "loop", "thread" or "process"."""

    name: str
    transport: str
    """tcp, udp, unix or unixgram."""
    workers: str
    forks: bool
    """Whether it has `max_children`: a child process a request."""
    cures: tuple[str, ...]
    """The cures (see cures.py) that the class knows."""
    tls: str = ""
    """How it comes to speak TLS (see security.py); "" if it does not."""

    @property
    def stream(self) -> bool:
        """Whether it has connections."""
        return self.transport in ("tcp", "unix")


@dataclass(frozen=True)
class Finding:
    """Whether the weakness is there, the measured figure as a sentence, and as numbers by name."""

    weak: bool
    figure: str
    numbers: dict[str, float]


class NotMeasured(Exception):  # noqa: N818 - named after what happened
    """The check could not be carried out; the text says why."""


Check = Callable[["Patient"], Finding]


@dataclass(frozen=True)
class Cure:
    """What a class may offer against a weakness (see cures.py). `told`: how a person writes it."""

    name: str
    told: str


@dataclass(frozen=True)
class Condition:
    """What a class must be like to have a weakness. `otherwise` says, of one that is not, why it cannot."""

    holds: Callable[[Traits], bool]
    otherwise: str


@dataclass(frozen=True)
class Weakness:
    """One thing to look for. `title` says what is wrong where it is there."""

    name: str
    title: str
    check: Check
    needs: tuple[Condition, ...] = ()
    cures: tuple[Cure, ...] = ()

    def why_not(self, traits: Traits) -> str:
        """Why a class cannot have it; "" if it can."""
        return next((condition.otherwise for condition in self.needs if not condition.holds(traits)), "")


@dataclass(frozen=True)
class Diagnosis:
    """One line of the report. `figure` is what was measured, or why nothing was.

    `cure` is given where the verdict is OPT_IN, or where a hardened class needed it, too.
    """

    weakness: Weakness
    verdict: Verdict
    figure: str = ""
    numbers: dict[str, float] | None = None
    cure: str = ""

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "name": self.weakness.name,
            "weakness": self.weakness.title,
            "verdict": self.verdict.name.lower(),
            "figure": self.figure,
            "numbers": self.numbers or {},
            "cure": self.cure,
        }
