"""`socketscope doctor`: which of socketserver's weaknesses a server class has."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ..doctor.examination import Examination, Refused, Target
from ..doctor.records import Diagnosis, Verdict, Weakness
from ..doctor.weaknesses import BY_NAME, WEAKNESSES
from .serve import BadInputError, target_of
from .terminal import BAD_INPUT, complain, safe, say, say_json

SHORTEST, LONGEST = 1.0, 600.0


def doctor(options: argparse.Namespace) -> int:
    """Examine the class, and say what was found."""
    try:
        chosen = _chosen(options.only)
        timeout = _timeout(options.timeout)
        target = Target(*target_of(options.target, "ServerClass"))
        examination = Examination(target, timeout, hardened=options.hardened, tls=options.tls)
    except (BadInputError, Refused) as error:
        return complain(str(error), BAD_INPUT)
    if options.json:
        found = list(examination.run(chosen))
        say_json(
            {
                "target": options.target,
                "hardened": options.hardened,
                **_traits(examination),
                "found": [one.to_json() for one in found],
            }
        )
        return 0
    say(f"{safe(examination.traits.name)} ({_described(examination, options.hardened)})")
    say(_row("weakness", "verdict", "measured"))
    counts = dict.fromkeys(Verdict, 0)
    for diagnosis in examination.run(chosen):
        counts[diagnosis.verdict] += 1
        say(_row(diagnosis.weakness.title, diagnosis.verdict.value, _told(diagnosis)))
    say(", ".join(f"{verdict.value}: {count}" for verdict, count in counts.items() if count))
    return 0


def _chosen(names: Sequence[str]) -> Sequence[Weakness]:
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise BadInputError(f"There is no check {unknown[0]}; choose from {', '.join(BY_NAME)}.")
    return [weakness for weakness in WEAKNESSES if not names or weakness.name in names]


def _timeout(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not SHORTEST <= seconds <= LONGEST:
        raise BadInputError(f"--timeout is {SHORTEST:g} to {LONGEST:g} seconds, not {text!r}.")
    return seconds


def _traits(examination: Examination) -> dict[str, str]:
    traits = examination.traits
    return {"class": traits.name, "transport": traits.transport, "workers": traits.workers, "tls": traits.tls}


def _described(examination: Examination, hardened: bool) -> str:
    traits = examination.traits
    where = {"loop": "in the loop", "thread": "in threads", "process": "in child processes"}.get(traits.workers, "")
    how = ", examined as harden() makes it" if hardened else ""
    tls = f"TLS {traits.tls}, " if traits.tls else ""
    return safe(f"{traits.transport}, {tls}serves {where}{how}")


def _told(diagnosis: Diagnosis) -> str:
    if diagnosis.verdict is Verdict.OPT_IN:
        return safe(f"{diagnosis.figure}; kept for compatibility, cured by {diagnosis.cure}")
    return safe(f"{diagnosis.figure}; with {diagnosis.cure}" if diagnosis.cure else diagnosis.figure)


def _row(title: str, verdict: str, figure: str) -> str:
    return f"{title:<46}{verdict:<16}{figure}".rstrip()
