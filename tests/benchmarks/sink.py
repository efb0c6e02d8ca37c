"""Where a watched server's facts go while it is measured: receives and decodes every batch, and counts the rows."""

from __future__ import annotations

import select
import sys

from engine.channel.receiver import Receiver


def main() -> None:
    """Receive on the descriptor given until all senders are gone; print how many rows came."""
    receiver = Receiver(int(sys.argv[1]))
    rows = 0
    while not receiver.ended:
        select.select([receiver], [], [])
        rows += sum(len(batch.rows) for batch in receiver.receive())
    print(rows, flush=True)


if __name__ == "__main__":
    main()
