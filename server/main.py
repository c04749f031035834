"""`barie server`: the centre as a process."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from server import first_run
from server.app import application
from server.centre import Centre
from server.config import BadConfig, load
from server.console.serving import Server, settings
from server.setup import prepare


def server(
    config: Annotated[Path, typer.Option(help="the JSON file; docs/handbook.md explains every key")],
) -> None:
    """The centre: ingest, money, console and jobs. Runs until it is told to stop.

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
        prepare(config)
    except OperationalError as error:
        return _refuse(f"{make_url(config.database).render_as_string(hide_password=True)}: {error.orig}")
    except (BadConfig, OSError) as error:
        return _refuse(str(error))
    app = application(Centre(config))
    if code := app.state.first_run.code():
        scheme = "https" if config.certificate else "http"
        print(first_run.said(code, f"{scheme}://{config.host}:{config.port}"), file=sys.stderr, flush=True)  # noqa: T201
    server = Server(settings(app, config), app.state.streams)
    server.run()
    return 0 if server.started else os.EX_UNAVAILABLE


def _refuse(why: str) -> int:
    print(f"barie server: {why}", file=sys.stderr)  # noqa: T201
    return 2
