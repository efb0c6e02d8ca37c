"""The stages of a request, in the order of socketserver's pipeline."""

from enum import IntEnum


class Stage(IntEnum):
    """One timed step of the pipeline; each is named after the method that it times.

    Two are no methods: `QUEUE` is the wait between `process_request` and the first instruction in the worker,
    `HANDSHAKE` is what a TLS server does first in `finish_request`.
    The numbers are stored in captures: never renumber, only add.
    """

    GET_REQUEST = 1
    VERIFY_REQUEST = 2
    PROCESS_REQUEST = 3
    QUEUE = 4
    FINISH_REQUEST = 5
    SETUP = 6
    HANDLE = 7
    FINISH = 8
    SHUTDOWN_REQUEST = 9
    HANDLE_ERROR = 10
    HANDLE_TIMEOUT = 11
    SERVICE_ACTIONS = 12
    HANDSHAKE = 13

    @property
    def place(self) -> tuple[int, int]:
        """Sorts stages in the order of the pipeline: the numbers are older than some of the stages."""
        return (Stage.FINISH_REQUEST, 1) if self is Stage.HANDSHAKE else (self, 0)

    @property
    def method(self) -> str:
        """The stage's name as people write it: `get_request`, `handle`, ..."""
        return self.name.lower()
