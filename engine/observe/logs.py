"""Loggers that load `logging` with their first line: its locks, which each child renews, are dear to fork with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logging import Logger


class Log:
    """What `logging.getLogger` returns for this name, as far as it is used here."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def info(self, text: str, *arguments: object) -> None:
        """A line at INFO."""
        self._logger().info(text, *arguments, stacklevel=2)

    def warning(self, text: str, *arguments: object) -> None:
        """A line at WARNING."""
        self._logger().warning(text, *arguments, stacklevel=2)

    def error(self, text: str, *arguments: object, **more: Any) -> None:
        """A line at ERROR; `exc_info` is the exception."""
        self._logger().error(text, *arguments, stacklevel=2, **more)

    def exception(self, text: str, *arguments: object) -> None:
        """A line at ERROR with the exception that is being handled."""
        self._logger().exception(text, *arguments, stacklevel=2)

    def _logger(self) -> Logger:
        import logging

        return logging.getLogger(self._name)
