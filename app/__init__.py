"""Socketscope: a desktop monitor and visual debugger for socket servers."""
