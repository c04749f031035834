"""`barie server`: the centre as a process."""

import argparse
import logging
import os
import sys
from pathlib import Path

import structlog
import uvicorn
from sqlalchemy.exc import OperationalError

from server.app import application
from server.centre import Centre
from server.config import BadConfig, load
from server.setup import prepare


def main(argv: list[str] | None = None) -> int:
    """Run the centre until it is told to stop. Exit 2 for a configuration that cannot be used."""
    parser = argparse.ArgumentParser("barie server", description="The centre: ingest, money, console and jobs.")
    parser.add_argument("--config", type=Path, required=True, help="the centre's JSON file")
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
        config = load(args.config)
        prepare(config)
    except (BadConfig, OperationalError, OSError) as error:
        print(f"barie server: {error}", file=sys.stderr)  # noqa: T201
        return 2
    app = application(Centre(config))
    settings = uvicorn.Config(app, host=config.host, port=config.port, log_level="warning", access_log=False)
    server = uvicorn.Server(settings)
    server.run()
    return 0 if server.started else os.EX_UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main())
