"""The file of a Unix socket: whether it goes with its server, and whether it is in the way of the next one."""

from __future__ import annotations

import os
import socket

from ..patient import Patient
from ..records import Finding


def left_file(patient: Patient) -> Finding:
    """Whether a Unix server leaves its file behind, so that the next one finds its address in use."""
    server = patient.server(patient.echo())
    path = server.socket.getsockname()
    server.server_close()
    if not isinstance(path, str) or not path:
        return Finding(False, "its name is abstract: there is no file", {"left": 0})
    left = os.path.exists(path)
    return Finding(left, "the file is left" if left else "the file is gone", {"left": float(left)})


def stale_file(patient: Patient) -> Finding:
    """Whether a file that a server left which was killed keeps the next from binding; a living one's has to."""
    place = patient.place()
    with socket.socket(socket.AF_UNIX, patient.kind.socket_type) as killed:  # type: ignore[attr-defined]  # it has one
        killed.bind(place)
    try:
        patient.serve(patient.server(patient.echo(), place))
    except OSError as error:
        return Finding(True, f"the next server cannot bind: {error.strerror}", {"refused": 1, "robs": 0})
    try:
        patient.server(patient.echo(), place)
    except OSError:
        return Finding(False, "the next server replaces it, but not a living server's", {"refused": 0, "robs": 0})
    return Finding(True, "the next server replaces a living server's file, too", {"refused": 0, "robs": 1})
