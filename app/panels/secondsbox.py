"""A field for seconds, whole or not: 300, 2.5, 0.25."""

from __future__ import annotations

from PySide6.QtWidgets import QDoubleSpinBox

DIGITS = 3


class SecondsBox(QDoubleSpinBox):
    """From 0, which reads as `none`, to `most`; shows no zeros that say nothing."""

    def __init__(self, most: float, none: str) -> None:
        super().__init__()
        self.setDecimals(DIGITS)
        self.setRange(0, most)
        self.setSuffix(" s")
        self.setSpecialValueText(none)
        self.setKeyboardTracking(False)

    # Qt's overrides

    def textFromValue(self, value: float) -> str:  # noqa: N802
        return self.locale().toString(value, "g", 8)
