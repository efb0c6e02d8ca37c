"""Socketscope: a desktop monitor and visual debugger for socket servers."""

__version__ = "0.1.0"
