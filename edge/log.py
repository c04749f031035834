"""The log of a box's processes: a JSON object a line on stderr, for whoever collects it."""

import logging
import sys

import structlog


def set_up() -> None:
    """Write everything from INFO up, with its moment."""
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
