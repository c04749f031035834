"""`barie edge`: a box as a process."""

import argparse
import logging
import signal
import sys
from pathlib import Path

import structlog

from edge.agent import Agent
from edge.config import BadConfig, load


def main(argv: list[str] | None = None) -> int:
    """Run the box until it is told to stop. Exit 2 for a configuration that cannot be used."""
    parser = argparse.ArgumentParser("barie edge", description="The agent on a site's box: it decides for all lanes.")
    parser.add_argument("--config", type=Path, required=True, help="the box's JSON file")
    args = parser.parse_args(argv)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    try:
        agent = Agent(load(args.config))
    except (BadConfig, OSError, ValueError) as error:
        print(f"barie edge: {error}", file=sys.stderr)  # noqa: T201
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.stop())
    agent.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
