"""One class attribute that a person can set on a server or a handler, and how what is typed for it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.text import tr
from engine.hosting.profile import CONCURRENCIES, FAMILIES

STREAMS = ("tcp", "unix")
DATAGRAMS = ("udp", "unixgram")
INTERNET = ("tcp", "udp")


@dataclass(frozen=True)
class Attribute:
    """One class attribute. `kind` is bool, int, float or str; an `optional` one may also be None."""

    name: str
    owner: str
    """"server" or "handler": whose class it is set on."""
    kind: type
    default: Any
    explanation: str
    families: tuple[str, ...] = FAMILIES
    concurrencies: tuple[str, ...] = CONCURRENCIES
    lowest: float = 0
    highest: float = 0
    unit: str = ""
    optional: bool = False
    choices: tuple[str, ...] = ()
    """All that a str may be; none: any text."""
    ceiling: str = ""
    """Name of the attribute, of the same owner, that this one may not exceed."""

    def applies(self, family: str, concurrency: str) -> bool:
        """Whether a server of this kind has the attribute at all."""
        return family in self.families and concurrency in self.concurrencies


def read_value(attribute: Attribute, text: str) -> tuple[Any, str]:
    """The value typed for an attribute and, when it cannot be used, a sentence that says why."""
    text = text.strip()
    if attribute.kind is str:
        return text, ""
    if attribute.optional and text.lower() in ("", "none"):
        return None, ""
    try:
        value = attribute.kind(text)
    except ValueError:
        return attribute.default, tr("{name} needs {what}.").format(name=attribute.name, what=_wanted(attribute))
    if not attribute.lowest <= value <= attribute.highest:
        bounds = {"low": _bound(attribute.lowest), "high": _bound(attribute.highest)}
        return attribute.default, tr("{name} must be from {low} to {high}.").format(name=attribute.name, **bounds)
    return value, ""


def _wanted(attribute: Attribute) -> str:
    if attribute.optional:
        return tr("a whole number or None") if attribute.kind is int else tr("a number or None")
    return tr("a whole number") if attribute.kind is int else tr("a number")


def _bound(value: float) -> str:
    return f"{value:g}" if value < 100_000 else f"{int(value):,}".replace(",", " ")
