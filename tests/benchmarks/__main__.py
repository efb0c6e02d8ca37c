"""Prints the tables of measurements; no figure here fails anything: `python3 -m tests.benchmarks`."""

from . import engine_servers

engine_servers.report()
