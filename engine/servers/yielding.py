"""A property that gives way: what a subclass or an instance calls the same is theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Yielding(Generic[T]):
    """Worked out when asked for, unless there is an attribute of that name; ours never ask by that name."""

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Yielding[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> T | Yielding[T]:
        return self if instance is None else self._work_out(instance)
