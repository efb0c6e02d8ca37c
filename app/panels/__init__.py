"""The panels, one record each: docks, pages, the View menu and their tests are made from PANELS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from app.context import Context
from app.panels.bench import BenchPanel
from app.panels.client import ClientPanel
from app.panels.failures import FailuresPanel
from app.panels.faults import FaultsPanel
from app.panels.gates import GatesPanel
from app.panels.inspector import InspectorPanel
from app.panels.load import LoadPanel
from app.panels.output import OutputPanel
from app.panels.paused import PausedPanel
from app.panels.pipeline import PipelinePanel
from app.panels.requests import RequestsPanel
from app.panels.servers import ServersPanel
from app.panels.stacks import StacksPanel
from app.panels.variables import VariablesPanel
from app.panels.welcome import WelcomePanel
from app.panels.workers import WorkersPanel
from app.text import QT_TR_NOOP


@dataclass(frozen=True)
class Panel:
    """One panel. It is built by `factory` when it is first shown, and rests while it is hidden.

    `area` is left, right, top or bottom for a dock, center for a page in the window's middle. Without `head` the
    panel's own first line serves as one.
    """

    name: str
    title: str
    area: str
    factory: Callable[[Context], QWidget]
    shortcut: str = ""
    head: bool = True
    visible: bool = True


PANELS: tuple[Panel, ...] = (
    Panel("welcome", QT_TR_NOOP("Welcome"), "center", WelcomePanel, head=False),
    Panel("requests", QT_TR_NOOP("Requests"), "center", RequestsPanel),
    Panel("pipeline", QT_TR_NOOP("Pipeline"), "top", PipelinePanel, "Alt+6", head=False, visible=False),
    Panel("servers", QT_TR_NOOP("Servers"), "left", ServersPanel, "Alt+1"),
    Panel("workers", QT_TR_NOOP("Workers"), "right", WorkersPanel, "Alt+3"),
    Panel("load", QT_TR_NOOP("Load"), "right", LoadPanel, "Alt+4"),
    Panel("gates", QT_TR_NOOP("Breakpoints"), "right", GatesPanel, "Alt+8", visible=False),
    Panel("faults", QT_TR_NOOP("Faults"), "right", FaultsPanel, "Alt+Shift+8", visible=False),
    Panel("inspector", QT_TR_NOOP("Inspector"), "bottom", InspectorPanel, "Alt+2", head=False),
    Panel("client", QT_TR_NOOP("Test client"), "bottom", ClientPanel, "Ctrl+T"),
    Panel("failures", QT_TR_NOOP("Failures"), "bottom", FailuresPanel, "Alt+9"),
    Panel("stacks", QT_TR_NOOP("Stacks"), "bottom", StacksPanel, "Alt+Shift+9", visible=False),
    Panel("output", QT_TR_NOOP("Output"), "bottom", OutputPanel, "Alt+5"),
    Panel("paused", QT_TR_NOOP("Paused"), "bottom", PausedPanel, "Alt+7", visible=False),
    Panel("bench", QT_TR_NOOP("Bench"), "bottom", BenchPanel, "Ctrl+Shift+B", visible=False),
    Panel("variables", QT_TR_NOOP("Variables"), "bottom", VariablesPanel, "Alt+0", visible=False),
)
