"""`barie edge`: a box as a process."""

import logging
import signal
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from edge.agent import Agent
from edge.config import BadConfig, load
from edge.heartbeat import Heartbeat


def edge(
    config: Annotated[Path, typer.Option(help="the JSON file; docs/handbook.md explains every key")],
) -> None:
    """The agent on a site's box: it decides for all lanes. Runs until it is told to stop.

    Exit 2 for a configuration that cannot be used; the message names file and key.
    """
    raise typer.Exit(_run(config))


def _run(path: Path) -> int:
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
        config = load(path)
        agent = Agent(config)
    except (BadConfig, OSError, ValueError) as error:
        print(f"barie edge: {error}", file=sys.stderr)  # noqa: T201
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.stop())
    heartbeat = Heartbeat(Path(config.data), agent.later)
    heartbeat.beat()
    try:
        agent.run()
    finally:
        heartbeat.end()
    return 0
