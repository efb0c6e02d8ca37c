"""What the window's tests need: a link to a fake supervisor, and everything that is made around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.context import Context
from app.link.link import Link
from app.settings import Settings
from app.theme import theme_source
from app.window import Window
from app.workspace import Workspace

from .link.fake import FakeClient


@dataclass
class Stage:
    """A window whose supervisor is the test."""

    client: FakeClient
    link: Link
    workspace: Workspace
    settings: Settings
    window: Window

    @property
    def context(self) -> Context:
        """What panels are given."""
        return self.window.context

    @classmethod
    def build(cls, folder: Path) -> Stage:
        """All of it, with files in `folder`."""
        folder.mkdir(exist_ok=True, parents=True)
        client = FakeClient(folder)
        link = Link(lambda: client)
        workspace = Workspace(folder / "workspace.json")
        workspace.load()
        settings = Settings(folder / "settings.ini")
        theme_source().set_mode("dark")
        return cls(client, link, workspace, settings, Window(link, workspace, settings, theme_source()))

    def orders(self) -> list[str]:
        """Names of the orders so far."""
        return [name for name, _members in self.client.orders]
