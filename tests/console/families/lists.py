"""The lists' pages'."""

from typing import Final

from gate.lease import Standing
from server.list_files import COLUMNS

FAULTS: Final = (
    *("encoding", "excel", "long", "size", "empty", "column_missing", "column_unknown", "column_twice", "cells"),
    *("value", "needed", "words", "over", "vehicle", "twice", "listed", "full"),
)
FAMILIES: Final = {
    "listing": Standing,
    "listing.column": COLUMNS,
    "listing.fault": FAULTS,
    "listing.state": ("active", "coming", "over", "ended"),
}
