"""What a person can put right, as one error type with a sentence."""

from __future__ import annotations

from typing import Any


class HostingError(Exception):
    """Something a person can put right. `code` is for programs, `sentence` for people, `extras` for a way out."""

    def __init__(self, code: str, sentence: str, **extras: Any) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.extras = extras

    def to_json(self) -> dict[str, Any]:
        """As it travels in a reply and in a tick."""
        return {"code": self.code, "sentence": self.sentence, **self.extras}
