"""A process that closes what is due, to be killed at it: `python -m tests.campaign.closer URL NOW`."""

import sys
from datetime import datetime

from server.db import connect
from tests.campaign.closes import closers


def main(url: str, now: str) -> None:
    """Say that it begins, and close."""
    engine = connect(url)
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    closers(engine, datetime.fromisoformat(now)).go()


if __name__ == "__main__":
    main(*sys.argv[1:])
