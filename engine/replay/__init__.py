"""Clients that send bytes to a server, again or for the first time."""
