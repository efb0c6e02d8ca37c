"""Where a watched server's facts go while it is measured: takes every batch, and at the end decodes all of them.

It shares a core with the clients: to stand in their way is not the server's affair.
"""

from __future__ import annotations

import socket
import sys

from engine.channel.codec import FRAME_LIMIT, decode


def main() -> None:
    """Receive on the descriptor given until all senders are gone; print how many rows came."""
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        frames = list(iter(lambda: channel.recv(FRAME_LIMIT), b""))
    print(sum(len(decode(frame).rows) for frame in frames), flush=True)


if __name__ == "__main__":
    main()
