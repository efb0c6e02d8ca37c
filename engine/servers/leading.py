"""What a pool's worker does with a request: as the leader it accepts one, then it serves it."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING, Any
from weakref import ref

from ..observe.place import Place
from ..observe.stream import Stream
from ..observe.tap import receive_datagram
from . import pipeline, recorded
from .accepting import accept as take
from .base import BaseServer
from .tcp import TCPServer
from .threads import ThreadingMixIn
from .udp import UDPServer

if TYPE_CHECKING:
    from .member import Job, Member
    from .pool import ThreadPoolMixIn

_DONTWAIT = int(getattr(socket, "MSG_DONTWAIT", 0))


def workers_accept(server: ThreadPoolMixIn) -> bool:
    """Whether nobody would notice which thread accepts."""
    cls = type(server)
    return (
        sys.platform == "linux"  # elsewhere a connection inherits that its listener does not block
        and getattr(type(server.socket), "accept", None) is socket.socket.accept
        and cls.get_request in (TCPServer.get_request, UDPServer.get_request)
        and cls.verify_request is BaseServer.verify_request
        and not {"get_request", "verify_request"} & vars(server).keys()
    )


def accept(server: ThreadPoolMixIn, member: Member) -> None:
    """The leader's share: accept, verify, and process or reject; or if nobody has come, wait."""
    if server._ss_suspended:
        return member.crew.pause()
    place = server._ss_place
    if place is not None and place.hooks.observers:
        if place.hooks.recorder is None:
            return _accept_watched(server, place, member)
        if not recorded.lead(server, member.told or member.worker(place), fetch):
            member.crew.wait()
        return None
    try:
        request, client_address = fetch(server)
    except BlockingIOError:
        return member.crew.wait()
    except OSError as error:
        return server._ss_accept_failed(error)
    if type(request) is not tuple:
        server._ss_open[id(request)] = ref(request)
    try:
        verified = server.verify_request(request, client_address)
    except BaseException:
        server._ss_dispose(request)
        raise
    if not verified:
        return server._ss_dispose(request)
    return server._ss_process(request, client_address)


def _accept_watched(server: ThreadPoolMixIn, place: Place, member: Member) -> None:
    worker = member.worker(place)
    member.crew.wait()
    pipeline.handle(server, place, worker, lambda: fetch(server))


def fetch(server: Any) -> tuple[Any, Any]:
    """What `get_request` does, without waiting. Raises BlockingIOError if nobody has come."""
    if not server._ss_datagrams:
        return take(server.socket)
    place = server._ss_place
    if place is None:
        data, client_address = server.socket.recvfrom(server.max_packet_size, _DONTWAIT)
    else:
        data, client_address, place.datagram_size = receive_datagram(server.socket, server.max_packet_size, _DONTWAIT)
    return (data, server.socket), client_address


def serve(server: ThreadPoolMixIn, member: Member, job: Job) -> None:
    """The worker's share."""
    request, client_address, watched = job
    if watched is None:
        return server.process_request_thread(request, client_address)
    worker = member.told or member.worker(watched.place)
    if (
        type(watched) is Stream
        and watched.noted
        and type(server).process_request_thread is ThreadingMixIn.process_request_thread
    ):
        return recorded.serve(server, watched, worker)
    watched.taken(worker)
    try:
        server.process_request_thread(request, client_address)
    finally:
        watched.close()
    return None
