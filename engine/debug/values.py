"""Shows values as short text without running any code of theirs."""

from __future__ import annotations

import _socket
from itertools import islice
from types import BuiltinFunctionType, FunctionType, GetSetDescriptorType, MethodType, ModuleType
from typing import Any

TEXT_LIMIT = 200
MESSAGE_LIMIT = 2000
BYTES_LIMIT = 64
HEX_LIMIT = 256
ITEM_LIMIT = 10
ATTRIBUTE_LIMIT = 6
DEPTH_LIMIT = 2
INT_BITS_LIMIT = 2048

# A metaclass may make `cls.__name__` run the user's code; the slots of `type` itself do not.
_NAME = type.__dict__["__name__"].__get__
_NAMES = type.__dict__["__dict__"].__get__
_QUALNAME = type.__dict__["__qualname__"].__get__

_PLAIN = (type(None), bool, float, complex, type(Ellipsis), type(NotImplemented))
_BUILTIN_STR = {
    kind.__str__
    for kind in (BaseException, OSError, KeyError, ImportError, SyntaxError, UnicodeDecodeError, UnicodeEncodeError)
}


def name_of(kind: type) -> str:
    """A type's name."""
    return str(_NAME(kind))


def message_of(error: BaseException) -> str:
    """What `str(error)` gives, unless that would run the user's code: then its arguments."""
    arguments = error.args
    if type(error).__str__ in _BUILTIN_STR and all(_harmless(argument) for argument in arguments):
        return str(error)[:MESSAGE_LIMIT]
    if len(arguments) == 1 and type(arguments[0]) is str:
        return arguments[0][:MESSAGE_LIMIT]
    return ", ".join(show(argument) for argument in arguments[:ITEM_LIMIT])[:MESSAGE_LIMIT]


def _harmless(value: Any) -> bool:
    """Whether `repr(value)` runs built-in code only, and soon ends."""
    kind = type(value)
    if kind is int:
        return bool(value.bit_length() <= INT_BITS_LIMIT)
    if kind in (str, bytes):
        return len(value) <= 1 << 16
    if kind is tuple:
        return len(value) <= ITEM_LIMIT and all(map(_harmless, value))
    return kind in _PLAIN


def describe_local(name: str, value: Any) -> dict[str, Any]:
    """One row of the table of locals.

    Bytes come with their size and the first of them in hex, text with its first characters as they are, and what
    holds such with its `items`: so that whoever knows what was received can tell which of it they are.
    """
    row: dict[str, Any] = {"name": name[:TEXT_LIMIT], "type": name_of(type(value)), "value": show(value)}
    row |= _content(value)
    items = [{"type": name_of(type(item)), "value": show(item)} | _content(item) for item in _items(value)]
    if held := [item for item in items if "hex" in item or "text" in item or item["type"] == "int"]:
        row["items"] = held
    return row


def _content(value: Any) -> dict[str, Any]:
    kind = type(value)
    if kind in (bytes, bytearray):
        return {"size": len(value), "hex": value[:HEX_LIMIT].hex()}
    if kind is memoryview:
        try:
            return {"size": value.nbytes, "hex": value.cast("B")[:HEX_LIMIT].hex()}
        except (TypeError, ValueError):  # it is not in one piece, or has been released
            return {}
    if kind is str:
        return {"size": len(value), "text": value[:HEX_LIMIT]}
    return {"size": len(value)} if kind in (list, tuple, dict, set, frozenset) else {}


def _items(value: Any) -> list[Any]:
    """The first things in a container, or in the attributes of an object."""
    kind = type(value)
    if kind in (list, tuple):
        return list(islice(value, ITEM_LIMIT))
    if kind is dict:
        return _values(value)
    if issubclass(kind, tuple):
        return list(islice(tuple.__iter__(value), ITEM_LIMIT))
    return _values(attributes(value))


def _values(value: dict[Any, Any]) -> list[Any]:
    try:
        return list(islice(value.values(), ITEM_LIMIT))
    except RuntimeError:  # another thread changed it under our eyes
        return []


def attributes(value: Any) -> dict[str, Any]:
    """The attributes that an object of a plain class has of its own; none if code of the user had to run to tell."""
    kind = type(value)
    found = next((_NAMES(cls)["__dict__"] for cls in type.mro(kind) if "__dict__" in _NAMES(cls)), None)
    if type(found) is not GetSetDescriptorType or issubclass(kind, type):
        return {}
    names = found.__get__(value)
    return names if type(names) is dict else {}


def show(value: Any, depth: int = 0) -> str:
    """A value as short text."""
    kind = type(value)
    if kind in _PLAIN:
        return repr(value)
    if kind is int:
        return repr(value) if value.bit_length() <= INT_BITS_LIMIT else f"<int of {value.bit_length()} bits>"
    if kind is str:
        return _cut(repr(value[:TEXT_LIMIT]), len(value) > TEXT_LIMIT)
    if kind in (bytes, bytearray):
        return _cut(repr(value[:BYTES_LIMIT]), len(value) > BYTES_LIMIT)
    if kind in _BRACKETS:
        return _show_items(value, kind, depth)
    return _show_object(value, kind, depth)


def _cut(text: str, cut: bool) -> str:
    return text + "…" if cut else text


_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    dict: ("{", "}"),
}


def _show_items(value: Any, kind: type, depth: int) -> str:
    opening, closing = _BRACKETS[kind]
    if depth >= DEPTH_LIMIT:
        return f"{opening}…{closing}" if value else opening + closing
    try:
        items = list(islice(value.items() if kind is dict else value, ITEM_LIMIT))
    except RuntimeError:  # another thread changed it under our eyes
        return f"{opening}…{closing}"
    if kind is dict:
        parts = [f"{show(key, depth + 1)}: {show(item, depth + 1)}" for key, item in items]
    else:
        parts = [show(item, depth + 1) for item in items]
    if len(value) > ITEM_LIMIT:
        parts.append("…")
    tail = "," if kind is tuple and len(value) == 1 else ""
    return opening + ", ".join(parts) + tail + closing


def _show_object(value: Any, kind: type, depth: int) -> str:
    if kind is ModuleType:
        return f"<module {ModuleType.__getattribute__(value, '__name__')}>"
    if kind in (FunctionType, BuiltinFunctionType, MethodType):
        return f"<{name_of(kind)}>" if kind is MethodType else f"<function {value.__qualname__}>"
    if issubclass(kind, type):
        return f"<class {_QUALNAME(value)}>"
    if issubclass(kind, _socket.socket):
        return f"<{name_of(kind)} fd={_socket.socket.fileno(value)}>"
    return _show_attributes(value, kind, depth)


def _show_attributes(value: Any, kind: type, depth: int) -> str:
    if issubclass(kind, tuple):  # a named one
        return f"<{_QUALNAME(kind)} {_show_items(tuple(tuple.__iter__(value)), tuple, depth)}>"
    if issubclass(kind, int):
        return f"<{_QUALNAME(kind)} {int.__repr__(value)}>" if int.bit_length(value) <= INT_BITS_LIMIT else "<int>"
    if depth or issubclass(kind, BaseException):
        return f"<{_QUALNAME(kind)} object>"
    try:
        named = list(islice(attributes(value).items(), ATTRIBUTE_LIMIT))
    except RuntimeError:  # another thread changed it under our eyes
        named = []
    parts = [f"{name}={show(item, DEPTH_LIMIT)}" for name, item in named if type(name) is str]
    return f"<{_QUALNAME(kind)} {' '.join(parts)}>"[:TEXT_LIMIT] if parts else f"<{_QUALNAME(kind)} object>"
