"""Makes what a window hands to its panels and dialogs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from app.clearing import Clearing
from app.context import Context, View
from app.desk import Desk
from app.expectations import Expectations
from app.faults import Faults
from app.gates import Gates
from app.journal import Journal
from app.lines import Lines
from app.link.link import Link
from app.models.selection import Selection
from app.reruns import Reruns
from app.settings import Settings
from app.theme import ThemeSource
from app.workspace import Workspace


def make_context(
    owner: QObject,
    link: Link,
    workspace: Workspace,
    settings: Settings,
    themes: ThemeSource,
    session: Path | None,
    *,
    run: Callable[[str], None],
    action: Callable[[str], QAction],
    tell: Callable[[str], None],
) -> Context:
    """What is made for it belongs to the owner, and goes with it."""
    selection = Selection(owner)
    desk = Desk(link, workspace, selection, owner)
    return Context(
        link=link,
        desk=desk,
        journal=Journal(link, desk, owner),
        selection=selection,
        gates=Gates(link, workspace, selection, owner),
        lines=Lines(link, workspace, selection, owner),
        faults=Faults(link, workspace, owner),
        reruns=Reruns(link, selection, owner),
        expectations=Expectations(link, workspace, settings, owner),
        view=View(owner),
        clearing=Clearing(link, owner),
        workspace=workspace,
        settings=settings,
        themes=themes,
        run=run,
        action=action,
        tell=tell,
        session=session,
    )
